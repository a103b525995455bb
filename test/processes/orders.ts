/*
 * What a test says to its processes, and what they answer.
 *
 * All times are milliseconds of the one monotonic clock of this machine, so those of different processes compare.
 */

/** A part of a store that is taken away, to see what it was good for. */
export type Part = 'leases' | 'channel'

export interface Opening {
  readonly url: string
  /** Where the source of truth listens: a Redis that has nothing to do with the cache. */
  readonly truth: number
  readonly prefix: string
  readonly without: readonly Part[]
  /** ms for each answer of the store: more than the default where it is not to be judged how busy the machine is. */
  readonly deadline?: number
}

/** What can be asked of a process: what it is told with, and what it answers. */
export interface Orders {
  open: { readonly told: Opening; readonly answer: true }
  /** The values of keys, as far as the cache has fresh ones. */
  get: { readonly told: { readonly keys: readonly string[] }; readonly answer: readonly unknown[] }
  /** Loads a value for each key, which is its own tag. */
  load: { readonly told: { readonly keys: readonly string[]; readonly value: string }; readonly answer: true }
  /** Of keys, each of which is its own tag. Says what became of it, and when. */
  invalidate: {
    readonly told: { readonly kind: Kind; readonly keys: readonly string[] }
    readonly answer: { readonly far: string; readonly at: number }
  }
  /** Many callers of one key at once. */
  crowd: {
    readonly told: { readonly key: string; readonly callers: number; readonly loadMs: number }
    readonly answer: readonly Answered[]
  }
  /** Many callers of many keys at once: each of one, or each of all of them. */
  many: {
    readonly told: {
      readonly keys: readonly string[]
      readonly callers: number
      readonly each: 'one' | 'all'
      readonly loadMs: number
    }
    readonly answer: { readonly answers: number; readonly strangers: number }
  }
  /** Reads, loads and invalidations of all kinds, until `halt`. They are reported as they happen. */
  traffic: { readonly told: Traffic; readonly answer: true }
  halt: { readonly told: object; readonly answer: true }
  /** What every key of the traffic has now, and what is loaded where there is nothing. */
  look: { readonly told: object; readonly answer: readonly (Kept | undefined)[] }
  /** What keeps the process alive, and what it has open. */
  handles: { readonly told: object; readonly answer: readonly string[] }
  /** Operations on a store that comes and goes, and how much memory is in use on the way. */
  churn: {
    readonly told: { readonly operations: number; readonly samples: number }
    readonly answer: Churned
  }
  close: { readonly told: object; readonly answer: true }
}

/** What the loaders of crowds bring. */
export interface Loaded {
  readonly key: string
  /** pid. */
  readonly by: number
  /** When the loader returned it. */
  readonly at: number
}

export interface Answered {
  readonly value: Loaded
  readonly at: number
}

export interface Churned {
  /** Bytes in use after a collection: operations done, heap. */
  readonly heap: readonly (readonly [operations: number, bytes: number])[]
  readonly failures: number
}

export interface Traffic {
  /** Callers at once. */
  readonly clients: number
  readonly seed: number
}

/** What a load of the traffic brings. */
export interface Kept {
  readonly place: number
  /** When its load began, or its `set` was called. */
  readonly began: number
  /** Of values that were set: of which set. 0 for those that were loaded. */
  readonly set: number
  /** What the source of truth said, for each of the places that concern it. */
  readonly truth: readonly number[]
}

/** A read that has ended with a value. `isBlind`: the store may not have been asked. */
export type ReadNote = readonly [
  place: number,
  how: 'get' | 'getOrSet',
  called: number,
  began: number,
  set: number,
  isBlind: 0 | 1,
]

/** An invalidation that has settled. `set`: of a set, its number. */
export type ChangeNote = readonly [
  kind: Kind,
  places: readonly number[],
  called: number,
  settled: number,
  isApplied: 0 | 1,
  set: number,
]

export type Kind = 'delete' | 'set' | 'expire' | 'tags' | 'clear'

/** What a process says without being asked. */
export type Report =
  | { readonly what: 'loading'; readonly key: string; readonly pid: number }
  | {
      readonly what: 'notes'
      /** All that ended before this has been told. */
      readonly until: number
      readonly reads: readonly ReadNote[]
      readonly changes: readonly ChangeNote[]
      /** Reads that ended without a value. */
      readonly misses: number
      readonly loads: number
      readonly fenced: number
      readonly rejections: number
    }

/** ms since this machine was started: the same in all its processes. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
