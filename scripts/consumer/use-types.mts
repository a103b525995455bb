import { createCache, openCache, type Entry, type ICache, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { type RedisServer, startRedis } from '@larder/testing/servers'

interface User {
  readonly id: number
}

export const store: Store<Entry> = memory({ maxEntries: 10 })
export const cache: ICache = createCache({ store, ttl: '5m' })
export const opened: Promise<ICache> = openCache('memory:')
export const user: Promise<User> = cache.getOrSet('user:42', async () => ({ id: 42 }), { tags: ['users'] })
export const begin = (): Promise<RedisServer> => startRedis({ config: { maxmemory: '1mb' } })

// @ts-expect-error a loader gives its own type
export const wrong: Promise<string> = cache.getOrSet('user:42', async () => ({ id: 42 }))
