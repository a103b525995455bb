/*
 * Stats: always on, and cheap. Counters are plain integers; times go into a histogram whose buckets grow by a quarter,
 * so a percentile read from it is right to about 12 %. Hits are timed one in 256, everything slower always.
 */

import type { Usage } from '../store/store.ts'

/** What a cache has done so far, in numbers. */
export interface Stats {
  readonly hits: number
  /** Of these, the hits of copies in this process, of a store that is asked otherwise. */
  readonly nearHits: number
  /** Callers who found nothing that could be served; those who were answered by the load of another (`joins`) are among them. */
  readonly misses: number
  /** Values that were no longer fresh and served all the same, by reason. */
  readonly stale: {
    readonly refreshing: number
    readonly slowLoad: number
    readonly failedLoad: number
    /** Copies that could not be proven to be up to date, because the store did not answer. */
    readonly farDown: number
  }
  /** Callers that were answered by the load of another. */
  readonly joins: number
  readonly loads: number
  readonly loadFailures: number
  /** Loaded values that were not stored, because something had invalidated them meanwhile. */
  readonly fenced: number
  readonly sets: number
  readonly deletes: number
  readonly invalidations: number
  readonly storeFailures: number
  /** Records of the store that were not usable. */
  readonly refused: number
  /** Hits that were compared with their source, and those among them that differed from it and were not on their way out. */
  readonly probes: number
  readonly differences: number
  readonly observerErrors: number
  /** Loads under way now. */
  readonly loading: number
  /** Invalidations that wait for the store to come back. */
  readonly queued: number
  /** Served from the cache, of all that was asked: 0 to 1, or undefined if nothing was. */
  readonly hitRatio: number | undefined
  readonly latency: { readonly hit: Latency; readonly load: Latency; readonly store: Latency }
  /** What the store says of itself: all namespaces together. */
  readonly store: Usage | undefined
  /** What the memory says where copies of the store are kept. */
  readonly near: Usage | undefined
}

/** In ms. All zero when nothing was measured. */
export interface Latency {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** The counters of one namespace. */
export class Counts {
  /** But for those near: a hit counts once. */
  hits: number = 0
  nearHits: number = 0
  misses: number = 0
  staleRefreshing: number = 0
  staleSlowLoad: number = 0
  staleFailedLoad: number = 0
  staleFarDown: number = 0
  joins: number = 0
  loads: number = 0
  loadFailures: number = 0
  fenced: number = 0
  sets: number = 0
  deletes: number = 0
  invalidations: number = 0
  storeFailures: number = 0
  refused: number = 0
  probes: number = 0
  differences: number = 0
  readonly hitTime: Histogram = new Histogram()
  readonly loadTime: Histogram = new Histogram()
  readonly storeTime: Histogram = new Histogram()

  add(other: Counts): void {
    this.hits += other.hits
    this.nearHits += other.nearHits
    this.misses += other.misses
    this.staleRefreshing += other.staleRefreshing
    this.staleSlowLoad += other.staleSlowLoad
    this.staleFailedLoad += other.staleFailedLoad
    this.staleFarDown += other.staleFarDown
    this.joins += other.joins
    this.loads += other.loads
    this.loadFailures += other.loadFailures
    this.fenced += other.fenced
    this.sets += other.sets
    this.deletes += other.deletes
    this.invalidations += other.invalidations
    this.storeFailures += other.storeFailures
    this.refused += other.refused
    this.probes += other.probes
    this.differences += other.differences
    this.hitTime.add(other.hitTime)
    this.loadTime.add(other.loadTime)
    this.storeTime.add(other.storeTime)
  }
}

export function statsOf(
  counts: Counts,
  now: {
    loading: number
    queued: number
    observerErrors: number
    store: Usage | undefined
    near: Usage | undefined
  },
): Stats {
  const stale = counts.staleRefreshing + counts.staleSlowLoad + counts.staleFailedLoad + counts.staleFarDown
  const hits = counts.hits + counts.nearHits
  const asked = hits + stale + counts.misses
  return Object.freeze({
    hits,
    nearHits: counts.nearHits,
    misses: counts.misses,
    stale: Object.freeze({
      refreshing: counts.staleRefreshing,
      slowLoad: counts.staleSlowLoad,
      failedLoad: counts.staleFailedLoad,
      farDown: counts.staleFarDown,
    }),
    joins: counts.joins,
    loads: counts.loads,
    loadFailures: counts.loadFailures,
    fenced: counts.fenced,
    sets: counts.sets,
    deletes: counts.deletes,
    invalidations: counts.invalidations,
    storeFailures: counts.storeFailures,
    refused: counts.refused,
    probes: counts.probes,
    differences: counts.differences,
    observerErrors: now.observerErrors,
    loading: now.loading,
    queued: now.queued,
    hitRatio: asked === 0 ? undefined : (hits + stale) / asked,
    latency: Object.freeze({
      hit: counts.hitTime.latency(),
      load: counts.loadTime.latency(),
      store: counts.storeTime.latency(),
    }),
    store: now.store === undefined ? undefined : Object.freeze(now.store),
    near: now.near === undefined ? undefined : Object.freeze(now.near),
  })
}

/** Bucket i holds times up to 100 ns × 1.25^i: 100 buckets reach 8 minutes. */
const BUCKETS = 100
const FIRST_MS = 0.0001
const GROWTH = Math.log(1.25)

export class Histogram {
  /** Made with the first time; most histograms never see one. */
  #buckets: Uint32Array | undefined
  #count = 0

  record(ms: number): void {
    this.#buckets ??= new Uint32Array(BUCKETS)
    const i = ms <= FIRST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / FIRST_MS) / GROWTH))
    this.#buckets[i] = (this.#buckets[i] ?? 0) + 1
    this.#count++
  }

  add(other: Histogram): void {
    if (other.#buckets === undefined) return
    const buckets = (this.#buckets ??= new Uint32Array(BUCKETS))
    other.#buckets.forEach((n, i) => {
      buckets[i] = (buckets[i] ?? 0) + n
    })
    this.#count += other.#count
  }

  latency(): Latency {
    return Object.freeze({ count: this.#count, p50: this.#at(0.5), p95: this.#at(0.95), p99: this.#at(0.99) })
  }

  #at(share: number): number {
    let left = share * this.#count
    if (this.#buckets === undefined) return 0
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#buckets[i] ?? 0
      if (left <= 0) return FIRST_MS * Math.exp(GROWTH * i)
    }
    return FIRST_MS * Math.exp(GROWTH * BUCKETS)
  }
}
