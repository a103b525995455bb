/*
 * Two tiers on every kind of Redis: what one process invalidates the copies of another are not served for longer than they
 * promise; and each says by what its copies are believed.
 */

import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis, type RedisOptions } from '@larder/redis'
import { startCluster, startRedis, startSentinel } from '@larder/testing/servers'
import { tiered } from '@larder/tiered'
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, describe, expect, test } from 'vitest'

const PATIENCE = 180_000
const BOUND = 1_500

interface Servers {
  readonly where: RedisOptions
  stop(): Promise<unknown>
}

const kinds: Readonly<Record<string, () => Promise<Servers>>> = {
  alone: async () => {
    const server = await startRedis()
    return { where: { url: server.url }, stop: () => server.stop() }
  },
  'over TLS': async () => {
    const server = await startRedis({ tls: true })
    return { where: { url: server.url, tls: { ca: server.ca ?? '' } }, stop: () => server.stop() }
  },
  'under Sentinel': async () => {
    const servers = await startSentinel()
    const { name, sentinelAddresses: nodes } = servers
    return { where: { sentinel: { name, nodes } }, stop: () => servers.stop() }
  },
  'as a cluster': async () => {
    const servers = await startCluster({ replicas: 0 })
    return { where: { cluster: { nodes: servers.addresses } }, stop: () => servers.stop() }
  },
}

const caches: ICache[] = []
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()))
})

async function cacheOn(where: RedisOptions, prefix: string): Promise<ICache> {
  const far = redis({ ...where, prefix, deadline: '5s' })
  const store = tiered({ near: memory(), far, maxStaleness: BOUND })
  const cache = createCache({ store, ttl: '1h', storeTimeout: '5s' })
  caches.push(cache)
  await expect.poll(async () => (await cache.health()).status, { timeout: 10_000 }).toBe('ok')
  return cache
}

/** ms after which `peek` answered with the copy for the last time. Who is kept waiting meanwhile has not asked. */
async function lastServed(cache: ICache, key: string): Promise<number> {
  const began = performance.now()
  for (let last = 0; ;) {
    const asked = performance.now() - began
    if (cache.peek(key) === undefined) return last
    last = asked
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

describe.each(Object.entries(kinds))('Redis %s', (kind, start) => {
  const running = start()
  afterAll(async () => (await running).stop())

  test('copies end with what ends the record', { timeout: PATIENCE }, async () => {
    const { where } = await running
    const prefix = randomUUID()
    const [here, there] = [await cacheOn(where, prefix), await cacheOn(where, prefix)]
    const ends: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
      delete: (key) => here.delete(key),
      set: (key) => here.set(key, 'new'),
      expire: (key) => here.expire(key),
      'invalidate tags': () => here.invalidateTags('t'),
      clear: () => here.clear(),
    }

    for (const [name, end] of Object.entries(ends)) {
      await here.set(name, 'old', { tags: ['t'] })
      // A question that the message of the change overtakes leaves no copy.
      await expect.poll(() => there.get(name).then(() => there.peek(name))).toBe('old')

      await end(name)

      expect(await lastServed(there, name)).toBeLessThan(BOUND + 100)
      expect(await there.get(name)).toBe(name === 'set' ? 'new' : undefined)
    }
    const { near, promises } = await there.health()
    expect(near?.believedBy).toBe(kind === 'as a cluster' ? 'life' : 'channel')
    expect(promises.G4).toBe(`within ${BOUND} ms`)
  })

  test('a load of one process is a copy in the other after one question', { timeout: PATIENCE }, async () => {
    const { where } = await running
    const prefix = randomUUID()
    const [here, there] = [await cacheOn(where, prefix), await cacheOn(where, prefix)]
    let loads = 0
    const load = (): number => ++loads

    const first = await Promise.all([here.getOrSet('k', load), there.getOrSet('k', load)])
    await expect.poll(() => there.getOrSet('k', load).then(() => there.peek('k'))).toBe(1)

    expect(first).toEqual([1, 1])
    expect(loads).toBe(1)
  })
})
