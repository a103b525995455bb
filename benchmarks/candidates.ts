/*
 * The candidates: every cache in the configuration in which it is fastest at keeping live objects in this process,
 * bounded and with a ttl, filled with one user per key.
 *
 * Where a configuration without ttl is faster, that one takes part too, and is named so.
 */
import { bentostore, BentoCache } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { createCache as createManager } from 'cache-manager'
import { Cacheable, createKeyv } from 'cacheable'
import { createCache, type ICache } from '@larder/core'
import { memory, type MemoryOptions } from '@larder/memory'
import { Keyv } from 'keyv'
import { Loader } from 'layered-loader'
import { LRUCache } from 'lru-cache'
import { type Candidate, type User, userOf } from './harness/question.ts'

const HOUR = 3_600_000

/** Room for all keys, so that a hit is a hit. */
const roomFor = (keys: readonly string[]): number => keys.length + 1

/** What loads in a benchmark of hits. */
export const neverLoads = (): never => {
  throw new Error('a miss, where only hits are measured')
}

export function larderFor(keys: readonly string[], options: MemoryOptions = {}): ICache<User> {
  return createCache<User>({
    store: memory({ maxEntries: roomFor(keys), maxBytes: '4gb', ...options }),
    ttl: HOUR,
  })
}

/** Ours, filled. */
export async function filledLarder(
  keys: readonly string[],
  options: MemoryOptions = {},
): Promise<ICache<User>> {
  const cache = larderFor(keys, options)
  for (const key of keys) await cache.set(key, userOf(key))
  return cache
}

export function filledLru(keys: readonly string[], ttl?: number): LRUCache<string, User> {
  const options = { max: roomFor(keys) }
  const lru = new LRUCache<string, User>(ttl === undefined ? options : { ...options, ttl })
  for (const key of keys) lru.set(key, userOf(key))
  return lru
}

const larder: Candidate = {
  name: 'larder',
  package: '@larder/core',
  how: 'store: memory(), ttl; await cache.get(key)',
  waits: true,
  async open(keys) {
    const cache = await filledLarder(keys)
    return { operation: (key) => cache.get(key), close: () => cache.close() }
  },
}

const larderGetOrSet: Candidate = {
  ...larder,
  how: 'store: memory(), ttl; await cache.getOrSet(key, load)',
  async open(keys) {
    const cache = await filledLarder(keys)
    return { operation: (key) => cache.getOrSet(key, neverLoads), close: () => cache.close() }
  },
}

const handWritten: Candidate = {
  name: 'hand-written',
  package: 'lru-cache',
  how: 'async get(key) { return lru.get(key) }, no ttl; awaited',
  waits: true,
  open(keys) {
    const lru = filledLru(keys)
    const get = async (key: string): Promise<User | undefined> => lru.get(key)
    return { operation: get }
  },
}

const handWrittenGetOrSet: Candidate = {
  ...handWritten,
  how: 'lru.get(key), otherwise a Map of loads under way; no ttl; awaited',
  open(keys) {
    const lru = filledLru(keys)
    const loads = new Map<string, Promise<User>>()
    const loaded = async (key: string, load: () => Promise<User>): Promise<User> => {
      try {
        const value = await load()
        lru.set(key, value)
        return value
      } finally {
        loads.delete(key)
      }
    }
    const getOrSet = async (key: string, load: () => Promise<User>): Promise<User> => {
      const hit = lru.get(key)
      if (hit !== undefined) return hit
      const open = loads.get(key)
      if (open !== undefined) return open
      const loading = loaded(key, load)
      loads.set(key, loading)
      return loading
    }
    return { operation: (key) => getOrSet(key, neverLoads) }
  },
}

const layeredLoader = (name: string, ttl: number | undefined): Candidate => ({
  name,
  package: 'layered-loader',
  how: `Loader on lru-map${ttl === undefined ? ', no ttl' : ', ttl'}; await loader.get(key)`,
  waits: true,
  async open(keys) {
    const loader = new Loader<User>({
      inMemoryCache: { cacheType: 'lru-map', maxItems: roomFor(keys), ttlInMsecs: ttl },
      dataSourceGetOneFn: neverLoads,
    })
    for (const key of keys) await loader.forceSetValue(key, userOf(key))
    return { operation: (key) => loader.get(key) }
  },
})

async function filledBento(keys: readonly string[]) {
  const driver = memoryDriver({ maxItems: roomFor(keys), serialize: false })
  const bento = new BentoCache({ default: 'c', ttl: HOUR, stores: { c: bentostore().useL1Layer(driver) } })
  for (const key of keys) await bento.set({ key, value: userOf(key) })
  return bento
}

const bentocache: Candidate = {
  name: 'bentocache',
  package: 'bentocache',
  how: 'memory layer, serialize: false; await bento.get({ key })',
  waits: true,
  async open(keys) {
    const bento = await filledBento(keys)
    return { operation: (key) => bento.get({ key }), close: () => bento.disconnectAll() }
  },
}

const bentocacheGetOrSet: Candidate = {
  ...bentocache,
  how: 'memory layer, serialize: false; await bento.getOrSet({ key, factory })',
  async open(keys) {
    const bento = await filledBento(keys)
    return {
      operation: (key) => bento.getOrSet({ key, factory: neverLoads }),
      close: () => bento.disconnectAll(),
    }
  },
}

/** One Map instead of sixteen and a hash, and no copies: its fastest settings. */
const tuned = (keys: readonly string[]) =>
  createKeyv({ storeHashSize: 1, useClone: false, lruSize: roomFor(keys) })

async function filledCacheable(keys: readonly string[]): Promise<Cacheable> {
  const cacheable = new Cacheable({ primary: tuned(keys), ttl: HOUR })
  for (const key of keys) await cacheable.set(key, userOf(key))
  return cacheable
}

const cacheable: Candidate = {
  name: 'cacheable',
  package: 'cacheable',
  how: 'CacheableMemory, storeHashSize: 1, useClone: false, lruSize; await cacheable.get(key)',
  waits: true,
  async open(keys) {
    const cache = await filledCacheable(keys)
    return { operation: (key) => cache.get(key), close: () => cache.disconnect() }
  },
}

const cacheableGetOrSet: Candidate = {
  ...cacheable,
  how: 'CacheableMemory, storeHashSize: 1, useClone: false, lruSize; await cacheable.getOrSet(key, load)',
  async open(keys) {
    const cache = await filledCacheable(keys)
    return { operation: (key) => cache.getOrSet(key, neverLoads), close: () => cache.disconnect() }
  },
}

async function filledManager(keys: readonly string[]) {
  const manager = createManager({ stores: [tuned(keys)], ttl: HOUR })
  for (const key of keys) await manager.set(key, userOf(key))
  return manager
}

const cacheManager: Candidate = {
  name: 'cache-manager',
  package: 'cache-manager',
  how: 'keyv on CacheableMemory, tuned as for cacheable; await manager.get(key)',
  waits: true,
  async open(keys) {
    const manager = await filledManager(keys)
    return { operation: (key) => manager.get(key), close: () => manager.disconnect() }
  },
}

const cacheManagerGetOrSet: Candidate = {
  ...cacheManager,
  how: 'keyv on CacheableMemory, tuned as for cacheable; await manager.wrap(key, load)',
  async open(keys) {
    const manager = await filledManager(keys)
    return { operation: (key) => manager.wrap(key, neverLoads), close: () => manager.disconnect() }
  },
}

const cacheManagerOnMap: Candidate = {
  ...cacheManager,
  name: 'cache-manager on a Map',
  how: 'keyv on its Map, no serializer, no bound; await manager.get(key)',
  async open(keys) {
    const onMap = new Keyv()
    onMap.serialize = undefined
    onMap.deserialize = undefined
    const manager = createManager({ stores: [onMap], ttl: HOUR })
    for (const key of keys) await manager.set(key, userOf(key))
    return { operation: (key) => manager.get(key), close: () => manager.disconnect() }
  },
}

const layered = [layeredLoader('layered-loader', undefined), layeredLoader('layered-loader + ttl', HOUR)]

export const readers: readonly Candidate[] = [
  handWritten,
  larder,
  ...layered,
  cacheManager,
  cacheManagerOnMap,
  cacheable,
  bentocache,
]

export const getOrSetters: readonly Candidate[] = [
  handWrittenGetOrSet,
  larderGetOrSet,
  ...layered,
  cacheManagerGetOrSet,
  cacheableGetOrSet,
  bentocacheGetOrSet,
]
