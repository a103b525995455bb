/*
 * One program, every backend: nothing changes but the setting.
 */

import { type ICache, openCache } from '@larder/core'
import { adapter as keyv } from '@larder/keyv'
import { adapter as memory } from '@larder/memory'
import { adapter as redis } from '@larder/redis'
import { type RedisServer, startRedis } from '@larder/testing/servers'
import { adapter as tiered } from '@larder/tiered'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'

const running: { server?: RedisServer } = {}
beforeAll(async () => {
  running.server = await startRedis()
}, 120_000)
afterAll(() => running.server?.stop())

/** No test here is about how long an answer takes. */
const PATIENT = { deadline: '5s', storeTimeout: '5s' } as const
const patient = 'deadline=5s&storeTimeout=5s'

const port = (): number => running.server?.port ?? 0

const settings: Readonly<Record<string, () => Parameters<typeof openCache>[0]>> = {
  memory: () => 'memory:',
  'memory with options': () => ({ store: 'memory', maxEntries: 100 }),
  redis: () => `redis://127.0.0.1:${port()}?prefix=${randomUUID()}&${patient}`,
  'redis by parts': () => ({
    store: 'redis',
    host: '127.0.0.1',
    port: port(),
    prefix: randomUUID(),
    ...PATIENT,
  }),
  tiered: () => `tiered:redis://127.0.0.1:${port()}?prefix=${randomUUID()}&${patient}`,
  'tiered with options of both': () =>
    `tiered:redis://127.0.0.1:${port()}?prefix=${randomUUID()}&maxEntries=100&maxStaleness=2s&ttl=5m&${patient}`,
  'tiered by parts': () => ({
    store: 'tiered',
    near: { maxEntries: 100 },
    far: { store: 'redis', host: '127.0.0.1', port: port(), prefix: randomUUID(), deadline: '5s' },
    storeTimeout: '5s',
    whenFarIsDown: 'serve-stale',
  }),
  keyv: () => `keyv:redis://127.0.0.1:${port()}?storeTimeout=5s`,
  'tiered over keyv': () => `tiered:keyv:redis://127.0.0.1:${port()}?storeTimeout=5s`,
}

/** A shop, which knows nothing of where things are kept. */
async function shop(cache: ICache): Promise<readonly unknown[]> {
  const rows = new Map([
    ['bread', 3],
    ['salt', 1],
  ])
  let queries = 0
  const price = (name: string): Promise<number | null> =>
    cache.getOrSet(['price', name], () => (queries++, rows.get(name) ?? null), { tags: ['prices'] })

  const first = await Promise.all([price('bread'), price('bread'), price('salt'), price('wine')])
  rows.set('bread', 4)
  await cache.delete(['price', 'bread'])
  const second = [await price('bread'), await price('salt')]
  rows.set('salt', 2)
  await cache.invalidateTags('prices')
  const third = [await price('salt'), await price('salt')]
  await cache.namespace('users').set('ann', { name: 'Ann' }, { ttl: '1m' })
  const user = await cache.namespace('users').get('ann')
  await cache.clear()
  return [first, second, third, user, await cache.namespace('users').get('ann'), queries]
}

/** Found by their names at run time, or in hand, as bundled programs have them. */
const ways = { found: {}, 'in hand': { adapters: { keyv, memory, redis, tiered } } }
const cases = Object.entries(ways).flatMap(([how, options]) =>
  Object.entries(settings).map(([name, setting]) => [name, how, setting, options] as const),
)

test.each(cases)('a shop on %s, %s', async (_name, _how, setting, options) => {
  const given = setting()
  const name = `shop-${randomUUID()}`
  const named =
    typeof given === 'string' ? `${given}${given.includes('?') ? '&' : '?'}name=${name}` : { ...given, name }
  const cache = await openCache(named, options)

  expect(await shop(cache)).toEqual([[3, 3, 1, null], [4, 1], [2, 2], { name: 'Ann' }, undefined, 5])
  await cache.close()
})
