/*
 * The reader: all figures of some caches, at a moment.
 *
 * Sums over `cache` are right: a cache that was handed in together with namespaces inside it shows what is in it and not in
 * them. What belongs to a store is shown once, under the name that its namespaces have in common.
 */

import { type Health, type ICache, isCacheError, misuse } from '@larder/core'
import { type Instrument, type Labels, type Row, type Source, sourced } from './instruments.ts'
import { type Seen, seen } from './seen.ts'
import { BUCKETS, type Spread, Tally, type Timed } from './tally.ts'

/**
 * What is needed of a cache: any ICache will do.
 *
 * @example
 * const all: readonly Watched[] = [users, pages]
 * const exposition = prometheusMetrics(all)
 */
export type Watched = Pick<ICache, 'name' | 'on' | 'stats' | 'health'>

/** All that `what` was given; caches of another copy of core are caches too. */
export function watchedBy(what: string, given: Watched | readonly Watched[]): readonly Watched[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (all.every(isWatched)) return all
  throw misuse(what, ['needs a cache, such as createCache(…)'])
}

const isWatched = (each: unknown): each is Watched =>
  typeof each === 'object' && each !== null && 'on' in each && 'stats' in each && 'health' in each

export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** Behind the name of the instrument: the parts of a histogram. */
  readonly suffix?: string
}

export interface Reading {
  readonly instrument: Instrument
  readonly samples: readonly Sample[]
}

export class Reader {
  readonly #caches: readonly Watched[]
  readonly #tally: Tally
  readonly #stops: readonly (() => void)[]

  /** `timed` is told of every time that goes into a histogram, in the turn in which it is measured. */
  constructor(caches: Watched | readonly Watched[], timed?: Timed) {
    this.#caches = watchedBy('metrics', caches)
    const names = this.#caches.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) {
      throw misuse('metrics', [
        `two caches are called '${twice}', and could not be told apart: createCache({ name })`,
      ])
    }
    this.#tally = new Tally(names, timed)
    // A cache tells of all that is inside it, so one that is inside another here is not listened to again.
    this.#stops = this.#caches
      .filter(({ name }) => !names.some((other) => isWithin(name, other)))
      .map((cache) => cache.on(this.#tally.hear))
  }

  async read(): Promise<readonly Reading[]> {
    const whole = new Map<string, Watched>()
    for (const cache of this.#caches) {
      const root = rootOf(cache.name)
      if (!whole.has(root)) whole.set(root, cache)
    }
    const health = new Map<string, Health>()
    await Promise.all(
      [...whole].map(async ([root, cache]) => {
        const now = await healthOf(cache)
        if (now !== undefined) health.set(root, now)
      }),
    )
    // After that question, of which a store may remember the answer.
    const stats = new Map(this.#caches.map((cache) => [cache.name, seen(cache)]))
    return sourced.map((instrument) => ({
      instrument,
      samples: this.#samples(instrument, instrument.source, stats, health),
    }))
  }

  stop(): void {
    for (const each of this.#stops) each()
  }

  #samples(
    { name }: Instrument,
    source: Source,
    stats: ReadonlyMap<string, Seen>,
    health: ReadonlyMap<string, Health>,
  ): readonly Sample[] {
    if (source.from === 'events') {
      return [
        ...[...this.#tally.series(name)].map(({ labels, value }) => ({ labels, value })),
        ...[...this.#tally.spreads(name)].flatMap(spreadSamples),
      ]
    }
    return rowsOf(source, stats, health).map(([cache, [labels, value]]) => ({
      labels: { cache, ...labels },
      value,
    }))
  }
}

type Placed = readonly [cache: string, row: Row]

function rowsOf(
  source: Exclude<Source, { from: 'events' }>,
  stats: ReadonlyMap<string, Seen>,
  health: ReadonlyMap<string, Health>,
): Placed[] {
  if (source.from === 'health') {
    return [...health].flatMap(([root, now]) => source.rows(now).map((row): Placed => [root, row]))
  }
  if (source.from === 'store') {
    const roots = new Map<string, Seen>()
    for (const [name, of] of stats) if (!roots.has(rootOf(name))) roots.set(rootOf(name), of)
    return [...roots].flatMap(([root, of]) => source.rows(of).map((row): Placed => [root, row]))
  }
  const placed = [...stats].map(([name, of]) => [name, source.rows(of)] as const)
  if (source.from === 'whole') {
    return placed.flatMap(([name, rows]) => rows.map((row): Placed => [name, row]))
  }
  return placed.flatMap(([name, rows]) => {
    const inside = placed.filter(([other]) => around(other, stats) === name)
    return rows.map(([labels, value], i): Placed => {
      const elsewhere = inside.reduce((sum, [, theirs]) => sum + (theirs[i]?.[1] ?? 0), 0)
      return [name, [labels, value - elsewhere]]
    })
  })
}

/** The innermost cache around this one that was handed in. */
function around(name: string, all: ReadonlyMap<string, unknown>): string | undefined {
  let found: string | undefined
  for (const other of all.keys()) {
    if (isWithin(name, other) && (found === undefined || other.length > found.length)) found = other
  }
  return found
}

const isWithin = (name: string, other: string): boolean => name.startsWith(`${other}/`)
const rootOf = (name: string): string => name.split('/', 1)[0] ?? name

/** A cache that was closed has no health any more; its counters stand. */
async function healthOf(cache: Watched): Promise<Health | undefined> {
  try {
    return await cache.health()
  } catch (error) {
    if (isCacheError(error, 'CACHE_CLOSED')) return undefined
    throw error
  }
}

function spreadSamples({ labels, inBucket, count, sum }: Spread): Sample[] {
  let upTo = 0
  const buckets = BUCKETS.map((bound, i): Sample => {
    upTo += inBucket[i] ?? 0
    return { labels: { ...labels, le: String(bound) }, value: upTo, suffix: '_bucket' }
  })
  return [
    ...buckets,
    { labels: { ...labels, le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels, value: sum, suffix: '_sum' },
    { labels, value: count, suffix: '_count' },
  ]
}
