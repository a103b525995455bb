/*
 * Rules of staleness: what may be served when it is no longer fresh, and what a load learns of it.
 */

import { isCacheError, type LoadContext } from '@larder/core'
import { expect } from 'vitest'
import { eventually, rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, noLoad, rejection, TAG } from './bench.ts'

const down = new Error('the source is down')
const failing = (): Promise<never> => Promise.reject(down)

export const staleness: readonly CacheRule[] = [
  rule('a stale value is served at once, while one load refreshes it', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1m' })
    await cache.set('k', 'old')
    await pass('90s')
    const source = held('new')

    const asked = await Promise.all(Array.from({ length: 100 }, () => cache.getOrSet('k', source.load)))
    await source.started
    source.release()

    expect(asked).toEqual(asked.map(() => 'old'))
    expect(source.calls.length).toBe(1)
    await eventually(async () => expect(await cache.get('k')).toBe('new'))
  }),

  rule('stale while revalidate ends when it was said to', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1m' })
    await cache.set('k', 'old')
    await pass(119_999)
    const last = await cache.getOrSet('k', failing)
    await pass(1)

    const after = await cache.getOrSet('k', () => 'new')

    expect([last, after]).toEqual(['old', 'new'])
  }),

  rule('only getOrSet serves what is stale', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h', staleIfError: '1h' })
    await cache.set('k', 'old')

    await pass('1m')

    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.getMany(['k'])).toEqual([undefined])
    expect(cache.peek('k')).toBe(undefined)
  }),

  rule(
    'a refresh that fails leaves the stale value, and the next caller tries again',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
      await cache.set('k', 'old')
      await pass('2m')
      let loads = 0
      const load = (): Promise<never> => {
        loads++
        return failing()
      }

      for (const n of [1, 2, 3]) {
        expect(await cache.getOrSet('k', load)).toBe('old')
        await eventually(() => expect(loads).toBe(n))
        await pass(1)
      }

      expect(await cache.getOrSet('k', () => 'new')).toBe('old')
      await eventually(async () => expect(await cache.get('k')).toBe('new'))
    },
  ),

  rule(
    'a value is served stale if its load fails, as long as it was said to be kept',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h' })
      await cache.set('k', 'old')
      await pass('60m')

      const within = await Promise.all([cache.getOrSet('k', failing), cache.getOrSet('k', failing)])
      await pass('1m')
      const after = await rejection(cache.getOrSet('k', failing))

      expect(within).toEqual(['old', 'old'])
      expect(after).toBe(down)
    },
  ),

  rule('stale if error is for errors: a load that succeeds is waited for', async ({ open, pass, isOpen }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1h' })
    await cache.set('k', 'old')
    await pass('2m')
    const source = held('new')

    const asked = cache.getOrSet('k', source.load)
    expect(await isOpen(asked)).toBe(true)
    source.release()

    expect(await asked).toBe('new')
  }),

  rule('without a window nothing is served stale', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 'old')
    await pass('1m')

    const error = await rejection(cache.getOrSet('k', failing))

    expect(error).toBe(down)
  }),

  rule('what was deleted, cleared or invalidated by a tag is never served stale', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h', staleIfError: '1h', tags: [TAG] })
    const changes = [
      (): Promise<unknown> => cache.delete('k'),
      (): Promise<unknown> => cache.clear(),
      (): Promise<unknown> => cache.invalidateTags(TAG),
      (): Promise<unknown> => cache.deleteMatching('k*'),
    ]

    for (const change of changes) {
      await cache.set('k', 'old')
      await pass('2m')
      await change()

      expect(await rejection(cache.getOrSet('k', failing))).toBe(down)
      expect(await rejection(cache.getOrSetMany(['k'], failing))).toBe(down)
      expect(await cache.getOrSet('k', () => 'new')).toBe('new')
    }
  }),

  rule('what was expired is stale: served while it is refreshed, if that was allowed', async ({ open }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
    await cache.set('k', 'old')

    await cache.expire('k')

    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.getOrSet('k', () => 'new')).toBe('old')
    await eventually(async () => expect(await cache.get('k')).toBe('new'))
  }),

  rule('what was expired is kept for the case that its load fails, and else loaded', async ({ open }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1h' })
    await cache.set('k', 'old')
    await cache.expire('k', 'absent')

    expect(await cache.getOrSet('k', failing)).toBe('old')
    expect(await cache.getOrSet('k', () => 'new')).toBe('new')
  }),

  rule('what was expired without a window is gone', async ({ open }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 'old')

    await cache.expire('k')

    expect(await rejection(cache.getOrSet('k', failing))).toBe(down)
  }),

  rule('expiring twice does not lengthen what is left', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1m' })
    await cache.set('k', 'old')
    await cache.expire('k')
    await pass('50s')

    await cache.expire('k')
    await pass('10s')

    expect(await rejection(cache.getOrSet('k', failing))).toBe(down)
  }),

  rule(
    'after the soft timeout a stale value is served, and the load goes on',
    async ({ open, pass, clock, isOpen }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h', loadTimeout: { soft: 50 } })
      await cache.set('k', 'old')
      await pass('2m')
      const source = held('new')

      const asked = cache.getOrSet('k', source.load)
      await source.started
      await clock.advance(49)
      const isWaiting = await isOpen(asked)
      await clock.advance(1)
      const got = await asked
      source.release()

      expect([isWaiting, got]).toEqual([true, 'old'])
      await eventually(async () => expect(await cache.get('k')).toBe('new'))
      expect(source.calls.length).toBe(1)
    },
  ),

  rule('a soft timeout without a stale value changes nothing', async ({ open, clock }) => {
    const cache = await open({ loadTimeout: { soft: 50 } })
    const source = held('new')
    const asked = cache.getOrSet('k', source.load)
    await source.started

    await clock.advance(1_000)
    source.release()

    expect(await asked).toBe('new')
  }),

  rule(
    'a soft timeout counts for each caller from when he came',
    async ({ open, pass, clock, arrived, isOpen }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h', loadTimeout: { soft: 50 } })
      await cache.set('k', 'old')
      await pass('2m')
      const source = held('new')
      const first = cache.getOrSet('k', source.load)
      await source.started
      await clock.advance(30)
      const second = cache.getOrSet('k', source.load)
      await arrived()
      await cache.has('k') // a round trip, where that takes one

      await clock.advance(20)
      expect(await first).toBe('old')
      expect(await isOpen(second)).toBe(true)
      source.release()

      expect(await second).toBe('new')
    },
  ),

  rule(
    'after the hard timeout the load is given up: callers hear of it, and the key is free',
    async ({ open, clock, arrived }) => {
      const cache = await open({ loadTimeout: { hard: 1_000 } })
      const source = held('late')
      const asked = [rejection(cache.getOrSet('k', source.load)), rejection(cache.getOrSet('k', source.load))]
      const call = await source.started
      const [{ signal }] = call.args
      await clock.advance(999)
      const wasAborted = signal.aborted

      await clock.advance(1)
      const errors = await Promise.all(asked)
      const next = await cache.getOrSet('k', () => 'next')
      source.release()
      await arrived()

      expect(wasAborted).toBe(false)
      expect(errors.every((error) => isCacheError(error, 'LOAD_TIMEOUT'))).toBe(true)
      expect(signal.aborted).toBe(true)
      expect(next).toBe('next')
      expect(await cache.get('k')).toBe('next')
    },
  ),

  rule('what a load brings after its hard timeout is not kept', async ({ open, clock, arrived }) => {
    const cache = await open({ loadTimeout: { hard: 1_000 } })
    const source = held('late')
    const asked = rejection(cache.getOrSet('k', source.load))
    await source.started
    await clock.advance(1_000)
    await asked

    source.release()
    await arrived()

    expect(await cache.get('k')).toBe(undefined)
  }),

  rule(
    'after the hard timeout a stale value is served, if it was kept for errors',
    async ({ open, pass, clock }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h', loadTimeout: { hard: 1_000 } })
      await cache.set('k', 'old')
      await pass('2m')
      const source = held('late')
      const asked = cache.getOrSet('k', source.load)
      await source.started

      await clock.advance(1_000)

      expect(await asked).toBe('old')
      source.release()
    },
  ),

  rule('a hard timeout of a refresh in the background frees the key', async ({ open, pass, clock }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h', loadTimeout: { hard: 1_000 } })
    await cache.set('k', 'old')
    await pass('2m')
    const hanging = held('never')
    await cache.getOrSet('k', hanging.load)
    await hanging.started

    await clock.advance(1_000)
    const again = await cache.getOrSet('k', () => 'new')

    expect(again).toBe('old')
    await eventually(async () => expect(await cache.get('k')).toBe('new'))
  }),

  rule(
    'a loader is shown the stale value, how old it is, and what was remarked about it',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h' })
      const shown: unknown[] = []
      const load = (context: LoadContext<string>): string => {
        shown.push(context.stale)
        context.meta({ etag: 'W/"1"', n: 7 })
        return 'value'
      }
      await cache.getOrSet('k', load)
      await pass('90s')

      await cache.getOrSet('k', load)

      expect(shown).toEqual([undefined, { value: 'value', age: 30_000, meta: { etag: 'W/"1"', n: 7 } }])
    },
  ),

  rule('a loader is not shown what was invalidated', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1h', tags: [TAG] })
    const shown: unknown[] = []
    const load = (context: LoadContext<string>): string => {
      shown.push(context.stale)
      return 'value'
    }
    await cache.getOrSet('k', load)
    await pass('2m')

    await cache.invalidateTags(TAG)
    await cache.getOrSet('k', load)

    expect(shown).toEqual([undefined, undefined])
  }),

  rule(
    'a loader may keep the stale value: it is fresh again, with its remarks and its tags',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h' })
      await cache.getOrSet(
        'k',
        (context) => {
          context.meta({ etag: 'W/"1"' })
          context.tags('named')
          return { n: 1 }
        },
        { tags: ['given'] },
      )
      const metas: unknown[] = []

      for (let i = 0; i < 2; i++) {
        await pass('2m')
        const kept = await cache.getOrSet('k', (context: LoadContext<{ n: number }>) => {
          metas.push(context.stale?.meta)
          return context.keep()
        })
        expect(kept).toEqual({ n: 1 })
        expect(await cache.ttl('k')).toBe(60_000)
      }

      expect(metas).toEqual([{ etag: 'W/"1"' }, { etag: 'W/"1"' }])
      await cache.invalidateTags('named')
      expect(await cache.get('k')).toBe(undefined)
    },
  ),

  rule(
    'a stale value that is kept while one of its tags is invalidated is not fresh',
    async ({ open, pass, arrived }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h' })
      await cache.set('k', 'old', { tags: ['t'] })
      await pass('2m')
      const gate = held(true)
      const asked = cache.getOrSet('k', async (context: LoadContext<string>) => {
        await gate.load(context as LoadContext<unknown> as LoadContext<boolean>)
        return context.keep()
      })
      await gate.started

      await cache.invalidateTags('t')
      gate.release()
      await asked
      await arrived()

      expect(await cache.get('k')).toBe(undefined)
    },
  ),

  rule('keeping where there is nothing to keep is misuse', async ({ open }) => {
    const cache = await open()

    const error = await rejection(cache.getOrSet('k', (context) => context.keep()))

    expect(error).toBeInstanceOf(TypeError)
  }),

  rule('a loader may skip: its value is handed out and not kept', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1h' })
    await cache.set('stale', 'old')
    await pass('2m')

    for (const key of ['absent', 'stale']) {
      const got = await cache.getOrSet(key, (context) => {
        context.skip()
        return 'skipped'
      })
      expect(got).toBe('skipped')
      expect(await cache.get(key)).toBe(undefined)
    }

    expect(await cache.getOrSet('stale', failing)).toBe('old')
  }),

  rule('set replaces a stale value', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
    await cache.set('k', 'old')
    await pass('2m')

    await cache.set('k', 'new')

    expect(await cache.getOrSet('k', noLoad)).toBe('new')
  }),
]
