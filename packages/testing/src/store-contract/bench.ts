/*
 * What a rule for stores is given: a store, its clock, and records to put into it.
 */

import { type Entry, entryOf, type Store, termsOf } from '@larder/core'
import { expect } from 'vitest'
import type { ManualClock } from '../clock.ts'
import { type Bench, type Rule, rule } from '../contract.ts'

export interface StoreBench extends Bench {
  readonly store: Store<unknown>
  readonly clock: ManualClock
  readonly keeps: 'entries' | 'bytes'
  /** Most entries the store may hold, if it is bounded. */
  readonly bounded: number | undefined
  /** Whether it gives back the space of what is past its life, by this clock. */
  readonly expires: boolean
}

export type StoreRule = Rule<StoreBench>

const TERMS = termsOf(
  1_000,
  2_000,
  [{ tag: 'contract#:', token: 'a1.b2', live: true }],
  { etag: 'W/"7"' },
  12,
)

/** Entries whose times are told by two clocks: that of a place, and that of a test, which stood at this when they were made. */
const drifting = new WeakMap<object, { readonly clock: ManualClock; readonly at: number }>()
/** How far the clock of a place may go on meanwhile, in ms. */
const DRIFT = 10_000

/** A record that is told apart by `n`. */
export function recordOf({ keeps, clock, store }: StoreBench, n: number, life: number = Infinity): unknown {
  if (keeps === 'bytes') return new TextEncoder().encode(`record ${n}`)
  const entry = entryOf({ n, of: ['a', null, { deep: true }] }, clock.now() + life, TERMS)
  if (store.time !== undefined) drifting.set(entry, { clock, at: clock.now() })
  return entry
}

/** An entry of `value`. */
export const entryWith = (value: unknown): Entry => entryOf(value, Infinity, TERMS)

/** Judges whether a store gave back what it was given. */
export function expectSame(found: unknown, wanted: unknown): void {
  if (wanted === undefined) {
    expect(found).toBe(undefined)
    return
  }
  if (wanted instanceof Uint8Array) {
    expect(found).toBeInstanceOf(Uint8Array)
    expect([...(found as Uint8Array)]).toEqual([...wanted])
    return
  }
  const drift = drifting.get(wanted as object)
  if (drift !== undefined) return expectMoved(found, wanted as Entry, drift.clock.now() - drift.at)
  // Strictly for the value, where an undefined property counts; what else an entry has is Larder's own.
  expect(found).toEqual(wanted)
  expect((found as Entry).value).toStrictEqual((wanted as Entry).value)
}

function expectMoved(found: unknown, wanted: Entry, by: number): void {
  const freshUntil = (found as Entry | undefined)?.freshUntil
  expect(found).toEqual({ ...wanted, freshUntil })
  expect((found as Entry).value).toStrictEqual(wanted.value)
  if (wanted.freshUntil === Infinity) return expect(freshUntil).toBe(Infinity)
  // Entries that stay in this process have not moved.
  const off = Number(freshUntil) - wanted.freshUntil
  expect(Math.min(Math.abs(off), Math.abs(off - by))).toBeLessThan(DRIFT)
}

type Faster = 'getMany' | 'setMany' | 'deleteMany' | 'clear' | 'keys' | 'within' | 'usage' | 'onRemoval'

/** A rule for stores that have all of `faster`. */
export function ruleFor(
  faster: readonly Faster[],
  name: string,
  run: (bench: StoreBench) => Promise<void>,
): StoreRule {
  return rule(name, run, ({ store }) => {
    const missing = faster.filter((each) => store[each] === undefined)
    return missing.length === 0 ? undefined : `the store has no ${missing.join(', no ')}`
  })
}

/** All that an iterable brings. */
export async function listed(keys: AsyncIterable<string> | undefined): Promise<string[]> {
  const list: string[] = []
  if (keys !== undefined) for await (const key of keys) list.push(key)
  return list
}

/** Keys that mean something somewhere, and nothing to a store. */
export const HOSTILE_KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '*',
  '?',
  '[ab]',
  '{a,b}',
  'a\\*',
  'a:b:c',
  ':',
  '/',
  '../a',
  'a b',
  ' ',
  '\t',
  'line\nline\r\n',
  'nul\0nul',
  '%00',
  '🧀',
  'é',
  'e\u0301',
  '0',
  '-1',
  'null',
  'undefined',
  "';--",
]
