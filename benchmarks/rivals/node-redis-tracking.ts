/*
 * node-redis with its client-side cache: texts in the memory of the client, of which the server says when they change. It loads
 * nothing, and values are parsed at every hit.
 */
import { BasicClientSideCache, createClient } from 'redis'
import { rawOf } from './node-redis.ts'
import { client, type Connect } from './raw.ts'
import type { Contender, Rival } from './rival.ts'

const connect: Connect = async ({ url, ttl, room, gone }) => {
  const copies = new BasicClientSideCache({ ttl: 0, maxEntries: room, evictPolicy: 'LRU' })
  if (gone !== undefined) copies.on('invalidate', (key: unknown) => gone(String(key)))
  const redis = await createClient({
    url,
    RESP: 3,
    commandOptions: { timeout: 0 },
    clientSideCache: copies,
  }).connect()
  return rawOf(redis, ttl)
}

export const inTiers: Contender = client(
  'node-redis, client-side cache',
  'redis',
  'RESP: 3, clientSideCache: { ttl: 0, maxEntries, evictPolicy: "LRU" }, no command timeout; JSON.parse',
  connect,
)

export const nodeRedisTracking: Rival = {
  name: 'node-redis, client-side cache',
  packages: ['redis'],
  tiered: [inTiers],
}
