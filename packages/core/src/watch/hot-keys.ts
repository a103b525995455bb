/*
 * Hot keys: which keys are read most, in bounded memory.
 *
 * A space-saving sketch: a fixed number of counters. A key without one takes that of the least counted, with its count, which
 * is then how much too high its own may be. A key that makes up more than 1/counters of the reads has a counter for certain.
 *
 * Reads are sampled, so most of them cost one comparison here; and nobody who does not ask pays at all.
 */

import type { ICache } from '../cache.ts'
import { isClock } from '../create.ts'
import { type Clock, systemClock } from '../engine/clock.ts'
import { misuse } from '../errors.ts'
import { type Key, keyOfName } from '../key.ts'
import { checkOptions, isCount, type OptionTable } from '../options.ts'

/**
 * What `hotKeys` takes.
 *
 * @example
 * const hot = hotKeys(cache, { counters: 1_000, oneIn: 10 })
 */
export interface HotKeysOptions {
  /** Counters, and so the most keys that are remembered. Default: 1,000. */
  readonly counters?: number
  /** One read in so many is looked at, by chance. Default: 16. */
  readonly oneIn?: number
  /** Chance; for tests. Default: that of the system. */
  readonly clock?: Clock
}

/**
 * A key that is read much, and how much.
 *
 * @example
 * const [hottest]: readonly HotKey[] = hotKeys(cache).top(1)
 * console.log(`${hottest?.key}: ${hottest?.reads} reads, at most ${hottest?.atMostTooHigh} too high`)
 */
export interface HotKey {
  /** The namespace, such as `larder/users`. */
  readonly cache: string
  /** As `keyOf` writes it. */
  readonly key: string
  /** An estimate of its reads. */
  readonly reads: number
  /** By how much that may be too high, besides what chance does. */
  readonly atMostTooHigh: number
}

/**
 * Which keys are read most: what `hotKeys` gives.
 *
 * @example
 * const hot: HotKeys = hotKeys(cache)
 * await warm(cache, hot.keys(100), (key) => db.page(key))
 */
export interface HotKeys {
  /** The keys that were read most, from the hottest. */
  top(count?: number): readonly HotKey[]
  /** Those of them that lie in the cache itself, not in a namespace inside it, as keys: what `warm` takes. Default: all. */
  keys(count?: number): readonly Key[]
  stop(): void
}

const OPTIONS: OptionTable = { counters: isCount, oneIn: isCount, clock: isClock }

type Counter = { -readonly [F in keyof HotKey]: HotKey[F] }

/**
 * Counts the reads of a cache and of the namespaces inside it from now on.
 *
 * @example
 * const hot = hotKeys(cache)
 * console.table(hot.top(10))
 * await warm(cache, hot.keys(100), load)
 */
export function hotKeys(cache: Pick<ICache, 'name' | 'on'>, options: HotKeysOptions = {}): HotKeys {
  checkOptions('hotKeys', options, OPTIONS)
  if (!('on' in cache)) throw misuse('hotKeys', ['needs a cache, such as createCache(…)'])
  const { counters = 1_000, oneIn = 16, clock = systemClock } = options
  const known = new Map<string, Counter>()
  /** What has been read least, as it was when all were looked at last: reads only grow, so many of them are still what is looked for. */
  let least: string[] = []
  let fewest = 0

  const leastRead = (): string => {
    for (;;) {
      const name = least.pop()
      if (name === undefined) {
        fewest = Infinity
        for (const { reads } of known.values()) fewest = Math.min(fewest, reads)
        least = [...known.keys()].filter((each) => known.get(each)?.reads === fewest)
      } else if (known.get(name)?.reads === fewest) return name
    }
  }

  const count = (of: string, key: string): void => {
    // No namespace holds a colon.
    const name = `${of}:${key}`
    const counter = known.get(name)
    if (counter !== undefined) {
      counter.reads += oneIn
      return
    }
    let reads = 0
    if (known.size === counters) {
      known.delete(leastRead())
      reads = fewest
    }
    known.set(name, { cache: of, key, reads: reads + oneIn, atMostTooHigh: reads })
  }

  const fromHottest = (): Counter[] => [...known.values()].sort((a, b) => b.reads - a.reads)

  return {
    top: (most = 10) =>
      fromHottest()
        .slice(0, most)
        .map((counter) => ({ ...counter })),
    keys: (most = counters) =>
      fromHottest()
        .filter((counter) => counter.cache === cache.name)
        .slice(0, most)
        .map(({ key }) => keyOfName(key)),
    stop: cache.on((event) => {
      const { type } = event
      // Who waited for a load was heard of as a miss.
      const isRead = type === 'hit' || type === 'miss' || (type === 'stale' && !event.why.endsWith('load'))
      if (isRead && clock.random() * oneIn < 1) count(event.cache, event.key)
    }),
  }
}
