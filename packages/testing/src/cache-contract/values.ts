/*
 * Rules of values and keys: what comes in comes out equal, and different keys are different.
 */

import { type ICache, isCacheError, type Key } from '@larder/core'
import fc from 'fast-check'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { awkward } from '../values.ts'
import { type CacheBench, type CacheRule, noLoad } from './bench.ts'

/** No two of them are the same key. */
const DIFFERENT: readonly Key[] = [
  'a',
  'A',
  ' a',
  'a ',
  ['a'],
  '["a"]',
  '\'["a"]',
  '\'\'["a"]',
  [['a']],
  ['a', 'b'],
  [['a', 'b']],
  ['a,b'],
  ['a"', '"b'],
  ['a","b'],
  [''],
  ['', ''],
  [1],
  ['1'],
  '1',
  [1, 2],
  [12],
  [[1], 2],
  [1, [2]],
  [1n],
  ['1n'],
  [true],
  ['true'],
  [null],
  ['null'],
  [undefined],
  ['undefined'],
  [{}],
  ['{}'],
  [{ a: 1 }],
  [{ a: '1' }],
  [{ a: undefined }],
  [{ a: 1, b: 2 }],
  [{ a: 1 }, { b: 2 }],
  [{ a: { b: 2 } }],
  [{ 'a:1,b': 2 }],
  [0.1],
  [1e21],
  [Infinity],
  ['Infinity'],
  '__proto__',
  ['__proto__'],
  [{ ['__proto__']: 1 }],
  'constructor',
  'a:b',
  'a/b',
  'a#b',
  '#:',
  '#~',
  '#=a',
  '%3a',
  ':',
  '*',
  '?',
  '[',
  '[]',
  "'",
  "''",
  '{a}',
  'a\nb',
  'a\0b',
  'a\\b',
  '🧀',
  'e\u0301',
  '\u00e9',
  'x'.repeat(10_240),
  `${'x'.repeat(10_239)}y`,
]

export const values: readonly CacheRule[] = [
  ...awkward.map(({ title, value }) =>
    rule(`${title} comes back equal, or is refused`, async ({ open }: CacheBench) => {
      const cache = await open()

      const outcome = await cache.set('k', value).catch((error: unknown) => error)

      if (outcome instanceof Error) {
        expect(isCacheError(outcome, 'VALUE_REFUSED')).toBe(true)
        expect(await cache.get('k')).toBe(undefined)
        return
      }
      expect(await cache.get('k')).toStrictEqual(value)
      expect(await cache.getMany(['k'])).toStrictEqual([value])
      expect(await cache.getOrSet('k', noLoad)).toStrictEqual(value)
      expect(await cache.has('k')).toBe(true)
    }),
  ),

  ...awkward.map(({ title, value }) =>
    rule(`${title} that was loaded is what everybody gets`, async ({ open }: CacheBench) => {
      const cache = await open()
      let loads = 0
      const load = (): unknown => {
        loads++
        return value
      }

      const answers = await Promise.all([cache.getOrSet('k', load), cache.getOrSet('k', load)])

      expect(answers).toStrictEqual([value, value])
      expect(loads).toBe(1)
      const kept = await cache.get('k')
      if (kept !== undefined) expect(kept).toStrictEqual(value)
    }),
  ),

  rule('a value that is served from the cache is not loaded again, though it be falsy', async ({ open }) => {
    const cache = await open()

    for (const value of [null, 0, '', false, Number.NaN, 0n]) {
      const key = ['k', typeof value, String(value)]
      await cache.getOrSet(key, () => value)
      expect(await cache.getOrSet(key, noLoad)).toBe(value)
    }
  }),

  rule('undefined from a loader is handed back and not kept', async ({ open }) => {
    const cache = await open()
    let loads = 0
    const load = (): undefined => {
      loads++
    }

    const answers = [await cache.getOrSet('k', load), await cache.getOrSet('k', load)]

    expect(answers).toEqual([undefined, undefined])
    expect(loads).toBe(2)
    expect(await cache.has('k')).toBe(false)
  }),

  rule('undefined from a loader leaves what is said about the key meanwhile', async ({ open }) => {
    const cache = await open()

    await cache.getOrSet('k', async () => {
      await cache.set('k', 1)
      return undefined
    })

    expect(await cache.get('k')).toBe(1)
  }),

  rule('different keys never meet', async ({ open }) => {
    const cache = await open()
    for (const [i, key] of DIFFERENT.entries()) {
      expect([key, await cache.get(key)]).toEqual([key, undefined])
      await cache.set(key, i)
    }

    const found = await cache.getMany(DIFFERENT)

    expect(found).toEqual(DIFFERENT.map((_, i) => i))
  }),

  rule('what is done to one key is done to no other', async ({ open }) => {
    const cache = await open()
    await cache.setMany(DIFFERENT.map((key, i) => [key, i] as const))
    const deleted = DIFFERENT.filter((_, i) => i % 2 === 0)

    await cache.delete(...deleted)

    expect(await cache.getMany(DIFFERENT)).toEqual(DIFFERENT.map((_, i) => (i % 2 === 0 ? undefined : i)))
  }),

  rule('the order of names in a part of a key does not matter', async ({ open }) => {
    const cache = await open()
    await cache.set(['k', { a: 1, b: { c: 2, d: 3 } }], 'value')

    const found = await cache.get(['k', { b: { d: 3, c: 2 }, a: 1 }])

    expect(found).toBe('value')
  }),

  rule('arrays of texts never meet, whatever is in them', async ({ open }) => {
    const cache = await open()
    const part = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\\', '[', ']', ':', "'", '1'),
      maxLength: 4,
    })
    const keys = fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 3 }), {
      minLength: 2,
      maxLength: 12,
      selector: (parts) => JSON.stringify(parts),
    })
    let run = 0

    await fc.assert(
      fc.asyncProperty(keys, async (list) => {
        run++
        const mine = list.map((parts) => [`run ${run}`, ...parts])
        await cache.setMany(mine.map((key, i) => [key, i] as const))
        expect(await cache.getMany(mine)).toEqual(mine.map((_, i) => i))
      }),
      { numRuns: 30 },
    )
  }),

  rule('after any history of settled operations a cache answers as a Map would', async ({ open }) => {
    const cache = await open()
    let run = 0

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const space = cache.namespace(`run ${++run}`)
        const model = new Map<string, number>()

        for (const each of steps) await follow(space, model, each)

        expect(await space.getMany(KEYS)).toEqual(KEYS.map((key) => model.get(key)))
      }),
      { numRuns: 30 },
    )
  }),
]

const KEYS = ['a', 'a:', 'b', '__proto__', '*']
const aKey = fc.constantFrom(...KEYS)
const step = fc.record({
  what: fc.constantFrom('get', 'set', 'load', 'delete', 'expire', 'clear', 'setMany'),
  key: aKey,
  other: aKey,
  n: fc.nat(100),
})

async function follow(
  cache: ICache,
  model: Map<string, number>,
  { what, key, other, n }: { what: string; key: string; other: string; n: number },
): Promise<void> {
  if (what === 'get') {
    expect(await cache.get(key)).toBe(model.get(key))
  } else if (what === 'set') {
    await cache.set(key, n)
    model.set(key, n)
  } else if (what === 'setMany') {
    await cache.setMany([
      [key, n],
      [other, n + 1],
    ])
    model.set(key, n).set(other, n + 1)
  } else if (what === 'load') {
    const loaded = await cache.getOrSet(key, () => n)
    if (!model.has(key)) model.set(key, n)
    expect(loaded).toBe(model.get(key))
  } else if (what === 'clear') {
    await cache.clear()
    model.clear()
  } else {
    await (what === 'delete' ? cache.delete(key, other) : cache.expire(key, other))
    model.delete(key)
    model.delete(other)
  }
}
