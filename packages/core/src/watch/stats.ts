/*
 * Stats: always on, and cheap. Counters are plain integers; times go into a histogram whose buckets grow by a quarter,
 * so a percentile read from it is right to about 12 %. Hits are timed one in 256, everything slower always.
 *
 * No counter ever falls: what turns out otherwise later is counted once more, and said to be among the others.
 */

import type { Usage } from '../store/store.ts'

/**
 * What a cache has done so far, in numbers.
 *
 * @example
 * const stats: Stats = cache.stats()
 * console.log(`${stats.hits} hits, ${stats.misses} misses, ${stats.loads} loads, ${stats.stale.failedLoad} stale for an error`)
 */
export interface Stats {
  /** When this was so: ms of the cache's clock, of which only differences mean something. */
  readonly at: number
  readonly hits: number
  /** Of these, the hits of copies in this process, of a store that is asked otherwise. */
  readonly nearHits: number
  /**
   * Callers who found nothing that could be served at once. Among them are those who were answered by the load of another (`joins`),
   * and those who were served a stale value after all, because the load was slow or failed.
   */
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
  /** Calls of loaders that failed or took too long, and values that were refused. */
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
  /** What was not answered in time: operations of the store, and loads, which were given up. */
  readonly deadlines: { readonly store: number; readonly load: number }
  /** Served from the cache, of all that was asked: 0 to 1, or undefined if nothing was. */
  readonly hitRatio: number | undefined
  readonly latency: { readonly hit: Latency; readonly load: Latency; readonly store: Latency }
  /** For how long loaded values were to be fresh; longer than 8 minutes counts as that. */
  readonly lives: Latency
  /** What the store says of itself: all namespaces together. */
  readonly store: Usage | undefined
  /** What the memory says where copies of the store are kept. */
  readonly near: Usage | undefined
}

/**
 * What a namespace has counted: everything in Stats but what is no counter.
 *
 * @example
 * const [busiest]: readonly NamespaceStats[] = topNamespaces(cache, 1)
 * console.log(busiest?.name, busiest?.hitRatio)
 */
export interface NamespaceStats extends Omit<
  Stats,
  'at' | 'loading' | 'queued' | 'observerErrors' | 'store' | 'near'
> {
  readonly name: string
}

/**
 * In ms. All zero when nothing was measured.
 *
 * @example
 * const { p50, p99 }: Latency = cache.stats().latency.load
 * console.log(`loads take ${p50} ms, the slowest of a hundred ${p99} ms`)
 */
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
  storeDeadlines: number = 0
  loadDeadlines: number = 0
  readonly lifeTime: Histogram = new Histogram()
  readonly hitTime: Histogram = new Histogram()
  readonly loadTime: Histogram = new Histogram()
  readonly storeTime: Histogram = new Histogram()

  add(other: Counts): void {
    for (const name in other) {
      const counter = name as Counter
      if (typeof other[counter] === 'number') this[counter] += other[counter]
    }
    this.lifeTime.add(other.lifeTime)
    this.hitTime.add(other.hitTime)
    this.loadTime.add(other.loadTime)
    this.storeTime.add(other.storeTime)
  }
}

type Counter = { [N in keyof Counts]: Counts[N] extends number ? N : never }[keyof Counts]

/** What is no counter. */
type Now = Pick<Stats, 'at' | 'loading' | 'queued' | 'observerErrors' | 'store' | 'near'>

export function statsOf(counts: Counts, now: Now): Stats {
  return freeze({
    ...now,
    ...figuresOf(counts),
    store: now.store && freeze(now.store),
    near: now.near && freeze(now.near),
  })
}

const { freeze } = Object

const hitsOf = (counts: Counts): number => counts.hits + counts.nearHits
/** How often something was asked for. */
export const askedOf = (counts: Counts): number =>
  hitsOf(counts) + counts.staleRefreshing + counts.staleFarDown + counts.misses

/** What was counted, for people. */
export function figuresOf(counts: Counts): Omit<NamespaceStats, 'name'> {
  const {
    staleRefreshing: refreshing,
    staleSlowLoad: slowLoad,
    staleFailedLoad: failedLoad,
    staleFarDown: farDown,
    storeDeadlines,
    loadDeadlines,
    hitTime,
    loadTime,
    storeTime,
    lifeTime,
    ...plain
  } = counts
  const asked = askedOf(counts)
  return {
    ...plain,
    hits: hitsOf(counts),
    stale: freeze({ refreshing, slowLoad, failedLoad, farDown }),
    deadlines: freeze({ store: storeDeadlines, load: loadDeadlines }),
    hitRatio: asked === 0 ? undefined : (asked - counts.misses + slowLoad + failedLoad) / asked,
    lives: lifeTime.latency(),
    latency: freeze({ hit: hitTime.latency(), load: loadTime.latency(), store: storeTime.latency() }),
  }
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
    return freeze({ count: this.#count, p50: this.#at(0.5), p95: this.#at(0.95), p99: this.#at(0.99) })
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
