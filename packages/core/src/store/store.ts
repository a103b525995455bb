/*
 * The store: where things are kept. This is all that an adapter writes, and `storeContract` in @larder/testing is
 * its definition.
 *
 * Owed to an adapter: keys are non-empty texts; `ttl` is positive or Infinity; lists are never empty; nothing is
 * called after `close`. So an adapter checks nothing.
 * Owed by an adapter: a record comes back equal or not at all; it may vanish at any time; a failure rejects (or
 * throws), it never becomes `false` or an event.
 */

import type { Channel } from './channel.ts'
import type { Leases } from './leases.ts'
import type { Near } from './near.ts'

/**
 * A value, or the promise of one. Only below the engine; public methods are always one or the other.
 *
 * @example
 * const get = (key: string): Awaitable<string | undefined> => here.get(key) ?? fetchText(key)
 */
export type Awaitable<T> = T | PromiseLike<T>

/**
 * Whether it is the promise of a value.
 *
 * @example
 * const record = store.get(key)
 * return isPending(record) ? record.then(read) : read(record)
 */
export function isPending<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/**
 * Where records are kept. `R` is what is kept: live entries in process, bytes elsewhere.
 *
 * @example
 * const kept = new Map<string, Entry>()
 * const store: Store<Entry> = {
 *   name: 'map',
 *   get: (key) => kept.get(key),
 *   set: (key, entry) => void kept.set(key, entry),
 *   delete: (key) => void kept.delete(key),
 * }
 */
export interface Store<R> {
  readonly name: string

  /** Memory of this process: every method answers at once, nobody else writes here, and it ends with the process. */
  readonly sync?: boolean

  get(key: string): Awaitable<R | undefined>
  /** `ttl` (ms) is how long the record is worth keeping: leave to forget, not a duty to remember. */
  set(key: string, record: R, ttl: number): Awaitable<void>
  delete(key: string): Awaitable<void>

  // Faster ways. The engine is correct without any of them.

  /** Same length, same order. */
  getMany?(keys: readonly string[]): Awaitable<readonly (R | undefined)[]>
  setMany?(records: readonly (readonly [key: string, record: R, ttl: number])[]): Awaitable<void>
  deleteMany?(keys: readonly string[]): Awaitable<void>
  /** Gives back the space of all keys that begin with `prefix`; those of marks may stay. Never needed for meaning. */
  clear?(prefix: string): Awaitable<void>
  /** The keys that begin with `prefix`, in pages of the store's choosing. */
  keys?(prefix: string): AsyncIterable<string>
  close?(): Awaitable<void>

  // Facts that only some places have.

  /** A view of this store in which every key stands behind `prefix`, if that is cheaper than building the longer text. */
  within?(prefix: string): Store<R>
  /** How much is kept, and what was thrown out. */
  usage?(): Usage
  /** Calls `listener` whenever the store itself throws a record out. Returns the way to stop it. */
  onRemoval?(listener: RemovalListener): () => void
  /** Calls `listener` with the bytes of every record that is written. Returns the way to stop it. */
  onSized?(listener: SizeListener): () => void
  /** What is known of the place without asking it. */
  facts?(): Facts
  /** Whether the place can be used, in words if not. */
  check?(): Awaitable<string | undefined>
  /** The time of the place (ms since 1970), where it has a clock that all its users share. */
  time?(): number
  /** Keys with different answers are kept by different machines: one may be down, or slow, without the others. */
  partOf?(key: string): string | undefined
  /** Keeps the record if there is none. Answers the one that was there, and still is. */
  add?(key: string, record: R, ttl: number): Awaitable<R | undefined>
  /** Lets records last at least `ttl` from now, where they are still there. Changes nothing else. */
  prolong?(keys: readonly string[], ttl: number): Awaitable<void>
  /** Fills that cannot outlive an invalidation by another process. */
  readonly leases?: Leases<R>
  /** What other processes change here. */
  readonly channel?: Channel
  /** Where this process keeps copies of what is here. */
  readonly near?: Near<R>
}

/**
 * Why a store threw a record out: too many entries, too many bytes, past its life, or too large to be taken in at all.
 *
 * @example
 * store.onRemoval?.((key, cause: RemovalCause) => {
 *   if (cause === 'bytes') console.log(`${key} had to go for want of space`)
 * })
 */
export type RemovalCause = 'entries' | 'bytes' | 'expired' | 'oversized'

/**
 * What a store calls for everything that it throws out by itself.
 *
 * @example
 * const listener: RemovalListener = (key, cause) => console.log(key, cause)
 * const stop = store.onRemoval?.(listener)
 */
export type RemovalListener = (key: string, cause: RemovalCause) => void

/**
 * What a store calls with the bytes of everything that is written.
 *
 * @example
 * const listener: SizeListener = (key, bytes) => console.log(key, bytes)
 * const stop = store.onSized?.(listener)
 */
export type SizeListener = (key: string, bytes: number) => void

/**
 * Of a place beyond this process, as far as it is known.
 *
 * @example
 * const facts: Facts | undefined = store.facts?.()
 * if (facts?.memory) console.log(`${facts.memory.used} of ${facts.memory.limit} bytes`)
 */
export interface Facts {
  /** Its servers, and how many of them are left alone for moments, because they fail. */
  readonly servers?: { readonly known: number; readonly leftAlone: number }
  /** Bytes of the fullest server that has a limit, when `check` looked last. */
  readonly memory?: { readonly used: number; readonly limit: number }
  /** What this process has written. */
  readonly written?: { readonly records: number; readonly bytes: number }
  /** What was given to the compressor: how many values, how many of them got smaller, and the bytes of all, before and after. */
  readonly compression?: {
    readonly tried: number
    readonly smaller: number
    readonly before: number
    readonly after: number
  }
}

/**
 * How much a store keeps, its bounds, and what it has thrown out.
 *
 * @example
 * const usage: Usage | undefined = cache.stats().store
 * console.log(`${usage?.entries} entries, ${usage?.bytes} bytes, ${usage?.removed.bytes} thrown out for want of space`)
 */
export interface Usage {
  readonly entries: number
  /** An estimate where live objects are kept. */
  readonly bytes: number
  readonly maxEntries: number
  readonly maxBytes: number
  readonly removed: Readonly<Record<RemovalCause, number>>
}
