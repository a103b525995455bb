import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Counts, Histogram, statsOf } from '../src/watch/stats.ts'

const now = { loading: 0, queued: 0, observerErrors: 0, store: undefined, near: undefined }

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
    Object.assign(counts, { hits: 5, misses: 2, staleRefreshing: 1, staleSlowLoad: 1, staleFailedLoad: 1 })
    expect(statsOf(counts, now).hitRatio).toBe(0.8)
  })

  test('of two namespaces add up, field by field', () => {
    const numbers = (counts: Counts): [string, number][] =>
      Object.entries(counts).filter((each): each is [string, number] => typeof each[1] === 'number')
    const one = new Counts()
    const other = new Counts()
    numbers(one).forEach(([name], i) => Object.assign(one, { [name]: i + 1 }))
    numbers(one).forEach(([name], i) => Object.assign(other, { [name]: 100 * (i + 1) }))
    for (const time of [other.hitTime, other.loadTime, other.storeTime]) time.record(1)

    one.add(other)

    expect(numbers(one).map(([, number]) => number)).toEqual(numbers(one).map((_, i) => 101 * (i + 1)))
    expect([one.hitTime, one.loadTime, one.storeTime].map((time) => time.latency().count)).toEqual([1, 1, 1])
  })
})
