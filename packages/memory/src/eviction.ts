/*
 * The policies of eviction by name.
 *
 *   lru       what was not used for the longest time goes first
 *   s3-fifo   what was used only once goes before what was used again
 */

import type { List } from './list.ts'
import { Lru } from './lru.ts'
import { S3Fifo } from './s3-fifo.ts'

/**
 * Who goes first when it is full: what was not read for longest, or what was read too seldom.
 *
 * @example
 * const eviction: Eviction = 's3-fifo'
 * const store = memory({ maxEntries: 10_000, eviction })
 */
export type Eviction = 'lru' | 's3-fifo'

export const EVICTIONS: readonly Eviction[] = ['lru', 's3-fifo']

/** An empty list; `most` is what all lists may hold together. */
export function listOf<V extends object>(eviction: Eviction, most: () => number): List<V> {
  return eviction === 'lru' ? new Lru<V>(most) : new S3Fifo<V>(most)
}
