/*
 * bentocache: a memory layer, a Redis layer, the Redis bus. It has no call for many keys.
 */
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { Redis } from 'ioredis'
import type { Asked, Contender, MemoryPlace, Rival } from './rival.ts'

type Store = ReturnType<typeof bentostore>

/** What comes from a Redis layer cannot be read again in memory where it is not serialized there: then it has to be. */
const near = ({ room }: MemoryPlace, serialize: boolean): Store =>
  bentostore().useL1Layer(memoryDriver({ maxItems: room, serialize }))

interface Ends {
  readonly gone?: ((key: string) => void) | undefined
  readonly close?: () => unknown
}

function opened({ load, ttl, stale }: MemoryPlace, store: Store, { gone, close }: Ends = {}): Asked {
  const cache = new BentoCache({
    default: 'c',
    ttl,
    ...(stale !== undefined && { grace: stale, timeout: 0 }),
    stores: { c: store },
  })
  // It says so in the turn in which it drops the copies.
  if (gone !== undefined) cache.on('bus:message:received', ({ message }) => message.keys.forEach(gone))
  return {
    get: (key) => cache.get({ key }),
    set: (key, value) => cache.set({ key, value }),
    getOrSet: (key) => cache.getOrSet({ key, factory: () => load(key) }),
    delete: (key) => cache.delete({ key }),
    async close() {
      await cache.disconnectAll()
      close?.()
    },
  }
}

const onRedis = (name: string, enableAutoPipelining: boolean): Contender => ({
  name,
  packages: ['bentocache', 'ioredis'],
  how: `Redis layer only${enableAutoPipelining ? ', enableAutoPipelining' : ''}`,
  waits: true,
  lacks: ['getMany'],
  ...(enableAutoPipelining && { isForCrowds: true }),
  open(place) {
    const connection = new Redis(place.url, { enableAutoPipelining })
    return opened(place, bentostore().useL2Layer(redisDriver({ connection })))
  },
})

export const inTiers: Contender = {
  name: 'bentocache',
  packages: ['bentocache', 'ioredis'],
  how: 'memory layer; Redis layer; Redis bus',
  waits: true,
  lacks: ['getMany'],
  open(place) {
    const connection = new Redis(place.url)
    const bus = new Redis(place.url)
    const store = near(place, true)
      .useL2Layer(redisDriver({ connection }))
      .useBus(redisBusDriver({ connection: bus }))
    return opened(place, store, { gone: place.gone, close: () => bus.disconnect() })
  },
}

export const bentocache: Rival = {
  name: 'bentocache',
  packages: ['bentocache', 'ioredis'],
  entries: ['bentocache', 'bentocache/drivers/memory', 'bentocache/drivers/redis', 'ioredis'],
  memory: [
    {
      name: 'bentocache',
      packages: ['bentocache'],
      how: 'memory layer, serialize: false',
      waits: true,
      lacks: ['getMany'],
      hasStale: true,
      open: (place) => opened(place, near(place, false)),
    },
  ],
  redis: [onRedis('bentocache', false), onRedis('bentocache, autopipelining', true)],
  tiered: [inTiers],
}
