/*
 * layered-loader: memory, Redis, and notifications between processes.
 *
 * What it has instead of serving stale is to refresh early: what has less than `ttlLeftBeforeRefreshInMsecs` to live.
 */
import { Redis } from 'ioredis'
import { createNotificationPair, Loader, RedisCache } from 'layered-loader'
import type { Asked, Contender, MemoryPlace, RedisPlace, Rival } from './rival.ts'

/** It asks of every value of many under which key it lies: also where all of them were found. */
const keyIn = (value: unknown): string => `user:${(value as { readonly id: number }).id}`

const many = ({ load }: MemoryPlace) => ({
  dataSourceGetOneFn: load,
  dataSourceGetManyFn: (keys: string[]) => Promise.all(keys.map(load)),
  cacheKeyFromValueResolver: keyIn,
})

const near = ({ room, ttl, stale }: MemoryPlace, hasTtl = true) => ({
  cacheType: 'lru-map' as const,
  maxItems: room,
  ttlInMsecs: hasTtl ? ttl + (stale ?? 0) : undefined,
  ...(stale !== undefined && { ttlLeftBeforeRefreshInMsecs: stale }),
})

const asked = (loader: Loader<unknown>, close: () => unknown = () => {}): Asked => ({
  get: (key) => loader.get(key),
  set: (key, value) => loader.forceSetValue(key, value),
  getOrSet: (key) => loader.get(key),
  getMany: (keys) => loader.getMany([...keys]),
  delete: (key) => loader.invalidateCacheFor(key),
  close,
})

const inMemory = (name: string, hasTtl: boolean): Contender<MemoryPlace> => ({
  name,
  packages: ['layered-loader'],
  how: `Loader on lru-map${hasTtl ? ', ttl' : ', no ttl'}; await loader.get(key)`,
  waits: true,
  ...(hasTtl && { hasStale: true }),
  open: (place) => asked(new Loader<unknown>({ inMemoryCache: near(place, hasTtl), ...many(place) })),
})

const onRedis: Contender = {
  name: 'layered-loader',
  packages: ['layered-loader', 'ioredis'],
  how: 'Loader on RedisCache, json; enableAutoPipelining where many ask at once',
  waits: true,
  open(place) {
    const { url, ttl, isCrowded } = place
    const client = new Redis(url, { enableAutoPipelining: isCrowded })
    const asyncCache = new RedisCache(client, { prefix: 'l', json: true, ttlInMsecs: ttl })
    return asked(new Loader<unknown>({ asyncCache, ...many(place) }), () => client.disconnect())
  },
}

async function openedTiers(place: RedisPlace): Promise<Asked> {
  const { url, ttl, gone } = place
  const [client, publisherRedis, consumerRedis] = [new Redis(url), new Redis(url), new Redis(url)]
  const { publisher: notificationPublisher, consumer: notificationConsumer } =
    createNotificationPair<unknown>({ channel: url, publisherRedis, consumerRedis })
  const loader = new Loader<unknown>({
    inMemoryCache: near(place),
    asyncCache: new RedisCache(client, { prefix: 'l', json: true, ttlInMsecs: ttl }),
    notificationConsumer,
    notificationPublisher,
    ...many(place),
  })
  await loader.init()
  // Behind its own listener, which drops the copy.
  if (gone !== undefined)
    consumerRedis.on('message', (_, text) => gone((JSON.parse(text) as { readonly key: string }).key))
  return asked(loader, () => {
    for (const each of [client, publisherRedis, consumerRedis]) each.disconnect()
  })
}

export const inTiers: Contender = {
  name: 'layered-loader',
  packages: ['layered-loader', 'ioredis'],
  how: 'Loader on lru-map, ttl, and on RedisCache, json; notifications by Redis',
  waits: true,
  open: openedTiers,
}

export const layeredLoader: Rival = {
  name: 'layered-loader',
  packages: ['layered-loader', 'ioredis'],
  memory: [inMemory('layered-loader', false), inMemory('layered-loader + ttl', true)],
  redis: [onRedis],
  tiered: [inTiers],
}
