/*
 * The model: why we believe that nobody reads what was invalidated.
 *
 * The promise (G1): after an invalidation is called in a process, no read that is called later there returns an older
 * value. "Older" means: its load began, or its `set` was called, before the invalidation was called. What makes that
 * hard is what may happen in between: loads that are slow, stores that answer late, out of order, with errors or not at
 * all, marks that get lost, other processes. So we do not test the cases we can think of. We let fast-check invent
 * histories, play them, and have a witness look on.
 *
 *   history.ts    what may happen, as plain data: calls of every method through two handles and three namespaces,
 *                 loads that land when the history says so, parcels of the store that are applied, answered or lost in
 *                 any order, an outage, time, callers who leave. A step may fall between any two awaits of the engine.
 *   world.ts      the stores: one that answers at once, one that answers when told to, several processes on one place
 *   witness.ts    the judge. It knows since when each value is known to be true, what was invalidated when, and when
 *                 each read was called; it does not know how a cache works, nor what it should hold
 *   naive.ts      for histories in which nothing happens at the same time: the one right answer to everything
 *   scenarios.ts  what was found that way, or by thinking, as stories one can read
 *
 * The witness also sees to it that two loads of a key never run at once unless something has cut the first, that answers
 * belong to their keys, that every promise settles, that bounds hold and that the books balance; and test/setup.ts that
 * no rejection goes unheard.
 *
 * Where a store has leases it judges all processes strictly, and what the store keeps, and that no lease is left behind;
 * where it has a channel too, tags and `clear` of others may be seen `maxStaleness` late. far.ts is such a store.
 *
 * In the worlds with tiers each process keeps copies of it, and every read is also a peek. What a copy answers may be
 * `maxStaleness` older than an invalidation by another process, and nothing excuses more: not that a message was lost, told late
 * or overtaken, nor that the place did not answer, lost everything, or was replaced by one that lacks what was acknowledged last. When all
 * is quiet again, everybody must find what the place has.
 *
 * What it does not judge: without leases, reads of a process against single keys deleted in another;
 * operations of a store that take effect more than 30 s after they were sent.
 *
 * That the witness sees what it is there to see is proven by test/ablations.test.ts: every fence of the engine is taken
 * away once, and the histories or a scenario must fail. A failure names its seed and its path; the steps it shows are
 * what is left when nothing more can be taken away, and the log under it is what happened. LARDER_RUNS=100 looks longer.
 * CI plays the same histories every time, so that a failure there is the change's own; everybody else plays new ones, or
 * those of LARDER_SEED.
 */
import * as core from '@larder/core'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { histories, play, WORLDS } from './history.ts'

const RUNS = 500 * Number(process.env['LARDER_RUNS'] ?? 1)
const SEED = process.env['LARDER_SEED'] ?? (process.env['CI'] === undefined ? undefined : '20260101')

describe('whatever happens in whatever order, nobody reads what was invalidated before', () => {
  for (const world of WORLDS) {
    test(`in the world: ${world}`, { timeout: 3_600_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(histories(world), async (steps) => {
          await play(core, world, steps)
        }),
        { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
      )
    })
  }
})
