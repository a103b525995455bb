/*
 * async-cache-dedupe: functions with a cache around them, in memory or in Redis, one at a time. Whole seconds only.
 */
import { createCache } from 'async-cache-dedupe'
import { Redis } from 'ioredis'
import type { Asked, MemoryPlace, Rival } from './rival.ts'

type Storage = NonNullable<Parameters<typeof createCache>[0]>['storage']

function opened({ load, ttl, stale }: MemoryPlace, storage: Storage, close: () => unknown = () => {}): Asked {
  const seconds = Math.ceil(ttl / 1_000)
  const cache = createCache({
    ttl: seconds,
    ...(storage !== undefined && { storage }),
    ...(stale !== undefined && { stale: Math.ceil(stale / 1_000) }),
  })
  const { user } = cache.define('user', load)
  return {
    get: user,
    // As it names by itself what a call has answered.
    set: (key, value) => cache.set('user', `user~${key}`, value, seconds),
    getOrSet: user,
    delete: (key) => cache.clear('user', key),
    close,
  }
}

export const asyncCacheDedupe: Rival = {
  name: 'async-cache-dedupe',
  packages: ['async-cache-dedupe', 'ioredis'],
  memory: [
    {
      name: 'async-cache-dedupe',
      packages: ['async-cache-dedupe'],
      how: 'storage: memory, size',
      waits: true,
      lacks: ['getMany'],
      hasStale: true,
      open: (place) => opened(place, { type: 'memory', options: { size: place.room } }),
    },
  ],
  redis: [
    {
      name: 'async-cache-dedupe',
      packages: ['async-cache-dedupe', 'ioredis'],
      how: 'storage: redis; enableAutoPipelining where many ask at once',
      waits: true,
      lacks: ['getMany'],
      open(place) {
        const client = new Redis(place.url, { enableAutoPipelining: place.isCrowded })
        return opened(place, { type: 'redis', options: { client } }, () => client.disconnect())
      },
    },
  ],
}
