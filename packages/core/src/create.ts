/*
 * createCache: a cache on a store that one has in hand. Synchronous and typed.
 */

import type { Defaults, ICache } from './cache.ts'
import type { Clock } from './engine/clock.ts'
import { Engine, pathPart } from './engine/engine.ts'
import type { Entry } from './engine/entry.ts'
import { openSpace } from './engine/houses.ts'
import { HANDLE_OPTIONS, resolvePolicy } from './engine/policy.ts'
import { durationOf, kindOf, type Duration } from './duration.ts'
import { misuse } from './errors.ts'
import { checkOptions, isDuration, isText, type Check, type OptionTable } from './options.ts'
import type { Store } from './store/store.ts'

/**
 * What `createCache` takes: where things are kept, and the policy of all that is kept.
 *
 * @example
 * const options: CacheOptions = { store: memory({ maxEntries: 10_000 }), name: 'users', ttl: '5m', storeTimeout: '500ms' }
 * const users = createCache(options)
 */
export interface CacheOptions<V = unknown> extends Defaults<V> {
  /** Where things are kept: `memory()`, or a store of another package. */
  readonly store: Store<Entry>
  /** Keeps caches apart that share a place. Default: `larder`. */
  readonly name?: string
  /** How long a store may take to answer, before a read is a miss and a write is queued. Default: 100 ms. */
  readonly storeTimeout?: Duration
  /** Time, timers and chance; for tests. Default: those of the system. */
  readonly clock?: Clock
}

const isStore: Check = (value) => {
  if (typeof value !== 'object' || value === null)
    return `must be a store, such as memory(), not ${kindOf(value)}${typeof value === 'string' ? ' (openCache takes names)' : ''}`
  if ('getOrSet' in value) return 'must be a store, such as memory(), not a cache'
  const found = value as Record<string, unknown>
  const missing = ['get', 'set', 'delete'].filter((name) => typeof found[name] !== 'function')
  if (typeof found['name'] !== 'string') missing.push('name')
  return missing.length === 0
    ? undefined
    : `must be a store, such as memory(); it has no ${missing.join(', no ')}`
}

/** A clock, for those who check their options with others. */
export const isClock: Check = (value) =>
  typeof value === 'object' && value !== null && 'now' in value && 'after' in value
    ? undefined
    : `must be a clock, such as manualClock() of @larder/testing, not ${kindOf(value)}`

/** The options of every cache, whatever its store. */
export const CACHE_OPTIONS: OptionTable = {
  ...HANDLE_OPTIONS,
  store: isStore,
  name: isText,
  storeTimeout: isDuration,
  clock: isClock,
}

/**
 * A cache.
 *
 * @example
 * const cache = createCache({ store: memory({ maxEntries: 10_000 }), ttl: '5m' })
 */
export function createCache<V = unknown>(options: CacheOptions<V>): ICache<V> {
  if (isStore(options) === undefined)
    throw misuse('createCache', ['the store is an option: createCache({ store })'])
  checkOptions('createCache', options, CACHE_OPTIONS)
  const { store, name = 'larder', storeTimeout, clock, ...policy } = options
  if (store === undefined)
    throw new TypeError("createCache: store is missing; for example store: memory() from '@larder/memory'")
  const resolved = resolvePolicy('createCache', policy)
  const { space, lease } = openSpace(store, pathPart(name), {
    clock,
    storeTimeout: storeTimeout === undefined ? undefined : durationOf(storeTimeout, 'storeTimeout'),
  })
  return new Engine<V>(space, resolved, lease, true)
}
