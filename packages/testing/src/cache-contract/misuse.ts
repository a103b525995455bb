/*
 * Rules of misuse: it is a TypeError, at once, that says what is wrong; and nothing has been changed.
 */

import type { ICache, Key, Policy } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { asKey, asPolicy, type CacheBench, type CacheRule, misuse, noLoad } from './bench.ts'

const NO_DURATIONS: readonly unknown[] = [
  0,
  -1,
  Number.NaN,
  -Infinity,
  '30',
  '',
  'soon',
  '5 minutes',
  '-1s',
  '0s',
  '1M',
  '1h30m',
  null,
  true,
  {},
  [],
  10n,
]

const NO_KEYS: readonly unknown[] = [
  '',
  [],
  undefined,
  null,
  42,
  true,
  {},
  Symbol('k'),
  () => 'k',
  [Number.NaN],
  [new Date(0)],
  [new Map()],
  [() => 'k'],
  [Symbol('k')],
  [{ a: [Symbol('k')] }],
]

const NO_TAGS: readonly unknown[] = ['tag', 42, null, {}, [42], [''], ['a', null], [['a']], new Set(['a'])]

const calls: Readonly<Record<string, (cache: ICache, how: Policy) => Promise<unknown>>> = {
  getOrSet: (cache, how) => cache.getOrSet('absent', noLoad, how),
  getOrSetMany: (cache, how) => cache.getOrSetMany(['absent'], noLoad, how),
  set: (cache, how) => cache.set('k', 'changed', how),
  setMany: (cache, how) => cache.setMany([['k', 'changed']], how),
}

/** Passes something wrong to each call that takes a policy, and looks that nothing happened. */
async function refusedEverywhere(bench: CacheBench, how: unknown, says: RegExp): Promise<void> {
  const cache = await bench.open()
  await cache.set('k', 'kept')

  for (const [name, call] of Object.entries(calls)) {
    const error = await misuse(() => call(cache, asPolicy(how)))
    expect([name, error.message]).toEqual([name, expect.stringMatching(says)])
  }
  expect(() => cache.namespace('n', asPolicy(how))).toThrow(TypeError)
  expect(() => cache.wrap(async () => 1, { ...asPolicy(how), key: () => 'k' })).toThrow(TypeError)

  expect(await cache.getMany(['k', 'absent'])).toEqual(['kept', undefined])
}

export const misuses: readonly CacheRule[] = [
  ...(['ttl', 'staleWhileRevalidate', 'staleIfError', 'nullTtl'] as const).map((option) =>
    rule(`what is no duration is refused as ${option}`, async (bench: CacheBench) => {
      const isWindow = option === 'staleWhileRevalidate' || option === 'staleIfError'
      for (const wrong of NO_DURATIONS) {
        if (isWindow && wrong === 0) continue // a window may be empty
        await refusedEverywhere(bench, { [option]: wrong }, new RegExp(option, 'u'))
      }
    }),
  ),

  rule('what is no timeout is refused', async (bench) => {
    await refusedEverywhere(bench, { loadTimeout: { hard: 0 } }, /loadTimeout.*hard/su)
    await refusedEverywhere(bench, { loadTimeout: { soft: '1 s' } }, /loadTimeout.*soft/su)
    await refusedEverywhere(bench, { loadTimeout: { herd: 5 } }, /herd/u)
    await refusedEverywhere(bench, { loadTimeout: 5 }, /loadTimeout/u)
  }),

  rule('what is no share, no schema, no signal is refused', async (bench) => {
    for (const wrong of [-0.1, 1.1, Number.NaN, '0.5', null]) {
      await refusedEverywhere(bench, { jitter: wrong }, /jitter/u)
    }
    for (const wrong of [-1, Number.NaN, Infinity, 'yes']) {
      await refusedEverywhere(bench, { refreshEarly: wrong }, /refreshEarly/u)
    }
    for (const wrong of [42, {}, () => true, { '~standard': 1 }]) {
      await refusedEverywhere(bench, { schema: wrong }, /schema/u)
    }
    const cache = await bench.open()
    for (const wrong of [42, {}, 'now']) {
      const error = await misuse(() => cache.getOrSet('k', noLoad, asPolicy({ signal: wrong })))
      expect(error.message).toMatch(/signal/u)
    }
  }),

  rule('tags that are no list of texts are refused', async (bench) => {
    for (const wrong of NO_TAGS) await refusedEverywhere(bench, { tags: wrong }, /tags/u)
  }),

  rule('an option that does not exist is refused with the name of the nearest that does', async (bench) => {
    await refusedEverywhere(bench, { tll: 5 }, /'tll'.*'ttl'/su)
    await refusedEverywhere(bench, { staleIfErorr: 5 }, /'staleIfErorr'.*'staleIfError'/su)
    await refusedEverywhere(bench, { TTL: 5 }, /'TTL'.*'ttl'/su)
    await refusedEverywhere(bench, { ['__proto__']: 5, toString: 5 }, /toString/u)
  }),

  rule('all that is wrong is said in one error', async (bench) => {
    await refusedEverywhere(bench, { ttl: -1, jitter: 2, tags: [1], cost: 3 }, /ttl.*jitter.*tags.*cost/su)
  }),

  rule('options that are no object are refused', async (bench) => {
    const cache = await bench.open()
    await cache.set('k', 'kept')

    for (const [name, call] of Object.entries(calls)) {
      for (const wrong of [null, 42, '5m', [], true]) {
        const error = await misuse(() => call(cache, asPolicy(wrong)))
        expect([name, error.message]).toEqual([name, expect.stringMatching(/options/u)])
      }
    }

    expect(await cache.get('k')).toBe('kept')
  }),

  rule('options that are undefined count as not given', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m' })
    const how = {
      ttl: undefined,
      jitter: undefined,
      tags: undefined,
      schema: undefined,
      loadTimeout: undefined,
    }

    await cache.set('k', 1, asPolicy(how))
    await cache.getOrSet('l', () => 1, asPolicy(how))

    await pass(59_999)
    expect(await cache.getMany(['k', 'l'])).toEqual([1, 1])
    await pass(1)
    expect(await cache.getMany(['k', 'l'])).toEqual([undefined, undefined])
  }),

  rule('what is no key is refused by every method, and changes nothing', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 'kept')
    const methods: Readonly<Record<string, (key: Key) => Promise<unknown>>> = {
      get: (key) => cache.get(key),
      getMany: (key) => cache.getMany(['k', key]),
      getOrSet: (key) => cache.getOrSet(key, noLoad),
      getOrSetMany: (key) => cache.getOrSetMany(['absent', key], noLoad),
      set: (key) => cache.set(key, 1),
      setMany: (key) =>
        cache.setMany([
          ['k', 'changed'],
          [key, 1],
        ]),
      delete: (key) => cache.delete('k', key),
      expire: (key) => cache.expire('k', key),
      has: (key) => cache.has(key),
      ttl: (key) => cache.ttl(key),
      touch: (key) => cache.touch(key, '1m'),
      explain: (key) => cache.explain(key),
    }

    for (const [name, method] of Object.entries(methods)) {
      for (const wrong of NO_KEYS) {
        const error = await misuse(() => method(asKey(wrong)))
        expect([name, error.message]).toEqual([name, expect.stringMatching(/key/u)])
      }
    }

    for (const wrong of NO_KEYS) expect(() => cache.peek(asKey(wrong))).toThrow(TypeError)
    expect(await cache.get('k')).toBe('kept')
  }),

  rule('a list of keys that is none is refused', async ({ open }) => {
    const cache = await open()

    for (const wrong of ['k', undefined, 42, { length: 1 }]) {
      await misuse(() => cache.getMany(wrong as unknown as Key[]))
      await misuse(() => cache.getOrSetMany(wrong as unknown as Key[], noLoad))
    }
  }),

  rule('a loader that is no function is refused, and the key is free', async ({ open }) => {
    const cache = await open()

    const noLoaders: unknown[] = [undefined, null, 'value', 42, {}]
    for (const wrong of noLoaders) {
      await misuse(() => cache.getOrSet('k', wrong as () => number))
      await misuse(() => cache.getOrSetMany(['k'], wrong as () => number[]))
    }

    expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
  }),

  rule('undefined and promises are refused as values, and change nothing', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 'kept')

    for (const wrong of [undefined, Promise.resolve(1)]) {
      await misuse(() => cache.set('k', wrong))
      await misuse(() =>
        cache.setMany([
          ['k', 'changed'],
          ['l', wrong],
        ]),
      )
    }

    expect(await cache.getMany(['k', 'l'])).toEqual(['kept', undefined])
  }),

  rule(
    'tags that are no texts are refused by invalidateTags, and nothing is invalidated',
    async ({ open }) => {
      const cache = await open()
      await cache.set('k', 'kept', { tags: ['a'] })

      for (const wrong of [42, '', null, ['a']]) {
        const error = await misuse(() => cache.invalidateTags('a', wrong as unknown as string))
        expect(error.message).toMatch(/tags/u)
      }

      expect(await cache.get('k')).toBe('kept')
    },
  ),

  rule('tags that are no texts fail the load that names them', async ({ open }) => {
    const cache = await open()
    const asTag = (value: unknown): string => value as string

    await misuse(() => cache.getOrSet('k', (context) => context.tags(asTag(42))))
    await misuse(() => cache.getOrSet('k', () => 1, { tags: () => asTag('x') as unknown as string[] }))
    await misuse(() => cache.getOrSet('k', () => 1, { tags: () => [asTag('')] }))
    await misuse(() => cache.set('k', 1, { tags: () => [asTag(7)] }))

    expect(await cache.has('k')).toBe(false)
  }),

  rule('a wrong duration in touch, close or a load is refused', async ({ open }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 'kept')

    for (const wrong of NO_DURATIONS) {
      const given = wrong as number
      await misuse(() => cache.touch('k', given))
      await misuse(() => cache.close({ drain: given }))
      await misuse(() =>
        cache.getOrSet('l', (context) => {
          context.ttl(given)
          return 1
        }),
      )
    }

    expect(await cache.get('k')).toBe('kept')
    expect(await cache.ttl('k')).toBe(60_000)
    expect(await cache.has('l')).toBe(false)
  }),

  rule('observers, functions to wrap, names and patterns that are none are refused', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 'kept')

    for (const wrong of [undefined, 'f', {}, 42]) {
      expect(() => cache.on(wrong as unknown as () => void)).toThrow(TypeError)
      expect(() => cache.wrap(wrong as () => number)).toThrow(TypeError)
    }
    for (const wrong of ['', undefined, 42, ['n']]) {
      expect(() => cache.namespace(wrong as unknown as string)).toThrow(TypeError)
    }
    for (const wrong of ['', 42, null]) {
      await misuse(() => cache.deleteMatching(wrong as unknown as string))
    }
    expect(() => cache.wrap(() => 1)).toThrow(/key/u) // without a name there is no key

    expect(await cache.get('k')).toBe('kept')
  }),
]
