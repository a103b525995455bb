/*
 * What an answered question leaves in `results/<name>.json`, and what the report is made of.
 */
import { cpus, loadavg } from 'node:os'
import type { Spread, Verdict } from './spread.ts'

export interface Result {
  readonly question: string
  readonly asks: string
  /** Goals about ns are ratios; all others have the unit of what they limit. */
  readonly unit: 'ns' | 'µs' | 'B' | 'loads'
  readonly command: string
  /** Of this repository. */
  readonly commit: string
  readonly machine: Machine
  /** How long it took to answer. */
  readonly seconds?: number
  /** Cases that failed, and so are not here; and of others the candidates. */
  readonly failed?: readonly string[]
  readonly cases: readonly CaseResult[]
}

export interface CaseResult {
  readonly name: string
  readonly baseline: string
  /** What `cost` is, where it is not what the unit says. */
  readonly counted?: string
  /** Of `cost`, where it is not that of the question. */
  readonly unit?: string
  readonly rounds: number
  /** What all candidates asked. */
  readonly server?: string
  readonly rows: readonly Row[]
  readonly goals: readonly GoalResult[]
  /** Candidates that failed, and so have no row. */
  readonly leftOut?: readonly string[]
}

export interface Row {
  readonly name: string
  readonly version: string
  readonly how: string
  /** Time of one operation, or bytes of one entry. */
  readonly cost: Spread
  /** To the baseline, round by round. */
  readonly ratio: Spread
  /** What else was seen, by what it is called; the same for all rows. */
  readonly more?: Readonly<Record<string, Figure>>
}

export interface Figure extends Spread {
  readonly unit: string
}

export interface GoalResult {
  readonly says: string
  readonly goal: string
  readonly measured: Spread
  /** Of what was measured, where it is not that of all goals of the question. */
  readonly unit?: string
  readonly verdict: Verdict
}

export interface Machine {
  readonly node: string
  readonly v8: string
  readonly cpu: string
  readonly cores: number
  /** Load averages over one minute, when the question began and when it was answered. */
  readonly load: readonly number[]
  readonly at: string
}

export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100

export function machine(loadBefore: number): Machine {
  const all = cpus()
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    load: [loadBefore, loadNow()],
    at: new Date().toISOString(),
  }
}
