/*
 * The facade and cache-manager itself are asked the same things at the same times, and must answer alike. Where they
 * differ is named, and is on the page docs/coming-from/cache-manager.md.
 */
import { createCache as createLarder, type ICache } from '@larder/core'
import { asCacheManager } from '@larder/compat/cache-manager'
import { memory } from '@larder/memory'
import { held, manualClock } from '@larder/testing'
import { type Cache, createCache } from 'cache-manager'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

/** cache-manager goes by Date, so both do. A load takes a moment, or nothing would be refreshed early. */
let exact = 0
const wallClock = {
  ...manualClock({ random: () => 0.5 }),
  now: () => Date.now(),
  epoch: () => Date.now(),
  exact: () => exact++,
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

interface How {
  readonly ttl?: number
  readonly refreshThreshold?: number
}

const larder = (): ICache =>
  createLarder({ store: memory({ clock: wallClock, share: 'trust' }), clock: wallClock })
const facade = (how: How = {}): Cache => asCacheManager(larder(), { ...how, clock: wallClock })

interface Step {
  readonly what: string
  readonly on: (cache: Cache) => Promise<unknown>
}

const does = (what: string, on: Step['on']): Step => ({ what, on })
const said = (...parts: unknown[]): string => JSON.stringify(parts)

const key = fc.constantFrom('a', 'b', 'user:1', '*', '__proto__')
const value = fc.oneof(
  fc.constantFrom(null, 0, '', false, 'text'),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.record({ name: fc.string({ maxLength: 5 }), at: fc.constant(new Date(5)) }, { noNullPrototype: true }),
)
/** Hundreds, so that no step comes on the very millisecond of an end: see below. */
const ttl = fc.constantFrom(undefined, 0, 1_000, 5_000, -500)
const item = fc.record({ key, value, ttl }).map(({ ttl: ms, ...rest }) => ({
  ...rest,
  ...(ms !== undefined && { ttl: ms }),
}))
const refusal = new Error('the source is down')

const step: fc.Arbitrary<Step> = fc.oneof(
  key.map((k) => does(`get ${said(k)}`, async (cache) => cache.get(k))),
  fc.array(key, { maxLength: 4 }).map((all) => does(`mget ${said(all)}`, async (cache) => cache.mget(all))),
  key.map((k) => does(`ttl ${said(k)}`, async (cache) => cache.ttl(k))),
  fc
    .tuple(key, value, ttl)
    .map(([k, v, t]) => does(`set ${said(k, v, t)}`, async (cache) => cache.set(k, v, t))),
  fc
    .array(item, { maxLength: 3 })
    .map((all) =>
      does(`mset ${said(all)}`, async (cache) => (await cache.mset(all)).map((each) => each.key)),
    ),
  key.map((k) => does(`del ${said(k)}`, async (cache) => cache.del(k))),
  fc.array(key, { maxLength: 3 }).map((all) => does(`mdel ${said(all)}`, async (cache) => cache.mdel(all))),
  fc.constant(does('clear', async (cache) => cache.clear())),
  fc
    .tuple(key, value, ttl)
    .map(([k, v, t]) => does(`wrap ${said(k, v, t)}`, async (cache) => cache.wrap(k, async () => v, t))),
  fc
    .tuple(key, value, ttl)
    .map(([k, v, t]) =>
      does(`wrap with options ${said(k, v, t)}`, async (cache) =>
        cache.wrap(k, () => v, { ttl: () => t ?? 2_000 }),
      ),
    ),
  key.map((k) =>
    does(`wrap nothing ${said(k)}`, async (cache) => {
      const given = await cache.wrap(k, async () => undefined)
      if (given === undefined) await cache.del(k) // what it leaves behind: see below
      return given
    }),
  ),
  key.map((k) =>
    does(`wrap a failure ${said(k)}`, async (cache) =>
      cache.wrap(k, async () => {
        throw refusal
      }),
    ),
  ),
  key.map((k) =>
    does(`wrap together ${said(k)}`, async (cache) => {
      let loads = 0
      const values = await Promise.all([1, 2, 3].map(async () => cache.wrap(k, async () => ++loads, 1_000)))
      return [loads, values]
    }),
  ),
)
const moved = fc.constantFrom(101, 1_001, 4_001)

const answer = async ({ on }: Step, cache: Cache): Promise<unknown> =>
  on(cache).then(
    (given) => ({ given }),
    (error: unknown) => ({ error }),
  )

test('any sequence of calls gives the answers of cache-manager', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<How>({}, { ttl: 3_000 }),
      fc.array(fc.oneof({ weight: 4, arbitrary: step }, moved), { maxLength: 30 }),
      async (how, steps) => {
        const [real, ours] = [createCache(how), facade(how)]
        for (const next of steps) {
          if (typeof next === 'number') vi.setSystemTime(Date.now() + next)
          else expect(await answer(next, ours), next.what).toEqual(await answer(next, real))
        }
      },
    ),
    { numRuns: 500 },
  )
})

describe.each<[string, (how?: How) => Cache]>([
  ['cache-manager', (how) => createCache(how)],
  ['the facade', facade],
])('%s', (_, open) => {
  test('refreshes in the background what has less left than the threshold', async () => {
    const cache = open({ refreshThreshold: 3_000 })
    const refreshed = new Promise((resolve) => cache.on('refresh', resolve))
    await cache.wrap('k', async () => 'old', 10_000)
    vi.setSystemTime(Date.now() + 6_000)
    expect(await cache.wrap('k', async () => 'too early', 10_000)).toBe('old')
    vi.setSystemTime(Date.now() + 2_000)

    const end = Date.now() + 10_000
    expect(await cache.wrap('k', async () => 'new', 10_000)).toBe('old')

    expect(await refreshed).toEqual({ key: 'k', value: 'new' })
    await vi.waitFor(async () => expect(await cache.get('k')).toBe('new'), { interval: 1, timeout: 10_000 })
    expect(await cache.ttl('k')).toBe(end)
  })

  test('takes a threshold that depends on the value, with the ttl or in options', async () => {
    const cache = open()
    for (const how of [
      [10_000, () => 9_000] as const,
      [{ ttl: 10_000, refreshThreshold: () => 9_000 }] as const,
    ]) {
      await cache.clear()
      const read = async (now: string): Promise<string> =>
        how.length === 1 ? cache.wrap('k', () => now, how[0]) : cache.wrap('k', () => now, ...how)
      await read('old')
      vi.setSystemTime(Date.now() + 2_000)
      expect(await read('new')).toBe('old')
      await vi.waitFor(async () => expect(await cache.get('k')).toBe('new'), { interval: 1, timeout: 10_000 })
    }
  })

  test('tells of a refresh that fails, and goes on with what it has', async () => {
    const cache = open({ refreshThreshold: 9_000 })
    const refreshed = new Promise((resolve) => cache.on('refresh', resolve))
    await cache.wrap('k', async () => 'old', 10_000)
    vi.setSystemTime(Date.now() + 2_000)

    expect(await cache.wrap('k', async () => Promise.reject(refusal), 10_000)).toBe('old')

    expect(await refreshed).toEqual({ key: 'k', value: 'old', error: refusal })
    expect(await cache.get('k')).toBe('old')
  })

  test('hands out a value with the moment of its end', async () => {
    const cache = open()
    const expires = Date.now() + 1_000
    const load = async (): Promise<string> => 'v'
    expect(await cache.wrap('k', load, { ttl: 1_000, raw: true })).toEqual({ value: 'v', expires })
    vi.setSystemTime(Date.now() + 200)
    expect(await cache.wrap('k', load, { ttl: 1_000, raw: true })).toEqual({ value: 'v', expires })
  })

  test('tells listeners, until they go', async () => {
    const cache = open()
    const heard: unknown[] = []
    const listen = (about: unknown): void => {
      heard.push(about)
    }
    cache.on('set', listen)
    cache.on('get', listen)
    cache.on('del', listen)
    await cache.set('k', 1)
    await cache.get('k')
    await cache.del('k')
    cache.off('set', listen)
    await cache.set('k', 2)
    expect(heard).toContainEqual({ key: 'k', value: 1 })
    expect(heard).toContainEqual({ key: 'k', value: 1, store: 'primary' })
    expect(heard.at(-1)).toEqual({ key: 'k' })
  })
})

describe('where they differ', () => {
  test('what was deleted while it was being loaded: cache-manager brings it back, the facade does not', async () => {
    for (const [cache, after] of [
      [createCache(), 'old'],
      [facade(), undefined],
    ] as const) {
      const source = held<string, []>('old')
      const first = cache.wrap('k', source.load)
      await source.started
      await cache.del('k')
      source.release()
      expect(await first).toBe('old')
      expect(await cache.get('k')).toBe(after)
    }
  })

  test('on the very millisecond of its end a value is still there in cache-manager, and gone in the facade', async () => {
    const [real, ours] = [createCache(), facade()]
    for (const cache of [real, ours]) await cache.set('k', 1, 1_000)
    vi.setSystemTime(Date.now() + 1_000)
    expect(await real.get('k')).toBe(1)
    expect(await ours.get('k')).toBe(undefined)
  })

  test('what was put there by set is refreshed early by cache-manager only', async () => {
    for (const [cache, loads] of [
      [createCache({ refreshThreshold: 9_000 }), 1],
      [facade({ refreshThreshold: 9_000 }), 0],
    ] as const) {
      const source = held<string, []>('new')
      await cache.set('k', 'old', 10_000)
      vi.setSystemTime(Date.now() + 2_000)
      expect(await cache.wrap('k', source.load, 10_000)).toBe('old')
      await Promise.resolve()
      expect(source.calls).toHaveLength(loads)
    }
  })

  test('a raw value without a ttl ends at NaN in cache-manager', async () => {
    const load = async (): Promise<string> => 'v'
    expect(await createCache().wrap('k', load, { raw: true })).toEqual({ value: 'v', expires: Number.NaN })
    expect(await facade().wrap('k', load, { raw: true })).toEqual({ value: 'v', expires: undefined })
  })

  test('cache-manager keeps undefined, which is a miss, and tells when it ends; the facade does not keep it', async () => {
    const [real, ours] = [createCache(), facade()]
    for (const cache of [real, ours]) {
      await cache.wrap('loaded', async () => undefined, 1_000)
      await cache.set('set', undefined, 1_000)
      expect(await cache.mget(['loaded', 'set'])).toEqual([undefined, undefined])
    }
    expect([await real.ttl('loaded'), await real.ttl('set')]).toEqual([
      Date.now() + 1_000,
      Date.now() + 1_000,
    ])
    expect([await ours.ttl('loaded'), await ours.ttl('set')]).toEqual([undefined, undefined])
  })

  test('an empty key is one in cache-manager', async () => {
    expect(await createCache().set('', 1)).toBe(1)
    await expect(facade().set('', 1)).rejects.toThrow(TypeError)
  })

  test('disconnecting leaves the cache open', async () => {
    const cache = larder()
    await asCacheManager(cache).disconnect()
    expect(await cache.has('k')).toBe(false)
  })
})
