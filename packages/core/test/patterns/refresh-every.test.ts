import { memory } from '@larder/memory'
import { manualClock, type ManualClock } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCache, type ICache, type Kept, refreshEvery, type RefreshOptions } from '../../src/index.ts'

interface Setting {
  readonly cache: ICache
  readonly clock: ManualClock
  readonly rates: Kept<number>
  readonly source: { loads: number; isDown: boolean }
}

/** A source whose loads take 5 ms, asked every 100 ms. */
function setUp(options: RefreshOptions<number> = {}, random = () => 0.5): Setting {
  const clock = manualClock({ random })
  const cache = createCache({ store: memory({ clock }), clock })
  const source = { loads: 0, isDown: false }
  const load = (): number => {
    clock.jump(clock.now() + 5)
    source.loads++
    if (source.isDown) throw new Error('down')
    return source.loads
  }
  return { cache, clock, source, rates: refreshEvery(cache, 'rates', load, 100, { clock, ...options }) }
}

test('a value is there before anybody asks, and from then on it is always fresh', async () => {
  const { cache, clock, source } = setUp({ idleAfter: Infinity })
  await clock.advance(10)

  for (let i = 0; i < 100; i++) {
    expect(cache.peek('rates')).toBeTypeOf('number')
    await clock.advance(10)
  }

  expect(source.loads).toBeGreaterThan(7)
  expect(source.loads).toBeLessThan(12)
})

test('it is never older than the interval and the time a look may take, whatever chance says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0.01, max: 0.99, noNaN: true }), async (chance) => {
      const { cache, clock } = setUp({ idleAfter: Infinity }, () => chance)
      await clock.advance(20)
      for (let i = 0; i < 60; i++) {
        expect(await cache.ttl('rates')).toBeGreaterThan(200 - 100 - 40)
        await clock.advance(7)
      }
    }),
    { numRuns: 20 },
  )
})

test('what nobody reads is let go of, and taken up again when it is read', async () => {
  const { clock, source, rates } = setUp({ idleAfter: 300 })
  await clock.advance('5s')
  const before = source.loads
  expect(before).toBeLessThan(6)
  await clock.advance('5s')
  expect(source.loads).toBe(before)

  await rates.get()
  await clock.advance(250)

  expect(source.loads - before).toBeGreaterThanOrEqual(2)
})

test('a source that fails is asked again while the value is still fresh', async () => {
  const { clock, source, rates } = setUp({ idleAfter: Infinity })
  await clock.advance(10)
  source.isDown = true
  await clock.advance(150)
  source.isDown = false
  await clock.advance(40)

  expect(await rates.get()).toBeGreaterThan(1)
  await clock.advance(200)
  expect(await rates.get()).toBeGreaterThan(3)
})

test('what another has loaded meanwhile is left alone', async () => {
  const { cache, clock, source } = setUp({ idleAfter: Infinity })
  await clock.advance(10)

  for (let i = 0; i < 20; i++) {
    await cache.set('rates', -1, { ttl: 200 })
    await clock.advance(50)
  }

  expect(source.loads).toBe(1)
})

test('what is invalidated while it is refreshed does not come back', async () => {
  const clock = manualClock({ random: () => 0.5 })
  const cache = createCache({ store: memory({ clock }), clock })
  let row = 'old'
  const rates = refreshEvery(
    cache,
    'rates',
    async () => {
      const read = row
      clock.jump(clock.now() + 5)
      await cache.delete('rates')
      return read
    },
    100,
    { clock },
  )
  await clock.advance(10)
  row = 'new'

  expect(await rates.get()).toBe('new')
  expect(await cache.get('rates')).toBe(undefined)
  rates.stop()
})

test('it ends when it is stopped, or the cache is closed, and can still be read when it was stopped', async () => {
  const { clock, source, rates } = setUp({ idleAfter: Infinity })
  await clock.advance(10)
  rates.stop()
  await clock.advance('1s')
  expect(source.loads).toBe(1)
  expect(await rates.get()).toBe(2)

  const closed = setUp({ idleAfter: Infinity })
  await closed.clock.advance(10)
  await closed.cache.close()
  await closed.clock.advance('1s')
  expect(closed.source.loads).toBe(1)
  expect(closed.clock.pending).toBe(0)
})

test('odd options are refused', () => {
  const cache = createCache({ store: memory() })
  expect(() => refreshEvery(cache, 'k', () => 1, 0)).toThrow('refreshEvery: every')
  expect(() => refreshEvery(cache, 'k', () => 1, 1, { idleAfter: -1 })).toThrow('idleAfter')
})
