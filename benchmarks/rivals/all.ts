/*
 * Everybody, and who takes part in what.
 */
import { asyncCacheDedupe } from './async-cache-dedupe.ts'
import { bentocache } from './bentocache.ts'
import { cacheManager } from './cache-manager.ts'
import { cacheable } from './cacheable.ts'
import { cachified } from './cachified.ts'
import { byTheTickOnIoredis, ioredis, iovalkey, pipelining, rawIoredis } from './ioredis.ts'
import { keyv } from './keyv.ts'
import { larder } from './larder.ts'
import { layeredLoader } from './layered-loader.ts'
import { lruCache } from './lru-cache.ts'
import { map } from './map.ts'
import { nodeRedisTracking } from './node-redis-tracking.ts'
import { byTheTickOnNodeRedis, nodeRedis, nodeRedis5, rawNodeRedis } from './node-redis.ts'
import { ocache } from './ocache.ts'
import type { Contender, MemoryPlace, Rival } from './rival.ts'
import { unstorage } from './unstorage.ts'

/** Caches, beside ours. */
const caches: readonly Rival[] = [
  layeredLoader,
  asyncCacheDedupe,
  cachified,
  ocache,
  keyv,
  cacheManager,
  cacheable,
  unstorage,
  bentocache,
]

export const rivals: readonly Rival[] = [
  larder,
  map,
  lruCache,
  rawIoredis,
  rawNodeRedis,
  nodeRedisTracking,
  ...caches,
]

/** All that keep live objects in this process: the floor first, then ours. */
export const inMemory: readonly Contender<MemoryPlace>[] = [lruCache, larder, map, ...caches].flatMap(
  ({ memory = [] }) => memory,
)

/** Caches other than ours with Redis alone under them, for as many as ask at once. */
export const onRedis = (isCrowded: boolean): readonly Contender[] =>
  caches.flatMap(({ redis = [] }) => redis).filter(({ isForCrowds = false }) => isCrowded || !isForCrowds)

/** Clients alone, as they are. */
export const clients: readonly Contender[] = [ioredis, pipelining, nodeRedis, nodeRedis5, iovalkey]

/** Written by hand over a client. */
export const limits: readonly Contender[] = [byTheTickOnIoredis, byTheTickOnNodeRedis]

/** Those other than ours with copies in this process of what is in Redis. */
export const inTiers: readonly Contender[] = [...caches, nodeRedisTracking].flatMap(
  ({ tiered = [] }) => tiered,
)
