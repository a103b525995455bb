/*
 * Limits: what is known of a place before it complains. Options go before.
 *
 * SQL adapters say how long a key may be. Of the others the few facts that bite are kept here, by dialect or class; each
 * is of the backend, not of a version of its adapter.
 */

import { isInstance, type KeyvLike, type KeyvParts } from './place.ts'

export interface Limits {
  readonly maxKeyBytes: number
  /** ms. */
  readonly maxTtl: number
  /** Keys in one request. */
  readonly maxBatch: number
}

const NONE: Limits = { maxKeyBytes: Infinity, maxTtl: Infinity, maxBatch: 1_000 }

const KNOWN: Readonly<Record<string, Partial<Limits>>> = {
  // BatchWriteItem takes 25. What is for ever would be given six hours by the adapter.
  dynamo: { maxKeyBytes: 2_048, maxBatch: 25, maxTtl: 3_650 * 86_400_000 },
  // Longer times are taken for a date, which has passed.
  KeyvMemcache: { maxKeyBytes: 250, maxTtl: 30 * 86_400_000 },
}

export function limitsOf(given: KeyvLike): Limits {
  const store: KeyvParts = isInstance(given) ? given.store : given
  // Keyv 6 puts a bridge before stores of version 5.
  const below = 'store' in store && typeof store.store === 'object' ? (store.store as KeyvParts) : store
  const named = [below.opts?.dialect, below.constructor.name].map((name) => KNOWN[String(name)])
  const size = Number(below.opts?.keySize ?? below.keySize)
  const keySize = size > 0 ? { maxKeyBytes: size } : {}
  const limits = { ...NONE, ...keySize, ...named[0], ...named[1] }
  return { ...limits, maxKeyBytes: limits.maxKeyBytes - prefixBytes(given) }
}

/** What instances put before each key. */
function prefixBytes(given: KeyvLike): number {
  const { namespace } = given as KeyvParts
  return isInstance(given) && typeof namespace === 'string' ? Buffer.byteLength(namespace) + 2 : 0
}
