/*
 * Rules of bounds and books: what is said of how much is kept is true after every settled write.
 */

import { isPending, type RemovalCause } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { listed, recordOf, ruleFor, type StoreBench, type StoreRule } from './bench.ts'

const boundedOnly = ({ bounded }: StoreBench): string | undefined =>
  bounded === undefined ? 'the store is not said to be bounded' : undefined

async function countKept({ store }: StoreBench, keys: readonly string[]): Promise<number> {
  const usage = store.usage?.()
  if (usage !== undefined) return usage.entries
  const found = store.getMany === undefined ? [] : await store.getMany(keys)
  if (store.getMany !== undefined) return found.filter((each) => each !== undefined).length
  let count = 0
  for (const key of keys) if ((await store.get(key)) !== undefined) count++
  return count
}

export const books: readonly StoreRule[] = [
  rule(
    'the bound holds after every settled write',
    async (bench) => {
      const bound = bench.bounded ?? 0
      const keys: string[] = []

      for (let n = 0; n < bound * 2 + 3; n++) {
        keys.push(`k${n}`)
        await bench.store.set(`k${n}`, recordOf(bench, n), Infinity)
        if (bench.store.usage !== undefined) expect(bench.store.usage().entries).toBeLessThanOrEqual(bound)
      }

      const kept = await countKept(bench, keys)
      expect(kept).toBeLessThanOrEqual(bound)
      expect(kept).toBeGreaterThan(0)
    },
    boundedOnly,
  ),

  rule(
    'the bound is one for all prefixes together',
    async (bench) => {
      const bound = bench.bounded ?? 0
      const keys: string[] = []

      for (let n = 0; n < bound * 2 + 3; n++) {
        const key = `space${n % 7}:k${n}`
        keys.push(key)
        await bench.store.set(key, recordOf(bench, n), Infinity)
      }

      expect(await countKept(bench, keys)).toBeLessThanOrEqual(bound)
    },
    boundedOnly,
  ),

  rule(
    'writing one key over and over throws no other out',
    async (bench) => {
      const bound = bench.bounded ?? 0
      await bench.store.set('other', recordOf(bench, 0), Infinity)

      for (let n = 0; n < bound * 2; n++) await bench.store.set('k', recordOf(bench, n), Infinity)

      expect(await bench.store.get(bound > 1 ? 'other' : 'k')).not.toBe(undefined)
    },
    boundedOnly,
  ),

  rule(
    'a store that answers at once never answers later',
    async (bench) => {
      const { store } = bench

      const answers = [
        store.set('k', recordOf(bench, 1), Infinity),
        store.get('k'),
        store.get('absent'),
        store.getMany?.(['k', 'absent']),
        store.setMany?.([['k2', recordOf(bench, 2), Infinity]]),
        store.delete('k'),
        store.deleteMany?.(['k2']),
        store.clear?.('k'),
      ]

      expect(answers.map((each) => isPending(each))).toEqual(answers.map(() => false))
    },
    ({ store }) => (store.sync === true ? undefined : 'the store does not answer at once'),
  ),

  ruleFor(['usage'], 'usage counts what is kept, and nothing else', async (bench) => {
    const { store } = bench
    const entries = (): number | undefined => store.usage?.().entries
    const before = entries() ?? Number.NaN
    const counted: (number | undefined)[] = []
    const note = (): void => {
      counted.push((entries() ?? 0) - before)
    }

    await store.set('a', recordOf(bench, 1), Infinity)
    note()
    await store.set('b', recordOf(bench, 2), Infinity)
    note()
    await store.set('a', recordOf(bench, 3), Infinity)
    note()
    await store.delete('absent')
    note()
    await store.delete('a')
    note()
    await store.get('b')
    note()
    await store.delete('b')
    note()

    expect(counted).toEqual([1, 2, 2, 2, 1, 1, 0])
  }),

  ruleFor(
    ['usage'],
    'usage counts bytes that grow with what is kept, and are none when nothing is',
    async (bench) => {
      const { store } = bench
      const bytes = (): number => store.usage?.().bytes ?? Number.NaN
      const empty = bytes()

      await store.set('a', recordOf(bench, 1), Infinity)
      const one = bytes()
      await store.set('b', recordOf(bench, 2), Infinity)
      const two = bytes()
      await store.set('b', recordOf(bench, 3), Infinity)
      const overwritten = bytes()
      await store.delete('a')
      await store.delete('b')

      expect(one).toBeGreaterThan(empty)
      expect(two - one).toBe(one - empty)
      expect(overwritten).toBe(two)
      expect(bytes()).toBe(empty)
    },
  ),

  ruleFor(['usage', 'keys'], 'usage agrees with the list of keys', async (bench) => {
    const { store } = bench
    for (let n = 0; n < 300; n++) {
      const key = `s${n % 3}:k${n % 40}`
      await (n % 5 === 4 ? store.delete(key) : store.set(key, recordOf(bench, n), Infinity))
    }
    await store.clear?.('s1:')

    const keys = await listed(store.keys?.(''))

    expect(store.usage?.().entries).toBe(keys.length)
  }),

  ruleFor(
    ['usage', 'onRemoval'],
    'every record that the store throws out is told once, with its key and the cause',
    async (bench) => {
      const { store, bounded } = bench
      const told: [string, RemovalCause][] = []
      const stop = store.onRemoval?.((key, cause) => told.push([key, cause]))
      const before = store.usage?.().removed.entries ?? 0

      const written = (bounded ?? 20) + 5
      for (let n = 0; n < written; n++) await store.set(`k${n}`, recordOf(bench, n), Infinity)
      stop?.()

      const usage = store.usage?.()
      expect(told.length).toBe((usage?.removed.entries ?? 0) - before)
      expect(told.length).toBe(written - (usage?.entries ?? 0))
      if (bounded !== undefined) expect(told.length).toBeGreaterThan(0)
      expect(told.every(([, cause]) => cause === 'entries')).toBe(true)
      for (const [key] of told) expect(await store.get(key)).toBe(undefined)
    },
  ),

  ruleFor(
    ['onRemoval'],
    'what people delete or replace themselves is not told as thrown out',
    async (bench) => {
      const { store } = bench
      const told: string[] = []
      store.onRemoval?.((key) => told.push(key))

      await store.set('k', recordOf(bench, 1), Infinity)
      await store.set('k', recordOf(bench, 2), Infinity)
      await store.delete('k')
      await store.set('p:k', recordOf(bench, 3), Infinity)
      await store.clear?.('p:')

      expect(told).toEqual([])
    },
  ),

  ruleFor(
    ['onRemoval'],
    'a listener that was let go hears nothing more, and the others still do',
    async (bench) => {
      const { store, bounded } = bench
      const heard = { gone: 0, stays: 0 }
      const stop = store.onRemoval?.(() => heard.gone++)
      store.onRemoval?.(() => heard.stays++)
      stop?.()

      for (let n = 0; n < (bounded ?? 20) + 5; n++) await store.set(`k${n}`, recordOf(bench, n), Infinity)

      expect(heard.gone).toBe(0)
      if (bounded !== undefined) expect(heard.stays).toBeGreaterThan(0)
    },
  ),

  rule('a store can be closed twice', async (bench) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)

    await bench.store.close?.()
    await bench.store.close?.()

    expect(bench.clock.pending).toBe(0)
  }),

  rule('a store has a name', async ({ store }) => {
    expect(typeof store.name).toBe('string')
    expect(store.name).not.toBe('')
  }),
]
