/*
 * Rates: what happened between two looks at a cache, in a second. `stats()` counts from the beginning; this is about now.
 */

import type { Stats } from './stats.ts'

/**
 * In a second, but for the ratio.
 *
 * @example
 * const { hits, loads, hitRatio }: Rates = ratesBetween(before, cache.stats())
 * console.log(`${hits} hits and ${loads} loads per second, ${hitRatio}`)
 */
export interface Rates {
  /** Between the two looks. */
  readonly seconds: number
  readonly hits: number
  readonly misses: number
  readonly stale: number
  readonly loads: number
  readonly loadFailures: number
  readonly sets: number
  readonly deletes: number
  readonly invalidations: number
  readonly storeFailures: number
  /** What memory threw out to make room: of the store, and of copies. */
  readonly evictions: number
  /** Of what was asked for meanwhile: 0 to 1, or undefined if nothing was. */
  readonly hitRatio: number | undefined
}

/**
 * What happened between two snapshots of one cache.
 *
 * @example
 * const before = cache.stats()
 * // a minute later
 * console.log(ratesBetween(before, cache.stats()).hits)
 */
export function ratesBetween(before: Stats, after: Stats): Rates {
  const seconds = (after.at - before.at) / 1_000
  if (!(seconds > 0)) throw new TypeError('ratesBetween: the second snapshot must be later than the first')
  const more = (of: (stats: Stats) => number): number => of(after) - of(before)
  const inVain = more(({ misses, stale }) => misses - stale.slowLoad - stale.failedLoad)
  const asked = more(({ hits, misses, stale }) => hits + misses + stale.refreshing + stale.farDown)
  return {
    seconds,
    hits: more(({ hits }) => hits) / seconds,
    misses: more(({ misses }) => misses) / seconds,
    stale: more(({ stale }) => Object.values(stale).reduce((sum, each) => sum + each, 0)) / seconds,
    loads: more(({ loads }) => loads) / seconds,
    loadFailures: more(({ loadFailures }) => loadFailures) / seconds,
    sets: more(({ sets }) => sets) / seconds,
    deletes: more(({ deletes }) => deletes) / seconds,
    invalidations: more(({ invalidations }) => invalidations) / seconds,
    storeFailures: more(({ storeFailures }) => storeFailures) / seconds,
    evictions: more(evictionsOf) / seconds,
    hitRatio: asked === 0 ? undefined : (asked - inVain) / asked,
  }
}

const evictionsOf = ({ store, near }: Stats): number =>
  [store, near].reduce((sum, usage) => sum + (usage?.removed.entries ?? 0) + (usage?.removed.bytes ?? 0), 0)
