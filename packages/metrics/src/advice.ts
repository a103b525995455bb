/*
 * Advice: what follows from the numbers of a cache. Each looks at a snapshot and says what could be better and what to do about it,
 * or nothing. None speaks on thin evidence: what is less than a hundred times seen is left alone.
 */

import type { Latency, NamespaceStats, Stats, Usage } from '@larder/core'
import type { Seen } from './seen.ts'

/**
 * What advice is about.
 *
 * @example
 * const muted: readonly AdviceName[] = ['ttl-too-short']
 * const advice = report(cache).advice.filter(({ name }) => !muted.includes(name))
 */
export type AdviceName =
  | 'ttl-too-short'
  | 'values-too-large'
  | 'thrashing'
  | 'memory-too-small'
  | 'compression-does-not-pay'
  | 'loads-overtaken'
  | 'loads-fail'
  | 'too-late'

/**
 * One thing that could be better.
 *
 * @example
 * const advice: readonly Advice[] = report(cache).advice
 * for (const { finding, remedy } of advice) console.log(`${finding}: ${remedy}`)
 */
export interface Advice {
  readonly name: AdviceName
  /** The namespace, where it is about one. */
  readonly cache: string | undefined
  /** What was seen. */
  readonly finding: string
  /** What to do. */
  readonly remedy: string
}

/** What advice is drawn from. */
export interface Evidence extends Seen {
  readonly namespaces: readonly NamespaceStats[]
}

type Found = Omit<Advice, 'name'>

const ENOUGH = 100
/** A value should live at least so many times as long as it takes to load. */
const LIVES_PER_LOAD = 20
const LARGE = 64 * 1_024
const THRASHING = 0.2
const WORTH_COMPRESSING = 0.2

const ADVISERS: Readonly<Record<AdviceName, (stats: Evidence) => readonly Found[]>> = {
  'ttl-too-short': ({ namespaces }: Evidence): Found[] =>
    namespaces
      .filter(({ latency, lives }) => lives.count >= ENOUGH && lives.p50 < LIVES_PER_LOAD * latency.load.p50)
      .map(({ name, latency: { load }, lives }) => ({
        cache: name,
        finding: `values take ${ms(load.p50)} to load and are fresh for ${ms(lives.p50)}`,
        remedy: 'a longer ttl; or staleWhileRevalidate, so that nobody waits for the next load',
      })),

  'values-too-large': ({ store, near, place }: Evidence): Found[] => {
    const large = sizes({ store, near, place }).find(
      ({ count, bytes }) => count >= ENOUGH && bytes / count > LARGE,
    )
    const oversized = (store?.removed.oversized ?? 0) + (near?.removed.oversized ?? 0)
    const remedy = 'keep what is read, not all there is; split lists; bigKeys(cache) shows which they are'
    return [
      ...(large === undefined
        ? []
        : [{ cache: undefined, finding: `values take ${size(large.bytes / large.count)} each`, remedy }]),
      ...(oversized === 0
        ? []
        : [{ cache: undefined, finding: `${oversized} values were too large to be kept at all`, remedy }]),
    ]
  },

  thrashing: ({ namespaces, store, near }: Evidence): Found[] => {
    const evicted = evictions(near ?? store)
    const all = namespaces.reduce((sum, each) => sum + writes(each), 0)
    return namespaces
      .filter((each) => isThrashing(each, evicted, all))
      .map((each) => ({
        cache: each.name,
        finding: `${percent(each.hitRatio ?? 0)} of its reads are hits, and it makes ${percent(writes(each) / all)} of all writes, while ${evicted} entries were evicted to make room`,
        remedy: 'a memory of its own, or a larger one; or do not cache what is read once',
      }))
  },

  'memory-too-small': ({ namespaces, store, near, hitRatio }: Evidence): Found[] => {
    const evicted = evictions(near ?? store)
    const all = namespaces.reduce((sum, each) => sum + writes(each), 0)
    const isOneAlone = namespaces.some((each) => isThrashing(each, evicted, all))
    if (isOneAlone || evicted < ENOUGH || evicted < all / 2 || (hitRatio ?? 1) > 0.8) return []
    return [
      {
        cache: undefined,
        finding: `${evicted} entries were evicted to make room, of ${all} that were written`,
        remedy: 'a larger memory: maxEntries and maxBytes',
      },
    ]
  },

  'compression-does-not-pay': ({ place }: Evidence): Found[] => {
    const { tried, smaller, before, after } = place?.compression ?? {
      tried: 0,
      smaller: 0,
      before: 1,
      after: 0,
    }
    const saved = 1 - after / before
    if (tried < ENOUGH || saved >= WORTH_COMPRESSING) return []
    return [
      {
        cache: undefined,
        finding: `of ${tried} values that were compressed ${smaller} got smaller, and all together by ${percent(saved)}`,
        remedy:
          'no compressor, or another one; what is packed already (images, archives) does not shrink again',
      },
    ]
  },

  'loads-overtaken': ({ namespaces }: Evidence): Found[] =>
    namespaces
      .filter(({ loads, fenced }) => loads >= ENOUGH && fenced > loads / 10)
      .map(({ name, loads, fenced }) => ({
        cache: name,
        finding: `${fenced} of ${loads} loaded values were invalidated before they could be stored`,
        remedy: 'narrower tags: each of these loads was in vain for all but those who waited for it',
      })),

  'loads-fail': ({ loads, loadFailures }: Evidence): Found[] =>
    loads + loadFailures < ENOUGH || loadFailures <= (loads + loadFailures) / 10
      ? []
      : [
          {
            cache: undefined,
            finding: `${loadFailures} of ${loads + loadFailures} loads have failed`,
            remedy: 'look at the source; staleIfError serves the last value meanwhile',
          },
        ],

  'too-late': ({ deadlines, latency }: Evidence): Found[] =>
    deadlines.store < ENOUGH
      ? []
      : [
          {
            cache: undefined,
            finding: `the store did not answer ${deadlines.store} times in time; it takes ${ms(latency.store.p99)} at the 99th percentile`,
            remedy: 'look at the store and at the way there; storeTimeout says how long it is waited for',
          },
        ],
}

/** What could be better, most telling first. */
export function adviceFor(stats: Evidence): readonly Advice[] {
  return NAMES.flatMap((name) => ADVISERS[name](stats).map((found) => ({ name, ...found })))
}

const NAMES = Object.keys(ADVISERS) as readonly AdviceName[]

/** Wherever values are kept and counted. */
function sizes({ store, near, place }: Pick<Seen, 'store' | 'near' | 'place'>): {
  count: number
  bytes: number
}[] {
  const written = place?.written
  return [
    ...[near, store].flatMap((usage) =>
      usage === undefined ? [] : [{ count: usage.entries, bytes: usage.bytes }],
    ),
    ...(written === undefined ? [] : [{ count: written.records, bytes: written.bytes }]),
  ]
}

function isThrashing(each: NamespaceStats, evicted: number, all: number): boolean {
  const { hits, misses, hitRatio } = each
  if (hits + misses < ENOUGH || evicted < ENOUGH) return false
  return (hitRatio ?? 1) < THRASHING && writes(each) > all / 2 && evicted > writes(each) / 2
}

const writes = ({ loads, sets }: Pick<Stats, 'loads' | 'sets'>): number => loads + sets
const evictions = (usage: Usage | undefined): number =>
  (usage?.removed.entries ?? 0) + (usage?.removed.bytes ?? 0)

export const percent = (share: number): string => `${Math.round(share * 100)} %`

export function ms(time: Latency['p50']): string {
  if (time >= 10_000) return `${Math.round(time / 1_000)} s`
  if (time >= 1_000) return `${(time / 1_000).toFixed(1)} s`
  if (time >= 10) return `${Math.round(time)} ms`
  return time >= 1 ? `${time.toFixed(1)} ms` : `${Math.ceil(time * 1_000)} µs`
}

export function size(bytes: number): string {
  if (bytes >= 1_048_576) return `${(bytes / 1_048_576).toFixed(1)} MB`
  return bytes >= 1_024 ? `${(bytes / 1_024).toFixed(1)} kB` : `${Math.round(bytes)} B`
}
