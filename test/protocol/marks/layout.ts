/*
 * A state of the world of marks, as bytes with names: one record, with a tag and a namespace, and the marks of both.
 *
 * Fields that exist for each mark end in T (the tag), L (the late mark) or N (the namespace). Tokens and versions are
 * counted from 1; 0 is none.
 */

import { type Group, groupOf } from '../fields.ts'
import type { Setting } from './switches.ts'

export const MARKS = ['T', 'L', 'N'] as const
export type Mark = (typeof MARKS)[number]

const FAR = groupOf([
  'drops',
  'restarts',
  'evictions',
  'source',
  'acked',
  'data',
  'dataT',
  'dataN',
  'markT',
  'markL',
  'markN',
])

const PROCESS = groupOf([
  'gets',
  'writes',
  'line',
  'inbox0',
  'inbox1',
  'inbox2',
  'knownT',
  'knownL',
  'knownN',
  /** Whether it may be believed without asking. */
  'coveredT',
  'coveredL',
  'coveredN',
  'near',
  'nearCovered',
  'floor',
  'said',
  'saidState',
  // What it reads or loads.
  'state',
  'readFloor',
  'readAcked',
  'value',
  'valueT',
  'valueN',
  'tokenT',
  'tokenL',
  'tokenN',
  /** Whether that was asked of far, and whether something has been said since. */
  'askedT',
  'askedL',
  'askedN',
  'overtakenT',
  'overtakenL',
  'overtakenN',
  /** Whether what was taken is still live here. */
  'liveT',
  'liveL',
  'liveN',
  /** Whether what it asks now will be heard of. */
  'covers',
])

type FieldsOf<G> = G extends Group<infer N> ? Record<N, number> : never
export type FarFields = FieldsOf<typeof FAR>
export type ProcessFields = FieldsOf<typeof PROCESS>

export class State {
  readonly bytes: Uint8Array
  readonly far: FarFields
  readonly processes: readonly ProcessFields[]

  constructor({ gets }: Setting) {
    const size = FAR.size + gets.length * PROCESS.size
    this.bytes = new Uint8Array(Math.ceil(size / 4) * 4)
    this.far = FAR.in(this.bytes, 0)
    this.processes = gets.map((_, p) => PROCESS.in(this.bytes, FAR.size + p * PROCESS.size))
  }
}
