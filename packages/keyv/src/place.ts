/*
 * A place: whatever Keyv can keep things in, behind one face. Its keys are as they are written there, its values are
 * texts or bytes, and it fails by rejecting.
 *
 * The three kinds are told apart by looks, since two copies of Keyv are two classes:
 *
 *   a Map                              kept as it is
 *   a storage adapter (KeyvSqlite …)   bare.ts
 *   an instance (new Keyv(…))          instance.ts
 */

import type { Failures } from './failures.ts'

/**
 * A storage adapter or an instance of Keyv 5 or 6, or a Map: no more is asked of it than this.
 *
 * @example
 * const map = new Map<string, unknown>()
 * const backend: KeyvLike = map // no more is asked of a backend than get, set and delete
 * const store = keyv({ store: backend, keeps: 'bytes' })
 */
export interface KeyvLike {
  get(key: string): unknown
  set(key: string, value: unknown, ttl?: number): unknown
  delete(key: string): unknown
}

export interface Place {
  /** What is kept, or undefined or null. Nobody has checked it. */
  get(key: string): Promise<unknown>
  /** `ttl` in whole ms, or undefined for ever. */
  set(key: string, value: string | Uint8Array, ttl: number | undefined): Promise<void>
  delete(key: string): Promise<void>
  getMany?(keys: readonly string[]): Promise<unknown>
  setMany?(records: readonly PlaceRecord[]): Promise<void>
  deleteMany?(keys: readonly string[]): Promise<void>
  /** All keys, also those of strangers. Some may come twice. */
  keys?(): AsyncIterable<string>
  /** No key may begin with this; empty if there is no such thing. */
  readonly reserved: string
  readonly failures: Failures
}

type PlaceRecord = readonly [key: string, value: string | Uint8Array, ttl: number | undefined]

/** What storage adapters and instances may have beyond the three methods. */
export interface KeyvParts extends KeyvLike {
  getMany?(keys: readonly string[]): unknown
  setMany?(entries: readonly object[]): unknown
  deleteMany?(keys: readonly string[]): unknown
  iterator?(namespace?: string): AsyncIterable<unknown>
  disconnect?(): unknown
  on?(event: string, listener: (error: unknown) => void): unknown
  namespace?: string
  throwOnErrors?: boolean
  readonly capabilities?: { readonly expires?: boolean }
  readonly opts?: { readonly dialect?: unknown; readonly keySize?: unknown }
  readonly keySize?: unknown
}

/** Keyv 5 has `useKeyPrefix` and puts its namespace before keys itself; Keyv 6 leaves that to the store below. */
export interface KeyvInstance extends KeyvParts {
  readonly store: KeyvParts
  useKeyPrefix?: boolean
}

export function isKeyvLike(value: unknown): value is KeyvLike {
  if (typeof value !== 'object' || value === null) return false
  return ['get', 'set', 'delete'].every((name) => typeof (value as Parts)[name] === 'function')
}

type Parts = Readonly<Record<string, unknown>>

export function isInstance(store: KeyvLike): store is KeyvInstance {
  return 'hooks' in store && 'stats' in store && 'store' in store && isKeyvLike(store.store)
}

/** The keys that a store below Keyv lists, in the form its own `get` takes. */
export async function* keysIn(store: KeyvParts): AsyncGenerator<string> {
  if (store instanceof Map) {
    yield* store.keys() as Iterable<string>
    return
  }
  for await (const entry of store.iterator?.(store.namespace) ?? []) {
    const key: unknown = Array.isArray(entry) ? entry[0] : entry
    if (typeof key === 'string') yield key
  }
}

/** What a namespace puts before keys, or is taken to. */
export const reservedBy = ({ namespace }: KeyvParts): string =>
  typeof namespace === 'string' && namespace !== '' ? `${namespace}:` : ''

export const canList = (store: KeyvParts): boolean =>
  store instanceof Map || typeof store.iterator === 'function'
