/*
 * A load: the flight that callers wait for, what its loader is told, and what the loader remarks about the value.
 */

import type { LoadContext, ManyContext, Meta } from '../cache.ts'
import { type Duration, durationOf, kindOf } from '../duration.ts'
import { misuse } from '../errors.ts'
import { type Key, keyOf } from '../key.ts'
import type { Asked } from './copies.ts'
import type { Entry, Stamps } from './entry.ts'
import { Flight } from './flights.ts'
import { tagProblem } from './policy.ts'
import { keepShape } from './shapes.ts'
import type { Tokens } from './stored-marks.ts'

/** One call of a loader, for one key or for many. */
export class LoadCall {
  /** Keys that somebody still wants. */
  #wanted: number
  #controller: AbortController | undefined
  #abort: { readonly reason: unknown } | undefined

  constructor(keys: number) {
    this.#wanted = keys
  }

  /** Made on demand: most loaders never look at it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#abort !== undefined) this.#controller.abort(this.#abort.reason)
    return this.#controller.signal
  }

  /** One key is no longer wanted. With the last, the loader is told to stop. */
  drop(reason: unknown): void {
    if (--this.#wanted > 0) return
    this.#abort = { reason }
    this.#controller?.abort(reason)
  }
}

/** The load of one key under way. */
export class LoadFlight extends Flight<unknown> {
  readonly call: LoadCall
  /** Refreshes what is still served; nobody waited for it when it began. */
  readonly background: boolean
  /** It took too long, or everybody left. */
  isGivenUp: boolean = false
  /** The marks as they were before the load began; undefined until they are known. */
  stamps: Stamps | undefined
  late: Stamps | undefined
  /** The loader was called; the marks, if any, were taken. */
  hasBegun: boolean = false
  /** What a near copy of its value is known by. */
  asked: Asked | undefined
  /** What the store said of the marks before that. */
  tokens: Tokens | undefined
  /** Tags that callers want who have joined it: the value gets them like those that are named late. */
  readonly joined: Set<string> = new Set()
  /** The lease that it has taken; without one, a store that has leases takes nothing in. */
  lease: string | undefined
  /** Its value is on its way to the store, which gives the lease back. */
  isFilled: boolean = false
  /** The load of the key that was under way when this one began, until it is known whether anything came in between. */
  before: LoadFlight | undefined
  /** While it waits for another process: its look at the store that is under way, by number; 0 if none is. */
  look: number = 0
  /** The look that has answered it. */
  answeredBy: number = 0
  /** Nothing more will come of it. */
  hasEnded: boolean = false
  /** The tags of its value, once it has been brought. */
  allTags: readonly string[] | undefined
  /** The loader named tags that were not known before it began. */
  namedLate: boolean = false

  constructor(call: LoadCall, background: boolean, before?: LoadFlight) {
    super()
    this.before = before
    this.call = call
    this.background = background
    if (background) this.waiters = Infinity
  }

  /** Ends it for those who wait; what the loader still brings is not stored. */
  giveUp(reason: unknown): void {
    if (this.isGivenUp) return
    this.isGivenUp = true
    this.cut = true
    this.call.drop(reason)
    this.reject(reason)
  }
}

/** What a loader has remarked about its value. */
export interface Remarks {
  ttl: number | undefined
  tags: string[]
  meta: Meta | undefined
  kept: boolean
  /** All values, or the keys among many whose values are not to be stored. */
  skipped: boolean | Set<string>
}

export function noRemarks(): Remarks {
  return { ttl: undefined, tags: [], meta: undefined, kept: false, skipped: false }
}

/**
 * What a loader is told: classes, and no literal with a getter, since with a getter of its own no object has the shape of another. That was
 * the dearest part of a miss. What is a function is the object's own, so that it can be taken out or copied.
 */
export class ToldOfMany implements ManyContext {
  readonly ttl: (duration: Duration) => void
  readonly tags: (...tags: string[]) => void
  readonly skip: (...keys: Key[]) => void
  readonly #call: LoadCall

  constructor(call: LoadCall, flights: readonly LoadFlight[], remarks: Remarks) {
    this.#call = call
    this.ttl = (duration) => {
      remarks.ttl = durationOf(duration, 'context.ttl')
    }
    this.tags = (...tags) => {
      for (const flight of flights) remember(flight, remarks, tags)
    }
    this.skip = (...keys) => {
      if (keys.length === 0) remarks.skipped = true
      if (remarks.skipped === true) return
      const skipped = remarks.skipped === false ? new Set<string>() : remarks.skipped
      for (const key of keys) skipped.add(keyOf(key))
      remarks.skipped = skipped
    }
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

/** What a loader of one key is told. */
export class Told<T> extends ToldOfMany implements LoadContext<T> {
  readonly key: Key
  readonly stale: LoadContext<T>['stale']
  readonly meta: (meta: Meta) => void
  readonly keep: () => T

  constructor(
    flight: LoadFlight,
    key: Key,
    stale: { readonly entry: Entry; readonly age: number } | undefined,
    remarks: Remarks,
  ) {
    super(flight.call, [flight], remarks)
    const old = stale && {
      value: stale.entry.value as T,
      age: stale.age,
      ...(stale.entry.terms.meta && { meta: stale.entry.terms.meta }),
    }
    this.key = key
    this.stale = old
    this.meta = (meta) => {
      if (typeof meta !== 'object' || meta === null)
        throw new TypeError(`meta must be an object, not ${kindOf(meta)}`)
      remarks.meta = { ...meta }
    }
    this.keep = () => {
      if (old === undefined)
        throw new TypeError('keep: there is no stale value to keep; look at context.stale first')
      remarks.kept = true
      return old.value
    }
  }
}

// It holds all the others.
keepShape(new Told(new LoadFlight(new LoadCall(1), true), '', undefined, noRemarks()))

function remember(flight: LoadFlight, remarks: Remarks, tags: readonly string[]): void {
  const problem = tagProblem(tags)
  if (problem !== undefined) throw misuse('context.tags', [`tags ${problem}`])
  flight.namedLate = true
  remarks.tags.push(...tags.filter((tag) => !remarks.tags.includes(tag)))
}
