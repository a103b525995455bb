import { memory } from '@larder/memory'
import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCache, hotKeys, warm } from '../src/index.ts'

test('the keys that are read most come first, with their namespace, whether they were there or not', async () => {
  const cache = createCache({ store: memory() })
  const users = cache.namespace('users')
  const hot = hotKeys(cache, { oneIn: 1 })
  await users.set('ada', 1)

  for (let i = 0; i < 3; i++) await users.get('ada')
  for (let i = 0; i < 2; i++) await cache.get('missing')

  expect(hot.top()).toEqual([
    { cache: 'larder/users', key: 'ada', reads: 3, atMostTooHigh: 0 },
    { cache: 'larder', key: 'missing', reads: 2, atMostTooHigh: 0 },
  ])
  expect(hot.top(1)).toHaveLength(1)
})

test('whatever is read, memory is bounded, no count is too low, and none is higher than it says', async () => {
  const reads = fc.array(fc.nat({ max: 12 }).map(String), { maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(reads, fc.integer({ min: 1, max: 6 }), async (keys, counters) => {
      const cache = createCache({ store: memory() })
      const hot = hotKeys(cache, { oneIn: 1, counters })
      const exact = new Map<string, number>()
      for (const key of keys) {
        await cache.get(key)
        exact.set(key, (exact.get(key) ?? 0) + 1)
      }

      const top = hot.top(100)

      expect(top.length).toBeLessThanOrEqual(counters)
      for (const { key, reads: said, atMostTooHigh } of top) {
        const real = exact.get(key) ?? 0
        expect(said).toBeGreaterThanOrEqual(real)
        expect(said - atMostTooHigh).toBeLessThanOrEqual(real)
      }
      for (const [key, real] of exact) {
        if (real > keys.length / counters) expect(top.map((each) => each.key)).toContain(key)
      }
    }),
    { numRuns: 60 },
  )
})

test('of sampled reads the estimate is of all of them', async () => {
  let turn = 0
  const clock = manualClock({ random: () => (turn++ % 4) / 4 })
  const cache = createCache({ store: memory({ clock }), clock })
  const hot = hotKeys(cache, { oneIn: 4, clock })

  for (let i = 0; i < 100; i++) await cache.get('k')

  expect(hot.top()[0]?.reads).toBe(100)
})

test('nothing is counted any more when it is stopped; odd options are refused', async () => {
  const cache = createCache({ store: memory() })
  const hot = hotKeys(cache, { oneIn: 1 })
  hot.stop()
  await cache.get('k')

  expect(hot.top()).toEqual([])
  expect(() => hotKeys(cache, { counters: 0 })).toThrow('counters')
})

test('the keys of a cache, from the hottest, are what warming takes', async () => {
  const cache = createCache({ store: memory() })
  const users = cache.namespace('users')
  const hot = hotKeys(users, { oneIn: 1 })
  for (const [key, reads] of [
    [['user', 1, { locale: 'de' }], 1],
    ["'odd", 4],
    [['user', 2], 3],
    ['[text', 2],
  ] as const) {
    for (let i = 0; i < reads; i++) await users.get(key)
  }
  await users.namespace('inside').get('not of this cache')

  expect(hot.keys()).toEqual(["'odd", ['user', 2], '[text', ['user', 1, { locale: 'de' }]])
  expect(hot.keys(2)).toHaveLength(2)

  const next = createCache({ store: memory() }).namespace('users')
  const warmed = await warm(next, hot.keys(), (key) => `loaded ${JSON.stringify(key)}`)

  expect(warmed).toMatchObject({ asked: 4, loaded: 4 })
  expect(await next.get(['user', 2])).toBe('loaded ["user",2]')
})
