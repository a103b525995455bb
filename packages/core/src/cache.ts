/*
 * What people hold: ICache, and the types of everything one passes to it.
 *
 * Types only. What the methods mean is written once, in engine/; where things are kept is the business of a Store.
 * Every method is always a promise or never one: `peek`, `stats`, `namespace`, `wrap`, `keys` and `on` answer at once.
 */

import type { Duration } from './duration.ts'
import type { Key } from './key.ts'
import type { StandardSchema } from './schema.ts'
import type { Awaitable } from './store/store.ts'
import type { Observer } from './watch/events.ts'
import type { Explanation, Health } from './watch/report.ts'
import type { Stats } from './watch/stats.ts'

/**
 * A cache.
 *
 * @example
 * const cache = createCache({ store: memory(), ttl: '5m' })
 * const user = await cache.getOrSet(['user', 42], () => db.user(42), { tags: ['users'] })
 * await cache.invalidateTags('users')
 */
export interface ICache<V = unknown> extends AsyncDisposable {
  /** The name it was created with, and the namespaces below it: `shop/users`. */
  readonly name: string

  /** The fresh value of `key`, or undefined: a miss. `null` is a value. */
  get(key: Key): Promise<V | undefined>

  /** The fresh values of `keys`: same length, same order, undefined where there is none. */
  getMany(keys: readonly Key[]): Promise<(V | undefined)[]>

  /**
   * The value of `key`, loaded by `load` when there is no fresh one. Callers of one key share one load; an error of
   * the load reaches all of them untouched. `undefined` is handed back and not kept.
   *
   * @example
   * await cache.getOrSet('rates', () => fetchRates(), { ttl: '1m', staleIfError: '1h' })
   */
  getOrSet<T extends V>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T>

  /**
   * The values of `keys`, with one call of `load` for all the missing ones together. Keys that somebody else is
   * loading already are waited for, not loaded twice.
   *
   * @example
   * await cache.getOrSetMany(ids, (missing) => db.usersById(missing))
   */
  getOrSetMany<T extends V, K extends Key = Key>(
    keys: readonly K[],
    load: ManyLoader<T, K>,
    how?: Policy<T>,
  ): Promise<T[]>

  /** Keeps `value`. Loads of `key` that are under way can no longer overwrite it. */
  set<T extends V>(key: Key, value: T, how?: Policy<T>): Promise<Written>

  /** Keeps several values. */
  setMany(entries: Iterable<readonly [Key, V]>, how?: Policy<V>): Promise<Written>

  /** Forgets `keys`. Nobody who asks after this call gets an older value, whatever loads are under way. */
  delete(...keys: Key[]): Promise<Written>

  /** Makes `keys` stale: kept for stale-while-revalidate and stale-if-error, no longer fresh. */
  expire(...keys: Key[]): Promise<Written>

  /**
   * Makes every entry with one of `tags` invalid, in this namespace and in those inside it: at the same cost for ten
   * entries or ten million.
   */
  invalidateTags(...tags: string[]): Promise<Written>

  /** Forgets everything in this namespace and in those below it, and nobody else's. */
  clear(): Promise<Written>

  /** Whether there is a fresh value. */
  has(key: Key): Promise<boolean>

  /** How many ms the value stays fresh, or undefined if there is no fresh one. */
  ttl(key: Key): Promise<number | undefined>

  /** Makes the value fresh for `ttl` from now; false if there is no fresh one. */
  touch(key: Key, ttl: Duration): Promise<boolean>

  /** The value if it is in this process, fresh, now. Never waits, never loads. */
  peek(key: Key): V | undefined

  /**
   * `fn` with its results cached by its arguments.
   *
   * @example
   * const rate = cache.wrap(fetchRate, { key: (from, to) => ['rate', from, to], ttl: '1m' })
   */
  wrap<A extends unknown[], T extends V>(
    fn: (...args: A) => Awaitable<T>,
    how?: WrapPolicy<A, T>,
  ): (...args: A) => Promise<T>

  /**
   * A cache inside this one: its own keys, tags and `clear`, the same store. `how` is the policy of everything in it.
   *
   * @example
   * const users = cache.namespace<User>('users', { ttl: '1h', schema: userSchema })
   */
  namespace<W extends V = V>(name: string, how?: Defaults<W>): ICache<W>

  /**
   * The keys that are kept here, in no order; for tools. `match` may hold `*` (any text) and `?` (one character); keys
   * of several parts are matched as they are written in the store, `["user",42]`.
   */
  keys(match?: string): AsyncIterable<Key>

  /** Forgets the keys that match; looks at every key, so for tools and clean-ups. Tags are the fast way. */
  deleteMatching(match: string): Promise<number>

  /** What happened so far: an unchanging snapshot. */
  stats(): Stats

  /** Whether all is well, and if not what is wrong, in words. */
  health(): Promise<Health>

  /** Where the value of `key` is, how old, with which tags, and why it would or would not be served. */
  explain(key: Key): Promise<Explanation>

  /** Calls `observer` with every event from now on; returns the way to stop it. */
  on(observer: Observer): () => void

  /** Waits for what is under way (at most `drain`, 1 s if not given), then lets go of everything. Can be called twice. */
  close(how?: CloseOptions): Promise<void>
}

/**
 * How a value is kept. On a cache or namespace: the default. On a call: for that call, over the default.
 *
 * @example
 * const policy: Policy<User> = { ttl: '5m', staleIfError: '1h', tags: (user) => [`team:${user.team}`] }
 * await cache.getOrSet('user:42', () => db.user(42), policy)
 */
export interface Policy<T = unknown> {
  /** How long a value is fresh. Default: for ever. */
  readonly ttl?: Duration
  /** After that, how long a stale value is served at once while one load refreshes it. Default: 0. */
  readonly staleWhileRevalidate?: Duration
  /** After it was fresh, how long a value is kept for the case that a load fails. Default: 0. */
  readonly staleIfError?: Duration
  /** Tags to invalidate the value by. A function is asked once the value is known. Tags of a namespace and of a call add up. Default: none. */
  readonly tags?: readonly string[] | ((value: T) => readonly string[])
  /** Shortens each ttl by a random share of up to this much, so that what was loaded together does not expire together. 0 to 1. Default: 0.1 for getOrSet, none for set. */
  readonly jitter?: number
  /** Refreshes a value before its end, the likelier the nearer the end and the longer its load took (XFetch). `true` is 1. Default: false. */
  readonly refreshEarly?: boolean | number
  /** `soft`: after this long a stale value is served if there is one. `hard`: after this long the load is given up. Default: no soft, 60 s hard. */
  readonly loadTimeout?: { readonly soft?: Duration; readonly hard?: Duration }
  /** How long `null` is fresh. Default: as long as other values. */
  readonly nullTtl?: Duration
  /** Values must satisfy this (any Standard Schema: zod, valibot, arktype …). One that is stored and does not is a miss. Default: none. */
  readonly schema?: StandardSchema<T>
  /** This share of the hits of getOrSet is loaded once more in the background, and compared: what differs is counted and told. 0 to 1. Default: 0. */
  readonly probe?: number
  /** Lets go of this caller's wait. The load is aborted once every caller that waits for it has gone. Default: none. */
  readonly signal?: AbortSignal
}

/**
 * A policy for more than one call: a signal belongs to one.
 *
 * @example
 * const short: Defaults = { ttl: '10s', staleIfError: '1h' }
 * const rates = cache.namespace('rates', short)
 */
export type Defaults<T = unknown> = Omit<Policy<T>, 'signal'>

/**
 * What `wrap` takes: a policy, and how a key is made of the arguments.
 *
 * @example
 * const getUser = cache.wrap((id: number) => db.user(id), { key: (id) => ['user', id], ttl: '5m' })
 * const ada = await getUser(42)
 */
export interface WrapPolicy<A extends unknown[], T> extends Defaults<T> {
  /** The key of a call. Default: the function's name and its arguments, which then must be fit for a key. */
  readonly key?: (...args: A) => Key
}

/**
 * How a cache is closed.
 *
 * @example
 * await cache.close({ drain: '5s' }) // lets loads and writes end for so long
 */
export interface CloseOptions {
  /** How long loads and writes that are under way are waited for. Default: 1 s. */
  readonly drain?: Duration
}

/**
 * What a write has reached beyond this process. `queued`: not yet; it is kept and delivered when the store is back.
 *
 * @example
 * const { far }: Written = await cache.delete('user:42')
 * if (far === 'queued') console.warn('gone here; other processes follow when the store is back')
 */
export interface Written {
  readonly far: 'applied' | 'queued' | 'none'
}

/**
 * Whatever one wants to remember of a source beside the value: an ETag, a Last-Modified date, a version.
 *
 * @example
 * const meta: Meta = { etag: '"abc"', pages: 3 }
 * await cache.getOrSet('report', async (context) => {
 *   context.meta(meta) // comes back as `context.stale.meta` when it is loaded again
 *   return await fetchText('/report')
 * })
 */
export type Meta = Readonly<Record<string, string | number | boolean | null>>

/**
 * Makes the value of one key.
 *
 * @example
 * const load: Loader<User> = ({ stale }) => (db.isDown() && stale ? stale.value : db.user(42))
 * await cache.getOrSet('user:42', load)
 */
export type Loader<T> = (context: LoadContext<T>) => Awaitable<T>

/**
 * Makes the values of many keys: an array in the order of `missing`, or a map.
 *
 * @example
 * const load: ManyLoader<User, string> = async (missing) => {
 *   const found = await db.users(missing)
 *   return new Map(found.map((user) => [`${user.id}`, user])) // a Map by key, or a list in the order of `missing`
 * }
 * await cache.getOrSetMany(['1', '2', '3'], load)
 */
export type ManyLoader<T, K extends Key = Key> = (
  missing: readonly K[],
  context: ManyContext,
) => Awaitable<readonly (T | undefined)[] | ReadonlyMap<K, T>>

/**
 * What a loader is told, and can say, while it runs.
 *
 * @example
 * await cache.getOrSet('token', async ({ signal, ttl, tags }: LoadContext<Token>) => {
 *   const token = await fetchToken(signal)
 *   ttl(token.expiresIn * 1_000) // known only now
 *   tags(`client:${token.client}`)
 *   return token
 * })
 */
export interface LoadContext<T> {
  readonly key: Key
  /** Aborted when nobody waits for the load any more, and at its hard timeout. */
  readonly signal: AbortSignal
  /** The value that is no longer fresh, if there is one. */
  readonly stale: { readonly value: T; readonly age: number; readonly meta?: Meta } | undefined
  /** The value is fresh for this long, instead of what the policy says. */
  ttl(duration: Duration): void
  /** Adds tags that are known only now. */
  tags(...tags: string[]): void
  /** Remembers this beside the value, for the next load. */
  meta(meta: Meta): void
  /** "Not modified": the stale value is fresh again. Returns it. */
  keep(): T
  /** Answer, but do not store. */
  skip(): void
}

/**
 * What a loader of many is told, and can say.
 *
 * @example
 * await cache.getOrSetMany(ids, async (missing, { signal, ttl }: ManyContext) => {
 *   ttl('10m')
 *   return await db.users(missing, signal) // in the order of `missing`
 * })
 */
export interface ManyContext {
  readonly signal: AbortSignal
  /** As in LoadContext, for all the keys of this load. */
  ttl(duration: Duration): void
  tags(...tags: string[]): void
  /** Answer, but do not store; only these keys, or all without an argument. */
  skip(...keys: Key[]): void
}
