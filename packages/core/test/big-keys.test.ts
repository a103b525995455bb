import { memory } from '@larder/memory'
import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bigKeys, codec, createCache, encoded, type Store, vitalsOf } from '../src/index.ts'

test('the keys whose values take the most come first, with their namespace, written or loaded', async () => {
  const cache = createCache({ store: memory() })
  const big = bigKeys(cache)

  await cache.set('small', 'x')
  await cache.namespace('users').getOrSet('ada', () => 'x'.repeat(10_000))
  await cache.setMany([['list', 'x'.repeat(2_000)]])

  expect(big.top().map((each) => [each.cache, each.key])).toEqual([
    ['larder/users', 'ada'],
    ['larder', 'list'],
    ['larder', 'small'],
  ])
  expect(big.top(1)[0]?.bytes).toBeGreaterThan(10_000)
})

test('where bytes are kept, it is those that are counted, and marks are nobody’s', async () => {
  const records = new Map<string, Uint8Array>()
  const bytes: Store<Uint8Array> = {
    name: 'map',
    get: (key) => records.get(key),
    set: (key, record) => void records.set(key, record),
    delete: (key) => void records.delete(key),
  }
  const cache = createCache({ store: encoded(bytes, codec()) })
  const big = bigKeys(cache)

  await cache.set('k', 'x'.repeat(1_000), { tags: ['t'] })

  expect(big.top()).toEqual([{ cache: 'larder', key: 'k', bytes: records.get('larder:k')?.length }])
  expect(vitalsOf(cache).place?.written).toEqual({ records: 1, bytes: records.get('larder:k')?.length })
})

test('whatever is written, memory is bounded, and the biggest of those written once are there', async () => {
  const writes = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(writes, fc.integer({ min: 1, max: 8 }), async (sizes, keep) => {
      const cache = createCache({ store: memory() })
      const big = bigKeys(cache, { keep })
      for (const size of sizes) await cache.set(`${size}`.padStart(4, '0'), 'x'.repeat(size))

      const wanted = sizes.toSorted((a, b) => b - a).slice(0, keep)
      expect(big.top(100).map(({ key }) => Number(key))).toEqual(wanted)
    }),
    { numRuns: 60 },
  )
})

test('a key that is written again is shown as it is now', async () => {
  const cache = createCache({ store: memory() })
  const big = bigKeys(cache, { keep: 2 })
  await cache.set('a', 'x'.repeat(3_000))
  await cache.set('b', 'x'.repeat(2_000))

  await cache.set('a', 'x')
  await cache.set('c', 'x'.repeat(1_000))

  expect(big.top().map(({ key }) => key)).toEqual(['b', 'c'])
})

test('after stop nothing is counted, and the store is not asked for sizes any more', async () => {
  let listeners = 0
  const store = memory()
  const cache = createCache({
    store: {
      ...store,
      get: (key) => store.get(key),
      set: (key, entry) => store.set(key, entry, Infinity),
      delete: (key) => store.delete(key),
      onSized(listener) {
        listeners++
        const stop = store.onSized(listener)
        return () => {
          listeners--
          stop()
        }
      },
    },
  })
  expect(listeners).toBe(0)
  const big = bigKeys(cache)
  const inner = bigKeys(cache.namespace('n'))
  expect(listeners).toBe(2)

  big.stop()
  await cache.set('k', 1)

  expect([big.top(), inner.top()]).toEqual([[], []])
  inner.stop()
  expect(listeners).toBe(0)
})

test('of sampled writes some are looked at, and wrong options are refused', async () => {
  let turn = 0
  const clock = manualClock({ random: () => (turn++ % 2) / 2 })
  const cache = createCache({ store: memory({ clock }), clock })
  const big = bigKeys(cache, { oneIn: 2, clock })

  for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, 1)

  expect(big.top().map(({ key }) => key)).toEqual(['a', 'c'])
  expect(() => bigKeys(cache, { keep: 0 })).toThrow(TypeError)
})
