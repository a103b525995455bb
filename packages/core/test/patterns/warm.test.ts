import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCache, isCacheError, warm, type Warmed } from '../../src/index.ts'

function setUp() {
  const clock = manualClock()
  return { clock, cache: createCache({ store: memory({ clock }), clock, ttl: '1h' }) }
}

const loading = (key: string): string => `value of ${key}`

async function* slowly(keys: readonly string[]): AsyncGenerator<string> {
  for (const key of keys) {
    await Promise.resolve()
    yield key
  }
}

test('loads what is missing, and leaves alone what is fresh', async () => {
  const { cache } = setUp()
  await cache.set('b', 'here already')

  const warmed = await warm(cache, slowly(['a', 'b', 'c']), loading)

  expect(warmed).toEqual({ asked: 3, loaded: 2, present: 1, failed: 0 })
  expect(await cache.getMany(['a', 'b', 'c'])).toEqual(['value of a', 'here already', 'value of c'])
})

test('what was set while it was loaded is kept, and what was deleted stays deleted', async () => {
  const { cache } = setUp()
  const source = held<string, [string]>('old')
  const warming = warm(cache, ['set', 'deleted'], (key) => source.load(key))
  await source.call(2)

  await cache.set('set', 'new')
  await cache.delete('deleted')
  source.release()
  source.release()
  await warming

  expect(await cache.getMany(['set', 'deleted'])).toEqual(['new', undefined])
})

test('what is stale is loaded again, and waited for', async () => {
  const { cache, clock } = setUp()
  await cache.set('k', 'old', { ttl: 10, staleWhileRevalidate: '1h' })
  await clock.advance(20)
  const source = held('new')
  const warming = warm(cache, ['k'], () => source.load({} as never))
  await source.started

  source.release()

  expect(await warming).toMatchObject({ loaded: 1 })
  expect(await cache.get('k')).toBe('new')
})

test('never more loads at a time than it was told, whatever is stale or fails, and every key is asked for once', async () => {
  const keys = fc.uniqueArray(fc.integer({ min: 0, max: 40 }).map(String), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (asked, concurrency, isFar) => {
        const clock = manualClock()
        const store = isFar ? delayed(memory({ clock })) : memory({ clock })
        const cache = createCache({ store, clock })
        for (const key of asked.filter((each) => Number(each) % 3 === 0))
          await cache.set(key, 'old', { ttl: 10, staleWhileRevalidate: '1h' })
        await clock.advance(20)
        let running = 0
        let most = 0
        const calls: string[] = []
        const load = async (key: string): Promise<string> => {
          calls.push(key)
          most = Math.max(most, ++running)
          for (let turns = Number(key) % 7; turns > 0; turns--) await Promise.resolve()
          running--
          if (Number(key) % 5 === 0) throw new Error('no')
          return key
        }

        const warmed = await warm(cache, asked, load, { concurrency, maxFailures: Infinity })

        expect(most).toBeLessThanOrEqual(isFar ? 2 * concurrency : concurrency)
        expect(calls.toSorted()).toEqual(asked.toSorted())
        expect(warmed.asked).toBe(asked.length)
        expect(warmed.loaded + warmed.present + warmed.failed).toBe(asked.length)
      },
    ),
    { numRuns: 60 },
  )
})

test('keeps to a rate of loads, and does not count what is fresh', async () => {
  const { cache, clock } = setUp()
  await cache.setMany(Array.from({ length: 50 }, (_, i) => [`fresh ${i}`, i] as const))
  const keys = Array.from({ length: 50 }, (_, i) => [`fresh ${i}`, `k${i}`]).flat()
  const at: number[] = []
  const began = clock.now()
  const load = (): number => at.push(clock.now() - began)

  const warming = warm(cache, keys, load, { ratePerSecond: 10, concurrency: 2, clock })
  for (let i = 0; i < 60; i++) await clock.advance(100)

  expect(await warming).toEqual({ asked: 100, loaded: 50, present: 50, failed: 0 })
  at.forEach((ms, i) => expect(i).toBeLessThanOrEqual(ms / 100 + 2))
})

test('goes on after a failure, and ends after so many in a row with the last of them', async () => {
  const { cache } = setUp()
  const load = (key: string): string => {
    if (key.startsWith('bad')) throw new Error(key)
    return key
  }
  const options = { concurrency: 1, maxFailures: 2 }

  expect(await warm(cache, ['bad 1', 'a', 'bad 2', 'b'], load, options)).toEqual({
    asked: 4,
    loaded: 2,
    present: 0,
    failed: 2,
  })
  await expect(warm(cache, ['bad 1', 'bad 2', 'c'], load, options)).rejects.toThrow('bad 2')
  expect(await cache.get('c')).toBe(undefined)
})

test('ends when the store does not take what is loaded', async () => {
  const clock = manualClock()
  const store = faulty(delayed(memory({ clock })), clock)
  const cache = createCache({ store, clock, storeTimeout: 10 })
  store.fail({ error: new Error('gone') })
  let loads = 0

  const warming = warm(
    cache,
    Array.from({ length: 100 }, (_, i) => `k${i}`),
    () => ++loads,
    { maxFailures: 3, concurrency: 1 },
  )
  warming.catch(() => {})
  for (let i = 0; i < 50; i++) await clock.advance(100)

  await expect(warming).rejects.toThrow('does not take')
  expect(loads).toBeLessThan(10)
})

test('ends when its signal is aborted, without waiting for the loads under way', async () => {
  const { cache } = setUp()
  const source = held<string, [string]>('late')
  const controller = new AbortController()
  const warming = warm(cache, ['a', 'b', 'c'], (key) => source.load(key), {
    signal: controller.signal,
    concurrency: 2,
  })
  warming.catch(() => {})
  await source.call(2)

  controller.abort(new Error('enough'))

  await expect(warming).rejects.toThrow('enough')
  expect(source.calls).toHaveLength(2)
  await settled()
})

test('ends when the cache is closed', async () => {
  const { cache } = setUp()
  const keys = async function* () {
    yield 'a'
    await cache.close()
    yield 'b'
  }

  const error: unknown = await warm(cache, keys(), loading).catch((reason: unknown) => reason)

  expect(isCacheError(error, 'CACHE_CLOSED')).toBe(true)
})

test('tells its progress after each key', async () => {
  const { cache } = setUp()
  const told: Warmed[] = []

  await warm(cache, ['a', 'b'], loading, { concurrency: 1, onProgress: (warmed) => told.push(warmed) })

  expect(told.map(({ asked }) => asked)).toEqual([1, 2])
})

test('takes nothing from a source that nobody would wait for, and refuses odd options', async () => {
  const { cache } = setUp()
  const signal = AbortSignal.abort(new Error('before'))

  await expect(warm(cache, ['a'], loading, { signal })).rejects.toThrow('before')
  await expect(warm(cache, ['a'], loading, { concurrency: 0 })).rejects.toThrow('concurrency')
  await expect(warm(cache, ['a'], loading, { ratePerSecond: 0 })).rejects.toThrow('ratePerSecond')
})
