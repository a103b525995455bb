/*
 * unstorage: storage by drivers, here lru-cache and Redis. Values are JSON wherever they lie; the memory has no ttl. It loads
 * nothing: what is missing is loaded and set by hand.
 */
import { createStorage, type Driver } from 'unstorage'
import lruCacheDriver from 'unstorage/drivers/lru-cache'
import redisDriver from 'unstorage/drivers/redis'
import { loading } from './by-hand.ts'
import type { Asked, Load, Rival } from './rival.ts'

type Value = { readonly [name: string]: unknown }

function asked(driver: Driver, load: Load): Asked {
  const storage = createStorage<Value>({ driver })
  /** It says null of what is missing. */
  const get = async (key: string): Promise<unknown> => (await storage.getItem(key)) ?? undefined
  const set = (key: string, value: unknown): Promise<void> => storage.setItem(key, value as Value)
  return {
    get,
    set,
    getOrSet: loading({ get, set }, load),
    getMany: async (keys) => (await storage.getItems([...keys])).map(({ value }) => value),
    delete: (key) => storage.removeItem(key),
    close: () => storage.dispose(),
  }
}

export const unstorage: Rival = {
  name: 'unstorage',
  packages: ['unstorage', 'ioredis'],
  entries: ['unstorage', 'unstorage/drivers/lru-cache', 'unstorage/drivers/redis'],
  memory: [
    {
      name: 'unstorage',
      packages: ['unstorage', 'lru-cache'],
      how: 'lru-cache driver, max, no ttl; getItem, setItem',
      waits: true,
      open: ({ room, load }) => asked(lruCacheDriver({ max: room }), load),
    },
  ],
  redis: [
    {
      name: 'unstorage',
      packages: ['unstorage', 'ioredis'],
      how: 'redis driver, ttl; getItem, setItem; enableAutoPipelining where many ask at once',
      waits: true,
      open: ({ url, load, ttl, isCrowded }) =>
        asked(redisDriver({ url, ttl: Math.ceil(ttl / 1_000), enableAutoPipelining: isCrowded }), load),
    },
  ],
}
