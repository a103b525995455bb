/*
 * An entry: a value and how long it may be believed.
 *
 *      written ──────────── freshUntil ───────── staleUntil ───────── deadAt
 *               fresh             stale: served         error-only: served
 *               served            while it is           when a load fails
 *                                 refreshed
 *
 * What the entries written under one policy have in common sits in one shared Terms object, so that an entry costs
 * three fields. Both windows count from the end of freshness. Times are those of the clock of the cache.
 */

import type { Meta } from '../cache.ts'
import type { StandardSchema } from '../schema.ts'
import { keepShape } from './shapes.ts'

/**
 * The state of a tag when a load began. One object per state, shared by every entry that was made in it: when the tag
 * is invalidated, `live` is turned off here, and all of them are invalid at once.
 *
 * @example
 * const stamp: Stamp = { tag: 'team:7', token: 'f3a9', live: true }
 * const entry = entryOf('value', clock.now() + 60_000, termsOf(0, 0, [stamp]))
 * stamp.live = false // whatever carries it is invalid
 */
export interface Stamp {
  readonly tag: string
  /** What identifies the state outside this process. Random, never counted and never a time: lost state must not repeat. */
  readonly token: string
  live: boolean
}

/**
 * The states of the tags of an entry when its load began.
 *
 * @example
 * const stamps: Stamps = [{ tag: 'team:7', token: 'f3a9', live: true }]
 * const terms = termsOf(0, 0, stamps)
 */
export type Stamps = readonly Stamp[]

/**
 * What entries have in common: windows, tags, when and how they came to be. Shared between entries.
 *
 * @example
 * const terms: Terms = termsOf(60_000, 3_600_000, []) // one for all entries that are written alike
 * const entries = ['a', 'b'].map((value) => entryOf(value, clock.now() + 1_000, terms))
 */
export interface Terms {
  /** ms after freshUntil. */
  readonly staleFor: number
  /** ms after freshUntil; never less than staleFor. */
  readonly keptFor: number
  /** The namespace's own stamps, then one for each tag. */
  readonly stamps: Stamps
  readonly meta: Meta | undefined
  /** ms the load took; 0 if it was not measured. */
  readonly cost: number
  /** The schema that the value satisfied when it was written. */
  readonly schema: StandardSchema | undefined
  /** Of a near copy: what it is known by. */
  readonly since: Since | undefined
}

/**
 * When a near copy was taken, and so for how long it may be believed. One for all that was asked for at about the same time.
 *
 * @example
 * const { since } = entry.terms
 * const mayBeBelieved = since === undefined || clock.now() < since.ends
 */
export interface Since {
  /** The period of trust (trust.ts) in which it was asked for; 0 if changes would not have been heard. */
  readonly period: number
  /** Until then it may be believed where no changes would be heard. */
  readonly until: number
  /** After that never. */
  readonly ends: number
  /** Whose copy it is: nobody else hears of what happens to it. */
  readonly owner: object
}

/**
 * A value as a store of entries keeps it, with what decides whether it may be served.
 *
 * @example
 * const entry: Entry<string> = entryOf('value', clock.now() + 60_000, termsOf(0, 0, []))
 * await store.set('key', entry, deadAt(entry) - clock.now())
 */
export interface Entry<V = unknown> {
  readonly value: V
  readonly freshUntil: number
  readonly terms: Terms
}

/**
 * How old an entry is: fresh, stale (served while it is refreshed), kept for errors only, or dead.
 *
 * @example
 * const age: Age = ageOf(entry, clock.now())
 * if (age === 'stale') console.log('to be served, and to be refreshed')
 */
export type Age = 'fresh' | 'stale' | 'error-only' | 'dead'

/**
 * The only place where entries are made, so that all have one shape.
 *
 * @example
 * const entry = entryOf('value', clock.now() + 60_000, termsOf(0, 0, []))
 */
export function entryOf<V>(value: V, freshUntil: number, terms: Terms): Entry<V> {
  return { value, freshUntil, terms }
}

/**
 * What entries have in common, made in one place so that all have one shape. Times are in ms.
 *
 * @example
 * const terms = termsOf(60_000, 3_600_000, []) // may be stale for a minute, is kept for errors for an hour
 */
export function termsOf(
  staleFor: number,
  keptFor: number,
  stamps: Stamps,
  meta?: Meta,
  cost: number = 0,
  schema?: StandardSchema,
): Terms {
  return { staleFor, keptFor: Math.max(staleFor, keptFor), stamps, meta, cost, schema, since: undefined }
}

keepShape(entryOf(null, 0, termsOf(0, 0, [])))

export const staleUntil = (entry: Entry): number => entry.freshUntil + entry.terms.staleFor
/**
 * The moment (by the clock of the cache) from which nobody wants an entry any more: the end of its longest window.
 *
 * @example
 * const ttl = deadAt(entry) - clock.now()
 */
export const deadAt = (entry: Entry): number => entry.freshUntil + entry.terms.keptFor

/**
 * Whether an entry is fresh, stale, kept for errors only, or dead at a moment of the clock.
 *
 * @example
 * if (ageOf(entry, clock.now()) === 'fresh') return entry.value
 */
export function ageOf(entry: Entry, now: number): Age {
  if (now < entry.freshUntil) return 'fresh'
  if (now < staleUntil(entry)) return 'stale'
  return now < deadAt(entry) ? 'error-only' : 'dead'
}

export function allLive(stamps: Stamps): boolean {
  for (let i = 0; i < stamps.length; i++) {
    if (stamps[i]?.live !== true) return false
  }
  return true
}

function isStamp(stamp: unknown): boolean {
  if (typeof stamp !== 'object' || stamp === null || !('tag' in stamp) || !('token' in stamp)) return false
  return typeof stamp.tag === 'string' && typeof stamp.token === 'string'
}

/** A record that is there and not believed. The engine takes it for a miss and reports why. */
interface Refused {
  readonly refused: string
}

/** Stores of entries may hand out a refusal in the place of an entry; nobody but `entryProblem` looks into it. */
export function refusedEntry(why: string): Entry {
  return { refused: why } satisfies Refused as unknown as Entry
}

/** What a store hands out may be anything. Says what is wrong with it, or nothing. */
export function entryProblem(found: unknown): string | undefined {
  if (typeof found !== 'object' || found === null)
    return `${found === null ? 'null' : `a ${typeof found}`}, not an entry`
  if ('refused' in found && typeof found.refused === 'string') return found.refused
  if (!('value' in found) || !('freshUntil' in found) || !('terms' in found))
    return 'an object that is no entry'
  if (typeof found.freshUntil !== 'number' || Number.isNaN(found.freshUntil)) return 'an entry without a time'
  const terms = found.terms
  if (typeof terms !== 'object' || terms === null || !('stamps' in terms) || !Array.isArray(terms.stamps)) {
    return 'an entry without stamps'
  }
  if (!terms.stamps.every(isStamp)) return 'an entry with odd stamps'
  if (!('staleFor' in terms) || typeof terms.staleFor !== 'number') return 'an entry without times'
  if (!('keptFor' in terms) || typeof terms.keptFor !== 'number') return 'an entry without times'
  if (found.value === undefined) return 'an entry without a value'
  return undefined
}
