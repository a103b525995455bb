/*
 * Events: everything that a cache does and an observer may want to hear of. This list is complete.
 *
 * Observers are passive: what they throw is counted, never felt. Nobody listening costs one comparison per operation:
 * an event object is only built when `Watch.heard` says so.
 */

import type { RemovalCause } from '../store/store.ts'

/**
 * Something that has happened in a cache.
 *
 * @example
 * cache.on((event: CacheEvent) => {
 *   if (event.type === 'load-failed') console.error(event.keys, event.error)
 * })
 */
export type CacheEvent = { readonly cache: string } &
  /** `near`: by a copy in this process, of a store that is asked otherwise. */
  (
    | { readonly type: 'hit'; readonly key: string; readonly near?: true }
    | { readonly type: 'miss'; readonly key: string }
    /** Who missed waits for the load of another. */
    | { readonly type: 'join'; readonly key: string }
    /** A value that is no longer fresh, or cannot be proven to be, was served. */
    | { readonly type: 'stale'; readonly key: string; readonly why: WhyStale }
    | {
        readonly type: 'load'
        readonly keys: readonly string[]
        readonly ms: number
        readonly background: boolean
      }
    | {
        readonly type: 'load-failed'
        readonly keys: readonly string[]
        readonly ms: number
        readonly error: unknown
        readonly background: boolean
      }
    /** A loaded value was handed out and not stored. */
    | { readonly type: 'unstored'; readonly key: string; readonly why: Unstored }
    | { readonly type: 'set'; readonly key: string }
    | { readonly type: 'delete'; readonly key: string }
    | { readonly type: 'expire'; readonly key: string }
    | { readonly type: 'invalidate-tags'; readonly tags: readonly string[] }
    | { readonly type: 'clear' }
    /** A hit was compared with its source; if it differs, it was still served `maxStaleness` later. */
    | { readonly type: 'probe'; readonly key: string; readonly same: boolean }
    /** The store threw an entry out. */
    | { readonly type: 'evict'; readonly key: string; readonly cause: RemovalCause }
    | {
        readonly type: 'store-failed'
        readonly operation: string
        readonly key: string | undefined
        readonly error: unknown
      }
    /** An invalidation could not be delivered to the store and is kept for later. */
    | { readonly type: 'queued'; readonly key: string }
    | { readonly type: 'delivered'; readonly key: string }
    /** What the store had was not usable: no entry at all, or one that does not satisfy the schema. */
    | { readonly type: 'refused'; readonly key: string; readonly why: string }
  )

/**
 * Why a stale value was served: while it is refreshed, because the load was slow, because it failed, or because the far store did not answer.
 *
 * @example
 * cache.on((event) => {
 *   if (event.type !== 'stale') return
 *   const why: WhyStale = event.why
 *   if (why === 'failed-load') console.warn(`${event.key} cannot be loaded; the old value was served`)
 * })
 */
export type WhyStale = 'refreshing' | 'slow-load' | 'failed-load' | 'far-down'

/**
 * Why a loaded value was not stored.
 *
 * @example
 * cache.on((event) => {
 *   if (event.type !== 'unstored') return
 *   const why: Unstored = event.why
 *   if (why === 'invalidated') console.log(`${event.key} was invalidated while it was loaded`)
 * })
 */
export type Unstored = 'undefined' | 'skipped' | 'invalidated' | 'given-up' | 'refused' | 'store-behind'

/**
 * What is told everything that happens in a cache. It must not throw, and should be quick.
 *
 * @example
 * const observer: Observer = (event) => void counted.set(event.type, (counted.get(event.type) ?? 0) + 1)
 * const stop = cache.on(observer)
 */
export type Observer = (event: CacheEvent) => void

interface Listener {
  readonly namespace: string
  readonly observer: Observer
}

/** Who is watching a cache and its namespaces. */
export class Watch {
  /** Whether anybody listens. */
  heard: boolean = false
  /** How often an observer threw, or rejected. */
  observerErrors: number = 0
  #listeners: readonly Listener[] = []

  /** Events of `namespace` and of those inside it. */
  add(namespace: string, observer: Observer): () => void {
    const listener: Listener = { namespace, observer }
    this.#listeners = [...this.#listeners, listener]
    this.heard = true
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener)
      this.heard = this.#listeners.length > 0
    }
  }

  emit(event: CacheEvent): void {
    for (const { namespace, observer } of this.#listeners) {
      if (event.cache !== namespace && !event.cache.startsWith(`${namespace}/`)) continue
      try {
        const said: unknown = observer(event)
        if (said instanceof Promise) said.catch(() => this.observerErrors++)
      } catch {
        this.observerErrors++
      }
    }
  }
}
