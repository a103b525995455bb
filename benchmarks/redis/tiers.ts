/*
 * The caches with two tiers: memory of this process in front of Redis, kept in step by messages where they have a way to.
 *
 * The memory of each is set up as in candidates.ts, Redis as in caches.ts. async-cache-dedupe is not among them: it has one
 * storage at a time.
 */
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { createCache as createManager } from 'cache-manager'
import { Cacheable, createKeyv } from 'cacheable'
import { Redis } from 'ioredis'
import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { createNotificationPair, Loader, RedisCache } from 'layered-loader'
import { type Candidate, type Opened, userOf } from '../harness/question.ts'
import { DEADLINE, keyvAt } from './caches.ts'
import { type Asked, type Contender, fill, HOUR, neverLoads } from './contender.ts'
import { ownUrl } from './server.ts'

/** What is said of ours wherever it takes part. */
export const OURS = 'tiered({ near: memory(), far: redis(url) })'

interface Tiers {
  /** The most entries near. */
  readonly room: number
  /** Databases share their channels, so each cache has a prefix of its own. */
  readonly prefix: string
}

/** Ours. Copies live as long as their originals, so that a hit stays a hit; how long they are believed costs the same whatever it is. */
export async function openedTiers(url: string, { room, prefix }: Tiers): Promise<ICache> {
  const near = memory({ maxEntries: room, maxBytes: '4gb' })
  const far = redis(url, { deadline: DEADLINE, prefix })
  const cache = createCache({
    store: tiered({ near, far, nearTtl: HOUR, maxStaleness: DEADLINE }),
    ttl: HOUR,
    storeTimeout: DEADLINE,
  })
  await cache.set('warm', true)
  return cache
}

/** What is under every key, and which cache of the one that was opened is asked. */
export interface Filling {
  readonly tags: readonly string[]
  readonly path: readonly string[]
}

export const PLAIN: Filling = { tags: [], path: [] }

interface Filled {
  readonly cache: ICache
  readonly close: () => unknown
}

const inside = (root: ICache, { path }: Filling): ICache =>
  path.reduce((around, part) => around.namespace(part), root)

/** Ours, with a user under every key, near and far. */
export async function filledTiers(keys: readonly string[], filling: Filling = PLAIN): Promise<Filled> {
  const root = await openedTiers(await ownUrl(), { room: keys.length + SOME, prefix: `near-${++opened}` })
  const cache = inside(root, filling)
  for (const key of keys) await cache.set(key, userOf(key), { tags: filling.tags })
  return { cache, close: () => root.close() }
}
const SOME = 10
let opened = 0

/**
 * Ours, with memory only. Each key is written to a Redis as well before the next one: so it lies in the heap as what comes
 * from a server does, with all that a request leaves behind in between, and not side by side as only a benchmark writes it.
 */
export async function filledMemory(keys: readonly string[], filling: Filling = PLAIN): Promise<Filled> {
  const root = createCache({ store: memory({ maxEntries: keys.length + SOME, maxBytes: '4gb' }), ttl: HOUR })
  const beside = createCache({
    store: redis(await ownUrl(), { deadline: DEADLINE, prefix: `beside-${++opened}` }),
    ttl: HOUR,
    storeTimeout: DEADLINE,
  })
  const cache = inside(root, filling)
  for (const key of keys) {
    await cache.set(key, userOf(key), { tags: filling.tags })
    await beside.set(key, userOf(key))
  }
  await beside.close()
  return { cache, close: () => root.close() }
}

/** The memory layer of those on Keyv, as fast as it can be. */
const nearKeyv = (room: number) => createKeyv({ storeHashSize: 1, useClone: false, lruSize: room })

const bentocache = (room: number): Contender => ({
  name: 'bentocache',
  package: 'bentocache',
  how: 'memory layer, serialize: false; Redis layer; Redis bus',
  async open(url, load) {
    const connection = new Redis(url)
    const bus = new Redis(url)
    const store = bentostore()
      .useL1Layer(memoryDriver({ maxItems: room, serialize: false }))
      .useL2Layer(redisDriver({ connection }))
      .useBus(redisBusDriver({ connection: bus }))
    const cache = new BentoCache({ default: 'c', ttl: HOUR, stores: { c: store } })
    return {
      get: (key) => cache.get({ key }),
      set: (key, value) => cache.set({ key, value }),
      getOrSet: (key) => cache.getOrSet({ key, factory: () => load(key) }),
      async close() {
        await cache.disconnectAll()
        bus.disconnect()
      },
    }
  },
})

const cacheable = (room: number): Contender => ({
  name: 'cacheable',
  package: 'cacheable',
  how: 'CacheableMemory, storeHashSize: 1, useClone: false; secondary: @keyv/redis, JSON; no messages',
  async open(url, load) {
    const cache = new Cacheable({ primary: nearKeyv(room), secondary: keyvAt(url), ttl: HOUR })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.getOrSet(key, () => load(key)),
      close: () => cache.disconnect(),
    }
  },
})

const cacheManager = (room: number): Contender => ({
  name: 'cache-manager',
  package: 'cache-manager',
  how: 'stores: [keyv on CacheableMemory, @keyv/redis with JSON]; no messages',
  async open(url, load) {
    const cache = createManager({ stores: [nearKeyv(room), keyvAt(url)], ttl: HOUR })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.wrap(key, () => load(key)),
      close: () => cache.disconnect(),
    }
  },
})

const layeredLoader = (room: number): Contender => ({
  name: 'layered-loader',
  package: 'layered-loader',
  how: 'Loader on lru-map, ttl, and on RedisCache, json; notifications by Redis',
  async open(url, load) {
    const [client, publisherRedis, consumerRedis] = [new Redis(url), new Redis(url), new Redis(url)]
    const { publisher: notificationPublisher, consumer: notificationConsumer } =
      createNotificationPair<unknown>({ channel: url, publisherRedis, consumerRedis })
    const loader = new Loader<unknown>({
      inMemoryCache: { cacheType: 'lru-map', maxItems: room, ttlInMsecs: HOUR },
      asyncCache: new RedisCache(client, { prefix: 'l', json: true, ttlInMsecs: HOUR }),
      notificationConsumer,
      notificationPublisher,
      dataSourceGetOneFn: load,
    })
    await loader.init()
    return {
      get: (key) => loader.get(key),
      set: (key, value) => loader.forceSetValue(key, value),
      getOrSet: (key) => loader.get(key),
      close() {
        for (const each of [client, publisherRedis, consumerRedis]) each.disconnect()
      },
    }
  },
})

/** The rivals, with so much room near. */
export const rivalsWith = (room: number): readonly Contender[] => [
  layeredLoader(room),
  cacheManager(room),
  cacheable(room),
  bentocache(room),
]

/** A contender with all keys near, and far. */
export const holding = (
  rivalWith: (room: number) => Contender,
  valueOf: (key: string) => unknown,
  operationOf: (asked: Asked) => Opened['operation'],
): Candidate => {
  const { name, package: from, how } = rivalWith(1)
  return {
    name,
    package: from,
    how,
    waits: true,
    async open(keys) {
      const asked = await rivalWith(keys.length + 1).open(await ownUrl(), neverLoads)
      await fill(asked, keys, valueOf)
      return { operation: operationOf(asked), close: asked.close }
    },
  }
}
