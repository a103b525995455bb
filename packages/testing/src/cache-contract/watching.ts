/*
 * Rules of watching: the books balance, events tell what happened, and who watches changes nothing.
 */

import type { CacheEvent, ICache, Key } from '@larder/core'
import { expect } from 'vitest'
import { eventually, rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, listed, noLoad, rejection, TAG } from './bench.ts'

const failing = (): Promise<never> => Promise.reject(new Error('down'))
const asked = (cache: ICache): number => {
  const { hits, misses, stale } = cache.stats()
  return hits + misses + stale.refreshing
}

/** What is told, without what a store may add of its own. */
function told(cache: ICache): CacheEvent['type'][] {
  const types: CacheEvent['type'][] = []
  cache.on(({ type }) => types.push(type))
  return types
}

export const watching: readonly CacheRule[] = [
  rule(
    'every key that is asked for is counted once: as a hit, a miss or served stale',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })

      await cache.get('a') // miss
      await cache.set('a', 1)
      await cache.get('a') // hit
      await cache.getOrSet('a', noLoad) // hit
      await cache.getOrSet('b', () => 2) // miss
      await cache.getMany(['a', 'b', 'c']) // 2 hits, 1 miss
      await cache.getOrSetMany(['a', 'd'], () => [4]) // hit, miss
      await pass('2m')
      await cache.getOrSet('a', () => 5) // stale
      await cache.getOrSetMany(['b', 'e'], (missing) => missing.map(() => 6)) // stale, miss

      const { hits, misses, stale } = cache.stats()
      expect({ hits, misses, stale }).toEqual({
        hits: 5,
        misses: 5,
        stale: { refreshing: 2, slowLoad: 0, failedLoad: 0, farDown: 0 },
      })
    },
  ),

  rule('has, ttl, touch and explain are no questions for a value, and counted as none', async ({ open }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 1)

    for (const key of ['k', 'absent']) {
      await cache.has(key)
      await cache.ttl(key)
      await cache.touch(key, '1m')
      await cache.explain(key)
    }

    expect(asked(cache)).toBe(0)
    expect(cache.stats().hitRatio).toBe(undefined)
  }),

  rule('loads, their failures, joins, writes and invalidations are counted', async ({ open, arrived }) => {
    const cache = await open()
    const source = held('value')
    const waiting = [
      cache.getOrSet('k', source.load),
      cache.getOrSet('k', source.load),
      cache.getOrSet('k', source.load),
    ]
    await source.started
    await arrived()
    const whileLoading = cache.stats().loading
    source.release()
    await Promise.all(waiting)
    await rejection(cache.getOrSet('l', failing))
    await cache.set('m', 1)
    await cache.setMany([
      ['n', 1],
      ['o', 1],
    ])
    await cache.delete('m', 'n')
    await cache.invalidateTags('t')
    await cache.clear()

    const { loads, loadFailures, joins, sets, deletes, invalidations, loading, latency } = cache.stats()

    expect({ loads, loadFailures, joins, sets, deletes, invalidations, loading }).toEqual({
      loads: 1,
      loadFailures: 1,
      joins: 2,
      sets: 3,
      deletes: 2,
      invalidations: 2,
      loading: 0,
    })
    expect(whileLoading).toBe(1)
    expect(latency.load.count).toBe(1)
  }),

  rule(
    'values that were served because a load was slow or failed are counted as such',
    async ({ open, pass, clock }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h', loadTimeout: { soft: 50 } })
      await cache.setMany([
        ['slow', 1],
        ['failed', 2],
      ])
      await pass('2m')
      const source = held(3)
      const slow = cache.getOrSet('slow', source.load)
      await source.started
      await clock.advance(50)
      await slow
      source.release()
      await cache.getOrSet('failed', failing)

      const { stale } = cache.stats()

      expect(stale).toEqual({ refreshing: 0, slowLoad: 1, failedLoad: 1, farDown: 0 })
    },
  ),

  rule('a loaded value that an invalidation kept out is counted as fenced', async ({ open }) => {
    const cache = await open()
    const source = held('old')
    const waiting = cache.getOrSet('k', source.load)
    await source.started
    await cache.delete('k')

    source.release()
    await waiting

    expect(cache.stats().fenced).toBe(1)
  }),

  rule('the ratio of hits is what was served of what was asked for', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 1)

    await cache.getMany(['k', 'k2', 'k3', 'k4'])

    expect(cache.stats().hitRatio).toBe(0.25)
  }),

  rule('stats are a snapshot that does not change, and cannot be changed', async ({ open }) => {
    const cache = await open()
    const before = cache.stats()

    await cache.set('k', 1)
    await cache.get('k')

    expect([before.hits, before.sets]).toEqual([0, 0])
    expect(cache.stats().hits).toBe(1)
    expect(Object.isFrozen(before)).toBe(true)
    expect(Object.isFrozen(before.stale)).toBe(true)
  }),

  rule(
    'stats of a cache include the namespaces inside, and those of a namespace only itself',
    async ({ open }) => {
      const cache = await open()
      const inner = cache.namespace('n')
      await inner.set('k', 1)

      await inner.get('k')
      await cache.get('absent')

      expect([cache.stats().hits, cache.stats().misses]).toEqual([1, 1])
      expect([inner.stats().hits, inner.stats().misses]).toEqual([1, 0])
    },
  ),

  rule('events tell what happened, in order, with key and cache', async ({ open }) => {
    const cache = await open()
    const events: unknown[] = []
    cache.on((event) => {
      // Which tier has answered is nobody's business here.
      const { near: _, ...said } = event as CacheEvent & { near?: true }
      events.push({ ...said, ...('ms' in event && { ms: 0 }) })
    })

    await cache.get('k')
    await cache.set('k', 1)
    await cache.get('k')
    await cache.expire('k')
    await cache.delete('k')
    await cache.getOrSet('l', () => 2)
    await cache.invalidateTags('t', 'u')
    await cache.clear()

    const c = cache.name
    expect(events).toEqual([
      { type: 'miss', cache: c, key: 'k' },
      { type: 'set', cache: c, key: 'k' },
      { type: 'hit', cache: c, key: 'k' },
      { type: 'expire', cache: c, key: 'k' },
      { type: 'delete', cache: c, key: 'k' },
      { type: 'miss', cache: c, key: 'l' },
      { type: 'load', cache: c, keys: ['l'], ms: 0, background: false },
      { type: 'invalidate-tags', cache: c, tags: ['t', 'u'] },
      { type: 'clear', cache: c },
    ])
  }),

  rule('events tell of failed loads with the very error', async ({ open }) => {
    const cache = await open()
    const events: CacheEvent[] = []
    const error = new Error('down')
    cache.on((event) => events.push(event))

    await rejection(cache.getOrSet('k', () => Promise.reject(error)))

    const failed = events.find(({ type }) => type === 'load-failed')
    expect(failed).toMatchObject({ cache: cache.name, keys: ['k'], error, background: false })
    expect(failed).toHaveProperty('ms')
  }),

  rule('events tell why a loaded value was not kept', async ({ open, clock }) => {
    const cache = await open({ loadTimeout: { hard: 1_000 } })
    const whys: string[] = []
    cache.on((event) => {
      if (event.type === 'unstored') whys.push(event.why)
    })
    const [cut, late] = [held(1), held(2)]

    await cache.getOrSet('k', () => undefined)
    await cache.getOrSet('k', (context) => {
      context.skip()
      return 1
    })
    const first = cache.getOrSet('k', cut.load)
    await cut.started
    await cache.delete('k')
    cut.release()
    await first
    const second = rejection(cache.getOrSet('k', late.load))
    await late.started
    await clock.advance(1_000)
    await second
    late.release()

    await eventually(() => expect(whys).toEqual(['undefined', 'skipped', 'invalidated', 'given-up']))
  }),

  rule(
    'events tell when and why a stale value was served, and of the load behind it',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleWhileRevalidate: '1m', staleIfError: '1h' })
      await cache.set('k', 1)
      const seen: string[] = []
      cache.on((event) => {
        if (event.type === 'stale') seen.push(event.why)
        if (event.type === 'load-failed') seen.push(event.background ? 'failed behind' : 'failed')
      })

      await pass('90s')
      await cache.getOrSet('k', failing)
      await eventually(() => expect(seen.toSorted()).toEqual(['failed behind', 'refreshing']))
      await pass('10m')
      await cache.getOrSet('k', failing)

      expect(seen.slice(2)).toEqual(['failed', 'failed-load'])
    },
  ),

  rule(
    'who watches a cache hears the namespaces inside; who watches one of those only that',
    async ({ open }) => {
      const cache = await open()
      const [inner, alike] = [cache.namespace('n'), cache.namespace('nn')]
      const [outside, inside] = [told(cache), told(inner)]

      await inner.set('k', 1)
      await alike.set('k', 1)
      await cache.delete('k')

      expect(outside).toEqual(['set', 'set', 'delete'])
      expect(inside).toEqual(['set'])
    },
  ),

  rule('who stops watching hears nothing more, and the others still do', async ({ open }) => {
    const cache = await open()
    const heard = { gone: 0, stays: 0 }
    const stop = cache.on(() => heard.gone++)
    cache.on(() => heard.stays++)
    await cache.set('k', 1)

    stop()
    stop()
    await cache.set('k', 2)

    expect(heard).toEqual({ gone: 1, stays: 2 })
  }),

  rule('an observer that throws is counted, and felt by nobody', async ({ open }) => {
    const cache = await open()
    const after = told(cache)
    cache.on(() => {
      throw new Error('a bad observer')
    })
    const last = told(cache)

    await cache.set('k', 1)
    const value = await cache.getOrSet('l', () => 2)

    expect(value).toBe(2)
    expect(await cache.get('k')).toBe(1)
    expect(after).toEqual(last)
    expect(cache.stats().observerErrors).toBe(after.length)
  }),

  rule(
    'explain says what is kept of a key, and why it would be served or not',
    async ({ open, pass, arrived }) => {
      const cache = await open({ ttl: '1m', staleWhileRevalidate: '1m', staleIfError: '1h' })
      await cache.getOrSet(
        'k',
        (context) => {
          context.meta({ etag: 'x' })
          return 1
        },
        { tags: ['t'] },
      )
      await arrived() // a load is answered before its value is stored
      const seen = [await cache.explain('absent'), await cache.explain('k')]
      await pass('90s')
      seen.push(await cache.explain('k'))
      await pass('10m')
      seen.push(await cache.explain('k'))
      await cache.set('k', 2, { tags: ['t'] })
      await cache.invalidateTags('t')
      seen.push(await cache.explain('k'))

      expect(seen.map(({ found }) => found === 'invalidated' || found)).toEqual(
        ['absent', 'fresh', 'stale', 'error-only', 'invalidated'].map(
          (each) => each === 'invalidated' || each,
        ),
      )
      expect(seen.map(({ served }) => served)).toEqual([false, true, false, false, false])
      expect(seen[1]).toMatchObject({
        key: 'k',
        freshFor: 60_000,
        meta: { etag: 'x' },
        tags: [{ tag: 't', valid: true }],
      })
      expect(seen[4]?.because).toMatch(/'t'/u)
      for (const { because } of seen) expect(because).not.toBe('')
    },
  ),

  rule('explain tells that a key is being loaded', async ({ open, arrived }) => {
    const cache = await open()
    const source = held(1)
    const waiting = cache.getOrSet('k', source.load)
    await source.started

    const during = await cache.explain('k')
    source.release()
    await waiting
    await arrived()
    const after = await cache.explain('k')

    expect([during.loading, after.loading]).toEqual([true, false])
  }),

  rule('explain changes nothing', async ({ open }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 1)
    const events = told(cache)

    await cache.explain('k')
    await cache.explain('absent')

    expect(events).toEqual([])
    expect(await cache.ttl('k')).toBe(60_000)
  }),

  rule('a cache that is well says so', async ({ open }) => {
    const cache = await open()

    const health = await cache.health()

    expect(health).toMatchObject({
      status: 'ok',
      problems: [],
      queued: 0,
      loading: 0,
      store: { answers: true },
    })
  }),

  rule('keys lists what is kept, all or what matches', async ({ open }) => {
    const cache = await open()
    await cache.setMany(
      ['user:1', 'user:22', 'order:1', 'a*b', 'a?b', 'a[b]', 'aXb'].map((key) => [key, 1] as const),
    )
    await cache.delete('order:1')

    expect(await listed(cache)).toEqual(['a*b', 'a?b', 'aXb', 'a[b]', 'user:1', 'user:22'])
    expect(await listed(cache, 'user:*')).toEqual(['user:1', 'user:22'])
    expect(await listed(cache, 'user:?')).toEqual(['user:1'])
    expect(await listed(cache, 'a?b')).toEqual(['a*b', 'a?b', 'aXb'])
    expect(await listed(cache, 'a[b]')).toEqual(['a[b]'])
    expect(await listed(cache, 'user')).toEqual([])
    expect(await listed(cache, '*1')).toEqual(['user:1'])
  }),

  rule('keys lists each key as it was given', async ({ open }) => {
    const cache = await open()
    const keys: Key[] = [['user', 42, { locale: 'de' }], '["user",42]', "'quoted", 'plain', ['plain']]
    await cache.setMany(keys.map((key) => [key, 1] as const))

    const found = await listed(cache)

    const written = (list: readonly Key[]): string[] => list.map((key) => JSON.stringify(key)).toSorted()
    expect(written(found)).toEqual(written(keys))
  }),

  rule('deleteMatching forgets what matches, and says how much that was', async ({ open }) => {
    const cache = await open()
    await cache.setMany(['user:1', 'user:2', 'order:1', '*'].map((key) => [key, key] as const))

    const counts = [await cache.deleteMatching('user:*'), await cache.deleteMatching('nothing*')]

    expect(counts).toEqual([2, 0])
    expect(await cache.getMany(['user:1', 'user:2', 'order:1', '*'])).toEqual([
      undefined,
      undefined,
      'order:1',
      '*',
    ])
  }),

  rule('a pattern made to hang does not', async ({ open }) => {
    const cache = await open()
    await cache.set('a'.repeat(2_000), 1)

    const keys = await listed(cache, `${'*a'.repeat(200)}b`)

    expect(keys).toEqual([])
  }),

  rule('what a write has reached is one of three words', async ({ open }) => {
    const cache = await open({ tags: [TAG] })

    const written = [
      await cache.set('k', 1),
      await cache.setMany([['k', 1]]),
      await cache.expire('k'),
      await cache.delete('k'),
      await cache.invalidateTags(TAG),
      await cache.clear(),
    ]

    for (const { far } of written) expect(['applied', 'none']).toContain(far)
  }),

  rule(
    'peek answers at once with what is fresh in this process, and undefined otherwise',
    async ({ open, pass, isOpen }) => {
      const cache = await open({ ttl: '1m', tags: [TAG] })
      await cache.set('k', null)
      await cache.set('l', 2)
      const seen = [cache.peek('k'), cache.peek('l'), cache.peek('absent')]
      await cache.delete('k')
      seen.push(cache.peek('k'))
      await pass('1m')
      seen.push(cache.peek('l'))

      expect(seen).toEqual([null, 2, undefined, undefined, undefined])
      expect(await isOpen(Promise.resolve(cache.peek('absent')))).toBe(false)
    },
    ({ peeks }) => (peeks ? undefined : 'this cache is not said to peek'),
  ),

  rule('peek never loads and never waits', async ({ open }) => {
    const cache = await open()
    const source = held('value')
    const waiting = cache.getOrSet('k', source.load)
    await source.started

    const seen = cache.peek('k')
    source.release()
    await waiting

    expect(seen).toBe(undefined)
    expect([undefined, 'value']).toContain(cache.peek('k'))
  }),
]
