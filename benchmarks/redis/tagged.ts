/*
 * Caches that can forget what belongs together: by a tag, or by a group that a key is in.
 *
 * async-cache-dedupe is not among them: its references are lists of keys, which it deletes one by one.
 */
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'
import { Cacheable, type CacheableOptions } from 'cacheable'
import { Redis } from 'ioredis'
import { createCache, type ICache } from '@larder/core'
import { redis } from '@larder/redis'
import { GroupLoader, RedisGroupCache } from 'layered-loader'
import { keyvAt, memoryKeyv, TUNED } from '../rivals/keyv.ts'
import { DEADLINE, memoryOf, openedLarder } from '../rivals/larder.ts'
import { HOUR } from '../rivals/rival.ts'

/** For the entries of all tags, twice: some keep the tags of an entry in an entry of its own. */
const ROOM = 40_000

export interface Tagging {
  readonly name: string
  readonly package: string
  readonly how: string
  readonly open: (url: string) => Promise<Tagged>
}

export interface Tagged {
  readonly set: (key: string, value: unknown, tags: string[]) => Promise<unknown>
  readonly get: (key: string, tags: readonly string[]) => Promise<unknown>
  readonly invalidate: (tag: string) => Promise<unknown>
  readonly close: () => unknown
}

const ofLarder = (cache: ICache): Tagged => ({
  set: (key, value, tags) => cache.set(key, value, { tags }),
  get: (key) => cache.get(key),
  invalidate: (tag) => cache.invalidateTags(tag),
  close: () => cache.close(),
})

function ofBentocache(store: ReturnType<typeof bentostore>): Tagged {
  const cache = new BentoCache({ default: 'c', ttl: HOUR, stores: { c: store } })
  return {
    set: (key, value, tags) => cache.set({ key, value, tags }),
    get: (key) => cache.get({ key }),
    invalidate: (tag) => cache.deleteByTag({ tags: [tag] }),
    close: () => cache.disconnectAll(),
  }
}

function ofCacheable(options: CacheableOptions): Tagged {
  const cache = new Cacheable({ ...options, ttl: HOUR, tags: true })
  return {
    set: (key, value, tags) => cache.set(key, value, { tags }),
    get: (key) => cache.get(key),
    invalidate: (tag) => cache.tags.invalidateTag(tag),
    close: () => cache.disconnect(),
  }
}

export const larder: Tagging = {
  name: 'larder',
  package: '@larder/redis',
  how: 'store: redis(url); invalidateTags',
  async open(url) {
    return ofLarder(await openedLarder(redis(url, { deadline: DEADLINE, prefix: 'tagged' })))
  },
}

const bentocache: Tagging = {
  name: 'bentocache',
  package: 'bentocache',
  how: 'Redis layer only, enableAutoPipelining; deleteByTag',
  async open(url) {
    const connection = new Redis(url, { enableAutoPipelining: true })
    return ofBentocache(bentostore().useL2Layer(redisDriver({ connection })))
  },
}

const cacheable: Tagging = {
  name: 'cacheable',
  package: 'cacheable',
  how: 'primary: @keyv/redis, JSON, tags: true; tags.invalidateTag',
  open: async (url) => ofCacheable({ primary: keyvAt(url) }),
}

const layeredLoader: Tagging = {
  name: 'layered-loader',
  package: 'layered-loader',
  how: 'GroupLoader on RedisGroupCache, json, enableAutoPipelining; invalidateCacheForGroup',
  async open(url) {
    const client = new Redis(url, { enableAutoPipelining: true })
    const options = { prefix: 'l', json: true, ttlInMsecs: HOUR, groupTtlInMsecs: HOUR }
    const asyncCache = new RedisGroupCache<unknown>(client, options)
    const loader = new GroupLoader<unknown>({ asyncCache, throwIfUnresolved: false })
    return {
      set: (key, value, [tag = 'none']) => asyncCache.setForGroup(key, value, tag),
      get: (key, [tag = 'none']) => loader.get(key, tag),
      invalidate: (tag) => loader.invalidateCacheForGroup(tag),
      close: () => client.disconnect(),
    }
  },
}

export const taggings: readonly Tagging[] = [larder, bentocache, cacheable, layeredLoader]

/** The same in memory: nobody is far away. */
export const inMemory: readonly Tagging[] = [
  {
    ...larder,
    package: '@larder/core',
    how: 'store: memory(); invalidateTags',
    open: async () => ofLarder(createCache({ store: memoryOf(ROOM), ttl: HOUR })),
  },
  {
    ...bentocache,
    how: 'memory layer, serialize: false; deleteByTag',
    open: async () =>
      ofBentocache(bentostore().useL1Layer(memoryDriver({ maxItems: ROOM, serialize: false }))),
  },
  {
    ...cacheable,
    how: `primary: ${TUNED}, tags: true; tags.invalidateTag`,
    open: async () => ofCacheable({ primary: memoryKeyv(ROOM) }),
  },
]
