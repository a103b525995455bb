/*
 * Rules of closing: everybody who waits is told, and nothing is done afterwards.
 */

import { type ICache, isCacheError } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, noLoad, rejection } from './bench.ts'

const methods: Readonly<Record<string, (cache: ICache) => Promise<unknown>>> = {
  get: (cache) => cache.get('k'),
  getMany: (cache) => cache.getMany(['k']),
  getOrSet: (cache) => cache.getOrSet('k', noLoad),
  getOrSetMany: (cache) => cache.getOrSetMany(['k'], noLoad),
  set: (cache) => cache.set('k', 1),
  setMany: (cache) => cache.setMany([['k', 1]]),
  delete: (cache) => cache.delete('k'),
  expire: (cache) => cache.expire('k'),
  invalidateTags: (cache) => cache.invalidateTags('t'),
  clear: (cache) => cache.clear(),
  has: (cache) => cache.has('k'),
  ttl: (cache) => cache.ttl('k'),
  touch: (cache) => cache.touch('k', '1m'),
  explain: (cache) => cache.explain('k'),
  health: (cache) => cache.health(),
  deleteMatching: (cache) => cache.deleteMatching('*'),
  keys: async (cache) => {
    for await (const key of cache.keys()) expect.fail(`listed ${JSON.stringify(key)}`)
  },
  wrap: (cache) => cache.wrap(() => 1, { key: () => 'k' })(),
}

async function expectClosed(cache: ICache): Promise<void> {
  for (const [name, method] of Object.entries(methods)) {
    const error = await rejection(method(cache))
    expect([name, isCacheError(error, 'CACHE_CLOSED')]).toEqual([name, true])
  }
  for (const act of [(): unknown => cache.peek('k'), (): unknown => cache.namespace('n')]) {
    let thrown: unknown
    try {
      act()
    } catch (error) {
      thrown = error
    }
    expect(isCacheError(thrown, 'CACHE_CLOSED')).toBe(true)
  }
}

export const closing: readonly CacheRule[] = [
  rule('a closed cache refuses everything, and says why', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 1)

    await cache.close()

    await expectClosed(cache)
  }),

  rule('the namespaces of a closed cache are closed, however deep', async ({ open }) => {
    const cache = await open()
    const inner = cache.namespace('n').namespace('m')

    await cache.close()

    await expectClosed(inner)
  }),

  rule('a cache refuses from the moment it is being closed', async ({ open }) => {
    const cache = await open()

    const closes = cache.close()
    const error = await rejection(cache.set('k', 1))

    expect(isCacheError(error, 'CACHE_CLOSED')).toBe(true)
    await closes
  }),

  rule('a cache can be closed twice, and twice at a time', async ({ open }) => {
    const cache = await open()

    await Promise.all([cache.close(), cache.close()])
    await cache.close({ drain: '1s' })

    await expectClosed(cache)
  }),

  rule('the numbers of a closed cache can still be read', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 1)
    await cache.get('k')

    await cache.close()

    expect([cache.stats().hits, cache.stats().sets]).toEqual([1, 1])
    expect(cache.name).not.toBe('')
  }),

  rule('closing a namespace leaves the cache around it open', async ({ open }) => {
    const cache = await open()
    const inner = cache.namespace('n')
    await inner.set('k', 1)

    await inner.close()

    await expectClosed(inner)
    await cache.set('k', 2)
    expect(await cache.get('k')).toBe(2)
    expect(await cache.namespace('n').get('k')).toBe(1)
  }),

  rule('closing waits for the loads that are under way', async ({ open, isOpen }) => {
    const cache = await open()
    const source = held('value')
    const waiting = cache.getOrSet('k', source.load)
    await source.started

    const closes = cache.close()
    const isWaiting = await isOpen(closes)
    source.release()

    expect(isWaiting).toBe(true)
    expect(await waiting).toBe('value')
    await closes
  }),

  rule(
    'closing waits no longer than it was told; who still waits for a load hears why',
    async ({ open, clock, arrived, isOpen }) => {
      const cache = await open()
      const source = held('late')
      const waiting = rejection(cache.getOrSet('k', source.load))
      const call = await source.started
      const [{ signal }] = call.args

      const closes = cache.close({ drain: '5s' })
      await clock.advance(4_999)
      const isWaiting = await isOpen(closes)
      await clock.advance(1)

      expect(isCacheError(await waiting, 'CACHE_CLOSED')).toBe(true)
      expect([isWaiting, signal.aborted]).toEqual([true, true])
      await closes
      source.release()
      await arrived()
    },
  ),

  rule('every promise settles though the cache is closed meanwhile', async ({ open, clock }) => {
    const cache = await open({ tags: ['t'] })
    await cache.set('k', 1)

    const under = [
      cache.get('k'),
      cache.getMany(['k', 'l']),
      cache.getOrSet('m', () => 1),
      cache.getOrSetMany(['n'], () => [1]),
      cache.set('o', 1),
      cache.delete('k'),
      cache.invalidateTags('t'),
      cache.touch('k', '1m'),
      cache.has('k'),
    ]
    const all = Promise.allSettled([...under, cache.close()])
    for (let i = 0; i < 10; i++) await clock.advance('1s')

    for (const each of await all) {
      if (each.status === 'rejected') expect(isCacheError(each.reason, 'CACHE_CLOSED')).toBe(true)
    }
  }),

  rule('a cache that goes out of use is closed', async ({ open }) => {
    const opened = await open()
    {
      await using cache = opened
      await cache.set('k', 1)
    }

    await expectClosed(opened)
  }),

  rule('a closed cache keeps no timer', async ({ open, clock }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 1)
    await cache.getOrSet('l', () => 1, { loadTimeout: { soft: 50, hard: 1_000 } })

    await cache.close()
    await clock.advance('3m')

    expect(clock.pending).toBe(0)
  }),
]
