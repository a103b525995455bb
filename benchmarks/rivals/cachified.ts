/*
 * cachified: a function around a store of one's own, here lru-cache as in its documentation, or Redis by the adapter that it
 * names. One store at a time; what is there is written by loading it.
 */
import { type Cache, type CacheEntry, cachified as getOrLoad } from '@epic-web/cachified'
import { redisCacheAdapter } from 'cachified-redis-adapter'
import { LRUCache } from 'lru-cache'
import { connected6 } from './node-redis.ts'
import type { Asked, MemoryPlace, Rival } from './rival.ts'

function asked(cache: Cache, { load, ttl, stale }: MemoryPlace, close: () => unknown = () => {}): Asked {
  const how = { cache, ttl, ...(stale !== undefined && { swr: stale }) }
  return {
    set: (key, value) => getOrLoad({ ...how, key, forceFresh: true, getFreshValue: () => value }),
    getOrSet: (key) => getOrLoad({ ...how, key, getFreshValue: () => load(key) }),
    delete: (key) => cache.delete(key),
    close,
  }
}

export const cachified: Rival = {
  name: 'cachified',
  packages: ['@epic-web/cachified', 'cachified-redis-adapter', 'redis', 'lru-cache'],
  memory: [
    {
      name: 'cachified',
      packages: ['@epic-web/cachified', 'lru-cache'],
      how: 'cache: new LRUCache({ max })',
      waits: true,
      lacks: ['get', 'getMany'],
      hasStale: true,
      open: (place) => asked(new LRUCache<string, CacheEntry>({ max: place.room }), place),
    },
  ],
  redis: [
    {
      name: 'cachified',
      packages: ['@epic-web/cachified', 'cachified-redis-adapter', 'redis'],
      how: 'cache: redisCacheAdapter(client), node-redis 6 without command timeout',
      waits: true,
      lacks: ['get', 'getMany'],
      async open(place) {
        const client = await connected6(place.url)
        const cache = redisCacheAdapter({
          name: 'redis',
          get: (key) => client.get(key),
          set: (key, value, how) => client.set(key, value, how),
          del: (key) => client.del(key),
        })
        return asked(cache, place, () => client.destroy())
      },
    },
  ],
}
