/*
 * cache-manager: keyv stores, asked one after the other. It has no messages between processes.
 *
 * What it has instead of serving stale is to refresh early: what has less than `refreshThreshold` to live.
 */
import { createCache, type CreateCacheOptions } from 'cache-manager'
import { keyvAt, mapKeyv, memoryKeyv, TUNED } from './keyv.ts'
import type { Asked, MemoryPlace, Rival } from './rival.ts'

function opened({ load, ttl, stale }: MemoryPlace, stores: CreateCacheOptions['stores']): Asked {
  const early = stale === undefined ? { ttl } : { ttl: ttl + stale, refreshThreshold: stale }
  const cache = createCache({ ...(stores !== undefined && { stores }), ...early })
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    getOrSet: (key) => cache.wrap(key, () => load(key)),
    getMany: (keys) => cache.mget([...keys]),
    delete: (key) => cache.del(key),
    close: () => cache.disconnect(),
  }
}

export const cacheManager: Rival = {
  name: 'cache-manager',
  packages: ['cache-manager', 'keyv', '@keyv/redis', 'cacheable'],
  memory: [
    {
      name: 'cache-manager',
      packages: ['cache-manager'],
      how: `stores: [keyv on ${TUNED}]`,
      waits: true,
      hasStale: true,
      open: (place) => opened(place, [memoryKeyv(place.room)]),
    },
    {
      name: 'cache-manager on a Map',
      packages: ['cache-manager', 'keyv'],
      how: 'stores: [keyv on its Map, no serializer]; no bound',
      waits: true,
      open: (place) => opened(place, [mapKeyv()]),
    },
  ],
  redis: [
    {
      name: 'cache-manager',
      packages: ['cache-manager', '@keyv/redis'],
      how: 'stores: [@keyv/redis], JSON',
      waits: true,
      open: (place) => opened(place, [keyvAt(place.url)]),
    },
  ],
  tiered: [
    {
      name: 'cache-manager',
      packages: ['cache-manager', '@keyv/redis'],
      how: `stores: [keyv on ${TUNED}; @keyv/redis with JSON]; no messages`,
      waits: true,
      open: (place) => opened(place, [memoryKeyv(place.room), keyvAt(place.url)]),
    },
  ],
}
