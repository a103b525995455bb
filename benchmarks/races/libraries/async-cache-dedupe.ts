/*
 * async-cache-dedupe: Redis with invalidation by references. It has one tier at a time: no near copies, and no bus.
 */
import { createCache } from 'async-cache-dedupe'
import { Redis } from 'ioredis'
import { type Library, type Opened, type Place, tagOf, TTL } from '../library.ts'

function opened({ host, port, load }: Place, options: object): Opened {
  const client = new Redis({ host, port, ...options })
  const ttl = TTL / 1_000
  const cache = createCache({
    ttl,
    storage: { type: 'redis', options: { client, invalidation: { referencesTTL: ttl } } },
  }).define('user', { references: (key: string) => [tagOf(key)] }, (key: string) => load(key))
  return {
    read: (key) => cache.user(key),
    invalidate: (key) => cache.clear('user', key),
    invalidateTag: (tag) => cache.invalidateAll(tag),
  }
}

export const asyncCacheDedupe: Library = {
  name: 'async-cache-dedupe',
  packages: ['async-cache-dedupe', 'ioredis'],
  how: '`createCache({ ttl, storage: { type: "redis", options: { client, invalidation: { referencesTTL } } } })`, which is what it recommends for a shared cache: no near copies, no bus; `define` with `references`, `clear(name, key)`, `invalidateAll(reference)`',
  documented: 'Invalidation; Redis',
  hasNear: false,
  hasBus: false,
  tags: 'invalidateAll',
  open: async (place) => opened(place, {}),
}

export const asyncCacheDedupeByHand: Library = {
  ...asyncCacheDedupe,
  how: 'as above, and of ioredis `commandTimeout: 500`, `maxRetriesPerRequest: 1`',
  documented: 'options of ioredis',
  open: async (place) => opened(place, { commandTimeout: 500, maxRetriesPerRequest: 1 }),
}
