/*
 * Marks: invalidation of any number of entries at once.
 *
 * Every tag has a mark: a random token. An entry keeps the tokens its tags had BEFORE its load began, and is valid
 * only while all of them are unchanged; invalidating a tag replaces its token. No member lists, no clocks, no
 * counters. A mark that got lost counts as replaced: that costs a miss, never a stale read.
 *
 * A namespace is one more tag that all its entries have, so `clear` is an invalidation like any other. And a
 * namespace has one mark, `late`, that changes with every invalidation of any of its tags: a load that names its tags
 * only at its end compares that one, since it could not take theirs before it began.
 *
 * What is invalidated in a namespace is invalidated in those inside it as well: a tag cuts across kinds of things.
 *
 * In this process a mark is a Stamp object that entries and flights point to: turning off `live` reaches all of them.
 * For a synchronous store, which nobody else writes, that is all there is; this file. Elsewhere the tokens are
 * records of the store: stored-marks.ts.
 */

import type { Awaitable } from '../store/store.ts'
import type { Clock } from './clock.ts'
import { allLive, type Stamp, type Stamps } from './entry.ts'
import type { Far } from './writes.ts'

export interface Marks {
  /** The stamps of an entry without tags: of this namespace and of those it lies in. */
  readonly base: Stamps
  /** The stamps of the namespace and of `tags` as they are now, and the late marks. */
  capture(tags: readonly string[]): Awaitable<Captured | undefined>
  invalidate(tags: readonly string[]): Awaitable<Far>
  invalidateAll(): Awaitable<Far>
}

export interface Captured {
  readonly stamps: Stamps
  /** The late marks of the namespace and of those it lies in, where they are apart. */
  readonly late: Stamps
}

export const namespaceMark = (path: string): string => `${path}#:`
export const lateMark = (path: string): string => `${path}#~`
export const tagMark = (path: string, tag: string): string => `${path}#=${tag}`

/**
 * Whether a key of a store is that of a mark, not of a value. Paths contain neither `:` nor `#`.
 *
 * @example
 * if (!isMark(key)) count++
 */
export function isMark(key: string): boolean {
  const at = key.indexOf('#')
  return at !== -1 && key.lastIndexOf(':', at) === -1
}

/** The tag that a mark stands for, or undefined for the mark of a namespace. */
export function tagOfMark(mark: string): string | undefined {
  const at = mark.indexOf('#=')
  return at === -1 ? undefined : mark.slice(at + 2)
}

/** What identifies a state of a mark: about 80 random bits, and a count so that no clock of tests can repeat one. */
export function newToken(clock: Clock): string {
  const part = (): string => Math.floor(clock.random() * 2 ** 40).toString(36)
  return `${part()}${part()}.${(++minted).toString(36)}`
}
let minted = 0

/** A stamp that is known, and the period of trust (trust.ts) in which it was learnt. */
export interface KnownStamp extends Stamp {
  period: number
  /** When its record was last read. */
  readAt: number
  used: boolean
  /** Until when its record is known to last, where that is not for ever. */
  lastsUntil: number
}

/** The marks of one namespace that this process knows of. */
export class Known {
  /** Bounds the map. What is dropped counts as invalidated. */
  readonly limit: number
  readonly #stamps = new Map<string, KnownStamp>()
  readonly #ended: (mark: string) => void

  /** `ended`: called when a token counts no longer. */
  constructor(limit: number = 100_000, ended: (mark: string) => void = () => {}) {
    this.limit = limit
    this.#ended = ended
  }

  get(mark: string): KnownStamp | undefined {
    const stamp = this.#stamps.get(mark)
    if (stamp !== undefined) stamp.used = true
    return stamp
  }

  /** The stamp of `mark` with `token`. Another token than the known one makes the known one invalid. */
  learn(mark: string, token: string, period: number = 0, readAt: number = -Infinity): KnownStamp {
    const known = this.#stamps.get(mark)
    if (known?.token === token) {
      known.used = true
      known.period = Math.max(known.period, period)
      known.readAt = Math.max(known.readAt, readAt)
      return known
    }
    if (known !== undefined) this.kill(mark)
    const stamp = { tag: mark, token, live: true, used: false, period, readAt, lastsUntil: 0 }
    this.#stamps.set(mark, stamp)
    if (this.#stamps.size > this.limit) this.#shrink()
    return stamp
  }

  kill(mark: string): void {
    const known = this.#stamps.get(mark)
    if (known === undefined) return
    known.live = false
    this.#stamps.delete(mark)
    this.#ended(mark)
  }

  /** Drops a tenth, of those that were not used lately, the oldest first. In one go: single deletions at the front of a Map get slower and slower. */
  #shrink(): void {
    let toGo = Math.ceil(this.limit / 10)
    for (const [mark, stamp] of this.#stamps) {
      if (toGo === 0) return
      if (stamp.used) {
        stamp.used = false
        this.#stamps.delete(mark)
        this.#stamps.set(mark, stamp)
        continue
      }
      this.kill(mark)
      toGo--
    }
  }
}

/** Whether two lists hold the same texts in the same order. */
export function sameTexts(some: readonly string[], more: readonly string[] | undefined): boolean {
  if (some === more) return true
  return some.length === more?.length && some.every((text, i) => text === more[i])
}

/** The stamp of a namespace. Its entries point to it, and it to the marks: while there are entries, their marks are not forgotten. */
interface OwnStamp extends Stamp {
  readonly marks: LocalMarks
}

/** The marks of a namespace in a synchronous store. */
export class LocalMarks implements Marks {
  readonly #path: string
  readonly #around: LocalMarks | undefined
  readonly #known = new Known()
  readonly #clock: Clock
  #own: OwnStamp
  #late: Stamp
  #last: { readonly tags: readonly string[]; readonly stamps: Stamps } | undefined
  base: Stamps

  constructor(path: string, around: LocalMarks | undefined, clock: Clock) {
    this.#path = path
    this.#around = around
    this.#clock = clock
    this.#own = this.#newOwn()
    this.#late = this.#newLate()
    this.base = []
    this.rebase()
  }

  /** Follows an invalidation of the namespace around this one. */
  rebase(): void {
    this.base = [...(this.#around?.base ?? []), this.#own]
  }

  capture(tags: readonly string[]): Captured {
    return { stamps: this.stamps(tags), late: [this.#late] }
  }

  stamps(tags: readonly string[]): Stamps {
    if (tags.length === 0) return this.base
    // The tags of a policy are captured over and over: entries of one state share one array.
    if (sameTexts(tags, this.#last?.tags) && this.#last !== undefined && allLive(this.#last.stamps))
      return this.#last.stamps
    // Not pushed onto a copy of the base, which would reserve room for many more.
    const stamps = this.base.concat(
      tags.map((tag) => {
        const mark = tagMark(this.#path, tag)
        return this.#known.get(mark) ?? this.#known.learn(mark, newToken(this.#clock))
      }),
    )
    this.#last = { tags, stamps }
    return stamps
  }

  /** Here only; the space tells those inside. */
  invalidate(tags: readonly string[]): Far {
    for (const tag of tags) this.#known.kill(tagMark(this.#path, tag))
    this.#late.live = false
    this.#late = this.#newLate()
    return 'applied'
  }

  invalidateAll(): Far {
    this.#own.live = false
    this.#own = this.#newOwn()
    this.rebase()
    return 'applied'
  }

  #newOwn(): OwnStamp {
    return { tag: namespaceMark(this.#path), token: newToken(this.#clock), live: true, marks: this }
  }

  #newLate(): Stamp {
    return { tag: lateMark(this.#path), token: newToken(this.#clock), live: true }
  }
}
