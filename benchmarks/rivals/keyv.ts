/*
 * keyv: on the memory of cacheable, which it names itself; and with @keyv/redis. It loads nothing: what is missing is loaded and
 * set by hand.
 *
 * It reads and writes JSON with the functions of the language instead of its own, which are slower.
 */
import { createKeyv as createMemory } from 'cacheable'
import { createKeyv } from '@keyv/redis'
import { Keyv } from 'keyv'
import { loading } from './by-hand.ts'
import type { Asked, Load, Rival } from './rival.ts'

/** One Map instead of sixteen and a hash, and no copies: the fastest settings of the memory of cacheable. */
export const memoryKeyv = (room: number): ReturnType<typeof createMemory> =>
  createMemory({ storeHashSize: 1, useClone: false, lruSize: room })

/** Said of whoever is on it. */
export const TUNED = 'CacheableMemory, storeHashSize: 1, useClone: false, lruSize'

/** On its Map, without serializing: no bound. */
export function mapKeyv(): Keyv {
  const keyv = new Keyv()
  keyv.serialize = undefined
  keyv.deserialize = undefined
  return keyv
}

export function keyvAt(url: string): Keyv {
  const keyv = createKeyv(url, { throwOnErrors: true })
  keyv.serialize = JSON.stringify
  keyv.deserialize = JSON.parse
  return keyv
}

/** As much of it as is asked here: the memory of cacheable comes as a Keyv of its own version. */
interface Words {
  get(key: string): Promise<unknown>
  get(keys: string[]): Promise<unknown>
  set(key: string, value: unknown, ttl: number): Promise<unknown>
  delete(key: string): Promise<unknown>
  disconnect(): Promise<unknown>
}

function asked(cache: Words, load: Load, ttl: number): Asked {
  const get = (key: string): Promise<unknown> => cache.get(key)
  const set = (key: string, value: unknown): Promise<unknown> => cache.set(key, value, ttl)
  return {
    get,
    set,
    getOrSet: loading({ get, set }, load),
    getMany: (keys) => cache.get([...keys]),
    delete: (key) => cache.delete(key),
    close: () => cache.disconnect(),
  }
}

export const keyv: Rival = {
  name: 'keyv',
  packages: ['keyv', '@keyv/redis'],
  memory: [
    {
      name: 'keyv',
      packages: ['keyv'],
      how: `store: ${TUNED}`,
      waits: true,
      open: ({ room, load, ttl }) => asked(memoryKeyv(room), load, ttl),
    },
  ],
  redis: [
    {
      name: 'keyv',
      packages: ['keyv', '@keyv/redis'],
      how: '@keyv/redis, JSON; what is missing is loaded and set by hand',
      waits: true,
      open: ({ url, load, ttl }) => asked(keyvAt(url), load, ttl),
    },
  ],
}
