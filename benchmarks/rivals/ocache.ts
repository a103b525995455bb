/*
 * ocache: functions with a cache around them; in memory, in Redis as byte frames, or composed of both. Whole seconds; no messages
 * between processes. What is there is written by loading it.
 */
import { Redis } from 'ioredis-6'
import { composeStorage, createBlobStorage, createMemoryStorage, defineCachedFunction } from 'ocache'
import type { Asked, Contender, MemoryPlace, RedisPlace, Rival } from './rival.ts'

type Storage = ReturnType<typeof createMemoryStorage>

function asked(storage: Storage, { load, ttl, stale }: MemoryPlace, close: () => unknown = () => {}): Asked {
  /** What is to be under a key, while it is written. */
  const given = new Map<string, unknown>()
  const user = defineCachedFunction((key: string): unknown => (given.has(key) ? given.get(key) : load(key)), {
    name: 'user',
    getKey: (key) => key,
    maxAge: Math.ceil(ttl / 1_000),
    ...(stale !== undefined && { swr: true, staleMaxAge: Math.ceil(stale / 1_000) }),
    storage,
  })
  return {
    async set(key, value) {
      given.set(key, value)
      await user.invalidate(key)
      await user(key)
      given.delete(key)
    },
    getOrSet: (key) => user(key),
    delete: (key) => user.invalidate(key),
    close,
  }
}

const inMemory = ({ room }: MemoryPlace): Storage =>
  createMemoryStorage({ maxSize: room, maxBytes: Infinity })

function onRedis({ url, isCrowded }: RedisPlace): { storage: Storage; close: () => unknown } {
  const client = new Redis(url, { enableAutoPipelining: isCrowded })
  const storage = createBlobStorage({
    get: (key) => client.getBuffer(key),
    async set(key, value, how) {
      if (value === null) await client.del(key)
      else if (how?.ttl === undefined) await client.set(key, Buffer.from(value))
      else await client.set(key, Buffer.from(value), 'EX', how.ttl)
    },
  })
  return { storage, close: () => client.disconnect() }
}

const far: Contender = {
  name: 'ocache',
  packages: ['ocache', 'ioredis-6'],
  how: 'storage: createBlobStorage over ioredis; enableAutoPipelining where many ask at once',
  waits: true,
  lacks: ['get', 'getMany'],
  open(place) {
    const { storage, close } = onRedis(place)
    return asked(storage, place, close)
  },
}

export const ocache: Rival = {
  name: 'ocache',
  packages: ['ocache', 'ioredis-6'],
  memory: [
    {
      name: 'ocache',
      packages: ['ocache'],
      how: 'storage: createMemoryStorage({ maxSize })',
      waits: true,
      lacks: ['get', 'getMany'],
      hasStale: true,
      open: (place) => asked(inMemory(place), place),
    },
  ],
  redis: [far],
  tiered: [
    {
      ...far,
      how: 'storage: composeStorage([createMemoryStorage({ maxSize }), createBlobStorage over ioredis]); no messages',
      open(place) {
        const { storage, close } = onRedis(place)
        return asked(composeStorage([inMemory(place), storage]), place, close)
      },
    },
  ],
}
