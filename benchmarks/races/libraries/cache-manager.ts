/*
 * cache-manager: two stores, memory before Redis. It has no bus: other processes keep their copies until the ttl ends.
 */
import KeyvRedis, { createKeyv } from '@keyv/redis'
import { createCache } from 'cache-manager'
import { CacheableMemory } from 'cacheable'
import { Keyv } from 'keyv'
import { type Library, type Opened, type Place, TTL } from '../library.ts'
import { IMPATIENT, impatient } from './impatient.ts'

const opened = ({ load }: Place, redis: Keyv): Opened => {
  const memory = new Keyv({ store: new CacheableMemory({ ttl: TTL, lruSize: 5_000 }) })
  const cache = createCache({ stores: [memory, redis], ttl: TTL })
  redis.on('error', () => {})
  return { read: (key) => cache.wrap(key, () => load(key)), invalidate: (key) => cache.del(key) }
}

export const cacheManager: Library = {
  name: 'cache-manager',
  packages: ['cache-manager', '@keyv/redis', 'cacheable', 'keyv'],
  how: '`createCache({ stores: [new Keyv({ store: new CacheableMemory({ ttl: 60000, lruSize: 5000 }) }), new Keyv({ store: new KeyvRedis(url) })] })` with a listener for `error`; `wrap`, `del`. It has no bus',
  documented: 'Quick start',
  hasNear: true,
  hasBus: false,
  open: async (place) => opened(place, new Keyv({ store: new KeyvRedis(place.url) })),
}

export const cacheManagerByHand: Library = {
  ...cacheManager,
  how: `as above, and of node-redis ${IMPATIENT}, with \`throwOnConnectError: false\``,
  documented: 'options of node-redis',
  open: async (place) =>
    opened(place, createKeyv({ url: place.url, ...impatient }, { throwOnConnectError: false })),
}
