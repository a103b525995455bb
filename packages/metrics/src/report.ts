/*
 * The report: how well a cache does, for people, and what to do about what it does not do well. From counters alone, so it costs
 * nothing to ask, and shows no key.
 */

import { type ICache, type Latency, topNamespaces, type Usage } from '@larder/core'
import { type Advice, adviceFor, type Evidence, ms, percent, size } from './advice.ts'
import { watchedBy } from './reader.ts'
import { seen } from './seen.ts'

/**
 * How well a cache does.
 *
 * @example
 * const { text, advice }: Report = report(cache)
 * console.log(text, advice.length)
 */
export interface Report {
  /** To print. */
  readonly text: string
  readonly advice: readonly Advice[]
}

/**
 * What `cache`, with the namespaces inside it, has done since it was made.
 *
 * @example
 * console.log(report(cache).text)
 */
export function report(cache: ICache): Report {
  watchedBy('report', cache)
  const stats: Evidence = { ...seen(cache), namespaces: topNamespaces(cache) }
  const advice = adviceFor(stats)
  const lines = [
    `${cache.name}: ${stats.hitRatio === undefined ? 'nothing was asked yet' : `${percent(stats.hitRatio)} of what was asked was served`}`,
    '',
    ...counted(stats),
    ...times(stats),
    ...kept(stats),
    ...namespaces(stats),
    '',
    ...(advice.length === 0 ? ['Nothing to advise.'] : ['Advice', ...advice.flatMap(linesOf)]),
  ]
  return { text: lines.join('\n'), advice }
}

function counted(stats: Evidence): string[] {
  const { hits, nearHits, misses, stale, joins, loads, loadFailures, fenced, queued } = stats
  const old = Object.values(stale).reduce((sum, each) => sum + each, 0)
  return [
    line(
      'served',
      `${count(hits)} fresh${nearHits > 0 ? `, ${count(nearHits)} of them near` : ''}, ${count(old)} stale`,
    ),
    line('missed', `${count(misses)}, ${count(joins)} of them waited for the load of another`),
    line(
      'loaded',
      `${count(loads)}, ${count(loadFailures)} failed, ${count(fenced)} overtaken by an invalidation`,
    ),
    ...(queued > 0 ? [line('waiting', `${count(queued)} invalidations`)] : []),
  ]
}

function times({ latency }: Evidence): string[] {
  const of = (name: string, { count: n, p50, p95, p99 }: Latency): string[] =>
    n === 0 ? [] : [line(name, `${ms(p50)} at the median, ${ms(p95)} at 95 %, ${ms(p99)} at 99 %`)]
  return [...of('a hit', latency.hit), ...of('a load', latency.load), ...of('the store', latency.store)]
}

function kept({ near, store, place }: Evidence): string[] {
  const compression = place?.compression
  return [
    ...usage('near', near),
    ...usage('memory', store),
    ...(place?.written === undefined || place.written.records === 0
      ? []
      : [
          line(
            'written',
            `${count(place.written.records)} records, ${size(place.written.bytes / place.written.records)} each`,
          ),
        ]),
    ...(compression === undefined
      ? []
      : [
          line(
            'compressed',
            `${count(compression.tried)} values from ${size(compression.before)} to ${size(compression.after)}`,
          ),
        ]),
  ]
}

function usage(name: string, of: Usage | undefined): string[] {
  if (of === undefined) return []
  const { entries, bytes, maxBytes, removed } = of
  const room = Number.isFinite(maxBytes) ? ` of ${size(maxBytes)}` : ''
  return [
    line(
      name,
      `${count(entries)} entries, ${size(bytes)}${room}; ${count(removed.entries + removed.bytes)} evicted`,
    ),
  ]
}

function namespaces({ namespaces: all }: Evidence): string[] {
  if (all.length < 2) return []
  return [
    '',
    'Namespaces',
    ...all.map(({ name, hits, misses, hitRatio, loads, latency }) =>
      line(
        name,
        `${percent(hitRatio ?? 0)} of ${count(hits + misses)} served${loads > 0 ? `; ${count(loads)} loads of ${ms(latency.load.p50)}` : ''}`,
      ),
    ),
  ]
}

const linesOf = ({ cache, finding, remedy }: Advice): string[] => [
  `- ${cache === undefined ? '' : `${cache}: `}${finding}.`,
  `  Try: ${remedy}.`,
]

const line = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`
const count = (n: number): string => n.toLocaleString('en')
