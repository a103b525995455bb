/*
 * What `stats()` does not tell apart, tallied from events: the classes of failures, reasons, and how loads are spread over time.
 *
 * Bounded: a series for each cache that was handed in and each value of a label, of which there are few. An event of a
 * namespace that was not handed in belongs to the innermost one around it that was.
 */

import type { CacheEvent } from '@larder/core'
import { errorClass } from './error-class.ts'
import { refusalClass, UNKNOWN_KEY } from './refusal-class.ts'
import {
  DELIVERED,
  LOAD_FAILURES,
  LOAD_SECONDS,
  type Labels,
  REFUSED,
  STORE_FAILURES,
  UNSTORED,
} from './instruments.ts'

/** Seconds. A load is a query or a request: from a millisecond to the default of its hard timeout. */
export const BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]

export interface Spread {
  readonly labels: Labels
  /** Of each bucket, how many took up to that long: without those of the buckets before. One more for those above all. */
  readonly inBucket: number[]
  count: number
  sum: number
}

export type Timed = (name: string, cache: string, seconds: number) => void

interface Series {
  readonly labels: Labels
  value: number
}

export class Tally {
  readonly #innermostFirst: readonly string[]
  readonly #series = new Map<string, Map<string, Series>>()
  readonly #spreads = new Map<string, Spread>()

  readonly #timed: Timed | undefined

  constructor(names: readonly string[], timed?: Timed) {
    this.#timed = timed
    this.#innermostFirst = names.toSorted((a, b) => b.length - a.length)
    // A series that begins at 0 shows its first increase; one that begins at 1 does not.
    for (const cache of names) {
      this.#spreads.set(cache, {
        labels: { cache },
        inBucket: [0, ...BUCKETS.map(() => 0)],
        count: 0,
        sum: 0,
      })
      this.#add(DELIVERED, { cache }, 0)
      this.#add(REFUSED, { cache, why: UNKNOWN_KEY }, 0)
    }
  }

  readonly hear = (event: CacheEvent): void => {
    if (event.type === 'hit') return // the most frequent, and counted already
    const cache = this.#placeOf(event.cache)
    if (cache === undefined) return
    switch (event.type) {
      case 'load':
        return this.#time(cache, event.ms / 1_000)
      case 'load-failed':
        return this.#add(LOAD_FAILURES, { cache, class: errorClass(event.error) }, 1)
      case 'unstored':
        return this.#add(UNSTORED, { cache, why: event.why }, 1)
      case 'store-failed':
        return this.#add(
          STORE_FAILURES,
          { cache, operation: event.operation, class: errorClass(event.error) },
          1,
        )
      case 'refused':
        return this.#add(REFUSED, { cache, why: refusalClass(event.why) }, 1)
      case 'delivered':
        return this.#add(DELIVERED, { cache }, 1)
      default:
    }
  }

  series(name: string): Iterable<Readonly<Series>> {
    return this.#series.get(name)?.values() ?? []
  }

  spreads(name: string): Iterable<Spread> {
    return name === LOAD_SECONDS ? this.#spreads.values() : []
  }

  #placeOf(path: string): string | undefined {
    return this.#innermostFirst.find((name) => path === name || path.startsWith(`${name}/`))
  }

  #add(name: string, labels: Labels, by: number): void {
    const all = this.#series.get(name) ?? new Map<string, Series>()
    this.#series.set(name, all)
    const key = JSON.stringify(labels)
    const series = all.get(key) ?? { labels, value: 0 }
    all.set(key, series)
    series.value += by
  }

  #time(cache: string, seconds: number): void {
    const spread = this.#spreads.get(cache)
    if (spread === undefined) return
    const above = BUCKETS.findIndex((bound) => seconds <= bound)
    const i = above === -1 ? BUCKETS.length : above
    spread.inBucket[i] = (spread.inBucket[i] ?? 0) + 1
    spread.count++
    spread.sum += seconds
    this.#timed?.(LOAD_SECONDS, cache, seconds)
  }
}
