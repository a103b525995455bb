/*
 * Near copies: what a process keeps in its own memory of a store that it shares with others.
 *
 * A copy is served without asking the store while it is known that nobody has changed the record: for `maxStaleness` after the
 * question that brought it, and for as long after as the channel proves that nothing was missed.
 */

import type { Store } from './store.ts'

/**
 * Where a process keeps copies of what lies elsewhere, and how long they are believed.
 *
 * @example
 * const near: Near<Entry> | undefined = store.near
 * if (near) console.log(`copies are believed for ${near.maxStaleness} ms and kept for ${near.ttl} ms at the most`)
 */
export interface Near<R> {
  /** Where the copies are. */
  readonly store: Store<R>
  /** The memories of this process which that consists of: used for nothing else. */
  readonly memories: readonly Store<R>[]
  /** For how long (ms) after it was taken a copy is believed without any proof. */
  readonly maxStaleness: number
  /** For how long (ms) a copy is believed at the most. */
  readonly ttl: number
  /** What getOrSet does when the store does not answer: loads; or serves a copy that may be out of date, within `staleIfError`. */
  readonly whenFarIsDown: 'load' | 'serve-stale'
  /** Whether a caller of `set` waits until the store has acknowledged it. */
  readonly farWrites: 'awaited' | 'background'
}
