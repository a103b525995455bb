/*
 * Rules of many keys at once: the same as for each, with one question and one load.
 */

import { isCacheError, type Key, type ManyContext } from '@larder/core'
import { expect } from 'vitest'
import { eventually, rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, noLoad, rejection } from './bench.ts'

type HeldMany = [missing: readonly string[], context: ManyContext]
const heldMany = (...given: [value?: string[]]) => held<string[], HeldMany>(...given)

export const many: readonly CacheRule[] = [
  rule('getMany answers in the order of the keys, duplicates and misses too', async ({ open }) => {
    const cache = await open()
    await cache.setMany([
      ['a', 1],
      ['b', null],
      [['c', 1], 3],
    ])

    const found = await cache.getMany(['b', 'absent', 'a', ['c', 1], 'a', 'absent'])

    expect(found).toEqual([null, undefined, 1, 3, 1, undefined])
    expect(await cache.getMany([])).toEqual([])
  }),

  rule('setMany takes any iterable, and the last value of a key', async ({ open }) => {
    const cache = await open()

    await cache.setMany(
      new Map<Key, number>([
        ['a', 1],
        ['b', 2],
      ]),
    )
    await cache.setMany([
      ['c', 3],
      ['c', 4],
    ])
    await cache.setMany([])

    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([1, 2, 4])
  }),

  rule('delete and expire take any number of keys, and none', async ({ open }) => {
    const cache = await open()
    await cache.setMany(['a', 'b', 'c', 'd', 'e'].map((key) => [key, key] as const))

    await cache.delete('a', 'b', 'absent', 'a')
    await cache.expire('c', 'd')
    await cache.delete()
    await cache.expire()

    expect(await cache.getMany(['a', 'b', 'c', 'd', 'e'])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'e',
    ])
  }),

  rule('what is missing is loaded in one call, once each, in order, and only that', async ({ open }) => {
    const cache = await open()
    await cache.set('b', 'kept')
    const asked: unknown[] = []

    const got = await cache.getOrSetMany(['a', 'b', 'c', 'a', ['d', 1]], (missing) => {
      asked.push(missing)
      return ['A', 'C', 'D']
    })

    expect(got).toEqual(['A', 'kept', 'C', 'A', 'D'])
    expect(asked).toEqual([['a', 'c', ['d', 1]]])
    expect(await cache.getMany(['a', 'c', ['d', 1]])).toEqual(['A', 'C', 'D'])
  }),

  rule('when nothing is missing, or nothing asked for, nothing is loaded', async ({ open }) => {
    const cache = await open()
    await cache.setMany([
      ['a', 1],
      ['b', null],
    ])

    expect(await cache.getOrSetMany(['a', 'b'], noLoad)).toEqual([1, null])
    expect(await cache.getOrSetMany([], noLoad)).toEqual([])
  }),

  rule('a loader of many may answer with a map, by key', async ({ open }) => {
    const cache = await open()

    const keys: readonly Key[] = ['a', ['b', 1], 'c']

    const got = await cache.getOrSetMany(
      keys,
      (missing) =>
        new Map<Key, string>([
          [['b', 1], 'B'],
          [missing[0] ?? '', 'A'],
          ['unasked', 'x'],
        ]),
    )

    expect(got).toEqual(['A', 'B', undefined])
    expect(await cache.getMany(['a', ['b', 1], 'c', 'unasked'])).toEqual(['A', 'B', undefined, undefined])
  }),

  rule(
    'a loader of many that answers in another shape is told so, and the keys are free',
    async ({ open }) => {
      const cache = await open()
      const wrong: unknown[] = [
        ['one'],
        ['one', 'two', 'three'],
        [],
        undefined,
        null,
        'ab',
        { a: 1, b: 2 },
        new Set(['a', 'b']),
      ]

      for (const answer of wrong) {
        const error = await rejection(cache.getOrSetMany(['a', 'b'], () => answer as string[]))
        expect([answer, isCacheError(error, 'LOAD_SHAPE')]).toEqual([answer, true])
      }

      expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined])
      expect(await cache.getOrSetMany(['a', 'b'], () => ['A', 'B'])).toEqual(['A', 'B'])
    },
  ),

  rule('undefined among what was loaded is handed back and not kept', async ({ open }) => {
    const cache = await open()

    const got = await cache.getOrSetMany(['a', 'b'], () => [undefined, null])

    expect(got).toEqual([undefined, null])
    expect([await cache.has('a'), await cache.has('b')]).toEqual([false, true])
  }),

  rule('who asks for one key while many are loaded waits for that load', async ({ open, arrived }) => {
    const cache = await open()
    const source = heldMany(['A', 'B'])
    const bulk = cache.getOrSetMany(['a', 'b'], source.load)
    await source.started

    const single = cache.getOrSet('b', noLoad)
    await arrived()
    source.release()

    expect(await single).toBe('B')
    expect(await bulk).toEqual(['A', 'B'])
  }),

  rule(
    'who asks for many waits for the keys that are being loaded, and loads the others',
    async ({ open, isOpen }) => {
      const cache = await open()
      const [single, bulk] = [held('A'), heldMany(['C'])]
      const first = cache.getOrSet('a', single.load)
      const second = cache.getOrSetMany(['b'], () => ['B'])
      await single.started
      await second

      const asked = cache.getOrSetMany(['a', 'b', 'c'], bulk.load)
      const call = await bulk.started
      bulk.release()
      const isWaiting = await isOpen(asked)
      single.release()

      expect(call.args[0]).toEqual(['c'])
      expect(isWaiting).toBe(true)
      expect(await asked).toEqual(['A', 'B', 'C'])
      expect(await first).toBe('A')
    },
  ),

  rule('of two calls for overlapping keys each key is loaded once', async ({ open }) => {
    const cache = await open()
    const [first, second] = [heldMany(['A', 'B']), heldMany(['C'])]
    const asked = [cache.getOrSetMany(['a', 'b'], first.load)]
    await first.started
    asked.push(cache.getOrSetMany(['b', 'c'], second.load))
    const call = await second.started

    second.release()
    first.release()

    expect(call.args[0]).toEqual(['c'])
    expect(await Promise.all(asked)).toEqual([
      ['A', 'B'],
      ['B', 'C'],
    ])
  }),

  rule(
    'an error of a load of many reaches all who wait as the very same object, and the keys are free',
    async ({ open, arrived }) => {
      const cache = await open()
      const source = heldMany()
      const error = new Error('down')
      const asked = [rejection(cache.getOrSetMany(['a', 'b'], source.load))]
      await source.started
      asked.push(
        rejection(cache.getOrSet('a', source.load as never)),
        rejection(cache.getOrSetMany(['b'], source.load)),
      )
      await arrived()

      source.fail(error)

      expect((await Promise.all(asked)).every((each) => each === error)).toBe(true)
      expect(source.calls.length).toBe(1)
      expect(await cache.getOrSetMany(['a', 'b'], () => ['A', 'B'])).toEqual(['A', 'B'])
    },
  ),

  rule('a key that is deleted while many are loaded is not kept, the others are', async ({ open }) => {
    const cache = await open()
    const source = heldMany(['A', 'B', 'C'])
    const asked = cache.getOrSetMany(['a', 'b', 'c'], source.load)
    await source.started

    await cache.delete('b')
    source.release()

    expect(await asked).toEqual(['A', 'B', 'C'])
    expect(await cache.getOrSetMany(['a', 'b', 'c'], (missing) => missing.map(() => 'new'))).toEqual([
      'A',
      'new',
      'C',
    ])
  }),

  rule('a loader of many may skip some keys, or all', async ({ open }) => {
    const cache = await open()

    await cache.getOrSetMany(['a', ['b', 1], 'c'], (_, context) => {
      context.skip(['b', 1])
      return [1, 2, 3]
    })
    const all = await cache.getOrSetMany(['d', 'e'], (_, context) => {
      context.skip()
      return [4, 5]
    })

    expect(all).toEqual([4, 5])
    expect(await cache.getMany(['a', ['b', 1], 'c', 'd', 'e'])).toEqual([
      1,
      undefined,
      3,
      undefined,
      undefined,
    ])
  }),

  rule(
    'of many, those that are stale are served at once and refreshed in one load',
    async ({ open, pass }) => {
      const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
      await cache.setMany([
        ['a', 'old'],
        ['b', 'old'],
      ])
      await pass('2m')
      await cache.set('c', 'fresh')
      const source = heldMany(['new', 'new'])

      const got = await cache.getOrSetMany(['a', 'c', 'b'], source.load)
      const call = await source.started
      source.release()

      expect(got).toEqual(['old', 'fresh', 'old'])
      expect(call.args[0]).toEqual(['a', 'b'])
      await eventually(async () => expect(await cache.getMany(['a', 'b'])).toEqual(['new', 'new']))
      expect(source.calls.length).toBe(1)
    },
  ),

  rule('of many, those that were kept for errors are served if the load fails', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1h' })
    await cache.setMany([
      ['a', 'old'],
      ['b', 'old'],
    ])
    await pass('2m')
    const failing = (): Promise<never> => Promise.reject(new Error('down'))

    const kept = await cache.getOrSetMany(['a', 'b'], failing)
    const error = await rejection(cache.getOrSetMany(['a', 'absent'], failing))

    expect(kept).toEqual(['old', 'old'])
    expect(error).toEqual(new Error('down'))
  }),

  rule(
    'a load of many that takes too long is given up, and the keys are free',
    async ({ open, clock, arrived }) => {
      const cache = await open({ loadTimeout: { hard: 1_000 } })
      const source = heldMany(['late', 'late'])
      const asked = rejection(cache.getOrSetMany(['a', 'b'], source.load))
      const call = await source.started
      const [, { signal }] = call.args

      await clock.advance(1_000)

      expect(isCacheError(await asked, 'LOAD_TIMEOUT')).toBe(true)
      expect(signal.aborted).toBe(true)
      expect(await cache.getOrSetMany(['a', 'b'], () => ['A', 'B'])).toEqual(['A', 'B'])
      source.release()
      await arrived()
      expect(await cache.getMany(['a', 'b'])).toEqual(['A', 'B'])
    },
  ),

  rule('a loader may not change for others what it was asked for', async ({ open }) => {
    const cache = await open()
    const keys = ['a', 'b']

    const got = await cache.getOrSetMany(keys, (missing) => {
      const values = missing.map((key) => key.toUpperCase())
      ;(missing as string[]).length = 0
      return values
    })

    expect(got).toEqual(['A', 'B'])
    expect(keys).toEqual(['a', 'b'])
  }),

  rule('keys that change after they were passed do not matter', async ({ open }) => {
    const cache = await open()
    const source = heldMany(['A'])
    const keys = ['a']

    const asked = cache.getOrSetMany(keys, source.load)
    keys[0] = 'b'
    keys.push('c')
    await source.started
    source.release()

    expect(await asked).toEqual(['A'])
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual(['A', undefined, undefined])
  }),
]
