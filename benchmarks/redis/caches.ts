/*
 * The caches, with Redis alone under them: no memory layer, values as JSON, a ttl.
 *
 * Rivals on ioredis are given the one they ask for (5), with autopipelining where several ask at once, since it costs
 * where only one does. Those on Keyv read and write JSON with the functions of the language instead of their own, which
 * are slower, and no prefix.
 */
import { createCache as createDedupe } from 'async-cache-dedupe'
import { BentoCache, bentostore } from 'bentocache'
import { redisDriver } from 'bentocache/drivers/redis'
import { createCache as createManager } from 'cache-manager'
import { Cacheable } from 'cacheable'
import { Redis } from 'ioredis'
import { createKeyv, type Keyv } from '@keyv/redis'
import { createCache, type ICache } from '@larder/core'
import { redis } from '@larder/redis'
import { Loader, RedisCache } from 'layered-loader'
import { connected5, connected6 } from './clients.ts'
import { type Asked, type Contender, HOUR } from './contender.ts'
import type { Account } from './values.ts'

type Store = ReturnType<typeof redis>

/** A deadline costs the same whatever it is: a long one keeps a benchmark alive where others use the machine. */
export const DEADLINE = '5s'

/** Ours over a store that has that deadline as well. */
export async function openedLarder(store: Store): Promise<ICache> {
  const cache = createCache({ store, ttl: HOUR, storeTimeout: DEADLINE })
  await cache.set('warm', true)
  return cache
}

const larderOver = (
  name: string,
  how: string,
  open: (url: string) => Promise<[Store, () => unknown]>,
): Contender => ({
  name,
  package: '@larder/redis',
  how,
  async open(url, load) {
    const [store, closeClient] = await open(url)
    const cache = await openedLarder(store)
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.getOrSet(key, () => load(key)),
      getMany: (keys) => cache.getMany(keys),
      async close() {
        await cache.close()
        closeClient()
      },
    }
  },
})

/** Databases share their channels, so each has a prefix of its own. */
export const larder: Contender = larderOver('larder', 'store: redis(url)', async (url) => [
  redis(url, { deadline: DEADLINE, prefix: 'by-url' }),
  () => {},
])

export const larderOnNodeRedis: Contender = larderOver(
  'larder on node-redis',
  'store: redis(client), node-redis 6 without command timeout',
  async (url) => {
    const client = await connected6(url)
    return [redis(client, { deadline: DEADLINE, prefix: 'on-6' }), () => client.destroy()]
  },
)

export const larderOnNodeRedis5: Contender = larderOver(
  'larder on @redis/client 5',
  'store: redis(client)',
  async (url) => {
    const client = await connected5(url)
    return [redis(client, { deadline: DEADLINE, prefix: 'on-5' }), () => client.destroy()]
  },
)

export function keyvAt(url: string): Keyv {
  const keyv = createKeyv(url, { throwOnErrors: true })
  keyv.serialize = JSON.stringify
  keyv.deserialize = JSON.parse
  return keyv
}

const keyv: Contender = {
  name: 'keyv',
  package: 'keyv',
  how: '@keyv/redis, JSON; what is missing is loaded and set by hand',
  async open(url, load) {
    const cache = keyvAt(url)
    const getOrSet = async (key: string): Promise<unknown> => {
      const value: unknown = await cache.get(key)
      if (value !== undefined) return value
      const loaded = await load(key)
      await cache.set(key, loaded, HOUR)
      return loaded
    }
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value, HOUR),
      getOrSet,
      getMany: (keys) => cache.get([...keys]),
      close: () => cache.disconnect(),
    }
  },
}

const cacheable: Contender = {
  name: 'cacheable',
  package: 'cacheable',
  how: 'primary: @keyv/redis, JSON',
  async open(url, load) {
    const cache = new Cacheable({ primary: keyvAt(url), ttl: HOUR })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.getOrSet(key, () => load(key)),
      getMany: (keys) => cache.getMany([...keys]),
      close: () => cache.disconnect(),
    }
  },
}

const cacheManager: Contender = {
  name: 'cache-manager',
  package: 'cache-manager',
  how: '@keyv/redis, JSON',
  async open(url, load) {
    const cache = createManager({ stores: [keyvAt(url)], ttl: HOUR })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.wrap(key, () => load(key)),
      getMany: (keys) => cache.mget([...keys]),
      close: () => cache.disconnect(),
    }
  },
}

const bentocache = (name: string, enableAutoPipelining: boolean): Contender => ({
  name,
  package: 'bentocache',
  how: `Redis layer only${enableAutoPipelining ? ', enableAutoPipelining' : ''}`,
  async open(url, load) {
    const connection = new Redis(url, { enableAutoPipelining })
    const store = bentostore().useL2Layer(redisDriver({ connection }))
    const cache = new BentoCache({ default: 'c', ttl: HOUR, stores: { c: store } })
    return {
      get: (key) => cache.get({ key }),
      set: (key, value) => cache.set({ key, value }),
      getOrSet: (key) => cache.getOrSet({ key, factory: () => load(key) }),
      close: () => cache.disconnectAll(),
    }
  },
})

/** It asks of every value of many under which key it lies: also where all of them were found. */
const keyIn = (value: unknown): string => `user:${(value as Account).id}`

const layeredLoader = (enableAutoPipelining: boolean): Contender => ({
  name: 'layered-loader',
  package: 'layered-loader',
  how: `Loader on RedisCache, json${enableAutoPipelining ? ', enableAutoPipelining' : ''}`,
  async open(url, load) {
    const client = new Redis(url, { enableAutoPipelining })
    const loader = new Loader<unknown>({
      asyncCache: new RedisCache(client, { prefix: 'l', json: true, ttlInMsecs: HOUR }),
      dataSourceGetOneFn: load,
      dataSourceGetManyFn: (keys) => Promise.all(keys.map(load)),
      cacheKeyFromValueResolver: (value) => keyIn(value),
    })
    return {
      get: (key) => loader.get(key),
      set: (key, value) => loader.forceSetValue(key, value),
      getOrSet: (key) => loader.get(key),
      getMany: (keys) => loader.getMany([...keys]),
      close: () => client.disconnect(),
    }
  },
})

const dedupe = (enableAutoPipelining: boolean): Contender => ({
  name: 'async-cache-dedupe',
  package: 'async-cache-dedupe',
  how: `storage: redis${enableAutoPipelining ? ', enableAutoPipelining' : ''}`,
  async open(url, load): Promise<Asked> {
    const client = new Redis(url, { enableAutoPipelining })
    const seconds = HOUR / 1_000
    const cache = createDedupe({ ttl: seconds, storage: { type: 'redis', options: { client } } })
    const { user } = cache.define('user', load)
    return {
      get: user,
      // As it names by itself what a call has answered.
      set: (key, value) => cache.set('user', `user~${key}`, value, seconds),
      getOrSet: user,
      close: () => client.disconnect(),
    }
  },
})

/** The rivals, for so many that ask at once. */
export const rivalsFor = (concurrency: number): readonly Contender[] => [
  keyv,
  cacheable,
  cacheManager,
  bentocache('bentocache', false),
  ...(concurrency > 1 ? [bentocache('bentocache, autopipelining', true)] : []),
  layeredLoader(concurrency > 1),
  dedupe(concurrency > 1),
]
