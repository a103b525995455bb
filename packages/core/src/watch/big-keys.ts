/*
 * Big keys: which values take the most space, in bounded memory.
 *
 * The store says what it takes for each record that is written, while somebody asks for it. Here a fixed number of the largest is
 * kept: a new one takes the place of the smallest among them. Nothing is copied out of the store, so a key that was deleted
 * since is still shown, with the size that it had when it was written.
 */

import type { ICache } from '../cache.ts'
import { isClock } from '../create.ts'
import { type Clock, systemClock } from '../engine/clock.ts'
import { checkOptions, isCount, type OptionTable } from '../options.ts'
import { spaceOf } from './space-of.ts'

/**
 * What `bigKeys` takes.
 *
 * @example
 * const big = bigKeys(cache, { keep: 100, oneIn: 10 })
 */
export interface BigKeysOptions {
  /** The most keys that are remembered. Default: 100. */
  readonly keep?: number
  /** One write in so many is looked at, by chance. Default: 1, every one. */
  readonly oneIn?: number
  /** Chance; for tests. Default: that of the system. */
  readonly clock?: Clock
}

/**
 * A key whose value takes much.
 *
 * @example
 * const [biggest]: readonly BigKey[] = big.top(1)
 * console.log(`${biggest?.key} takes ${biggest?.bytes} bytes`)
 */
export interface BigKey {
  /** The namespace, such as `larder/users`. */
  readonly cache: string
  /** As `keyOf` writes it. */
  readonly key: string
  /** When it was written last. An estimate of its heap where live objects are kept. */
  readonly bytes: number
}

/**
 * What was written since the call, the biggest of it.
 *
 * @example
 * const big: BigKeys = bigKeys(cache)
 * console.table(big.top(10))
 * big.stop()
 */
export interface BigKeys {
  /** The keys whose values took the most, from the biggest. */
  top(count?: number): readonly BigKey[]
  stop(): void
}

const OPTIONS: OptionTable = { keep: isCount, oneIn: isCount, clock: isClock }

/**
 * Looks at what is written to a cache and to the namespaces inside it from now on. A store that does not tell sizes has no
 * big keys: those of Larder, and everything behind `encoded`, do.
 *
 * @example
 * const big = bigKeys(cache)
 * console.table(big.top(10))
 */
export function bigKeys(cache: ICache, options: BigKeysOptions = {}): BigKeys {
  checkOptions('bigKeys', options, OPTIONS)
  const { keep = 100, oneIn = 1, clock = systemClock } = options
  const known = new Map<string, BigKey>()
  /** The least of them, once they are as many as are kept: most writes are smaller and cost one comparison. */
  let least = 0

  const note = (found: BigKey): void => {
    // No namespace holds a colon.
    const name = `${found.cache}:${found.key}`
    if (found.bytes <= least && !known.has(name)) return
    known.set(name, found)
    if (known.size > keep) known.delete(smallest(known)[0])
    least = known.size < keep ? 0 : smallest(known)[1].bytes
  }

  const stop = spaceOf('bigKeys', cache).house.store.onSized?.((full, bytes) => {
    const [of = ''] = full.split(':', 1)
    const isInside = of === cache.name || of.startsWith(`${cache.name}/`)
    if (isInside && clock.random() * oneIn < 1) note({ cache: of, key: full.slice(of.length + 1), bytes })
  })
  return {
    top: (most = 10) => [...known.values()].sort((a, b) => b.bytes - a.bytes).slice(0, most),
    stop: () => stop?.(),
  }
}

const smallest = (known: ReadonlyMap<string, BigKey>): readonly [string, BigKey] =>
  [...known].reduce((a, b) => (b[1].bytes < a[1].bytes ? b : a))
