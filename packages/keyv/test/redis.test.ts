/*
 * @keyv/redis, with a real server.
 */
import KeyvRedis, { createKeyv } from '@keyv/redis'
import { createCache, type Entry, type Store } from '@larder/core'
import { keyv } from '@larder/keyv'
import { storeContract } from '@larder/testing'
import { type RedisServer, startRedis } from '@larder/testing/servers'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
}, 120_000)
afterAll(() => server.stop())

const unique = (): string => crypto.randomUUID()

/** Closes the connection with the store. */
const connected = (store: Store<Entry>, disconnect: () => Promise<void>): Store<Entry> => {
  let isOpen = true
  return {
    ...store,
    async close() {
      if (isOpen) await disconnect()
      isOpen = false
    },
  }
}

storeContract('@keyv/redis', {
  open(clock) {
    const redis = new KeyvRedis(server.url, { namespace: unique() })
    return connected(keyv({ store: redis, clock }), () => redis.disconnect())
  },
  keeps: 'entries',
})

storeContract('createKeyv of @keyv/redis', {
  open(clock) {
    const instance = createKeyv(server.url, { namespace: unique() })
    return connected(keyv({ store: instance, clock }), () => instance.disconnect())
  },
  keeps: 'entries',
})

storeContract('@keyv/redis in an instance of Keyv 5, which prefixes twice,', {
  open(clock) {
    const instance = new Keyv5(new KeyvRedis(server.url), { namespace: unique() })
    return connected(keyv({ store: instance, clock }), () => instance.disconnect())
  },
  keeps: 'entries',
})

storeContract('@keyv/redis in an instance of Keyv 6', {
  open(clock) {
    const instance = new Keyv6({ store: new KeyvRedis(server.url), namespace: unique() })
    return connected(keyv({ store: instance, clock }), () => instance.disconnect())
  },
  keeps: 'entries',
})

describe('a cache on @keyv/redis', () => {
  test('two processes see the same values and invalidations', async () => {
    const namespace = unique()
    const [here, there] = [1, 2].map(() => {
      const redis = new KeyvRedis(server.url, { namespace })
      return { redis, cache: createCache({ store: keyv({ store: redis }), storeTimeout: '5s' }) }
    })
    await here?.cache.set('k', { at: new Date(5) }, { tags: ['t'] })

    expect(await there?.cache.get('k')).toEqual({ at: new Date(5) })
    await there?.cache.invalidateTags('t')
    expect(await here?.cache.get('k')).toBe(undefined)

    for (const each of [here, there]) {
      await each?.cache.close()
      await each?.redis.disconnect()
    }
  })

  test('Redis forgets what nobody wants any more', async () => {
    const redis = new KeyvRedis(server.url, { namespace: unique() })
    const store = createCache({ store: keyv({ store: redis }), storeTimeout: '5s', name: 'c' })
    await store.set('k', 'v', { ttl: '1h' })

    const client = await redis.getClient()
    const keys = await client.keys(`${redis.namespace}::c:k*`)

    expect(keys.length).toBe(1)
    expect(await client.pTTL(String(keys[0]))).toBeGreaterThan(3_000_000)
    await store.close()
    await redis.disconnect()
  })

  test('when the server dies a get is a miss, and an invalidation is queued', async () => {
    const mortal = await startRedis()
    const redis = new KeyvRedis(mortal.url, { namespace: unique() })
    const cache = createCache({ store: keyv({ store: redis }), storeTimeout: '1s' })
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(1)

    await mortal.stop()

    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.delete('k')).toEqual({ far: 'queued' })
    expect(await cache.getOrSet('k', () => 2)).toBe(2)
    await cache.close({ drain: 1 })
    await redis.disconnect(true)
  })
})
