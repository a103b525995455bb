/*
 * A scenario: what is done to two processes, and what is seen.
 */
import type { Arena } from './arena.ts'
import type { Library } from './library.ts'
import type { Asked } from './orders.ts'

export interface Scenario {
  readonly name: string
  /** A line of the table. */
  readonly title: string
  /** What is done, and why it matters. */
  readonly story: string
  readonly trials: number
  /** Every trial has processes and a Redis of its own. */
  readonly isFresh: boolean
  readonly isTagged?: boolean
  readonly hasSeeds?: boolean
  /** Also with what users set by hand against a Redis that does not answer. */
  readonly isByHandToo?: boolean
  readonly parts: readonly Part[]
  /** Why it cannot be asked of a library. */
  readonly lacks?: (library: Library) => string | undefined
}

export interface Part {
  /** Where a scenario has several. */
  readonly name: string
  readonly play: (arena: Arena) => Promise<Observed>
}

/** What was seen in a trial. Trials of which the same is said are counted together. */
export interface Observed {
  /** Nobody was served an old value for long, and nobody waited for long. */
  readonly isGood: boolean
  readonly says: string
  /** How long, in ms. */
  readonly ms?: number
}

/** The race did not take place: what should have been first was not. The trial is played again. */
export class Void extends Error {}

/** ms: what is old, or waits, for longer than this is not good. */
export const LONG = 2_000

export const correct: Observed = { isGood: true, says: 'correct' }

/** What was seen by who read again and again, from `from` on, for `ms` at the most. */
export function seen(all: readonly Asked[], wanted: string, from: number, ms: number): Observed {
  const reads = all.filter(({ began }) => began >= from)
  const answers = reads.filter(({ end }) => end === 'done')
  const old = answers.filter(({ value }) => value !== wanted)
  const firstRight = answers.find(({ value }) => value === wanted)
  if (firstRight === undefined && old.length === 0) {
    return { isGood: false, says: `no answer in ${ms / 1_000} s` }
  }
  const lastOld = old.at(-1)
  if (lastOld === undefined) return correct
  if (answers.at(-1)?.value !== wanted) return { isGood: false, says: `still old after ${ms / 1_000} s` }
  const stale = lastOld.ended - from
  return { isGood: stale <= LONG, says: 'stale', ms: stale }
}
