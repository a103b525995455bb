/*
 * A question: what is asked, who is compared, in which case, and which answer was promised.
 *
 * A question has one or more cases; each case runs in a process of its own, so that no case inherits the feedback V8
 * collected in another. All candidates of a case share that process, and take turns in it (rounds.ts).
 */

import type { CaseResult, Result } from './result.ts'

export interface Question {
  /** Names the file it is answered in: `results/<name>.json`. */
  readonly name: string
  /** What one wants to know, as a sentence. */
  readonly asks: string
  readonly cases: readonly Case[]
}

export interface Case {
  readonly name: string
  /** How many keys are in the ring that every candidate walks, each key ready made. */
  readonly keys: number
  /** What is under a key. Default: `userOf`. */
  readonly value?: (key: string) => unknown
  /**
   * The value that is written where the operation writes: JavaScript text with `key`, `at` (the key's number) and `values`
   * (`value` of each key, ready made).
   */
  readonly writes?: string
  /** How many ask at once, each as soon as its last answer has come. Default: one, in a plain loop. */
  readonly concurrency?: number
  /** How many operations are timed together, where a thousand would take too long. */
  readonly batch?: number
  /** Starts what all candidates need, and says what it is. */
  readonly needs?: () => Promise<string>
  /** The candidate whose time is no part of the question: it is taken off that of all others, round by round. */
  readonly without?: string
  /** The candidate that all others are divided by in the table. */
  readonly baseline: string
  readonly candidates: readonly Candidate[]
  readonly goals: readonly Goal[]
}

export interface Candidate {
  readonly name: string
  /** The packages whose versions are reported, itself first; the standard library has none. */
  readonly package?: string | readonly string[]
  /** Its configuration and call, in words or code. */
  readonly how: string
  /** Whether its answer is awaited, one after the other. */
  readonly waits: boolean
  readonly open: (keys: readonly string[]) => Opened | Promise<Opened>
}

export interface Opened {
  /** What is timed. */
  readonly operation: (key: string, value?: unknown) => unknown
  /** What the cache holds under `key`, for the check; the operation itself where that reads. */
  readonly read?: (key: string) => unknown
  readonly close?: () => unknown
}

/** `what` takes at most `limit` times as long as `against`, or at most `limit` ns longer, or is at least `limit` times faster. */
export interface Goal {
  readonly says: string
  readonly what: string
  /** Of several, the one that is fastest here. */
  readonly against: string | readonly string[]
  readonly limit: number
  readonly means: 'at most' | 'at most ns more' | 'times faster'
}

/** A question that is not answered by timing candidates in turn. */
export interface Measure {
  readonly name: string
  readonly asks: string
  readonly unit: Result['unit']
  /** About how long it takes to answer in full. */
  readonly seconds: number
  readonly cases: (isQuick: boolean) => Promise<readonly CaseResult[]>
}

/** What all candidates of reading questions hold. */
export interface User {
  readonly id: number
  readonly name: string
  readonly on: boolean
}

export const userOf = (key: string): User => ({ id: Number(key.slice(5)), name: `name of ${key}`, on: true })
