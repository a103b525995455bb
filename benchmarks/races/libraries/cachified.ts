/*
 * cachified: one cache at a time, here Redis by the adapter that its documentation names. No near copies, no bus, no tags.
 */
import { cachified as getOrSet } from '@epic-web/cachified'
import { redisCacheAdapter } from 'cachified-redis-adapter'
import { createClient, type RedisClientOptions } from 'redis'
import { IMPATIENT, impatient } from './impatient.ts'
import { type Library, type Opened, type Place, TTL } from '../library.ts'

async function opened({ url, load }: Place, options: RedisClientOptions): Promise<Opened> {
  const client = createClient({ url, ...options })
  client.on('error', () => {})
  await client.connect()
  const cache = redisCacheAdapter({
    name: 'redis',
    get: (key) => client.get(key),
    set: (key, value, how) => client.set(key, value, how),
    del: (key) => client.del(key),
  })
  return {
    read: (key) => getOrSet({ key, cache, ttl: TTL, getFreshValue: () => load(key) }),
    invalidate: async (key) => cache.delete(key),
  }
}

export const cachified: Library = {
  name: 'cachified',
  packages: ['@epic-web/cachified', 'cachified-redis-adapter', 'redis'],
  how: '`cachified({ cache: redisCacheAdapter(client), key, ttl, getFreshValue })` on a client of `redis` with a listener for `error`; `cache.delete(key)`. It has one cache at a time: no near copies, no bus, no tags',
  documented: 'Adapters; Manually working with the cache',
  hasNear: false,
  hasBus: false,
  open: (place) => opened(place, {}),
}

export const cachifiedByHand: Library = {
  ...cachified,
  how: `as above, and of node-redis ${IMPATIENT}`,
  documented: 'options of node-redis',
  open: (place) => opened(place, impatient),
}
