/*
 * A load: the flight that callers wait for, what its loader is told, and what the loader remarks about the value.
 */

import type { LoadContext, ManyContext, Meta } from '../cache.ts'
import { durationOf, kindOf } from '../duration.ts'
import { misuse } from '../errors.ts'
import { type Key, keyOf } from '../key.ts'
import type { Entry, Stamp, Stamps } from './entry.ts'
import { Flight } from './flights.ts'
import { tagProblem } from './policy.ts'

/** A load under way. */
export class LoadFlight extends Flight<unknown> {
  /** Which call of a loader this is; the keys of a bulk load share one. */
  readonly call: object
  /** Refreshes what is still served; nobody waited for it when it began. */
  readonly background: boolean
  /** It took too long, or everybody left. */
  isGivenUp: boolean = false
  /** The marks as they were before the load began; undefined until they are known. */
  stamps: Stamps | undefined
  late: Stamp | undefined
  /** The loader named tags that were not known before it began. */
  namedLate: boolean = false
  #controller: AbortController | undefined
  #abort: { readonly reason: unknown } | undefined

  constructor(background: boolean, call: object = {}) {
    super()
    this.background = background
    this.call = call
    if (background) this.waiters = Infinity
  }

  /** Made on demand: most loaders never look at it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#abort !== undefined) this.#controller.abort(this.#abort.reason)
    return this.#controller.signal
  }

  /** Ends it for those who wait; what the loader still brings is not stored. */
  giveUp(reason: unknown): void {
    this.isGivenUp = true
    this.cut = true
    this.#abort = { reason }
    this.#controller?.abort(reason)
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

export function contextOf<T>(
  flight: LoadFlight,
  key: Key,
  stale: { readonly entry: Entry; readonly age: number } | undefined,
  remarks: Remarks,
): LoadContext<T> {
  const old = stale && {
    value: stale.entry.value as T,
    age: stale.age,
    ...(stale.entry.terms.meta && { meta: stale.entry.terms.meta }),
  }
  return {
    key,
    stale: old,
    get signal() {
      return flight.signal
    },
    ttl(duration) {
      remarks.ttl = durationOf(duration, 'ttl')
    },
    tags(...tags) {
      remember(flight, remarks, tags)
    },
    meta(meta) {
      if (typeof meta !== 'object' || meta === null)
        throw new TypeError(`meta must be an object, not ${kindOf(meta)}`)
      remarks.meta = { ...meta }
    },
    keep() {
      if (old === undefined)
        throw new TypeError('keep: there is no stale value to keep; look at context.stale first')
      remarks.kept = true
      return old.value
    },
    skip() {
      remarks.skipped = true
    },
  }
}

export function manyContextOf(
  flights: readonly LoadFlight[],
  remarks: Remarks,
  signal: () => AbortSignal,
): ManyContext {
  return {
    get signal() {
      return signal()
    },
    ttl(duration) {
      remarks.ttl = durationOf(duration, 'ttl')
    },
    tags(...tags) {
      for (const flight of flights) remember(flight, remarks, tags)
    },
    skip(...keys) {
      if (keys.length === 0) remarks.skipped = true
      if (remarks.skipped === true) return
      const skipped = remarks.skipped === false ? new Set<string>() : remarks.skipped
      for (const key of keys) skipped.add(keyOf(key))
      remarks.skipped = skipped
    },
  }
}

function remember(flight: LoadFlight, remarks: Remarks, tags: readonly string[]): void {
  const problem = tagProblem(tags)
  if (problem !== undefined) throw misuse('context.tags', [`tags ${problem}`])
  flight.namedLate = true
  remarks.tags.push(...tags.filter((tag) => !remarks.tags.includes(tag)))
}
