/*
 * The facade and node-cache itself are asked the same things at the same times, and must answer alike and tell alike. Where
 * they differ is named, and is on the page docs/coming-from/node-cache.md.
 */
import { systemClock } from '@larder/core'
import { NodeCache, type NodeCacheItem, type NodeCacheKey } from '@larder/compat/node-cache'
import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import RealNodeCache from 'node-cache'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

/** node-cache goes by Date and by timers, so both do. */
const wallClock = {
  ...manualClock(),
  now: () => Date.now(),
  epoch: () => Date.now(),
  after: (ms: number, then: () => void) => systemClock.after(ms, then),
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Either {
  get(key: NodeCacheKey): unknown
  mget(keys: NodeCacheKey[]): unknown
  set(key: NodeCacheKey, value: unknown, ttl?: number | string): boolean
  mset(items: NodeCacheItem<unknown>[]): boolean
  del(keys: NodeCacheKey | NodeCacheKey[]): number
  take(key: NodeCacheKey): unknown
  ttl(key: NodeCacheKey, ttl?: number): boolean
  getTtl(key: NodeCacheKey): number | boolean | undefined
  keys(): string[]
  has(key: NodeCacheKey): boolean
  getStats(): { hits: number; misses: number; keys: number; ksize: number }
  flushAll(): void
  close(): void
  on(event: string, listener: (...about: unknown[]) => void): unknown
}

interface Step {
  readonly what: string
  readonly on: (cache: Either) => unknown
}

const keys: readonly NodeCacheKey[] = ['a', 'b', 'user:1', 'user:2', '', 7, '7', 0]
const key = fc.constantFrom(...keys)
const value = fc.oneof(
  fc.constantFrom(null, 0, '', false, 'text', 12.5),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.record({ name: fc.string({ maxLength: 5 }), at: fc.constant(new Date(5)) }, { noNullPrototype: true }),
)
const ttl = fc.constantFrom(undefined, 0, 1, 2.5, 5, -1)
const anyTtl = fc.oneof(ttl, fc.constant('3'))
const item = fc.record({ key, val: value, ttl }).map(({ ttl: seconds, ...rest }) => ({
  ...rest,
  ...(seconds !== undefined && { ttl: seconds }),
}))

const does = (what: string, on: Step['on']): Step => ({ what, on })
const said = (...parts: unknown[]): string => JSON.stringify(parts)

const step: fc.Arbitrary<Step> = fc.oneof(
  key.map((k) => does(`get ${said(k)}`, (cache) => cache.get(k))),
  fc.array(key, { maxLength: 4 }).map((all) => does(`mget ${said(all)}`, (cache) => cache.mget(all))),
  fc
    .tuple(key, value, anyTtl)
    .map(([k, v, t]) => does(`set ${said(k, v, t)}`, (cache) => cache.set(k, v, t))),
  fc.array(item, { maxLength: 3 }).map((all) => does(`mset ${said(all)}`, (cache) => cache.mset(all))),
  key.map((k) => does(`del ${said(k)}`, (cache) => cache.del(k))),
  fc.array(key, { maxLength: 4 }).map((all) => does(`del ${said(all)}`, (cache) => cache.del(all))),
  key.map((k) => does(`take ${said(k)}`, (cache) => cache.take(k))),
  fc.tuple(key, ttl).map(([k, t]) => does(`ttl ${said(k, t)}`, (cache) => cache.ttl(k, t))),
  key.map((k) => does(`getTtl ${said(k)}`, (cache) => cache.getTtl(k))),
  key.map((k) => does(`has ${said(k)}`, (cache) => cache.has(k))),
  fc.constant(does('keys', (cache) => cache.keys().toSorted())),
  fc.constant(does('flushAll', (cache) => cache.flushAll())),
)
const moved = fc.constantFrom(1, 500, 1_000, 2_500, 4_000)

const options = fc.record({
  stdTTL: fc.constantFrom(0, 2, 3.5),
  checkperiod: fc.constantFrom(0, 3),
  deleteOnExpire: fc.boolean(),
  useClones: fc.boolean(),
  maxKeys: fc.constantFrom(-1, -1, 3),
})

const EVENTS = ['set', 'del', 'expired', 'flush'] as const

function listened(cache: Either): string[] {
  const heard: string[] = []
  for (const event of EVENTS) cache.on(event, (...about) => heard.push(said(event, ...about)))
  return heard
}

function answer({ on }: Step, cache: Either): unknown {
  try {
    return { answer: on(cache) }
  } catch (error) {
    return { thrown: (error as { errorcode?: unknown }).errorcode ?? error }
  }
}

const counted = (cache: Either): unknown => {
  const { hits, misses, keys: count, ksize } = cache.getStats()
  return { hits, misses, keys: count, ksize }
}

test('any sequence of calls gives the answers, the events and the counts of node-cache', () => {
  fc.assert(
    fc.property(
      options,
      fc.array(fc.oneof({ weight: 4, arbitrary: step }, moved), { maxLength: 40 }),
      (how, steps) => {
        const [real, ours]: Either[] = [new RealNodeCache(how), new NodeCache({ ...how, clock: wallClock })]
        if (real === undefined || ours === undefined) return
        const [heardOfReal, heardOfOurs] = [listened(real), listened(ours)]

        for (const next of steps) {
          if (typeof next === 'number') vi.advanceTimersByTime(next)
          else expect(answer(next, ours), next.what).toEqual(answer(next, real))
          // A search for what has ended goes through the keys in an order of its own.
          expect(heardOfOurs.toSorted()).toEqual(heardOfReal.toSorted())
          expect(counted(ours)).toEqual(counted(real))
        }
        real.close()
        ours.close()
      },
    ),
    { numRuns: 500 },
  )
})

test.each([
  ['a wrong key', (cache: Either) => cache.get({} as string)],
  ['a wrong key to be set', (cache: Either) => cache.set(true as unknown as string, 1)],
  ['keys that are no array', (cache: Either) => cache.mget('a' as unknown as string[])],
  [
    'a ttl that is a text, of many',
    (cache: Either) => cache.mset([{ key: 'a', val: 1, ttl: '1' as unknown as number }]),
  ],
  ['a full cache', (cache: Either) => [1, 2, 3].map((each) => cache.set(each, each))],
])('%s is refused by the same error', (_, call) => {
  const thrown = [new RealNodeCache({ maxKeys: 2 }), new NodeCache({ maxKeys: 2 })].map((cache: Either) => {
    try {
      return call(cache)
    } catch (error) {
      return { ...(error as object), name: (error as Error).name, message: (error as Error).message, data: 0 }
    }
  })
  expect(thrown[1]).toEqual({ ...(thrown[0] as object) })
  expect(thrown[1]).toHaveProperty('errorcode')
})

describe.each<[string, (how: { useClones: boolean }) => Either]>([
  ['node-cache', (how) => new RealNodeCache(how)],
  ['the facade', (how) => new NodeCache(how)],
])('%s', (_, open) => {
  test('with useClones hands out copies of copies', () => {
    const cache = open({ useClones: true })
    const list = [3, 1, 2]
    cache.set('list', list)
    list.reverse()
    ;(cache.get('list') as number[]).reverse()
    expect(cache.get('list')).toEqual([3, 1, 2])
  })

  test('without useClones hands out the very value', () => {
    const cache = open({ useClones: false })
    const list = [3, 1, 2]
    cache.set('list', list)
    expect(cache.get('list')).toBe(list)
  })

  test('keeps undefined as null', () => {
    const cache = open({ useClones: true })
    cache.set('nothing', undefined)
    expect(cache.get('nothing')).toBe(null)
  })
})

describe('where they differ', () => {
  test('node-cache grows without end; the facade lets those go that are used too seldom, and says so', () => {
    const [real, ours] = [new RealNodeCache(), new NodeCache({ maxEntries: 100 })]
    const evicted: unknown[] = []
    ours.on('evict', (...about: unknown[]) => evicted.push(about))
    for (let i = 0; i < 150; i++) {
      real.set(i, i)
      ours.set(i, i)
    }
    expect(real.keys()).toHaveLength(150)
    expect(ours.keys()).toHaveLength(100)
    expect(ours.getStats().keys).toBe(100)
    expect(evicted).toHaveLength(50)
    expect(evicted[0]).toContain('entries')
    expect(ours.has(149)).toBe(true)
  })

  test('a value too large for the bounds is not kept, and set says so', () => {
    const cache = new NodeCache({ maxBytes: '1kb' })
    expect(cache.set('large', 'x'.repeat(1_000))).toBe(false)
    expect(cache.has('large')).toBe(false)
    expect(cache.getStats()).toMatchObject({ keys: 0, vsize: 0 })
  })

  test('node-cache finds what every object has; the facade does not', () => {
    expect(new RealNodeCache().has('constructor')).toBe(true)
    expect(new NodeCache().has('constructor')).toBe(false)
    expect(new RealNodeCache().get('__proto__')).toBe(null)
    expect(new NodeCache().get('__proto__')).toBe(undefined)
  })

  test('node-cache copies class instances; the facade refuses what structuredClone would alter, and leaves what was there', () => {
    class User {
      readonly name = 'Ada'
    }
    const [real, ours] = [new RealNodeCache(), new NodeCache()]
    real.set('user', new User())
    expect(real.get('user')).toBeInstanceOf(User)
    ours.set('user', 'old')
    expect(() => ours.set('user', new User())).toThrow('cannot copy')
    expect(ours.get('user')).toBe('old')
    expect(() => ours.set('nobody', new User())).toThrow('cannot copy')
    expect(ours.keys()).toEqual(['user'])
  })

  test('flushStats of node-cache forgets how many keys there are', () => {
    const [real, ours] = [new RealNodeCache(), new NodeCache()]
    for (const cache of [real, ours]) {
      cache.set('a', 1)
      cache.flushStats()
      cache.del('a')
    }
    expect(real.getStats().keys).toBe(-1)
    expect(ours.getStats().keys).toBe(0)
  })

  test('node-cache keeps for ever what has a ttl that is no number; the facade refuses it', () => {
    const [real, ours] = [new RealNodeCache(), new NodeCache()]
    real.set('a', 1, 'soon')
    vi.advanceTimersByTime(1_000_000_000)
    expect(real.get('a')).toBe(1)
    expect(() => ours.set('a', 1, 'soon')).toThrow('The ttl argument has to be a number.')
  })

  test('options that the facade does not have are refused', () => {
    expect(() => new NodeCache({ forceString: true } as object)).toThrow("unknown option 'forceString'")
    expect(() => new NodeCache({ enableLegacyCallbacks: true } as object)).toThrow('unknown option')
  })
})
