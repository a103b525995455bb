/*
 * bentocache: a memory layer, a Redis layer and the Redis bus.
 */
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { type Library, type Opened, type Place, tagOf, TTL } from '../library.ts'

function opened({ host, port, load, isTagged }: Place, client: object, options: object): Opened {
  const connection = { host, port, ...client }
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxSize: '10mb' }))
    .useL2Layer(redisDriver({ connection }))
    .useBus(redisBusDriver({ connection }))
  const bento = new BentoCache({ default: 'multitier', ttl: TTL, ...options, stores: { multitier: store } })
  return {
    read: (key) => bento.getOrSet({ key, factory: () => load(key), ...(isTagged && { tags: [tagOf(key)] }) }),
    invalidate: (key) => bento.delete({ key }),
    invalidateTag: (tag) => bento.deleteByTag({ tags: [tag] }),
  }
}

export const bentocache: Library = {
  name: 'bentocache',
  packages: ['bentocache', 'ioredis'],
  how: '`bentostore().useL1Layer(memoryDriver({ maxSize: "10mb" })).useL2Layer(redisDriver({ connection })).useBus(redisBusDriver({ connection }))`; `getOrSet`, `delete`, `deleteByTag`',
  documented: 'Multi Tier; Tags',
  hasNear: true,
  hasBus: true,
  tags: 'deleteByTag',
  open: async (place) => opened(place, {}, {}),
}

export const bentocacheByHand: Library = {
  ...bentocache,
  how: 'as above, with `l2CircuitBreakerDuration: "1s"` (Options), and of ioredis `commandTimeout: 500`, `maxRetriesPerRequest: 1`',
  documented: 'Options; options of ioredis',
  open: async (place) =>
    opened(place, { commandTimeout: 500, maxRetriesPerRequest: 1 }, { l2CircuitBreakerDuration: '1s' }),
}
