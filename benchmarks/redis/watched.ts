/*
 * Caches of which one process sees what another invalidates, each with a way to tell at which moment it does; and below them
 * what Redis takes for a message alone.
 *
 * Both processes open the same. One calls `keep` and `change`; the other `look`, so that it has a copy near, and is told by `gone`
 * that the copy is no longer there.
 */
import { createCache, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { Redis } from 'ioredis-6'
import { cacheableWithMessages } from '../rivals/cacheable.ts'
import { inTiers as bentocache } from '../rivals/bentocache.ts'
import { DEADLINE, OURS } from '../rivals/larder.ts'
import { inTiers as layeredLoader } from '../rivals/layered-loader.ts'
import { inTiers as nodeRedis } from '../rivals/node-redis-tracking.ts'
import { type Contender, HOUR } from '../rivals/rival.ts'

export interface Watched {
  readonly name: string
  readonly packages: readonly string[]
  readonly how: string
  readonly open: (url: string, gone: (key: string) => void) => Promise<Seat>
}

export interface Seat {
  /** There is something to invalidate. */
  readonly keep: (key: string) => Promise<unknown>
  /** Takes a copy. */
  readonly look: (key: string) => Promise<unknown>
  readonly change: (key: string) => Promise<unknown>
  readonly close: () => unknown
}

/** Of the keys of ours; and the channel of those who do it by hand. */
const PREFIX = 'watched'
const SCRIPT = `redis.call('DEL', KEYS[1]) return redis.call('PUBLISH', ARGV[1], KEYS[1])`

const byHand = (
  name: string,
  how: string,
  change: (client: Redis, key: string) => Promise<unknown>,
): Watched => ({
  name,
  packages: ['ioredis-6'],
  how,
  async open(url, gone) {
    const [client, subscriber] = [new Redis(url), new Redis(url)]
    subscriber.on('message', (_, key) => gone(key))
    await subscriber.subscribe(`${PREFIX} ${name}`)
    return {
      keep: (key) => client.set(key, key),
      look: (key) => client.get(key),
      change: (key) => change(client, key),
      close() {
        client.disconnect()
        subscriber.disconnect()
      },
    }
  },
})

export const MESSAGE = 'PUBLISH, SUBSCRIBE'

const message = byHand(MESSAGE, 'from PUBLISH to the call of the listener', (client, key) =>
  client.publish(`${PREFIX} ${MESSAGE}`, key),
)

const DEL = 'DEL and PUBLISH by script'

const script = byHand(
  DEL,
  'the least that deletes and tells of it at once: EVAL, to the call of the listener',
  (client, key) => client.eval(SCRIPT, 1, key, `${PREFIX} ${DEL}`),
)

export const LARDER = 'larder'

/** Ours, with a memory that says when a copy is gone. */
const larder: Watched = {
  name: LARDER,
  packages: ['@larder/tiered', '@larder/redis'],
  how: `store: ${OURS}; from cache.delete(key) to the drop of the copy elsewhere`,
  async open(url, gone) {
    const copies = memory()
    const near: Store<Entry> = {
      name: copies.name,
      sync: true,
      get: (key) => copies.get(key),
      set: (key, entry, ttl) => copies.set(key, entry, ttl),
      delete(key) {
        copies.delete(key)
        gone(key.slice(key.lastIndexOf(':') + 1))
      },
    }
    const far = redis(url, { deadline: DEADLINE, prefix: PREFIX })
    const cache = createCache({ store: tiered({ near, far }), ttl: HOUR, storeTimeout: DEADLINE })
    await cache.set('warm', true)
    return {
      keep: (key) => cache.set(key, key),
      async look(key) {
        while (cache.peek(key) === undefined) await cache.get(key)
      },
      change: (key) => cache.delete(key),
      close: () => cache.close(),
    }
  },
}

/** Another one with copies and messages, in the words that all of them share. */
const rival = ({ name, packages, how, open }: Contender): Watched => ({
  name,
  packages,
  how,
  async open(url, gone) {
    const load = async (key: string): Promise<unknown> => ({ of: key })
    const asked = await open({ url, room: ROOM, load, ttl: HOUR, isCrowded: false, gone })
    return {
      keep: async (key) => asked.set(key, await load(key)),
      look: async (key) => asked.getOrSet?.(key),
      change: async (key) => asked.delete?.(key),
      close: () => asked.close?.(),
    }
  },
})
const ROOM = 100_000

export const cast: readonly Watched[] = [
  message,
  script,
  larder,
  ...[layeredLoader, cacheableWithMessages, bentocache, nodeRedis].map(rival),
]
