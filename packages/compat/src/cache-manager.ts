/*
 * A Larder cache with the methods of cache-manager 7: for programs, and for Nest, that expect one.
 *
 * What was invalidated while `wrap` loads it is not brought back, in cache-manager it is; otherwise the answers are the
 * same, and the differential test in test/ says so. Times are in ms, a ttl of 0 is for ever, as there.
 */

import {
  type Awaitable,
  checkOptions,
  type Clock,
  type Duration,
  durationOf,
  type ICache,
  isDuration,
  misuse,
  type Policy,
  systemClock,
} from '@larder/core'
import { EventEmitter } from 'node:events'

/**
 * What `asCacheManager` takes besides the cache.
 *
 * @example
 * const manager = asCacheManager(cache, { ttl: '5m', refreshThreshold: '30s' })
 */
export interface CacheManagerOptions {
  /** For what is set and wrapped without a ttl. Default: that of the cache. */
  readonly ttl?: Duration
  /** `wrap` answers with what is kept and loads it anew in the background when fewer ms than this are left. Default: never. */
  readonly refreshThreshold?: Duration
  /** The clock of the cache, if it has one of its own; for tests. Default: that of the system. */
  readonly clock?: Clock
}

/**
 * How `wrap` keeps a value, where that is said by name.
 *
 * @example
 * const options: WrapOptions<User> = { ttl: (user) => (user.team === 7 ? 1_000 : 60_000), refreshThreshold: 500 }
 * await manager.wrap('user:42', () => db.user(42), options)
 */
export interface WrapOptions<T> {
  /** In ms; 0 is for ever. */
  readonly ttl?: number | ((value: T) => number)
  /** In ms. */
  readonly refreshThreshold?: number | ((value: T) => number)
}

/**
 * A value, and the moment of its end in ms since 1970.
 *
 * @example
 * const { value, expires }: RawValue<User> = await manager.wrap('user:42', () => db.user(42), { raw: true })
 */
export interface RawValue<T> {
  readonly value: T
  readonly expires?: number | undefined
}

/**
 * One of several that are set together.
 *
 * @example
 * const list: KeyValue<number>[] = [{ key: 'a', value: 1 }, { key: 'b', value: 2, ttl: 60_000 }]
 * await asCacheManager(cache).mset(list)
 */
export interface KeyValue<T> {
  key: string
  value: T
  ttl?: number
}

/**
 * What listeners are told.
 *
 * @example
 * const onSet: CacheManagerEvents['set'] = ({ key, error }) => console.log(key, error)
 * asCacheManager(cache).on('set', onSet)
 */
export interface CacheManagerEvents {
  get: (about: { key: string; value?: unknown; store?: string; error?: unknown }) => void
  mget: (about: { keys: string[]; values?: unknown[]; error?: unknown }) => void
  ttl: (about: { key: string; value?: unknown; error?: unknown }) => void
  set: (about: { key: string; value: unknown; store?: string; error?: unknown }) => void
  mset: (about: { list: KeyValue<unknown>[]; error?: unknown }) => void
  del: (about: { key: string; error?: unknown }) => void
  mdel: (about: { keys: string[]; error?: unknown }) => void
  clear: (error?: unknown) => void
  refresh: (about: { key: string; value: unknown; error?: unknown }) => void
}

/**
 * The `Cache` of cache-manager 7.
 *
 * @example
 * const manager: CacheManager = asCacheManager(cache)
 * await manager.set('key', 'value', 60_000)
 * await manager.get<string>('key')
 */
export interface CacheManager {
  get<T>(key: string): Promise<T | undefined>
  mget<T>(keys: string[]): Promise<(T | undefined)[]>
  /** When the value ends, in ms since 1970; undefined if never, or if there is none. */
  ttl(key: string): Promise<number | undefined>
  set<T>(key: string, value: T, ttl?: number): Promise<T>
  mset<T>(list: KeyValue<T>[]): Promise<KeyValue<T>[]>
  del(key: string): Promise<boolean>
  mdel(keys: string[]): Promise<boolean>
  clear(): Promise<boolean>
  wrap<T>(
    key: string,
    load: () => Awaitable<T>,
    ttl?: number | ((value: T) => number),
    refreshThreshold?: number | ((value: T) => number),
  ): Promise<T>
  wrap<T>(key: string, load: () => Awaitable<T>, options: WrapOptions<T>): Promise<T>
  wrap<T>(
    key: string,
    load: () => Awaitable<T>,
    options: WrapOptions<T> & { readonly raw: true },
  ): Promise<RawValue<T>>
  on<E extends keyof CacheManagerEvents>(event: E, listener: CacheManagerEvents[E]): EventEmitter
  on(event: keyof CacheManagerEvents, listener: (...about: never[]) => void): EventEmitter
  off<E extends keyof CacheManagerEvents>(event: E, listener: CacheManagerEvents[E]): EventEmitter
  off(event: keyof CacheManagerEvents, listener: (...about: never[]) => void): EventEmitter
  /** Does nothing: the cache is yours to close. */
  disconnect(): Promise<undefined>
  cacheId(): string
  /** There is none of Keyv behind it. */
  readonly stores: never[]
}

/** A hit refreshes at once; or never, but the engine measures the load, without which it refreshes nothing early. */
const AT_ONCE = Number.MAX_VALUE
const NOT_EARLY = Number.MIN_VALUE

/**
 * A Larder cache under the names of cache-manager.
 *
 * @example
 * const cache = asCacheManager(createCache({ store: memory(), ttl: '5m' }))
 * await cache.wrap('user:42', () => db.user(42), 60_000)
 */
export function asCacheManager(cache: ICache, options: CacheManagerOptions = {}): CacheManager {
  checkOptions('asCacheManager', options, {
    ttl: isDuration,
    refreshThreshold: isDuration,
    clock: (clock) => (typeof clock === 'object' && clock !== null ? undefined : 'must be a clock'),
  })
  if (!('getOrSet' in cache)) throw misuse('asCacheManager', ['needs a cache, such as createCache(…)'])
  const { ttl: usual, clock = systemClock } = options
  const threshold =
    options.refreshThreshold === undefined
      ? undefined
      : durationOf(options.refreshThreshold, 'refreshThreshold')
  const events = new EventEmitter()
  const usually: Policy = usual === undefined ? {} : { ttl: usual }

  const endOf = async (key: string): Promise<number | undefined> => {
    const left = await cache.ttl(key)
    return left === undefined || left === Infinity ? undefined : Math.round(clock.epoch() + left)
  }

  const keep = async (key: string, value: unknown, ttl: number | undefined): Promise<void> => {
    if (value === undefined || isOver(ttl)) await cache.delete(key)
    else await cache.set(key, value, ttl === undefined ? usually : { ttl: forEverIfZero(ttl) })
  }

  /** Whether so little of its life is left that it is to be loaded anew; only asked where somebody has said when. */
  const isEnding = async <T>(key: string, given: WrapOptions<T>['refreshThreshold']): Promise<boolean> => {
    const left = await cache.ttl(key)
    if (left === undefined) return false
    if (typeof given !== 'function') return left < (given ?? threshold ?? 0)
    const value = await cache.get(key)
    return value !== undefined && left < given(value as T)
  }

  const wrapped = async <T>(
    key: string,
    load: () => Awaitable<T>,
    { ttl, refreshThreshold }: WrapOptions<T>,
  ): Promise<T> => {
    const isWatched = refreshThreshold !== undefined || threshold !== undefined
    const isRefresh = isWatched && (await isEnding(key, refreshThreshold))
    const refreshEarly = isRefresh ? AT_ONCE : isWatched ? NOT_EARLY : false
    const value = await cache.getOrSet<unknown>(
      key,
      async (context) => {
        try {
          const loaded = await load()
          const own = typeof ttl === 'function' ? ttl(loaded) : ttl
          if (isOver(own)) context.skip()
          else if (own !== undefined) context.ttl(forEverIfZero(own))
          if (isRefresh) events.emit('refresh', { key, value: loaded })
          return loaded
        } catch (error) {
          if (isRefresh) events.emit('refresh', { key, value: context.stale?.value, error })
          throw error
        }
      },
      { ...usually, jitter: 0, refreshEarly },
    )
    return value as T
  }

  async function wrap<T>(
    key: string,
    load: () => Awaitable<T>,
    how?: WrapOptions<T>['ttl'] | (WrapOptions<T> & { readonly raw?: true }),
    refreshThreshold?: WrapOptions<T>['refreshThreshold'],
  ): Promise<T | RawValue<T>> {
    const given =
      typeof how === 'object'
        ? how
        : {
            ...(how !== undefined && { ttl: how }),
            ...(refreshThreshold !== undefined && { refreshThreshold }),
          }
    const value = await wrapped(key, load, given)
    return 'raw' in given && given.raw ? { value, expires: await endOf(key) } : value
  }

  return {
    get: async <T>(key: string) => {
      const value = (await cache.get(key)) as T | undefined
      if (value !== undefined) events.emit('get', { key, value, store: 'primary' })
      return value
    },
    mget: async <T>(keys: string[]) => {
      const values = (await cache.getMany(keys)) as (T | undefined)[]
      events.emit('mget', { keys, values })
      return values
    },
    ttl: async (key) => {
      const value = await endOf(key)
      events.emit('ttl', { key, value })
      return value
    },
    set: async (key, value, ttl) => {
      await keep(key, value, ttl)
      events.emit('set', { key, value })
      return value
    },
    mset: async (list) => {
      await Promise.all(list.map(({ key, value, ttl }) => keep(key, value, ttl)))
      events.emit('mset', { list })
      return list
    },
    del: async (key) => {
      await cache.delete(key)
      events.emit('del', { key })
      return true
    },
    mdel: async (keys) => {
      await cache.delete(...keys)
      events.emit('mdel', { keys })
      return true
    },
    clear: async () => {
      await cache.clear()
      events.emit('clear')
      return true
    },
    wrap,
    on: (event: string, listener: Listener) => events.on(event, heardBy(listener)),
    off: (event: string, listener: Listener) => events.off(event, heardBy(listener)),
    disconnect: async () => undefined,
    cacheId: () => cache.name,
    stores: [],
  }
}

type Listener = (...about: never[]) => void
/** What is told of an event is what its type says, which an emitter cannot know. */
const heardBy = (listener: Listener): ((...about: unknown[]) => void) =>
  listener as (...about: unknown[]) => void
const isOver = (ttl: number | undefined): boolean => ttl !== undefined && (ttl < 0 || Number.isNaN(ttl))
const forEverIfZero = (ttl: number): number => (ttl === 0 ? Infinity : ttl)
