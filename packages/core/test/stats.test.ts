import { memory } from '@larder/memory'
import { delayed, type Faulty, faulty, held, type ManualClock, manualClock, settled } from '@larder/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CacheError,
  type ChannelListener,
  createCache,
  type Entry,
  type ICache,
  ratesBetween,
  topNamespaces,
  vitalsOf,
  type Store,
} from '../src/index.ts'
import { Counts, Histogram, statsOf } from '../src/watch/stats.ts'

const now = {
  at: 0,
  loading: 0,
  queued: 0,
  observerErrors: 0,
  store: undefined,
  near: undefined,
}

describe('a histogram of times', () => {
  test('is right to a quarter for every percentile, from 100 ns to minutes', () => {
    const times = fc.array(fc.double({ min: 0.0001, max: 400_000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    })
    fc.assert(
      fc.property(times, (measured) => {
        const histogram = new Histogram()
        for (const ms of measured) histogram.record(ms)
        const sorted = measured.toSorted((a, b) => a - b)
        const { count, p50, p95, p99 } = histogram.latency()

        expect(count).toBe(measured.length)
        for (const [share, said] of [
          [0.5, p50],
          [0.95, p95],
          [0.99, p99],
        ] as const) {
          const right = sorted[Math.ceil(share * sorted.length) - 1] ?? 0
          expect(said / right).toBeGreaterThan(0.79)
          expect(said / right).toBeLessThan(1.26)
        }
      }),
    )
  })

  test('takes what is below its first bucket, and beyond its last', () => {
    const histogram = new Histogram()
    for (const ms of [0, 1e-9, 1e12]) histogram.record(ms)
    const { count, p50, p99 } = histogram.latency()
    expect(count).toBe(3)
    expect(p50).toBeLessThan(0.001)
    expect(p99).toBeGreaterThan(60_000)
  })

  test('that measured nothing says zero, and so does the sum of two such', () => {
    const sum = new Histogram()
    sum.add(new Histogram())
    expect(sum.latency()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0 })
  })

  test('adds up to the histogram of all times', () => {
    const some = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { maxLength: 50 })
    fc.assert(
      fc.property(some, some, (first, second) => {
        const [a, b, all] = [new Histogram(), new Histogram(), new Histogram()]
        for (const ms of first) a.record(ms)
        for (const ms of second) b.record(ms)
        for (const ms of [...first, ...second]) all.record(ms)
        a.add(b)
        expect(a.latency()).toEqual(all.latency())
      }),
    )
  })
})

describe('stats', () => {
  test('are a snapshot that nobody can change and that does not change', () => {
    const counts = new Counts()
    counts.hits = 3
    const stats = statsOf(counts, {
      ...now,
      store: {
        entries: 1,
        bytes: 2,
        maxEntries: 3,
        maxBytes: 4,
        removed: { entries: 0, bytes: 0, expired: 0, oversized: 0 },
      },
    })
    counts.hits = 4

    expect(stats.hits).toBe(3)
    for (const part of [stats, stats.stale, stats.latency, stats.latency.hit, stats.store]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  test('have no hit ratio before anything was asked', () => {
    expect(statsOf(new Counts(), now).hitRatio).toBe(undefined)
  })

  test('count a stale answer as served from the cache', () => {
    const counts = new Counts()
    Object.assign(counts, { hits: 5, misses: 4, staleRefreshing: 1, staleSlowLoad: 1, staleFailedLoad: 1 })
    expect(statsOf(counts, now).hitRatio).toBe(0.8)
  })

  test('of two namespaces add up, field by field', () => {
    const numbers = (counts: Counts): [string, number][] =>
      Object.entries(counts).filter((each): each is [string, number] => typeof each[1] === 'number')
    const one = new Counts()
    const other = new Counts()
    numbers(one).forEach(([name], i) => Object.assign(one, { [name]: i + 1 }))
    numbers(one).forEach(([name], i) => Object.assign(other, { [name]: 100 * (i + 1) }))
    for (const time of [other.hitTime, other.loadTime, other.storeTime, other.lifeTime]) time.record(1)

    one.add(other)

    expect(numbers(one).map(([, number]) => number)).toEqual(numbers(one).map((_, i) => 101 * (i + 1)))
    const times = [one.hitTime, one.loadTime, one.storeTime, one.lifeTime]
    expect(times.map((time) => time.latency().count)).toEqual([1, 1, 1, 1])
  })
})

describe('what stats say besides', () => {
  const open = (
    more: Partial<Store<Entry>> = {},
  ): { clock: ManualClock; far: Faulty<Entry>; cache: ICache } => {
    const clock = manualClock()
    const far = faulty(delayed(memory({ clock })))
    return { clock, far, cache: createCache({ store: Object.assign(far, more), clock, ttl: '1m' }) }
  }

  test('no counter ever falls, whatever is served in the end', async () => {
    const clock = manualClock()
    const cache = createCache({ store: memory({ clock }), clock, ttl: '1m', staleIfError: '1h' })
    await cache.set('k', 1)
    await clock.advance('2m')
    const source = held(2)
    const got = cache.getOrSet('k', source.load)
    await source.started
    const before = cache.stats()
    source.fail(new Error('no'))
    await got

    const after = cache.stats()

    expect([before.misses, after.misses, after.stale.failedLoad]).toEqual([1, 1, 1])
    expect([before.hitRatio, after.hitRatio]).toEqual([0, 1])
  })

  test('how long the oldest invalidation waits, and deadlines that passed', async () => {
    const { clock, far, cache } = open()
    expect([vitalsOf(cache).queuedFor, cache.stats().deadlines]).toEqual([0, { store: 0, load: 0 }])
    far.fail()
    await cache.delete('a')
    await clock.advance(5_000)
    await cache.namespace('n').delete('b')
    await clock.advance(1_000)
    expect([cache.stats().queued, vitalsOf(cache).queuedFor]).toEqual([2, 6_000])

    far.heal()
    await clock.advance(5_000)
    expect([cache.stats().queued, vitalsOf(cache).queuedFor]).toEqual([0, 0])

    far.hang()
    const got = cache.get('k')
    await settled()
    await clock.advance(200)
    await got
    expect(cache.stats().deadlines.store).toBeGreaterThan(0)
  })

  test('a link that was lost is no deadline', async () => {
    const { far, cache } = open()
    far.fail({ error: new CacheError('LINK_UNKNOWN', 'lost', { cause: new Error('reset') }) })
    await cache.get('k')
    expect(cache.stats().deadlines.store).toBe(0)

    far.fail({ error: new CacheError('LINK_UNKNOWN', 'late') })
    await cache.get('k')
    expect(cache.stats().deadlines.store).toBeGreaterThan(0)
  })

  test('loads that were given up are counted once, however many keys they are for', async () => {
    const { clock, cache } = open()
    const got = Promise.allSettled([
      cache.getOrSetMany(['a', 'b'], () => new Promise<number[]>(() => undefined), {
        loadTimeout: { hard: 50 },
      }),
    ])
    await clock.advance(10)
    await clock.advance(100)
    await got
    expect(cache.stats()).toMatchObject({ loadFailures: 1, deadlines: { load: 1 } })
  })

  test('the namespaces that are asked most, each without those inside it', async () => {
    const cache = createCache({ store: memory(), ttl: '1m' })
    const spaces = Array.from({ length: 12 }, (_, i) => cache.namespace(`n${i}`))
    for (const [i, space] of spaces.entries()) for (let n = 0; n <= i; n++) await space.getOrSet('k', () => 1)

    const namespaces = topNamespaces(cache)

    expect(namespaces.map(({ name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, i) => `larder/n${11 - i}`),
    )
    expect(namespaces[0]).toMatchObject({ hits: 11, misses: 1, loads: 1, hitRatio: 11 / 12 })
    expect(topNamespaces(cache, 3)).toHaveLength(3)
    expect(() => topNamespaces({} as ICache)).toThrow(TypeError)
  })

  test('for how long loaded values were to be fresh', async () => {
    const { cache } = open()
    await cache.getOrSet('k', () => 1, { ttl: '10s', jitter: 0 })
    const { p50, count } = cache.stats().lives
    expect(count).toBe(1)
    expect(Math.abs(p50 / 10_000 - 1)).toBeLessThan(0.26)
  })

  test('how long nothing has proven that changes are heard', async () => {
    let channel: ChannelListener | undefined
    const { clock, cache } = open({
      channel: {
        maxStaleness: 1_000,
        listen(listener) {
          channel = listener
          return () => {}
        },
      },
    })
    await clock.advance(3_000)
    expect(vitalsOf(cache).coherence).toEqual({ silence: 3_000, maxStaleness: 1_000 })
    channel?.proven(clock.now() - 200)
    expect(vitalsOf(cache).coherence?.silence).toBe(200)
    channel?.gap()
    await clock.advance(500)
    expect(vitalsOf(cache).coherence).toEqual({ silence: 500, maxStaleness: 1_000 })
    expect(vitalsOf(createCache({ store: memory() })).coherence).toBe(undefined)
  })

  test('what happened between two of them, in a second', async () => {
    const { clock, cache } = open()
    await cache.set('k', 1)
    await cache.get('gone')
    const before = cache.stats()
    for (let i = 0; i < 30; i++) await cache.get('k')
    for (let i = 0; i < 10; i++) await cache.get('gone')
    await clock.advance(10_000)

    expect(ratesBetween(before, cache.stats())).toMatchObject({
      seconds: 10,
      hits: 3,
      misses: 1,
      loads: 0,
      hitRatio: 0.75,
    })
    expect(() => ratesBetween(before, before)).toThrow(TypeError)
  })
})
