/*
 * node-redis with its client-side cache: texts in the memory of the client, of which the server says when they change. It loads
 * nothing, and values are parsed at every hit.
 */
import { createClient } from 'redis'
import { client, type Connect } from './raw.ts'
import type { Rival } from './rival.ts'

const connect: Connect = async ({ url, ttl, room }) => {
  const redis = await createClient({
    url,
    RESP: 3,
    commandOptions: { timeout: 0 },
    clientSideCache: { ttl: 0, maxEntries: room, evictPolicy: 'LRU' },
  }).connect()
  const px = { expiration: { type: 'PX', value: ttl } } as const
  return {
    get: (key) => redis.get(key),
    set: (key, text) => redis.set(key, text, px),
    mget: (keys) => redis.mGet(keys),
    del: (key) => redis.del(key),
    close: () => redis.destroy(),
  }
}

export const nodeRedisTracking: Rival = {
  name: 'node-redis, client-side cache',
  packages: ['redis'],
  tiered: [
    client(
      'node-redis, client-side cache',
      'redis',
      'RESP: 3, clientSideCache: { ttl: 0, maxEntries, evictPolicy: "LRU" }, no command timeout; JSON.parse',
      connect,
    ),
  ],
}
