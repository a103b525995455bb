/*
 * Ours: in memory, on Redis by each client, in tiers.
 */
import { createCache, type ICache } from '@larder/core'
import { memory, type MemoryOptions } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { connected5, connected6 } from './node-redis.ts'
import { type Asked, type Contender, HOUR, type Load, type MemoryPlace, type Rival } from './rival.ts'

/** A deadline costs the same whatever it is: a long one keeps a benchmark alive where others use the machine. */
export const DEADLINE = '5s'

const AROUND = { storeTimeout: DEADLINE } as const

/** More than all values of a benchmark. */
const BYTES = '4gb'

/** What is said of ours wherever it takes part. */
export const OURS = 'tiered({ near: memory(), far: redis(url) })'

export const asked = (cache: ICache, load: Load, close: () => unknown = () => cache.close()): Asked => ({
  get: (key) => cache.get(key),
  set: (key, value) => cache.set(key, value),
  getOrSet: (key) => cache.getOrSet(key, () => load(key)),
  getMany: (keys) => cache.getMany(keys),
  delete: (key) => cache.delete(key),
  close,
})

const policy = ({ ttl, stale }: MemoryPlace) =>
  stale === undefined ? { ttl } : { ttl, staleWhileRevalidate: stale }

/** With room for so many. */
export const memoryOf = (room: number, options: MemoryOptions = {}): ReturnType<typeof memory> =>
  memory({ maxEntries: room, maxBytes: BYTES, ...options })

/** Ours, as users open it, with room for these keys. */
export const larderFor = (keys: readonly string[], options: MemoryOptions = {}): ICache =>
  createCache({ store: memoryOf(keys.length + 1, options), ttl: HOUR })

export const inMemory: Contender<MemoryPlace> = {
  name: 'larder',
  packages: ['@larder/core'],
  how: 'store: memory(), ttl',
  waits: true,
  hasStale: true,
  open(place) {
    const cache = createCache({ store: memoryOf(place.room), ...policy(place) })
    return asked(cache, place.load)
  },
}

type Store = ReturnType<typeof redis>

/** Ours over a store that has the same deadline. */
export async function openedLarder(
  store: Store,
  place: Pick<MemoryPlace, 'ttl' | 'stale'> = { ttl: HOUR },
): Promise<ICache> {
  const { ttl, stale } = place
  const cache = createCache({
    store,
    ...(stale === undefined ? { ttl } : { ttl, staleWhileRevalidate: stale }),
    ...AROUND,
  })
  await cache.set('warm', true)
  return cache
}

const onRedis = (
  name: string,
  packages: readonly string[],
  how: string,
  open: (url: string) => Promise<[Store, () => unknown]>,
): Contender => ({
  name,
  packages,
  how,
  waits: true,
  hasStale: true,
  async open(place) {
    const [store, closeClient] = await open(place.url)
    const cache = await openedLarder(store, place)
    return asked(cache, place.load, async () => {
      await cache.close()
      closeClient()
    })
  },
})

/** Databases share their channels, so each has a prefix of its own. */
export const larderOnRedis: Contender = onRedis(
  'larder',
  ['@larder/redis'],
  'store: redis(url)',
  async (url) => [redis(url, { deadline: DEADLINE, prefix: 'by-url' }), () => {}],
)

export const larderOnNodeRedis: Contender = onRedis(
  'larder on node-redis',
  ['@larder/redis', 'redis'],
  'store: redis(client), node-redis 6 without command timeout',
  async (url) => {
    const client = await connected6(url)
    return [redis(client, { deadline: DEADLINE, prefix: 'on-6' }), () => client.destroy()]
  },
)

export const larderOnNodeRedis5: Contender = onRedis(
  'larder on @redis/client 5',
  ['@larder/redis', '@redis/client'],
  'store: redis(client)',
  async (url) => {
    const client = await connected5(url)
    return [redis(client, { deadline: DEADLINE, prefix: 'on-5' }), () => client.destroy()]
  },
)

interface Tiers {
  readonly url: string
  /** The most entries near. */
  readonly room: number
  readonly prefix: string
  readonly ttl: number
}

/** Copies live as long as their originals, so that a hit stays a hit; how long they are believed costs the same whatever it is. */
export async function openedTiers({ url, room, prefix, ttl }: Tiers): Promise<ICache> {
  const far = redis(url, { deadline: DEADLINE, prefix })
  const store = tiered({ near: memoryOf(room), far, nearTtl: HOUR, maxStaleness: DEADLINE })
  const cache = createCache({ store, ttl, ...AROUND })
  await cache.set('warm', true)
  return cache
}

export const inTiers: Contender = {
  name: 'larder',
  packages: ['@larder/tiered', '@larder/redis'],
  how: OURS,
  waits: true,
  open: async ({ url, room, load, ttl }) =>
    asked(await openedTiers({ url, room: room + 1, prefix: 'tiers', ttl }), load),
}

export const larder: Rival = {
  name: 'larder',
  packages: ['@larder/core', '@larder/memory', '@larder/redis', '@larder/tiered'],
  memory: [inMemory],
  redis: [larderOnRedis, larderOnNodeRedis],
  tiered: [inTiers],
}
