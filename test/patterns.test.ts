/*
 * What stands on a cache, in several processes on one Redis: that one of them loads, and the others have it.
 */

import { type ICache, openCache, refreshEvery, warm } from '@larder/core'
import { startRedis } from '@larder/testing/servers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { unlessKeptWaiting } from './second-look.ts'

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000

let redis: Awaited<ReturnType<typeof startRedis>>
let caches: readonly ICache[]

beforeAll(async () => {
  redis = await startRedis()
  // A link for each, as processes have. Patient: who hears nothing from the store in time loads by himself.
  caches = await Promise.all(
    [1, 2, 3].map(() =>
      openCache({
        store: 'redis',
        url: redis.url,
        startup: 'require',
        connectDeadline: '1m',
        storeTimeout: '10s',
        deadline: '10s',
      }),
    ),
  )
}, PATIENCE)
afterAll(async () => {
  await Promise.all(caches.map((cache) => cache.close()))
  await redis.stop()
}, PATIENCE)

test('of processes that warm the same keys together, one loads each', { timeout: PATIENCE }, async () => {
  const keys = Array.from({ length: 200 }, (_, i) => `warm ${i}`)
  const loaded: string[] = []
  const load = async (key: string): Promise<string> => {
    loaded.push(key)
    await new Promise((resume) => setImmediate(resume))
    return key
  }

  const warmed = await Promise.all(caches.map((cache) => warm(cache, keys, load, { concurrency: 8 })))

  expect(loaded.toSorted()).toEqual(keys.toSorted())
  expect(warmed.reduce((sum, each) => sum + each.loaded, 0)).toBe(keys.length)
  expect(warmed.map(({ asked, failed }) => [asked, failed])).toEqual(caches.map(() => [keys.length, 0]))
})

test('of processes that keep one key fresh, one loads it each time', { timeout: PATIENCE }, async () => {
  const every = 200
  let looks = 0
  await unlessKeptWaiting(async () => {
    const key = `rates ${++looks}`
    const at: number[] = []
    const load = async (): Promise<number> => {
      at.push(performance.now())
      await new Promise((resume) => setImmediate(resume))
      return at.length
    }
    const kept = caches.map((cache) => refreshEvery(cache, key, load, every, { idleAfter: Infinity }))

    await vi.waitUntil(() => at.length >= 6, { timeout: PATIENCE / 4, interval: 20 })
    for (const each of kept) each.stop()

    const between = at.slice(1).map((ms, i) => ms - (at[i] ?? 0))
    // The server counts whole ms, and is asked for the time now and then.
    expect(Math.min(...between)).toBeGreaterThan(every * 0.9)
  })
})
