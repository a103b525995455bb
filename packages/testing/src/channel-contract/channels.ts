/*
 * Rules of channels: what others changed is told, after it has been done and before it is proven to have been told.
 */

import { expect } from 'vitest'
import { eventually } from '../contract.ts'
import { expectSame, HOSTILE_KEYS, recordOf } from '../store-contract/bench.ts'
import { type ChannelRule, channelOf, channelRule, listening, proven, withLeases } from './bench.ts'

const MINUTE = 60_000
/** As the engine makes them: see isMark. */
const MARKS = ['shop#:', 'shop/users#~', 'shop/users#=vip:1']
const RECORDS = ['shop:1', 'shop/users:#1', 'shop/users:#:']

export const channels: readonly ChannelRule[] = [
  channelRule('changes by others are told, each with its key', async (bench) => {
    const { there } = bench
    const ear = await listening(bench, 'everything')

    await there.set('s:set', recordOf(bench, 1), Infinity)
    await there.delete('s:deleted')
    await there.setMany?.([
      ['s:set 1', recordOf(bench, 1), MINUTE],
      ['s:set 2', recordOf(bench, 2), MINUTE],
    ])
    await there.deleteMany?.(['s:deleted 1', 's:deleted 2'])

    const wanted = [
      's:set',
      's:deleted',
      ...(there.setMany === undefined ? [] : ['s:set 1', 's:set 2']),
      ...(there.deleteMany === undefined ? [] : ['s:deleted 1', 's:deleted 2']),
    ]
    await proven(bench, ear)
    expect(ear.changed.toSorted()).toEqual(wanted.toSorted())
  }),

  channelRule('many changes at once are all told', async (bench) => {
    const ear = await listening(bench, 'everything')
    const keys = Array.from({ length: 200 }, (_, n) => `s:${n}`)

    await Promise.all(keys.map((key) => bench.there.delete(key)))

    await proven(bench, ear)
    expect([...new Set(ear.changed)].toSorted()).toEqual(keys.toSorted())
  }),

  channelRule('keys with a meaning elsewhere are told as they are', async (bench) => {
    const ear = await listening(bench, 'everything')
    const keys = [...HOSTILE_KEYS, 'a\ud800', 'x'.repeat(5_000), '"', '\\']

    for (const key of keys) await bench.there.delete(key)

    await proven(bench, ear)
    expect([...new Set(ear.changed)].toSorted()).toEqual(keys.toSorted())
  }),

  channelRule('a change has been made by the time it is told', async (bench) => {
    const { store, there } = bench
    const seen: Promise<unknown>[] = []
    const look = async (): Promise<unknown> => store.get('s:k')
    await there.set('s:k', recordOf(bench, 1), Infinity)
    const ear = await listening(bench, 'everything', store, ({ type }) => {
      if (type === 'changed') seen.push(look())
    })

    await there.delete('s:k')
    await proven(bench, ear)
    await there.set('s:k', recordOf(bench, 2), Infinity)
    await proven(bench, ear)

    const [deleted, set] = await Promise.all(seen)
    expectSame(deleted, undefined)
    expectSame(set, recordOf(bench, 2))
  }),

  channelRule('own changes are not told to oneself', async (bench) => {
    const { store } = bench
    const ear = await listening(bench, 'everything')

    await store.set('s:set', recordOf(bench, 1), Infinity)
    await store.delete('s:deleted')
    await store.delete('s#:')

    await proven(bench, ear)
    expect(ear.changed).toEqual([])
  }),

  channelRule('who listens for marks hears all of them, and of no other record', async (bench) => {
    const ear = await listening(bench, 'marks')

    for (const key of [...MARKS, ...RECORDS]) await bench.there.delete(key)
    for (const key of [...MARKS, ...RECORDS]) await bench.there.set(key, recordOf(bench, 1), Infinity)

    await proven(bench, ear)
    expect(ear.changed.toSorted()).toEqual([...MARKS, ...MARKS].toSorted())
  }),

  channelRule('who listens for everything hears marks as well', async (bench) => {
    const ear = await listening(bench, 'everything')

    for (const key of [...MARKS, ...RECORDS]) await bench.there.delete(key)

    await proven(bench, ear)
    expect(ear.changed.toSorted()).toEqual([...MARKS, ...RECORDS].toSorted())
  }),

  channelRule('what was changed before a proof has been told before it', async (bench) => {
    const ear = await listening(bench, 'everything')
    const acknowledged: { readonly key: string; readonly at: number }[] = []

    for (let n = 0; n < 20; n++) {
      await bench.there.delete(`s:${n}`)
      acknowledged.push({ key: `s:${n}`, at: bench.proofs.now() })
      await bench.clock.advance(3)
    }
    await proven(bench, ear)

    for (const { key, at } of acknowledged) {
      const told = ear.told.findIndex((each) => each.type === 'changed' && each.key === key)
      const proof = ear.told.findIndex((each) => each.type === 'proven' && each.since > at)
      expect(told).not.toBe(-1)
      expect(told).toBeLessThan(proof)
    }
  }),

  channelRule('nothing is proven that lies ahead, and proofs never go back', async (bench) => {
    const ear = await listening(bench, 'marks', bench.store, (each) => {
      if (each.type === 'proven') expect(each.since).toBeLessThanOrEqual(bench.proofs.now())
    })

    // Who is kept waiting himself may be told of a gap.
    await eventually(async () => {
      const before = ear.told.length
      for (let n = 0; n < 3; n++) await proven(bench, ear)
      expect(ear.told.slice(before).some(({ type }) => type === 'gap')).toBe(false)
    })

    const proofs = ear.told.flatMap((each) => (each.type === 'proven' ? [each.since] : []))
    expect(proofs.length).toBeGreaterThan(2)
    expect(proofs).toEqual(proofs.toSorted((a, b) => a - b))
  }),

  channelRule(
    'a fill is not told as a change',
    async (bench) => {
      const leases = bench.there.leases
      const ear = await listening(bench, 'everything')

      await leases?.take('s:k', 'mine', MINUTE)
      await leases?.fill('s:k', 'mine', recordOf(bench, 1), Infinity)
      await leases?.take('s#:', 'mine', MINUTE)
      await leases?.fill('s#:', 'mine', recordOf(bench, 1), Infinity)
      await leases?.take('s:dropped', 'mine', MINUTE)
      await leases?.drop('s:dropped', 'mine')

      await proven(bench, ear)
      expect(ear.changed).toEqual([])
    },
    withLeases,
  ),

  channelRule(
    'a fill that says less than the record before it is told as a change',
    async (bench) => {
      const ear = await listening(bench, 'everything')
      const { leases } = bench.there

      await leases?.seize('s:k', 'mine', MINUTE)
      await leases?.fill('s:k', 'mine', recordOf(bench, 1), Infinity, true)

      await proven(bench, ear)
      expect(ear.changed).toEqual(['s:k'])
    },
    withLeases,
  ),

  ...(['take', 'read'] as const).flatMap((way) =>
    (['fill', 'drop'] as const).map((end) =>
      channelRule(
        `who waits for a lease since a ${way} is told of its ${end}, wherever it was`,
        async (bench) => {
          const ears = [await listening(bench, 'marks'), await listening(bench, 'everything', bench.there)]
          await bench.store.leases?.take('s:k', 'mine', MINUTE)
          const wait = bench.there.leases
          await (way === 'take' ? wait?.take('s:k', 'other', MINUTE) : wait?.read(['s:k'], ['other'], MINUTE))

          await (end === 'fill'
            ? bench.store.leases?.fill('s:k', 'mine', recordOf(bench, 1), Infinity)
            : bench.store.leases?.drop('s:k', 'mine'))

          await proven(bench, ...ears)
          for (const ear of ears) expect(ear.filled).toEqual(['s:k'])
        },
        withLeases,
      ),
    ),
  ),

  channelRule(
    'who waits is told when the lease has been seized and filled since',
    async (bench) => {
      const ear = await listening(bench, 'marks')
      await bench.store.leases?.take('s:k', 'mine', MINUTE)
      await bench.store.leases?.take('s:k', 'other', MINUTE)
      await bench.there.leases?.seize('s:k', 'robber', MINUTE)

      await bench.there.leases?.fill('s:k', 'robber', recordOf(bench, 1), Infinity)

      await proven(bench, ear)
      expect(ear.filled).toEqual(['s:k'])
    },
    withLeases,
  ),

  channelRule('who was let go hears nothing more, and the others still do', async (bench) => {
    const gone = await listening(bench, 'everything')
    const stays = await listening(bench, 'everything')
    gone.stop()
    const before = gone.told.length

    await bench.there.delete('s:k')

    await proven(bench, stays)
    expect(stays.changed).toEqual(['s:k'])
    expect(gone.told.length).toBe(before)
  }),

  channelRule('who listens again hears again', async (bench) => {
    const first = await listening(bench, 'everything')
    first.stop()

    const second = await listening(bench, 'everything')
    await bench.there.delete('s:k')

    await proven(bench, second)
    expect(second.changed).toEqual(['s:k'])
  }),

  channelRule(
    'after an interruption there is a gap, then changes are told and proven again',
    async (bench) => {
      const ear = await listening(bench, 'everything')
      await bench.interrupt?.()
      await bench.there.delete('s:lost')
      const acknowledged = bench.proofs.now()

      await proven(bench, ear)
      await bench.there.delete('s:k')
      await proven(bench, ear)

      const proof = ear.told.findIndex((each) => each.type === 'proven' && each.since > acknowledged)
      const before = ear.told.slice(0, proof)
      expect(
        before.some((each) => each.type === 'gap' || (each.type === 'changed' && each.key === 's:lost')),
      ).toBe(true)
      expect(ear.changed).toContain('s:k')
    },
    ({ interrupt }) => (interrupt === undefined ? 'the contract does not say how to interrupt' : undefined),
  ),

  channelRule(
    'a place that has taken the place of another is told as such, with a gap, and is heard',
    async (bench) => {
      const ear = await listening(bench, 'marks')
      await bench.replace?.()

      await eventually(async () => {
        await bench.clock.advance(5)
        const types = ear.told.map(({ type }) => type)
        expect(types).toContain('replaced')
        expect(types).toContain('gap')
      })
      await proven(bench, ear)
      // The other one may not have found the new place yet.
      await eventually(() => bench.there.delete('s#:'))
      await proven(bench, ear)
      expect(ear.changed).toContain('s#:')
    },
    ({ replace }) =>
      replace === undefined ? 'the contract does not say how to replace the place' : undefined,
  ),

  channelRule('for how long proofs are good is a number of ms', async ({ store }) => {
    const { maxStaleness } = channelOf(store)

    expect(maxStaleness).toBeGreaterThan(0)
    expect(maxStaleness).toBeLessThan(Infinity)
  }),
]
