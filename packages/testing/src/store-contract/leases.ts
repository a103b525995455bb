/*
 * Rules of leases: who took the lease may fill, until anybody has said anything else about the key; and only he.
 */

import type { Leases } from '@larder/core'
import { expect } from 'vitest'
import { eventually, rule } from '../contract.ts'
import { expectSame, HOSTILE_KEYS, recordOf, type StoreBench, type StoreRule } from './bench.ts'

const MINUTE = 60_000
const DAY = 86_400_000

type LeasesOf = Leases<unknown>

/** A rule for stores that have leases. */
const leaseRule = (name: string, run: (bench: StoreBench, leases: LeasesOf) => Promise<void>): StoreRule =>
  rule(
    name,
    async (bench) => {
      if (bench.store.leases !== undefined) await run(bench, bench.store.leases)
    },
    ({ store }) => (store.leases === undefined ? 'the store has no leases' : undefined),
  )

/** Lets time pass, by the clock of the bench and the real one, until it holds. */
const inTime = (bench: StoreBench, check: () => unknown): Promise<void> =>
  eventually(async () => {
    await bench.clock.advance(20)
    await check()
  })

/** What a lease ends by: each says something else about the key than whoever is loading it. */
const ENDS: readonly (readonly [what: string, end: (bench: StoreBench) => unknown])[] = [
  ['deleted', ({ store }) => store.delete('k')],
  ['set', (bench) => bench.store.set('k', recordOf(bench, 9), Infinity)],
  ['deleted with others', ({ store }) => store.deleteMany?.(['other', 'k']) ?? store.delete('k')],
  [
    'set with others',
    (bench) => {
      const record = recordOf(bench, 9)
      return (
        bench.store.setMany?.([
          ['other', record, MINUTE],
          ['k', record, MINUTE],
        ]) ?? bench.store.set('k', record, MINUTE)
      )
    },
  ],
]

export const leases: readonly StoreRule[] = [
  leaseRule('a read without wishes answers as getMany, and takes no lease', async (bench, leased) => {
    await bench.store.set('a', recordOf(bench, 1), Infinity)

    const found = await leased.read(['x', 'a', 'x'], [undefined, undefined, undefined], MINUTE)

    expect(found).toHaveLength(3)
    for (const [i, wanted] of [undefined, recordOf(bench, 1), undefined].entries()) {
      expectSame(found[i]?.record, wanted)
      expect(found[i]?.holder).toBe(undefined)
    }
    expect(await leased.take('x', 'mine', MINUTE)).toBe('mine')
  }),

  leaseRule(
    'a lease that is wished for is taken where there is no record, and nowhere else',
    async (bench, leased) => {
      await bench.store.set('a', recordOf(bench, 1), Infinity)

      const found = await leased.read(['a', 'x', 'y'], ['mine', 'mine', undefined], MINUTE)

      expect(found.map(({ holder }) => holder)).toEqual([undefined, 'mine', undefined])
      expectSame(found[0]?.record, recordOf(bench, 1))
      expectSame(found[1]?.record, undefined)
      expect(await leased.take('a', 'other', MINUTE)).toBe('other')
      expect(await leased.take('x', 'other', MINUTE)).toBe('mine')
      expect(await leased.take('y', 'other', MINUTE)).toBe('other')
    },
  ),

  leaseRule(
    'whether most of what is wished for is there or missing, reads answer the same',
    async (bench, leased) => {
      const keys = Array.from({ length: 300 }, (_, n) => `k${n}`)
      const kept = bench.bounded === undefined ? 300 : Math.min(300, bench.bounded)
      const isThere = (n: number): boolean => n < kept && n % 3 !== 0
      for (const n of keys.keys())
        if (isThere(n)) await bench.store.set(`k${n}`, recordOf(bench, n), Infinity)
      const wishes = keys.map(() => 'mine')
      const there = keys.filter((_, n) => isThere(n))

      // After misses, then after hits, then after misses again.
      for (const [round, asked] of [keys, there, there, keys, keys].entries()) {
        const found = await leased.read(asked, wishes, MINUTE)

        expect(found).toHaveLength(asked.length)
        for (const [i, key] of asked.entries()) {
          const n = Number(key.slice(1))
          expectSame(found[i]?.record, isThere(n) ? recordOf(bench, n) : undefined)
          expect([round, key, found[i]?.holder]).toEqual([round, key, isThere(n) ? undefined : 'mine'])
        }
      }
    },
  ),

  leaseRule('of many who wish for a lease at once, one gets it and all hear who', async (_bench, leased) => {
    const tokens = Array.from({ length: 20 }, (_, n) => `token ${n}`)

    const reads = await Promise.all(tokens.map((token) => leased.read(['k'], [token], MINUTE)))

    const holders = new Set(reads.map(([read]) => read?.holder))
    expect(holders.size).toBe(1)
    expect(tokens).toContain([...holders][0])
  }),

  leaseRule('who wishes for a lease that is held hears who has it, every time', async (_bench, leased) => {
    await leased.read(['k'], ['mine'], MINUTE)

    for (const _ of [1, 2, 3]) {
      const [read] = await leased.read(['k'], ['other'], MINUTE)
      expect(read?.holder).toBe('mine')
      expect(await leased.take('k', 'other', MINUTE)).toBe('mine')
      expect(await leased.take('k', 'mine', MINUTE)).toBe('mine')
    }
  }),

  leaseRule('tokens and keys with a meaning elsewhere are just that', async (bench, leased) => {
    for (const token of HOSTILE_KEYS) {
      expect(await leased.take(token, token, MINUTE)).toBe(token)
      expect(await leased.take(token, 'other', MINUTE)).toBe(token)
    }
    for (const [i, token] of HOSTILE_KEYS.entries()) {
      expect(await leased.fill(token, token, recordOf(bench, i), Infinity)).toBe(true)
    }

    for (const [i, key] of HOSTILE_KEYS.entries()) expectSame(await bench.store.get(key), recordOf(bench, i))
  }),

  leaseRule('a lease can be taken of a key that has a record, which stays', async (bench, leased) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)

    expect(await leased.take('k', 'mine', MINUTE)).toBe('mine')

    expectSame(await bench.store.get('k'), recordOf(bench, 1))
    expect(await leased.take('k', 'other', MINUTE)).toBe('mine')
  }),

  leaseRule('fill writes for who has the lease, and gives it back', async (bench, leased) => {
    await leased.read(['k'], ['mine'], MINUTE)

    expect(await leased.fill('k', 'mine', recordOf(bench, 1), Infinity)).toBe(true)

    expectSame(await bench.store.get('k'), recordOf(bench, 1))
    expect(await leased.fill('k', 'mine', recordOf(bench, 2), Infinity)).toBe(false)
    expectSame(await bench.store.get('k'), recordOf(bench, 1))
    expect(await leased.take('k', 'other', MINUTE)).toBe('other')
  }),

  leaseRule('fill writes nothing for who has no lease, or another one', async (bench, leased) => {
    await leased.take('k', 'mine', MINUTE)

    expect(await leased.fill('k', 'other', recordOf(bench, 1), Infinity)).toBe(false)
    expect(await leased.fill('k', 'min', recordOf(bench, 1), Infinity)).toBe(false)
    expect(await leased.fill('x', 'mine', recordOf(bench, 1), Infinity)).toBe(false)

    expectSame(await bench.store.get('k'), undefined)
    expectSame(await bench.store.get('x'), undefined)
    expect(await leased.fill('k', 'mine', recordOf(bench, 2), Infinity)).toBe(true)
  }),

  leaseRule('fill replaces the record that was there', async (bench, leased) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)
    await leased.take('k', 'mine', MINUTE)

    expect(await leased.fill('k', 'mine', recordOf(bench, 2), 59_999.5)).toBe(true)

    expectSame(await bench.store.get('k'), recordOf(bench, 2))
  }),

  ...ENDS.flatMap(([what, end]) =>
    [false, true].map((isThere) =>
      leaseRule(
        `a load that began before its key was ${what} cannot fill${isThere ? ', where there was a record' : ''}`,
        async (bench, leased) => {
          if (isThere) await bench.store.set('k', recordOf(bench, 1), Infinity)
          await leased.take('k', 'mine', MINUTE)

          await end(bench)

          const after = await bench.store.get('k')
          expect(await leased.fill('k', 'mine', recordOf(bench, 2), Infinity)).toBe(false)
          expect(await leased.renew('k', 'mine', MINUTE)).toBe(false)
          expectSame(await bench.store.get('k'), after)
          expect(await leased.take('k', 'other', MINUTE)).toBe('other')
        },
      ),
    ),
  ),

  leaseRule('a lease that was dropped refuses the fill, and is free', async (bench, leased) => {
    await leased.take('k', 'mine', MINUTE)

    await leased.drop('k', 'mine')

    expect(await leased.fill('k', 'mine', recordOf(bench, 1), Infinity)).toBe(false)
    expectSame(await bench.store.get('k'), undefined)
    expect(await leased.take('k', 'other', MINUTE)).toBe('other')
  }),

  leaseRule('the lease of another is not dropped, and dropping none is no failure', async (bench, leased) => {
    await leased.take('k', 'mine', MINUTE)

    await leased.drop('k', 'other')
    await leased.drop('x', 'other')

    expect(await leased.fill('k', 'mine', recordOf(bench, 1), Infinity)).toBe(true)
  }),

  leaseRule('a lease that is dropped leaves the record', async (bench, leased) => {
    await bench.store.set('k', recordOf(bench, 1), Infinity)
    await leased.take('k', 'mine', MINUTE)

    await leased.drop('k', 'mine')

    expectSame(await bench.store.get('k'), recordOf(bench, 1))
  }),

  leaseRule(
    'a lease that is seized is that of the new holder, who reads the record',
    async (bench, leased) => {
      await bench.store.set('k', recordOf(bench, 1), Infinity)
      await leased.take('k', 'mine', MINUTE)
      await leased.take('x', 'mine', MINUTE)

      expectSame(await leased.seize('k', 'robber', MINUTE), recordOf(bench, 1))
      expectSame(await leased.seize('x', 'robber', MINUTE), undefined)
      expectSame(await leased.seize('free', 'robber', MINUTE), undefined)

      for (const key of ['k', 'x', 'free']) {
        expect(await leased.fill(key, 'mine', recordOf(bench, 2), Infinity)).toBe(false)
        expect(await leased.take(key, 'other', MINUTE)).toBe('robber')
        expect(await leased.fill(key, 'robber', recordOf(bench, 3), Infinity)).toBe(true)
        expectSame(await bench.store.get(key), recordOf(bench, 3))
      }
    },
  ),

  leaseRule('a lease ends by itself', async (bench, leased) => {
    await leased.take('k', 'mine', 30)
    await leased.read(['x'], ['mine'], 30)
    await leased.seize('y', 'mine', 30)

    for (const key of ['k', 'x', 'y']) {
      await inTime(bench, async () => expect(await leased.take(key, 'other', MINUTE)).toBe('other'))
      expect(await leased.fill(key, 'mine', recordOf(bench, 1), Infinity)).toBe(false)
    }
  }),

  leaseRule('who waits for a lease does not keep it from ending', async (bench, leased) => {
    await leased.take('k', 'mine', 60)
    await leased.take('k', 'waiting', DAY)
    await leased.read(['k'], ['waiting too'], DAY)

    await inTime(bench, async () => expect(await leased.take('k', 'other', MINUTE)).toBe('other'))
  }),

  leaseRule('renew lets a lease last, for its holder only', async (bench, leased) => {
    await leased.take('k', 'mine', 60)
    await leased.take('x', 'mine', 60)

    expect(await leased.renew('k', 'mine', DAY)).toBe(true)
    expect(await leased.renew('x', 'other', DAY)).toBe(false)
    expect(await leased.renew('free', 'mine', DAY)).toBe(false)

    await inTime(bench, async () => expect(await leased.take('x', 'other', MINUTE)).toBe('other'))
    expect(await leased.take('k', 'other', MINUTE)).toBe('mine')
    expect(await leased.fill('k', 'mine', recordOf(bench, 1), Infinity)).toBe(true)
  }),

  leaseRule('leases are in no list of keys', async (bench, leased) => {
    await leased.take('p:a', 'mine', MINUTE)
    await bench.store.set('p:b', recordOf(bench, 1), Infinity)
    const keys: string[] = []

    for await (const key of bench.store.keys?.('') ?? []) keys.push(key)

    if (bench.store.keys !== undefined) expect(keys).toEqual(['p:b'])
    expectSame(await bench.store.get('p:a'), undefined)
  }),
]
