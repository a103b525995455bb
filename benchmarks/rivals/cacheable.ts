/*
 * cacheable: primary memory, secondary @keyv/redis, as fast as its documentation can make it. Without messages between processes.
 */
import { RedisMessageProvider } from '@qified/redis'
import { Cacheable, type CacheableOptions } from 'cacheable'
import { keyvAt, memoryKeyv, TUNED } from './keyv.ts'
import type { Asked, Contender, MemoryPlace, Rival } from './rival.ts'

function opened({ load, ttl }: MemoryPlace, options: CacheableOptions): Asked {
  const cache = new Cacheable({ ...options, ttl })
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    getOrSet: (key) => cache.getOrSet(key, () => load(key)),
    getMany: (keys) => cache.getMany([...keys]),
    delete: (key) => cache.delete(key),
    close: () => cache.disconnect(),
  }
}

/** The same, told by other processes what they delete and set. */
export const cacheableWithMessages: Contender = {
  name: 'cacheable',
  packages: ['cacheable', '@keyv/redis', '@qified/redis'],
  how: `primary: ${TUNED}; secondary: @keyv/redis, JSON; sync: { qified: RedisMessageProvider }`,
  waits: true,
  open(place) {
    const { url, room, gone } = place
    const [primary, provider] = [memoryKeyv(room), new RedisMessageProvider({ uri: url })]
    if (gone !== undefined) {
      const drop = primary.delete.bind(primary)
      primary.delete = async (key) => {
        const isDropped = await drop(key)
        gone(String(key))
        return isDropped
      }
    }
    return opened(place, { primary, secondary: keyvAt(url), sync: { qified: provider } })
  },
}

export const cacheable: Rival = {
  name: 'cacheable',
  packages: ['cacheable', '@keyv/redis'],
  memory: [
    {
      name: 'cacheable',
      packages: ['cacheable'],
      how: `primary: ${TUNED}`,
      waits: true,
      open: (place) => opened(place, { primary: memoryKeyv(place.room) }),
    },
  ],
  redis: [
    {
      name: 'cacheable',
      packages: ['cacheable', '@keyv/redis'],
      how: 'primary: @keyv/redis, JSON',
      waits: true,
      open: (place) => opened(place, { primary: keyvAt(place.url) }),
    },
  ],
  tiered: [
    {
      name: 'cacheable',
      packages: ['cacheable', '@keyv/redis'],
      how: `primary: ${TUNED}; secondary: @keyv/redis, JSON; no messages`,
      waits: true,
      open: (place) => opened(place, { primary: memoryKeyv(place.room), secondary: keyvAt(place.url) }),
    },
  ],
}
