import { memory } from '@larder/memory'
import { delayed, faulty, manualClock } from '@larder/testing'
import { expect, test } from 'vitest'
import { createCache } from '../src/index.ts'

test('a hit asks a store that answers later once, however many hits there have been', async () => {
  const clock = manualClock()
  const store = faulty(delayed(memory({ clock })), clock)
  const cache = createCache({ store, clock })
  await cache.set('k', 1)
  const before = store.calls.length
  await cache.get('k')
  const once = store.calls.length - before

  for (let n = 1; n < 1_000; n++) await cache.get('k')

  expect(cache.stats().hits).toBe(1_000)
  expect(store.calls.length - before).toBe(1_000 * once)
})
