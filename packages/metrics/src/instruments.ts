/*
 * The instruments: every figure that is shown of a cache, and where it comes from. This list is complete.
 *
 * Most are read when somebody asks, from what a cache counts anyway. Only what `stats()` does not tell apart is tallied from
 * events. The values of every label come from lists that are known here or from the names of the caches that were handed in,
 * so their number is bounded, and no key is among them.
 */

import type { Coherence, Facts, Health, Usage } from '@larder/core'
import type { Seen } from './seen.ts'

export type Labels = Readonly<Record<string, string>>

/** What is shown beside the label `cache`. */
export type Row = readonly [labels: Labels, value: number]

/**
 * What kind of a number it is.
 *
 * @example
 * const ofType = (type: InstrumentType): readonly Instrument[] => instruments.filter((each) => each.type === type)
 */
export type InstrumentType = 'counter' | 'gauge' | 'histogram'

/**
 * A metric: its name, its kind, its labels and what it says.
 *
 * @example
 * const page = instruments.map(({ name, type, help }: Instrument) => `${name} (${type}): ${help}`)
 */
export interface Instrument {
  /** As Prometheus has it. */
  readonly name: string
  readonly type: InstrumentType
  readonly help: string
  readonly labels: readonly string[]
}

/** Of each cache that was handed in, without those inside it that were handed in too, so that sums are right. */
interface OfCounts {
  readonly from: 'counts'
  rows(stats: Seen): readonly Row[]
}

/** Of each cache, with all that is inside it: what cannot be told apart. */
interface OfWhole {
  readonly from: 'whole'
  rows(stats: Seen): readonly Row[]
}

/** Of a store, which all namespaces of a cache share: once, under the name that they have in common. */
interface OfStore {
  readonly from: 'store'
  rows(stats: Seen): readonly Row[]
}

/** The same, by asking the store a question. */
interface OfHealth {
  readonly from: 'health'
  rows(health: Health): readonly Row[]
}

/** Tallied from events, by tally.ts. */
interface OfEvents {
  readonly from: 'events'
}

export type Source = OfCounts | OfWhole | OfStore | OfHealth | OfEvents

const one = (value: number): readonly Row[] => [[{}, value]]
const counts = (rows: (stats: Seen) => readonly Row[]): OfCounts => ({ from: 'counts', rows })
const count = (of: (stats: Seen) => number): OfCounts => counts((stats) => one(of(stats)))
const store = (rows: (stats: Seen) => readonly Row[]): OfStore => ({ from: 'store', rows })
const health = (rows: (of: Health) => readonly Row[]): OfHealth => ({ from: 'health', rows })
const EVENTS: OfEvents = { from: 'events' }

/** A row for each tier that says how much it keeps. */
const perTier = (of: (usage: Usage) => number): OfStore =>
  store((stats) =>
    tiersOf(stats)
      .map(([tier, usage]): Row => [{ tier }, of(usage)])
      .filter(([, value]) => Number.isFinite(value)),
  )

function tiersOf({ near, store: far }: Seen): (readonly [tier: string, usage: Usage])[] {
  const tiers: (readonly [string, Usage])[] = []
  if (near !== undefined) tiers.push(['near', near])
  if (far !== undefined) tiers.push(['store', far])
  return tiers
}

/** Of copies that a channel keeps honest. Where nobody tells of changes there is nothing to trust. */
const heard = (rows: (near: NonNullable<Health['near']>) => readonly Row[]): OfHealth =>
  health(({ near }) => (near?.believedBy === 'channel' ? rows(near) : []))

/** Of a store that a channel tells of changes. */
const told = (of: (coherence: Coherence) => number): OfStore =>
  store(({ coherence }) => (coherence === undefined ? [] : one(of(coherence))))

/** Of a place beyond this process, what it says of itself. */
const known = <F extends keyof Facts>(
  fact: F,
  rows: (known: NonNullable<Facts[F]>) => readonly Row[],
): OfStore =>
  store(({ place }) => {
    const said = place?.[fact]
    return said === undefined ? [] : rows(said)
  })

type Sourced = Instrument & { readonly source: Source }

const counter = (name: string, help: string, source: Source, labels: readonly string[] = []): Sourced => ({
  name: `larder_${name}_total`,
  type: 'counter',
  help,
  labels: ['cache', ...labels],
  source,
})
const gauge = (name: string, help: string, source: Source, labels: readonly string[] = []): Sourced => ({
  name: `larder_${name}`,
  type: 'gauge',
  help,
  labels: ['cache', ...labels],
  source,
})

const STATES = ['ok', 'degraded', 'failed'] as const

export const LOAD_SECONDS = 'larder_load_seconds'
export const LOAD_FAILURES = 'larder_load_failures_total'
export const UNSTORED = 'larder_unstored_total'
export const STORE_FAILURES = 'larder_store_failures_total'
export const REFUSED = 'larder_refused_total'
export const DELIVERED = 'larder_delivered_total'

/** Every instrument, with its source. */
export const sourced: readonly Sourced[] = [
  counter(
    'hits',
    'Fresh values served, by a copy in this process (near) or by the store',
    counts(({ hits, nearHits }) => [
      [{ tier: 'near' }, nearHits],
      [{ tier: 'store' }, hits - nearHits],
    ]),
    ['tier'],
  ),
  counter(
    'misses',
    'Callers who found nothing that could be served at once',
    count(({ misses }) => misses),
  ),
  counter(
    'stale',
    'Values served although no longer fresh, or not proven to be, by reason',
    counts(({ stale }) => [
      [{ why: 'refreshing' }, stale.refreshing],
      [{ why: 'slow-load' }, stale.slowLoad],
      [{ why: 'failed-load' }, stale.failedLoad],
      [{ why: 'far-down' }, stale.farDown],
    ]),
    ['why'],
  ),
  counter(
    'joins',
    'Callers who were answered by the load of another',
    count(({ joins }) => joins),
  ),
  counter(
    'loads',
    'Loads that brought a value',
    count(({ loads }) => loads),
  ),
  {
    name: LOAD_SECONDS,
    type: 'histogram',
    help: 'Time of the loads that brought a value',
    labels: ['cache'],
    source: EVENTS,
  },
  counter('load_failures', 'Loads that failed, or whose value was refused, by class of error', EVENTS, [
    'class',
  ]),
  counter(
    'fenced',
    'Loaded values not stored, because something had invalidated them meanwhile',
    count(({ fenced }) => fenced),
  ),
  counter('unstored', 'Loaded values handed out and not stored, by reason', EVENTS, ['why']),
  counter(
    'sets',
    'Values written',
    count(({ sets }) => sets),
  ),
  counter(
    'deletes',
    'Keys deleted or made stale',
    count(({ deletes }) => deletes),
  ),
  counter(
    'invalidations',
    'Invalidations of tags, and of everything',
    count(({ invalidations }) => invalidations),
  ),
  counter('refused', 'Records of the store that were not usable, by reason', EVENTS, ['why']),
  counter(
    'probes',
    'Hits that were compared with their source',
    count(({ probes }) => probes),
  ),
  counter(
    'probe_differences',
    'Of these, those that differed from it for good',
    count(({ differences }) => differences),
  ),
  counter('store_failures', 'Operations that the store failed or was too late for', EVENTS, [
    'operation',
    'class',
  ]),
  counter(
    'deadlines',
    'Operations of the store that were not answered in time, and loads that were given up',
    counts(({ deadlines }) => [
      [{ of: 'store' }, deadlines.store],
      [{ of: 'load' }, deadlines.load],
    ]),
    ['of'],
  ),
  counter('delivered', 'Invalidations that had waited for the store, and have reached it', EVENTS),
  gauge(
    'loading',
    'Loads under way',
    count(({ loading }) => loading),
  ),
  gauge(
    'queued',
    'Invalidations that wait for the store',
    count(({ queued }) => queued),
  ),
  gauge('queued_age_seconds', 'How long the oldest of these has waited, with the namespaces inside', {
    from: 'whole',
    rows: ({ queuedFor }) => one(queuedFor / 1_000),
  }),
  gauge(
    'latency_seconds',
    'Times since the cache was made, with the namespaces inside it, right to about 12 percent',
    {
      from: 'whole',
      rows: ({ latency }) =>
        (['hit', 'load', 'store'] as const).flatMap((of) =>
          (['p50', 'p95', 'p99'] as const).map((percentile): Row => [
            { of, percentile },
            latency[of][percentile] / 1_000,
          ]),
        ),
    },
    ['of', 'percentile'],
  ),
  gauge(
    'entries',
    'Entries kept in this process',
    perTier(({ entries }) => entries),
    ['tier'],
  ),
  gauge(
    'bytes',
    'Bytes kept in this process; an estimate where live objects are kept',
    perTier(({ bytes }) => bytes),
    ['tier'],
  ),
  gauge(
    'entries_limit',
    'Entries that may be kept',
    perTier(({ maxEntries }) => maxEntries),
    ['tier'],
  ),
  gauge(
    'bytes_limit',
    'Bytes that may be kept',
    perTier(({ maxBytes }) => maxBytes),
    ['tier'],
  ),
  counter(
    'evictions',
    'Entries that the store threw out, by cause',
    store((stats) =>
      tiersOf(stats).flatMap(([tier, { removed }]) =>
        Object.entries(removed).map(([cause, value]): Row => [{ tier, cause }, value]),
      ),
    ),
    ['tier', 'cause'],
  ),
  counter(
    'written_records',
    'Records that were written as bytes',
    known('written', ({ records }) => one(records)),
  ),
  counter(
    'written_bytes',
    'Bytes of these',
    known('written', ({ bytes }) => one(bytes)),
  ),
  counter(
    'compressions',
    'Values that were given to the compressor, by what came of it',
    known('compression', ({ tried, smaller }) => [
      [{ result: 'smaller' }, smaller],
      [{ result: 'left' }, tried - smaller],
    ]),
    ['result'],
  ),
  counter(
    'compression_bytes',
    'Bytes of these, before and after',
    known('compression', ({ before, after }) => [
      [{ when: 'before' }, before],
      [{ when: 'after' }, after],
    ]),
    ['when'],
  ),
  gauge(
    'servers',
    'Servers that the store consists of, as far as is known',
    known('servers', (servers) => one(servers.known)),
  ),
  gauge(
    'breakers_open',
    'Of these, the ones that are left alone for moments, because they fail, or are not connected',
    known('servers', ({ leftAlone }) => one(leftAlone)),
  ),
  gauge(
    'server_bytes',
    'Memory that the fullest server uses, if it has a limit and tells',
    known('memory', ({ used }) => one(used)),
  ),
  gauge(
    'server_bytes_limit',
    'Its limit',
    known('memory', ({ limit }) => one(limit)),
  ),
  gauge(
    'silence_seconds',
    'How long ago it was last proven that no change of another process was missed',
    told(({ silence }) => silence / 1_000),
  ),
  gauge(
    'silence_limit_seconds',
    'For how long what is remembered is believed after such a proof',
    told(({ maxStaleness }) => maxStaleness / 1_000),
  ),
  counter(
    'observer_errors',
    'How often an observer threw',
    store(({ observerErrors }) => one(observerErrors)),
  ),
  gauge(
    'up',
    'Whether the store answers',
    health(({ store: { answers } }) => one(Number(answers))),
  ),
  gauge(
    'status',
    'Of ok, degraded and failed, the one that is so is 1',
    health(({ status }) => STATES.map((each) => [{ status: each }, Number(each === status)])),
    ['status'],
  ),
  gauge(
    'store_answer_seconds',
    'How long the store took to answer a question just now',
    health((now) => one(now.store.ms / 1_000)),
  ),
  gauge(
    'near_trusted',
    'Whether it is proven that no change was missed, so that copies are believed for as long as they live',
    heard(({ provenAgo, maxStaleness }) => one(Number(provenAgo !== undefined && provenAgo <= maxStaleness))),
  ),
  gauge(
    'near_proven_seconds',
    'How long ago it was last proven that no change was missed; absent while it is not',
    heard(({ provenAgo }) => (provenAgo === undefined ? [] : one(provenAgo / 1_000))),
  ),
  gauge(
    'near_staleness_limit_seconds',
    'How old a copy may be, at the most',
    health(({ near }) => (near === undefined ? [] : one(near.maxStaleness / 1_000))),
  ),
]

/**
 * Every instrument: for those who make a dashboard, or a list.
 *
 * @example
 * console.log(instruments.map(({ name, help }) => `${name}: ${help}`).join('\n'))
 */
export const instruments: readonly Instrument[] = sourced.map(({ name, type, help, labels }) => ({
  name,
  type,
  help,
  labels,
}))
