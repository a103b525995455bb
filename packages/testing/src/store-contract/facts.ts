/*
 * Rules of what only some places have: a clock of their own, parts, lives that can be made longer.
 */

import { systemClock } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { expectSame, HOSTILE_KEYS, recordOf, type StoreBench, type StoreRule } from './bench.ts'

const DAY = 86_400_000
/** 2001, which was before all of this. */
const LONG_AGO = 1e12

const withFact = (
  fact: 'time' | 'partOf' | 'prolong' | 'add',
  name: string,
  run: (bench: StoreBench) => Promise<void>,
): StoreRule =>
  rule(name, run, ({ store }) => (store[fact] === undefined ? `the store has no ${fact}` : undefined))

/** Waits until a record that is written now with `ttl` has been forgotten; not for long, as it need not be. */
async function forgotten(bench: StoreBench, ttl: number): Promise<void> {
  const { store, clock } = bench
  await store.set('witness', recordOf(bench, 0), ttl)
  for (let turns = 100; turns > 0; turns--) {
    await clock.advance('1m')
    if ((await store.get('witness')) === undefined) return
    await new Promise<void>((resume) => {
      systemClock.after(1, resume)
    })
  }
}

export const facts: readonly StoreRule[] = [
  withFact('time', 'the time of the place is in ms since 1970, and goes on', async ({ store, clock }) => {
    const before = store.time?.() ?? Number.NaN
    await clock.advance(5)
    await store.get('k')
    const after = store.time?.() ?? Number.NaN

    expect(before).toBeGreaterThan(LONG_AGO)
    expect(after).toBeGreaterThanOrEqual(before)
    expect(after - before).toBeLessThan(DAY)
  }),

  withFact('partOf', 'the part of a key is the same every time', async ({ store }) => {
    const parts = HOSTILE_KEYS.map((key) => store.partOf?.(key))

    expect(HOSTILE_KEYS.map((key) => store.partOf?.(key))).toEqual(parts)
    for (const part of parts) expect(['string', 'undefined']).toContain(typeof part)
  }),

  withFact('add', 'a record is added where there is none, and ends when it should', async (bench) => {
    const { store } = bench
    expectSame(await store.add?.('k', recordOf(bench, 1), DAY), undefined)
    expectSame(await store.add?.('short', recordOf(bench, 2), 40), undefined)
    expectSame(await store.get('k'), recordOf(bench, 1))

    await forgotten(bench, 40 * 2)

    expectSame(await store.get('k'), recordOf(bench, 1))
    expectSame(await store.add?.('short', recordOf(bench, 3), DAY), undefined)
    expectSame(await store.get('short'), recordOf(bench, 3))
  }),

  withFact('add', 'a record that is there is answered and not replaced', async (bench) => {
    const { store } = bench
    await store.set('k', recordOf(bench, 1), DAY)

    expectSame(await store.add?.('k', recordOf(bench, 2), DAY), recordOf(bench, 1))
    expectSame(await store.get('k'), recordOf(bench, 1))

    const both = await Promise.all([3, 4].map((n) => store.add?.('other', recordOf(bench, n), DAY)))
    const kept = await store.get('other')
    expect(both.filter((found) => found === undefined)).toHaveLength(1)
    expectSame(
      both.find((found) => found !== undefined),
      kept,
    )
  }),

  withFact('prolong', 'records that are prolonged last longer, and are the same', async (bench) => {
    const { store } = bench
    const ttl = 40
    await store.set('k', recordOf(bench, 1), ttl)
    await store.set('for ever', recordOf(bench, 2), ttl)
    await store.prolong?.(['k', 'absent', 'k'], DAY)
    await store.prolong?.(['for ever'], Infinity)

    await forgotten(bench, ttl * 2)

    expectSame(await store.get('k'), recordOf(bench, 1))
    expectSame(await store.get('for ever'), recordOf(bench, 2))
    expectSame(await store.get('absent'), undefined)
  }),

  withFact('prolong', 'prolonging never shortens', async (bench) => {
    const { store } = bench
    await store.set('long', recordOf(bench, 1), DAY)
    await store.set('for ever', recordOf(bench, 2), Infinity)
    await store.prolong?.(['long', 'for ever'], 1.5)

    await forgotten(bench, 40)

    expectSame(await store.get('long'), recordOf(bench, 1))
    expectSame(await store.get('for ever'), recordOf(bench, 2))
  }),

  rule(
    'prolonging leaves leases as they are',
    async (bench) => {
      const { store } = bench
      await store.set('k', recordOf(bench, 1), DAY)
      await store.leases?.take('k', 'mine', DAY)

      await store.prolong?.(['k'], DAY * 2)

      expect(await store.leases?.fill('k', 'mine', recordOf(bench, 2), DAY)).toBe(true)
    },
    ({ store }) =>
      store.leases === undefined || store.prolong === undefined
        ? 'the store has no leases, or no prolong'
        : undefined,
  ),
]
