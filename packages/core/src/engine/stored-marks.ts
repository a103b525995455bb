/*
 * Marks that are records of the store, for stores that other processes write too.
 *
 *   shop/users#:        the namespace shop/users        shop/users#=vip     its tag 'vip'
 *   shop/users#~        its late mark
 *
 * A token is known when it was read just now: then it travels with the data, in one request. Where the store has a
 * channel that tells of changes elsewhere, what was read before is known as well, as long as that is alive (trust.ts); then
 * nothing but the data is asked for. Tags that an entry turns out to have besides cost a second request.
 *
 * Invalidating is a deletion, which works also where a full store refuses writes; a missing token is minted by the
 * next load. A mark outlives the entries that carry it, or is kept without end where it cannot be prolonged: one that is
 * lost costs misses.
 */

import type { Store } from '../store/store.ts'
import type { Clock } from './clock.ts'
import { Heard } from './heard.ts'
import { type Entry, entryOf, entryProblem, type Stamp, type Stamps, termsOf } from './entry.ts'
import {
  type Captured,
  Known,
  type KnownStamp,
  lateMark,
  type Marks,
  namespaceMark,
  newToken,
  tagMark,
  tagOfMark,
} from './marks.ts'
import { Passing } from './passing.ts'
import type { Round } from './rounds.ts'
import type { Trust } from './trust.ts'
import type { Far, Writes } from './writes.ts'

/** The tokens that were read; null where there is none. */
export type Tokens = ReadonlyMap<string, string | null>

/** What was known of a mark when a question was put. */
type Before = Stamp | undefined | 'invalidating' | 'minting'

/** What was known of marks when they were asked for, and when that was. */
interface Question {
  readonly before: Map<string, Before>
  readonly period: number
}

/** Marks that must be known to judge an entry. */
export class Unknown {
  readonly marks: readonly string[]

  constructor(marks: readonly string[]) {
    this.marks = marks
  }
}

/** The tokens that are asked for together with data. */
export interface Inquiry {
  readonly tokens: Tokens
  /** How many tokens had ended when they were asked for. */
  readonly ended: number
  /** Why the store did not answer. */
  readonly failure: { readonly error: unknown } | undefined
  /** Calls `then` when the tokens are there, or the failure; at once if nothing had to be asked. */
  onEnd(then: () => void): void
}

const NO_TOKENS: Tokens = new Map()
const NO_INQUIRY: Inquiry = { tokens: NO_TOKENS, ended: 0, failure: undefined, onEnd: (then) => then() }

export interface StoredMarksPorts {
  readonly store: Store<Entry>
  readonly clock: Clock
  readonly trust: Trust
  /** The writes of marks, which like all writes may fail and be owed. */
  readonly writes: Writes
  /** Called when an invalidation begins: whatever is being read may be older. */
  cutReads(): void
  /** Nobody waits for this. */
  background(work: Promise<unknown>): void
}

/** How long a mark is kept at least, where marks can be prolonged: entries that live shorter need no more. */
const MARK_LIFE = 86_400_000

/** A mark that is in use is read at least so often (ms): it stays among the last that a full server evicts. */
const LONGEST_UNREAD = 60_000

const NO_MARKS: readonly string[] = []
const MARK_TERMS = termsOf(0, 0, [])

export class StoredMarks implements Marks {
  readonly base: readonly Stamp[] = []
  readonly #path: string
  readonly #ports: StoredMarksPorts
  readonly #known: Known
  /** Whose tokens have ended, of this namespace and of all around it and inside it. */
  readonly #ended: Heard
  /** This namespace and those it lies in, outermost first. */
  readonly #paths: readonly string[]
  /** Their marks. */
  readonly #chain: readonly string[]
  readonly #late: readonly string[]
  readonly #around: StoredMarks | undefined
  /** The questions under way, of this namespace and of all around it and inside it. */
  readonly #questions: Passing<Question, Question>
  #lastKnown: { readonly tags: readonly string[]; readonly stamps: readonly KnownStamp[] } | undefined
  #lastStamps: Stamps | undefined
  #lastOurs: readonly KnownStamp[] = []
  /** Tokens on their way to the store; callers that need the same one share it. */
  readonly #minting = new Map<string, Promise<Stamp | undefined>>()

  constructor(path: string, around: StoredMarks | undefined, ports: StoredMarksPorts) {
    this.#path = path
    this.#around = around
    this.#ports = ports
    this.#questions = around === undefined ? new Passing() : around.#questions
    this.#ended = around === undefined ? new Heard() : around.#ended
    this.#known = new Known(undefined, (mark) => this.#ended.of(mark))
    this.#paths = [...(around === undefined ? [] : around.#paths), path]
    this.#chain = this.#paths.map(namespaceMark)
    this.#late = this.#paths.map(lateMark)
  }

  /** The marks that an entry with `tags` has: an invalidation further out reaches it too. */
  #marksOf(tags: readonly string[]): string[] {
    return [...this.#chain, ...tags.flatMap((tag) => this.#paths.map((path) => tagMark(path, tag)))]
  }

  /** Asks, on the pages of `round`, for the tokens of the namespace and of `tags` that are not known. */
  inquire(tags: readonly string[], round: Round): Inquiry {
    const marks = this.#wanted(tags)
    if (marks.length === 0) return NO_INQUIRY
    const question = this.#begin(marks)
    const tokens = new Map<string, string | null>()
    const waiting: (() => void)[] = []
    let open = marks.length
    let failure: Inquiry['failure']
    const inquiry: Inquiry = {
      tokens,
      ended: this.ended,
      get failure() {
        return failure
      },
      onEnd(then) {
        if (open === 0) then()
        else waiting.push(then)
      },
    }
    for (const mark of marks) {
      const page = round.page(mark)
      const at = page.addMark(mark)
      page.onEnd(() => {
        if (page.failure === undefined) tokens.set(mark, this.#tokenIn(mark, page.records[at], question))
        else failure = page.failure
        if (--open > 0) return
        this.#questions.delete(question)
        for (const then of waiting) then()
      })
    }
    return inquiry
  }

  /** The marks that are not known; with the late ones, which a load needs. */
  #wanted(tags: readonly string[]): readonly string[] {
    if (tags.length === 0 && this.#baseKnown()) return NO_MARKS
    return [...this.#late, ...this.#marksOf(tags)].filter((mark) => this.#trusted(mark) === undefined)
  }

  /** Whether the marks that every load needs are known. Most reads ask this and nothing else. */
  #baseKnown(): boolean {
    for (const mark of this.#chain) if (this.#trusted(mark) === undefined) return false
    for (const mark of this.#late) if (this.#trusted(mark) === undefined) return false
    return true
  }

  /** The stamp of a mark that was learnt before and may still be believed. */
  #trusted(mark: string): KnownStamp | undefined {
    const home = this.#homeOf(mark)
    const known = home.#known.get(mark)
    if (known === undefined || !this.#isTrusted(known)) return undefined
    // A token on its way to the store is not there yet.
    if (home.#minting.size !== 0 && home.#minting.has(mark)) return undefined
    return known
  }

  /** The stamps of a valid entry as this process knows them; undefined if it is not valid. Or what must be known to tell. */
  judge(
    { terms }: Entry,
    { tokens, ended }: Pick<Inquiry, 'tokens' | 'ended'>,
  ): Stamps | undefined | Unknown {
    const { stamps } = terms
    // Entries of one state come with one array.
    if (stamps === this.#lastStamps && this.#areGood(this.#lastOurs)) return this.#lastOurs
    // An entry that lacks a mark of the namespace was not made for it.
    if (!this.#chain.every((mark) => stamps.some(({ tag }) => tag === mark))) return undefined
    const unknown: string[] = []
    for (const { tag, token } of stamps) {
      // What was read before a token ended says nothing of what came after that.
      const said = this.#ended.isAfter(ended, tag) ? undefined : tokens.get(tag)
      // Against an entry speaks only the store: a mark that got lost there is minted anew without anybody being told.
      if (said === undefined) {
        if (this.#trusted(tag)?.token !== token) unknown.push(tag)
      } else if (said !== token) return undefined
    }
    if (unknown.length > 0) return new Unknown(unknown)
    this.#lastStamps = stamps
    this.#lastOurs = stamps.map(({ tag, token }) => this.#homeOf(tag).#known.learn(tag, token))
    return this.#lastOurs
  }

  #areGood(stamps: readonly KnownStamp[]): boolean {
    for (const stamp of stamps) {
      if (!stamp.live || !this.#isTrusted(stamp)) return false
    }
    return true
  }

  /** What is trusted is looked at once in a while all the same: records get lost, and then others know of another token. */
  #isTrusted({ period, readAt }: KnownStamp): boolean {
    const { clock, trust } = this.#ports
    return trust.covers(period) && clock.now() - readAt < LONGEST_UNREAD
  }

  /** How many tokens have ended. */
  get ended(): number {
    return this.#ended.count
  }

  /** Another process has changed a mark of this namespace. */
  changed(mark: string): void {
    this.#distrust(mark)
  }

  /** Neither what is known of a mark counts any more, nor what was asked before and will be answered. */
  #distrust(mark: string): void {
    this.#ended.of(mark)
    this.#known.kill(mark)
    for (const { before } of this.#questions.values()) if (before.has(mark)) before.set(mark, 'invalidating')
  }

  /**
   * `read`: tokens that were read after the caller asked; the others are read now. Undefined while a mark is being
   * invalidated, or cannot be minted: what is loaded then cannot be stored.
   */
  async capture(tags: readonly string[], read: Tokens = new Map()): Promise<Captured | undefined> {
    const marks = [...this.#late, ...this.#marksOf(tags)]
    const missing = marks.filter((mark) => !read.has(mark) && this.#trusted(mark) === undefined)
    const tokens = missing.length === 0 ? read : new Map([...read, ...(await this.tokens(missing))])
    if (marks.some((mark) => this.#homeOf(mark).#isInvalidating(mark))) return undefined
    const stamps = await Promise.all(
      marks.map((mark) => this.#stampOf(mark, tokens.get(mark) ?? this.#trusted(mark)?.token ?? null)),
    )
    const known = stamps.filter((stamp) => stamp !== undefined)
    if (known.length < stamps.length) return undefined
    return { stamps: known.slice(this.#late.length), late: known.slice(0, this.#late.length) }
  }

  /** The stamps of the namespace and of `tags`, if all of them are known and nothing of theirs is on its way. */
  knownStamps(tags: readonly string[]): Stamps | undefined {
    const last = this.#lastKnown
    if (last !== undefined && last.tags === tags && this.#areGood(last.stamps)) return last.stamps
    const stamps: KnownStamp[] = []
    for (const mark of this.#marksOf(tags)) {
      const known = this.#trusted(mark)
      if (known === undefined || this.#homeOf(mark).#ports.writes.behind(mark)) return undefined
      stamps.push(known)
    }
    this.#lastKnown = { tags, stamps }
    return stamps
  }

  /** Reads the late marks again: one that has changed is no longer live. */
  async lookAtLate(): Promise<void> {
    await this.tokens(this.#late)
  }

  /** When no invalidation of the namespace or of `tags` waits for the store. */
  async settled(tags: readonly string[]): Promise<void> {
    await Promise.all(this.#marksOf(tags).map((mark) => this.#homeOf(mark).#ports.writes.tail(mark)))
  }

  /** The tokens of marks, as the store has them now. */
  async tokens(marks: readonly string[]): Promise<Tokens> {
    if (marks.length === 0) return NO_TOKENS
    const question = this.#begin(marks)
    try {
      const records = await this.#many(marks)
      return new Map(marks.map((mark, i) => [mark, this.#tokenIn(mark, records[i], question)]))
    } finally {
      this.#questions.delete(question)
    }
  }

  /** Sees to it that the records of the marks of an entry outlive it, `life` ms from now, where they do not last for ever. */
  outlive(stamps: Stamps, life: number): void {
    const { clock, store } = this.#ports
    if (store.prolong === undefined) return
    const until = clock.now() + life
    const short = (stamps as readonly KnownStamp[]).filter(({ lastsUntil }) => lastsUntil < until)
    if (short.length === 0) return
    const ttl = Math.max(MARK_LIFE, 2 * life)
    for (const stamp of short) stamp.lastsUntil = clock.now() + ttl
    const prolonging = async (): Promise<void> =>
      store.prolong?.(
        short.map(({ tag }) => tag),
        ttl,
      )
    this.#ports.background(prolonging())
  }

  async invalidate(tags: readonly string[]): Promise<Far> {
    return this.#delete(tags.map((tag) => tagMark(this.#path, tag)))
  }

  async invalidateAll(): Promise<Far> {
    return this.#delete([namespaceMark(this.#path)])
  }

  /** Deletes a mark once more, for a store that may not have heard it. */
  sayAgain(mark: string): Promise<Far> {
    return this.#delete([mark])
  }

  /**
   * Deletes a mark. The late mark goes before that of a tag: who finds the tag's mark gone, and mints it anew, must
   * also find the late one changed.
   */
  async forget(mark: string): Promise<void> {
    const { store } = this.#ports
    const marks = tagOfMark(mark) === undefined ? [mark] : [lateMark(this.#path), mark]
    // Where there are leases, many are deleted in their order.
    if (store.leases !== undefined && store.deleteMany !== undefined) return store.deleteMany(marks)
    for (const each of marks) await store.delete(each)
  }

  async #delete(marks: readonly string[]): Promise<Far> {
    const kill = (): void => {
      for (const mark of [...marks, lateMark(this.#path)]) this.#distrust(mark)
      this.#ports.cutReads()
    }
    kill()
    const { writes } = this.#ports
    const results = await Promise.all(
      marks.map((mark) => writes.run('delete', mark, undefined, true, () => this.forget(mark))),
    )
    kill() // again at the acknowledgement: loads that began in between may have taken the old token
    return results.every((each) => each === 'applied') ? 'applied' : 'queued'
  }

  /**
   * What is known of marks when the store is asked for them. Its answer may overtake what is said meanwhile, so it
   * counts only for marks of which nothing newer is known by then; while an invalidation is on its way, for none.
   */
  #begin(marks: readonly string[]): Question {
    const before = new Map(
      marks.map((mark): [string, Before] => {
        const home = this.#homeOf(mark)
        if (home.#isInvalidating(mark)) return [mark, 'invalidating']
        return [mark, home.#minting.has(mark) ? 'minting' : home.#known.get(mark)]
      }),
    )
    const question = { before, period: this.#ports.trust.period }
    this.#questions.set(question, question)
    return question
  }

  /** The token in a record; null if there is none that counts. */
  #tokenIn(mark: string, record: unknown, { before, period }: Question): string | null {
    const home = this.#homeOf(mark)
    const knownThen = before.get(mark)
    if (knownThen === 'invalidating' || home.#isInvalidating(mark)) {
      home.#ports.writes.deliver(mark)
      return null
    }
    const value = entryProblem(record) === undefined ? (record as Entry).value : undefined
    const token = typeof value === 'string' ? value : null
    const known = home.#known.get(mark)
    // Something is known since the question was put: an entry under another token may be older than that.
    if (known !== knownThen) return token !== null && known?.token === token ? token : null
    if (token !== null) return home.#known.learn(mark, token, period, this.#ports.clock.now()).token
    // Gone: somebody has invalidated it, and loads under the old token are not to be joined.
    if (!home.#minting.has(mark)) home.#known.kill(mark)
    return null
  }

  #isInvalidating(mark: string): boolean {
    const { writes } = this.#ports
    return writes.behind(mark) && writes.latest(mark) === undefined
  }

  #stampOf(mark: string, token: string | null): Stamp | undefined | Promise<Stamp | undefined> {
    const home = this.#homeOf(mark)
    if (token !== null) return home.#known.learn(mark, token)
    if (home.#isInvalidating(mark)) return undefined
    // What is known although the answer was none, was learnt after the question: there is no need for another token.
    return home.#minting.get(mark) ?? home.#known.get(mark) ?? home.#mint(mark)
  }

  /** Acknowledged before the load begins, so that an invalidation elsewhere that comes later also arrives later. */
  #mint(mark: string): Promise<Stamp | undefined> {
    const { clock, store, trust, writes } = this.#ports
    const stamp = this.#known.learn(mark, newToken(clock), trust.period, clock.now())
    const record = entryOf<unknown>(stamp.token, Infinity, MARK_TERMS)
    const ttl = store.prolong === undefined ? Infinity : MARK_LIFE
    const question = this.#begin([mark])
    let there: unknown
    const add = async (): Promise<void> => {
      if (store.add === undefined) await store.set(mark, record, ttl)
      else there = await store.add(mark, record, ttl)
    }
    // What could only have been added has replaced nothing, so nothing is owed if that is not known.
    const minting = Promise.resolve(writes.run('set', mark, record, store.add === undefined, add))
      .then((far) => {
        stamp.lastsUntil = clock.now() + ttl / 2
        if (far === 'applied' && there === undefined) return stamp
        this.#known.kill(mark)
        return far === 'applied' ? this.#first(mark, there, question) : undefined
      })
      .finally(() => {
        this.#minting.delete(mark)
        this.#questions.delete(question)
      })
    this.#minting.set(mark, minting)
    return minting
  }

  /** The mark that another process was first to mint, unless it has been changed since. */
  #first(mark: string, record: unknown, { before, period }: Question): Stamp | undefined {
    const value = entryProblem(record) === undefined ? (record as Entry).value : undefined
    if (typeof value !== 'string' || before.get(mark) === 'invalidating') return undefined
    if (this.#isInvalidating(mark)) return undefined
    return this.#known.learn(mark, value, period, this.#ports.clock.now())
  }

  /** Marks of the namespaces around this one are kept there. */
  #homeOf(mark: string): StoredMarks {
    return this.#around === undefined || mark.startsWith(`${this.#path}#`) ? this : this.#around.#homeOf(mark)
  }

  async #many(keys: readonly string[]): Promise<readonly unknown[]> {
    const { store } = this.#ports
    if (store.getMany === undefined) return Promise.all(keys.map((key) => store.get(key)))
    const records: readonly unknown[] = await store.getMany(keys)
    return Array.isArray(records) && records.length === keys.length
      ? (records as readonly unknown[])
      : keys.map(() => undefined)
  }
}
