/*
 * What the soak says to its processes, and what they answer and report.
 *
 * All times are milliseconds of the one monotonic clock of this machine, so those of different processes compare.
 */

import type { TimesTold } from './times.ts'

export type Tiers = 'one' | 'two'

/** Where the cache of a process is. */
export interface Opening {
  /** Of this life of a process: never used twice. */
  readonly life: number
  readonly url: string
  /** Where the source of truth listens: a Redis that nothing happens to. */
  readonly truth: number
  /** ms. */
  readonly maxStaleness: number
  /** One: the store alone. Two: with copies in each process. */
  readonly tiers: Tiers
  readonly pace: Pace
  readonly seed: number
}

/** How much a process does. */
export interface Pace {
  readonly readers: number
  /** Reads between two pauses of a reader, at most. */
  readonly burst: number
  /** ms: the longest pause of a reader. */
  readonly pause: number
  readonly writers: number
  /** ms: the longest pause of a writer. */
  readonly writerPause: number
}

/** Something that was changed at the source of truth, and whose invalidation has settled. */
export type ChangeNote = readonly [
  place: number,
  /** Of the place at the source of truth, counted when it was changed. */
  version: number,
  settled: number,
  isApplied: boolean,
]

/** A `set` that has settled: what the source of truth said of the places that concern it, afterwards. */
export type SetNote = readonly [set: number, versions: readonly number[]]

/** What a process tells the others: everything that has settled before `until`. */
export interface News {
  readonly by: number
  readonly until: number
  readonly changes: readonly ChangeNote[]
  readonly sets: readonly SetNote[]
}

/** How a process was served between two pieces of news. */
export interface Service {
  readonly from: number
  readonly until: number
  readonly reads: number
  /** Answered out of this process. */
  readonly near: number
  /** Values that were found elsewhere, loads that were stored there, and changes that were applied there. */
  readonly far: number
  readonly failures: number
}

export interface Report {
  readonly news: News
  readonly service: Service
  /** Every now and then. */
  readonly tally?: Tally
}

/** What a process has counted in its life. It grows with every answer. */
export interface Tally {
  readonly reads: number
  readonly misses: number
  readonly near: number
  readonly loads: number
  readonly fenced: number
  readonly storeFailures: number
  /** Acknowledged as applied, by kind. */
  readonly changes: Readonly<Record<Kind, number>>
  readonly queued: number
  /** Reads that were judged, and how. */
  readonly judged: number
  readonly unjudged: number
  /** Older than an acknowledged invalidation, but within the bound. */
  readonly stale: number
  /** Beyond the bound. */
  readonly beyond: number
  /** The same, in the very turn in which the process had been stopped. */
  readonly stopped: number
  readonly own: number
  readonly foreign: number
  /** Loads that were under way while the store was silent, and were shared. */
  readonly shared: number
  /** Older than invalidations that a failover may have lost, and than no others. */
  readonly lost: number
  /** ms. */
  readonly worst: number
  readonly worstLost: number
  readonly worstStopped: number
  readonly worstShared: number
  /** Rejections of reads and writes that their callers saw. */
  readonly rejections: number
  readonly unhandled: number
  readonly times: TimesTold
  /** Those reads that did not run while the process itself was stopped or busy. */
  readonly undisturbed: TimesTold
  /** How often the process was stopped or busy. */
  readonly gaps: number
  readonly examples: readonly string[]
}

export type Kind = 'delete' | 'set' | 'tags' | 'clear'

/** What a key has at the end. */
export interface Left {
  readonly place: number
  readonly versions: readonly number[]
}

/** A time in which Redis acknowledged what it may not have kept: a replica has taken its place. */
export interface Loss {
  readonly id: number
  readonly from: number
  /** Infinity: not over yet. */
  readonly until: number
}

export interface Orders {
  open: { readonly told: Opening; readonly answer: true }
  /** Reads and writes, until `halt`. */
  begin: { readonly told: object; readonly answer: true }
  hear: { readonly told: News; readonly answer: true }
  /** Another process is there, and has not begun. */
  came: { readonly told: { readonly by: number; readonly at: number }; readonly answer: true }
  gone: { readonly told: { readonly by: number }; readonly answer: true }
  loss: { readonly told: Loss; readonly answer: true }
  /** Nothing else happens in it for so many ms. */
  block: { readonly told: { readonly ms: number }; readonly answer: true }
  /** ms by which its calendar is ahead of the monotonic clock. */
  calendar: { readonly told: object; readonly answer: number }
  tally: { readonly told: object; readonly answer: Tally }
  /** Bytes in use after a collection. */
  memory: { readonly told: object; readonly answer: Memory }
  halt: { readonly told: object; readonly answer: true }
  /** Whether all is well, and nothing is owed. */
  isWell: { readonly told: object; readonly answer: boolean }
  /** What there is of every key, as far as there is anything. */
  look: { readonly told: object; readonly answer: readonly Left[] }
  close: { readonly told: object; readonly answer: true }
}

export interface Memory {
  readonly heap: number
  readonly resident: number
}
