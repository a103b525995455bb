/*
 * The policies of eviction by name.
 *
 *   s3-fifo   what was used only once goes before what was used again; the default
 *   lru       what was not used for the longest time goes first
 */

import type { List } from './list.ts'
import { Lru } from './lru.ts'
import { S3Fifo } from './s3-fifo.ts'

/**
 * Who goes first when it is full: what was read too seldom, or what was not read for longest.
 *
 * @example
 * const eviction: Eviction = 'lru'
 * const store = memory({ maxEntries: 10_000, eviction })
 */
export type Eviction = 's3-fifo' | 'lru'

export const EVICTIONS: readonly Eviction[] = ['s3-fifo', 'lru']

/** An empty list; `most` is what all lists may hold together. */
export function listOf<V extends object>(eviction: Eviction, most: () => number): List<V> {
  return eviction === 'lru' ? new Lru<V>(most) : new S3Fifo<V>(most)
}
