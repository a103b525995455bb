/*
 * Metrics for Prometheus: that they are right, stay right, and are the same in the text and in a registry of prom-client.
 */

import { type CacheOptions, createCache, type ICache } from '@larder/core'
import { instruments } from '@larder/metrics'
import { prometheusMetrics } from '@larder/metrics/prometheus'
import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { tiered } from '@larder/tiered'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'

const open = (options: Partial<CacheOptions> = {}): ICache =>
  createCache({ store: memory(), name: 'shop', ttl: '1m', jitter: 0, ...options })

/** The series of a text, by name and labels. */
function seriesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  )
}

const read = async (of: { metrics(): Promise<string> }): Promise<ReadonlyMap<string, number>> =>
  seriesOf(await of.metrics())

const refuse = async (): Promise<never> => {
  await settled()
  throw new Error('no source')
}

test('what a cache does is counted', async () => {
  const cache = open()
  const exposition = prometheusMetrics(cache)

  await cache.getOrSet('a', () => 1)
  await cache.getOrSet('a', () => 1)
  await cache.get('b')
  await cache.set('c', 1)
  await cache.delete('c')
  await cache.invalidateTags('t')

  const series = await read(exposition)
  expect(series.get('larder_hits_total{cache="shop",tier="store"}')).toBe(1)
  expect(series.get('larder_hits_total{cache="shop",tier="near"}')).toBe(0)
  expect(series.get('larder_misses_total{cache="shop"}')).toBe(2)
  expect(series.get('larder_loads_total{cache="shop"}')).toBe(1)
  expect(series.get('larder_load_seconds_count{cache="shop"}')).toBe(1)
  expect(series.get('larder_load_seconds_bucket{cache="shop",le="+Inf"}')).toBe(1)
  expect(series.get('larder_sets_total{cache="shop"}')).toBe(1)
  expect(series.get('larder_deletes_total{cache="shop"}')).toBe(1)
  expect(series.get('larder_invalidations_total{cache="shop"}')).toBe(1)
  expect(series.get('larder_entries{cache="shop",tier="store"}')).toBe(cache.stats().store?.entries)
  expect(series.get('larder_up{cache="shop"}')).toBe(1)
  expect(series.get('larder_status{cache="shop",status="ok"}')).toBe(1)
})

test('the buckets of load times hold all that took up to that long', async () => {
  const clock = manualClock()
  const cache = open({ clock, store: memory({ clock }) })
  const exposition = prometheusMetrics(cache)
  for (const ms of [2, 40, 40, 70_000]) {
    const source = held(1)
    const got = cache.getOrSet(`k${ms}`, source.load, { loadTimeout: { hard: '5m' } })
    await settled()
    await clock.advance(ms)
    source.release()
    await got
    await cache.clear()
  }

  const series = await read(exposition)
  const upTo = (le: string): number | undefined =>
    series.get(`larder_load_seconds_bucket{cache="shop",le="${le}"}`)
  expect([upTo('0.001'), upTo('0.0025'), upTo('0.05'), upTo('60'), upTo('+Inf')]).toEqual([0, 1, 3, 3, 4])
  expect(series.get('larder_load_seconds_sum{cache="shop"}')).toBeCloseTo(70.082)
})

test('a namespace has its own series, and sums over all caches are right', async () => {
  const cache = open()
  const users = cache.namespace('users')
  const staff = users.namespace('staff')
  const exposition = prometheusMetrics([users, cache])

  for (const each of [cache, users, staff, cache.namespace('other')]) {
    await each.getOrSet('k', () => 1)
    await each.getOrSet('broken', refuse).catch(() => undefined)
  }

  const series = await read(exposition)
  const of = (name: string): unknown[] =>
    ['shop', 'shop/users'].map((path) => series.get(name.replace('@', `cache="${path}"`)))
  expect(of('larder_loads_total{@}')).toEqual([2, 2])
  expect(of('larder_load_seconds_count{@}')).toEqual([2, 2])
  expect(of('larder_load_failures_total{@,class="other"}')).toEqual([2, 2])
  // The store is one, and is shown once.
  expect(of('larder_entries{@,tier="store"}')).toEqual([4, undefined])
  expect(of('larder_up{@}')).toEqual([1, undefined])
})

test('a counter never goes back, though who missed may be served a stale value in the end', async () => {
  const clock = manualClock()
  const cache = open({ clock, store: memory({ clock }), staleIfError: '1h' })
  const exposition = prometheusMetrics(cache)
  await cache.getOrSet('k', () => 1)
  await clock.advance('2m')
  const source = held(2)
  const got = cache.getOrSet('k', source.load)
  await settled()
  const misses = 'larder_misses_total{cache="shop"}'
  const before = await read(exposition)

  source.fail(new Error('no source'))
  expect(await got).toBe(1)

  const after = await read(exposition)
  expect(cache.stats().misses).toBe(2)
  expect([before.get(misses), after.get(misses)]).toEqual([2, 2])
  expect(after.get('larder_stale_total{cache="shop",why="failed-load"}')).toBe(1)
})

test('failures are counted by class, and what an error says of itself is no label', async () => {
  const cache = open()
  const exposition = prometheusMetrics(cache)
  const named = Object.assign(new Error('x'), { name: 'hunter2', code: 'hunter2' })
  const dressed = Object.assign(new Error('x'), { name: 'CacheError', code: 'hunter2' })
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  for (const error of [named, dressed, refused, new TypeError('hunter2'), 'hunter2']) {
    await cache.getOrSet('k', () => Promise.reject(error as Error)).catch(() => undefined)
  }

  const text = await exposition.metrics()
  const series = seriesOf(text)
  const failures = (name: string): unknown =>
    series.get(`larder_load_failures_total{cache="shop",class="${name}"}`)
  expect([failures('other'), failures('ECONNREFUSED'), failures('TypeError')]).toEqual([3, 1, 1])
  expect(text).not.toContain('hunter2')
})

test('a store that fails is counted by operation, and is down', async () => {
  const store = faulty(delayed(memory()))
  const cache = open({ store })
  const exposition = prometheusMetrics(cache)
  store.fail()

  await cache.getOrSet('k', () => 1)

  const series = await read(exposition)
  expect(
    series.get('larder_store_failures_total{cache="shop",operation="get",class="other"}'),
  ).toBeGreaterThan(0)
  expect(series.get('larder_up{cache="shop"}')).toBe(0)
  expect(series.get('larder_status{cache="shop",status="failed"}')).toBe(1)
})

test('what was overtaken while it was loaded is told', async () => {
  const cache = open()
  const exposition = prometheusMetrics(cache)
  const source = held(1)
  const got = cache.getOrSet('k', source.load)
  await settled()
  await cache.delete('k')
  source.release()
  await got

  const series = await read(exposition)
  expect(series.get('larder_fenced_total{cache="shop"}')).toBe(1)
  expect(series.get('larder_unstored_total{cache="shop",why="invalidated"}')).toBe(1)
})

test('evictions have a cause', async () => {
  const cache = open({ store: memory({ maxEntries: 10 }) })
  const exposition = prometheusMetrics(cache)
  for (let i = 0; i < 30; i++) await cache.set(`k${i}`, i)

  const series = await read(exposition)
  expect(series.get('larder_evictions_total{cache="shop",tier="store",cause="entries"}')).toBe(
    cache.stats().store?.removed.entries,
  )
  expect(series.get('larder_entries_limit{cache="shop",tier="store"}')).toBe(10)
  expect(cache.stats().store?.removed.entries).toBeGreaterThan(0)
})

test('with tiers, copies have series of their own', async () => {
  const clock = manualClock()
  const store = tiered({ near: memory({ clock }), far: delayed(memory({ clock })), maxStaleness: '2s' })
  const cache = open({ clock, store })
  const exposition = prometheusMetrics(cache)
  await cache.getOrSet('k', () => 1)
  await settled()
  await cache.getOrSet('k', () => 1)

  const series = await read(exposition)
  expect(series.get('larder_hits_total{cache="shop",tier="near"}')).toBe(1)
  expect(series.get('larder_entries{cache="shop",tier="near"}')).toBe(cache.stats().near?.entries)
  expect(series.get('larder_near_staleness_limit_seconds{cache="shop"}')).toBe(2)
})

test('a name is escaped', async () => {
  const text = await prometheusMetrics(open({ name: 'a"b\\c\nd' })).metrics()

  expect(text).toContain('cache="a\\"b\\\\c\\nd"')
})

test('two caches of one name are refused', () => {
  expect(() => prometheusMetrics([open(), open()])).toThrow(TypeError)
})

test('a closed cache keeps its counters and has no health', async () => {
  const cache = open()
  const exposition = prometheusMetrics(cache)
  await cache.get('k')
  await cache.close()

  const series = await read(exposition)
  expect(series.get('larder_misses_total{cache="shop"}')).toBe(1)
  expect(series.has('larder_up{cache="shop"}')).toBe(false)
})

describe('in a registry of prom-client', () => {
  test('the same is shown as in the text', async () => {
    const register = new Registry()
    const clock = manualClock()
    const cache = open({ clock, store: memory({ clock }) })
    const exposition = prometheusMetrics(cache, { register })
    await cache.getOrSet('k', () => 1)
    await cache.getOrSet('k2', refuse).catch(() => undefined)

    const theirs = await register.metrics()
    const ours = await exposition.metrics()

    expect(seriesOf(ours).size).toBeGreaterThan(50)
    expect(seriesOf(theirs)).toEqual(seriesOf(ours))
    const heads = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('# TYPE'))
    expect(heads(theirs)).toEqual(expect.arrayContaining(heads(ours)))
    expect(exposition.contentType).toBe(register.contentType)
  })

  test('one reading answers all metrics of a scrape', async () => {
    const register = new Registry()
    const cache = open()
    let asked = 0
    const counted = {
      name: cache.name,
      on: cache.on.bind(cache),
      health: cache.health.bind(cache),
      stats: () => (asked++, cache.stats()),
    }
    prometheusMetrics(counted, { register })

    await register.metrics()
    await register.metrics()

    expect(asked).toBe(2)
  })

  test('what is stopped leaves it, and nobody listens', async () => {
    const register = new Registry()
    const cache = open()
    const exposition = prometheusMetrics(cache, { register })

    exposition.stop()
    await cache.getOrSet('k', () => 1)

    expect(await register.metrics()).toBe('\n')
    expect((await read(exposition)).get('larder_load_seconds_count{cache="shop"}')).toBe(0)
    prometheusMetrics(cache, { register })
  })
})

test('every series has the labels that its instrument declares', async () => {
  const cache = open()
  const register = new Registry()
  prometheusMetrics(cache, { register })
  await cache.getOrSet('k', refuse).catch(() => undefined)

  for (const { name, values } of await register.getMetricsAsJSON()) {
    const declared = instruments.find((each) => each.name === name)?.labels
    for (const { labels } of values)
      expect(Object.keys(labels).filter((each) => each !== 'le')).toEqual(declared)
  }
})
