/*
 * Rules of the faster ways for many records: they do what the same single operations would.
 */

import { expect } from 'vitest'
import { expectSame, HOSTILE_KEYS, recordOf, ruleFor, type StoreRule } from './bench.ts'

export const many: readonly StoreRule[] = [
  ruleFor(
    ['getMany'],
    'getMany answers in the order of the keys, undefined where there is nothing',
    async (bench) => {
      for (const n of [1, 2, 3]) await bench.store.set(`k${n}`, recordOf(bench, n), Infinity)

      const found = (await bench.store.getMany?.(['k3', 'absent', 'k1', 'k2'])) ?? []

      expect(found).toHaveLength(4)
      for (const [i, n] of [3, undefined, 1, 2].entries()) {
        expectSame(found[i], n === undefined ? undefined : recordOf(bench, n))
      }
    },
  ),

  ruleFor(['getMany'], 'getMany answers a key that is asked for twice, twice', async (bench) => {
    await bench.store.set('a', recordOf(bench, 1), Infinity)
    await bench.store.set('b', recordOf(bench, 2), Infinity)

    const found = (await bench.store.getMany?.(['a', 'b', 'a', 'x', 'x', 'a'])) ?? []

    expect(found).toHaveLength(6)
    for (const [i, n] of [1, 2, 1, undefined, undefined, 1].entries()) {
      expectSame(found[i], n === undefined ? undefined : recordOf(bench, n))
    }
  }),

  ruleFor(['getMany'], 'getMany of one key is a get', async (bench) => {
    await bench.store.set('a', recordOf(bench, 1), Infinity)

    const found = (await bench.store.getMany?.(['a'])) ?? []

    expect(found).toHaveLength(1)
    expectSame(found[0], recordOf(bench, 1))
  }),

  ruleFor(['getMany'], 'getMany takes keys with a meaning elsewhere for just keys', async (bench) => {
    for (const [i, key] of HOSTILE_KEYS.entries()) {
      if (i % 2 === 0) await bench.store.set(key, recordOf(bench, i), Infinity)
    }

    const found = (await bench.store.getMany?.(HOSTILE_KEYS)) ?? []

    expect(found).toHaveLength(HOSTILE_KEYS.length)
    for (const [i, record] of found.entries())
      expectSame(record, i % 2 === 0 ? recordOf(bench, i) : undefined)
  }),

  ruleFor(['setMany'], 'setMany keeps every record under its key', async (bench) => {
    const pairs = [1, 2, 3].map((n) => [`k${n}`, recordOf(bench, n), n === 2 ? 60_000 : Infinity] as const)

    await bench.store.setMany?.(pairs)

    for (const [key, record] of pairs) expectSame(await bench.store.get(key), record)
  }),

  ruleFor(
    ['setMany'],
    'the last of two records that setMany is given for one key is the one that is kept',
    async (bench) => {
      const records = [recordOf(bench, 1), recordOf(bench, 2)]

      await bench.store.setMany?.(records.map((record) => ['k', record, Infinity] as const))

      expectSame(await bench.store.get('k'), records[1])
    },
  ),

  ruleFor(
    ['deleteMany'],
    'deleteMany forgets the keys it is given, absent ones and duplicates too, and no other',
    async (bench) => {
      for (const n of [1, 2, 3]) await bench.store.set(`k${n}`, recordOf(bench, n), Infinity)

      await bench.store.deleteMany?.(['k1', 'absent', 'k3', 'k1'])

      expectSame(await bench.store.get('k1'), undefined)
      expectSame(await bench.store.get('k2'), recordOf(bench, 2))
      expectSame(await bench.store.get('k3'), undefined)
    },
  ),
]
