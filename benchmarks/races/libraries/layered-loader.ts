/*
 * layered-loader: memory, Redis and a notification pair. What it has instead of tags are groups: a key is in one.
 */
import { Redis } from 'ioredis-6'
import {
  createGroupNotificationPair,
  createNotificationPair,
  enrichRedisConfig,
  GroupLoader,
  Loader,
  RedisCache,
  RedisGroupCache,
} from 'layered-loader-16'
import { type Library, type Opened, type Place, tagOf, TTL } from '../library.ts'

const MEMORY = { ttlInMsecs: TTL }

async function opened(place: Place, timeout: object, given: object): Promise<Opened> {
  const { host, port, load, isTagged } = place
  const client = (): Redis => new Redis(enrichRedisConfig({ host, port, ...given }))
  const options = { prefix: 'races', json: true, ttlInMsecs: TTL, ...timeout }
  const bus = { channel: 'races', consumerRedis: client(), publisherRedis: client() }
  if (isTagged) {
    const { publisher, consumer } = createGroupNotificationPair<string>(bus)
    const groups = new GroupLoader<string>({
      inMemoryCache: MEMORY,
      asyncCache: new RedisGroupCache<string>(client(), options),
      dataSources: [
        {
          name: 'source',
          getFromGroup: (key) => load(key),
          getManyFromGroup: (keys) => Promise.all(keys.map(load)),
        },
      ],
      notificationConsumer: consumer,
      notificationPublisher: publisher,
    })
    await groups.init()
    return {
      read: (key) => groups.get(key, tagOf(key)),
      invalidate: (key) => groups.invalidateCacheFor(key, tagOf(key)),
      invalidateTag: (group) => groups.invalidateCacheForGroup(group),
    }
  }
  const { publisher, consumer } = createNotificationPair<string>(bus)
  const loader = new Loader<string>({
    inMemoryCache: MEMORY,
    asyncCache: new RedisCache<string>(client(), options),
    dataSourceGetOneFn: load,
    notificationConsumer: consumer,
    notificationPublisher: publisher,
  })
  await loader.init()
  return { read: (key) => loader.get(key), invalidate: (key) => loader.invalidateCacheFor(key) }
}

export const layeredLoader: Library = {
  name: 'layered-loader',
  packages: ['layered-loader-16', 'ioredis-6'],
  how: '`new Loader({ inMemoryCache: { ttlInMsecs }, asyncCache: new RedisCache(redis, { json: true, ttlInMsecs }), dataSourceGetOneFn, notificationConsumer, notificationPublisher })` with `createNotificationPair` and clients from `enrichRedisConfig`; `get`, `invalidateCacheFor`; with groups `GroupLoader`, `RedisGroupCache`, `invalidateCacheForGroup`. This version asks for Node 22, and its set-up proved to work on the Node above',
  documented: 'Update notifications; Redis connection safety; Group operations',
  hasNear: true,
  hasBus: true,
  tags: 'invalidateCacheForGroup',
  open: (place) => opened(place, {}, {}),
}

export const layeredLoaderByHand: Library = {
  ...layeredLoader,
  how: 'as above, with `timeoutInMsecs: 500` for its Redis cache, and of ioredis `commandTimeout: 500`, `maxRetriesPerRequest: 1`',
  documented: 'RedisCache; options of ioredis',
  open: (place) => opened(place, { timeoutInMsecs: 500 }, { commandTimeout: 500, maxRetriesPerRequest: 1 }),
}
