/*
 * Rules of one record: it comes back equal, or not at all.
 */

import { isCacheError } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { awkward } from '../values.ts'
import { entryWith, expectSame, HOSTILE_KEYS, recordOf, type StoreBench, type StoreRule } from './bench.ts'

const entriesOnly = ({ keeps }: StoreBench): string | undefined =>
  keeps === 'entries' ? undefined : 'the store keeps bytes'

const bytesOnly = ({ keeps }: StoreBench): string | undefined =>
  keeps === 'bytes' ? undefined : 'the store keeps entries'

export const records: readonly StoreRule[] = [
  rule('what was never set is undefined', async ({ store }) => {
    const found = await store.get('never')

    expect(found).toBe(undefined)
  }),

  rule('a record comes back equal, every time', async (bench) => {
    const record = recordOf(bench, 1)
    await bench.store.set('k', record, Infinity)

    const found = [await bench.store.get('k'), await bench.store.get('k')]

    for (const each of found) expectSame(each, record)
  }),

  ...awkward.map(({ title, value }) =>
    rule(
      `an entry with ${title} comes back equal, or is refused`,
      async ({ store }: StoreBench) => {
        const record = entryWith(value)

        const refused = await refusal(async () => store.set('k', record, Infinity))

        if (refused !== undefined) expect(isCacheError(refused, 'VALUE_REFUSED')).toBe(true)
        expectSame(await store.get('k'), refused === undefined ? record : undefined)
      },
      entriesOnly,
    ),
  ),

  rule(
    'bytes come back as they were, all 256 of them, none, and a megabyte',
    async ({ store }) => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i)
      const many = Uint8Array.from({ length: 1_048_576 }, (_, i) => (i * 31) % 251)
      await store.set('all', all, Infinity)
      await store.set('none', new Uint8Array(0), Infinity)
      await store.set('many', many, Infinity)

      const found = (await store.get('many')) as Uint8Array

      expectSame(await store.get('all'), all)
      expectSame(await store.get('none'), new Uint8Array(0))
      expect(found.length).toBe(many.length)
      expect(many.every((byte, i) => found[i] === byte)).toBe(true)
    },
    bytesOnly,
  ),

  rule(
    'bytes that are part of a larger buffer come back alone',
    async ({ store }) => {
      const part = new Uint8Array([0, 1, 2, 3, 4, 5]).subarray(2, 4)
      await store.set('k', part, Infinity)

      const found = await store.get('k')

      expectSame(found, new Uint8Array([2, 3]))
    },
    bytesOnly,
  ),

  rule('the last record of a key is the one that is kept', async (bench) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)
    await bench.store.set('k', recordOf(bench, 2), Infinity)

    const found = await bench.store.get('k')

    expectSame(found, recordOf(bench, 2))
  }),

  rule('what was deleted is gone, and nothing else', async (bench) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)
    await bench.store.set('k2', recordOf(bench, 2), Infinity)

    await bench.store.delete('k')

    expectSame(await bench.store.get('k'), undefined)
    expectSame(await bench.store.get('k2'), recordOf(bench, 2))
  }),

  rule('deleting what is not there is no failure', async (bench) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)

    await bench.store.delete('absent')
    await bench.store.delete('absent')

    expectSame(await bench.store.get('k'), recordOf(bench, 1))
  }),

  rule('a deleted key can be set again', async (bench) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)
    await bench.store.delete('k')
    await bench.store.set('k', recordOf(bench, 2), Infinity)

    const found = await bench.store.get('k')

    expectSame(found, recordOf(bench, 2))
  }),

  rule('keys with a meaning elsewhere are just keys', async (bench) => {
    for (const [i, key] of HOSTILE_KEYS.entries()) {
      expectSame(await bench.store.get(key), undefined)
      await bench.store.set(key, recordOf(bench, i), Infinity)
    }

    const found = []
    for (const key of HOSTILE_KEYS) found.push(await bench.store.get(key))
    for (const key of HOSTILE_KEYS) await bench.store.delete(key)

    for (const [i, record] of found.entries()) expectSame(record, recordOf(bench, i))
    for (const key of HOSTILE_KEYS) expectSame(await bench.store.get(key), undefined)
  }),

  rule('keys of 10 kB that differ in their last character are two keys', async (bench) => {
    const long = 'x'.repeat(10_240)
    await bench.store.set(`${long}a`, recordOf(bench, 1), Infinity)
    await bench.store.set(`${long}b`, recordOf(bench, 2), Infinity)

    const found = [await bench.store.get(`${long}a`), await bench.store.get(`${long}b`)]

    expectSame(found[0], recordOf(bench, 1))
    expectSame(found[1], recordOf(bench, 2))
    expectSame(await bench.store.get(long), undefined)
  }),

  rule('keys with lone surrogates are two keys', async (bench) => {
    await bench.store.set('a\ud800', recordOf(bench, 1), Infinity)
    await bench.store.set('a\ud801', recordOf(bench, 2), Infinity)

    const found = [await bench.store.get('a\ud800'), await bench.store.get('a\ud801')]

    expectSame(found[0], recordOf(bench, 1))
    expectSame(found[1], recordOf(bench, 2))
  }),
]

async function refusal(act: () => Promise<void>): Promise<unknown> {
  try {
    await act()
    return undefined
  } catch (error) {
    return error
  }
}
