/*
 * Warming: keys are loaded before anybody asks for them.
 *
 * Each key is read with `getOrSet`, so what holds of reads holds here: what is fresh is left alone, a load under way is
 * shared, one process of many loads (where the store has leases), and what was set or invalidated meanwhile wins.
 *
 * At most `concurrency` keys at a time, so memory does not grow with the source. The rate is one of loads, not of keys: a load
 * makes the keys after it wait, so at most `concurrency` loads more than the rate begin in any while.
 *
 * A source or a store that is down is not hammered: after `maxFailures` in a row warming ends.
 */

import type { Defaults, ICache, LoadContext } from '../cache.ts'
import { isClock } from '../create.ts'
import { type Clock, stayAwake, systemClock } from '../engine/clock.ts'
import { isCacheError, misuse } from '../errors.ts'
import { type Key, keyOf } from '../key.ts'
import { checkOptions, isCount, isFunction, isObject, type OptionTable } from '../options.ts'
import type { Awaitable } from '../store/store.ts'

/**
 * What `warm` takes.
 *
 * @example
 * await warm(cache, ids, (id) => db.page(id), { ratePerSecond: 50, concurrency: 4, policy: { ttl: '1h' } })
 */
export interface WarmOptions<T = unknown> {
  /** Keys at a time. Default: 4. */
  readonly concurrency?: number
  /** Loads that are begun in a second. Default: no limit. */
  readonly ratePerSecond?: number
  /** After this many failures in a row warming ends, with the last one as its error. Default: 10. */
  readonly maxFailures?: number
  /** Called after each key. */
  readonly onProgress?: (warmed: Warmed) => void
  /** Ends it: no further key, and nobody waits for the loads under way. */
  readonly signal?: AbortSignal
  /** How the values are kept. Default: as the cache says. */
  readonly policy?: Defaults<T>
  /** Time; for tests. Default: that of the system. */
  readonly clock?: Clock
}

/**
 * Keys so far.
 *
 * @example
 * const { loaded, failed }: Warmed = await warm(cache, ids, (id) => db.page(id))
 * console.log(`${loaded} loaded, ${failed} failed`)
 */
export interface Warmed {
  readonly asked: number
  /** Loaded here, and handed to the store. */
  readonly loaded: number
  /** Were there already, or were brought by somebody else. */
  readonly present: number
  /** Could not be loaded, or not be stored. */
  readonly failed: number
}

const isRate = (value: unknown): string | undefined =>
  typeof value === 'number' && value > 0 ? undefined : `must be a number above 0, not ${String(value)}`

const OPTIONS: OptionTable = {
  concurrency: isCount,
  ratePerSecond: isRate,
  maxFailures: isCount,
  onProgress: isFunction,
  signal: isObject,
  policy: isObject,
  clock: isClock,
}

/**
 * Loads the keys of `source` into the cache.
 *
 * @example
 * await warm(cache, await db.busiestIds(), (id) => db.page(id), { ratePerSecond: 50 })
 */
export async function warm<K extends Key, T extends V, V = unknown>(
  cache: ICache<V>,
  source: Iterable<K> | AsyncIterable<K>,
  load: (key: K, context: LoadContext<T>) => Awaitable<T>,
  options: WarmOptions<T> = {},
): Promise<Warmed> {
  checkOptions('warm', options, OPTIONS)
  if (typeof source === 'function')
    throw misuse('warm', ['the keys must be a list, or an iterable of them, not a function: call it'])
  const problem = isFunction(load)
  if (problem !== undefined) throw misuse('warm', [`the loader ${problem}`])
  const sleepless = stayAwake()
  try {
    return await new Warming(cache, load, options).all(source)
  } finally {
    sleepless()
  }
}

/** What is known of one key. */
interface Asked {
  isLoaded: boolean
  hasFailed: boolean
}

class Warming<K extends Key, T extends V, V> {
  readonly #cache: ICache<V>
  readonly #load: (key: K, context: LoadContext<T>) => Awaitable<T>
  readonly #options: WarmOptions<T>
  readonly #clock: Clock
  readonly #concurrency: number
  readonly #tally = { asked: 0, loaded: 0, present: 0, failed: 0 }
  /** Loads under way; those of stale values go on when the value was served. */
  readonly #running = new Set<Promise<unknown>>()
  /** Keys whose value the store did not take; at most `concurrency` of them matter at a time. */
  readonly #unstored = new Set<string>()
  /** When the next load may begin. */
  #due = -Infinity
  #inRow = 0
  /** What made it end. */
  #end: { readonly error: unknown } | undefined

  constructor(
    cache: ICache<V>,
    load: (key: K, context: LoadContext<T>) => Awaitable<T>,
    options: WarmOptions<T>,
  ) {
    this.#cache = cache
    this.#load = load
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#concurrency = options.concurrency ?? 4
  }

  async all(source: Iterable<K> | AsyncIterable<K>): Promise<Warmed> {
    this.#options.signal?.throwIfAborted()
    const stop = this.#cache.on((event) => {
      if (event.type === 'unstored' && event.why === 'store-behind' && event.cache === this.#cache.name)
        this.#unstored.add(event.key)
    })
    const waiting = new Set<Promise<void>>()
    try {
      for await (const key of source) {
        const one = this.#one(key).finally(() => waiting.delete(one))
        waiting.add(one)
        while (!this.#hasEnded() && Math.max(waiting.size, this.#running.size) >= this.#concurrency)
          await Promise.race([...waiting, ...this.#running])
        if (!this.#hasEnded()) await this.#pace()
        if (this.#hasEnded()) break
      }
      await Promise.all(waiting)
      if (!this.#hasEnded()) await Promise.all(this.#running)
    } finally {
      stop()
    }
    this.#options.signal?.throwIfAborted()
    if (this.#end !== undefined) throw this.#end.error
    return { ...this.#tally }
  }

  #hasEnded(): boolean {
    return this.#end !== undefined || this.#options.signal?.aborted === true
  }

  async #one(key: K): Promise<void> {
    const asked: Asked = { isLoaded: false, hasFailed: false }
    const { policy, signal, onProgress } = this.#options
    try {
      const load = (context: LoadContext<T>): Promise<T> => this.#loading(key, asked, context)
      await this.#cache.getOrSet<T>(key, load, { ...policy, ...(signal && { signal }) })
      if (this.#unstored.delete(keyOf(key)))
        this.#failed(asked, new Error('the store does not take what is loaded'))
      else if (!asked.hasFailed) this.#inRow = 0
    } catch (error) {
      if (signal?.aborted === true) return
      this.#failed(asked, error)
      if (isCacheError(error, 'CACHE_CLOSED')) this.#end = { error }
    }
    this.#tally.asked++
    if (asked.hasFailed) this.#tally.failed++
    else if (asked.isLoaded) this.#tally.loaded++
    else this.#tally.present++
    onProgress?.({ ...this.#tally })
  }

  /** The loader of one key. That it has failed is known here also where an older value was served instead. */
  #loading(key: K, asked: Asked, context: LoadContext<T>): Promise<T> {
    this.#due = Math.max(this.#due, this.#clock.now()) + 1_000 / (this.#options.ratePerSecond ?? Infinity)
    const loading = (async (): Promise<T> => this.#load(key, context))()
    asked.isLoaded = true
    const ended = loading
      .catch((error: unknown) => this.#failed(asked, error))
      .finally(() => this.#running.delete(ended))
    this.#running.add(ended)
    return loading
  }

  #failed(asked: Asked, error: unknown): void {
    if (asked.hasFailed) return
    asked.hasFailed = true
    this.#inRow++
    if (this.#inRow >= (this.#options.maxFailures ?? 10)) this.#end ??= { error }
  }

  /** Until the next load may begin, or it is ended. */
  #pace(): Promise<void> {
    const wait = this.#due - this.#clock.now()
    if (!(wait > 0)) return Promise.resolve()
    const { signal } = this.#options
    return new Promise((resolve) => {
      const go = (): void => {
        stop()
        signal?.removeEventListener('abort', go)
        resolve()
      }
      const stop = this.#clock.after(wait, go)
      signal?.addEventListener('abort', go, { once: true })
    })
  }
}
