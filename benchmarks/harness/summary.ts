/*
 * The summary of the report: what matters most, in one table, ours beside what one writes by hand and the caches that do most of the
 * same. A row is a case of a question; what has not been asked yet has no row.
 */
import type { CaseResult, Result, Row } from './result.ts'
import { middleOf } from './written.ts'

const COLUMNS = ['larder', 'by hand', 'layered-loader', 'cacheable', 'cache-manager', 'bentocache'] as const
type Column = (typeof COLUMNS)[number]

interface Line {
  readonly says: string
  readonly question: string
  /** How the name of the case begins; the first one that does. */
  readonly case: string
  /** Who stands in a column, where that is not who it is called after; null where nobody does. */
  readonly as?: Readonly<Partial<Record<Column, string | null>>>
  /** Ratios to the baseline in this unit, and not what was counted. */
  readonly ratioIn?: string
}

const BY_HAND = 'hand-written'
const PIPELINING = 'ioredis, autopipelining'
const crowded = { 'by hand': PIPELINING, bentocache: 'bentocache, autopipelining' }

const LINES: readonly Line[] = [
  {
    says: 'a hit in process (`getOrSet`)',
    question: 'hit',
    case: 'getOrSet, 8,192 keys, everybody',
    as: { 'by hand': BY_HAND, 'layered-loader': 'layered-loader + ttl' },
  },
  {
    says: 'a write in process',
    question: 'set',
    case: 'a fresh object, 8,192 keys, everybody',
    as: { 'by hand': BY_HAND, 'layered-loader': 'layered-loader + ttl' },
  },
  {
    says: 'a miss in process, loaded and kept',
    question: 'miss',
    case: 'getOrSet of what is not there',
    as: { 'by hand': BY_HAND, 'layered-loader': 'layered-loader + ttl' },
  },
  {
    says: 'waiting for a value that is no longer fresh, its source 20 ms away',
    question: 'stale',
    case: '',
    as: { 'by hand': 'nothing stale', 'layered-loader': 'layered-loader + ttl' },
  },
  { says: 'heap for a small entry', question: 'heap', case: '', as: { 'by hand': 'lru-cache + ttl' } },
  {
    says: 'a read from Redis, one at a time',
    question: 'redis-get',
    case: '1 at once, 100 B',
    as: { 'by hand': 'ioredis' },
  },
  { says: 'a read from Redis, 256 at once', question: 'redis-get', case: '256 at once, 100 B', as: crowded },
  { says: 'a write to Redis, 256 at once', question: 'redis-set', case: '256 at once, 100 B', as: crowded },
  {
    says: '100 values from Redis in one call',
    question: 'redis-get-many',
    case: '',
    as: { 'by hand': 'ioredis' },
  },
  {
    says: 'round trips of a miss, beside the load',
    question: 'redis-miss',
    case: 'a cold key, ',
    as: { 'by hand': 'ioredis, by hand' },
    ratioIn: '×',
  },
  {
    says: 'loads of a cold key, 4 processes × 250 callers',
    question: 'stampede',
    case: '4 processes',
    as: { bentocache: 'bentocache, autopipelining' },
  },
  { says: 'a cold key while Redis hangs', question: 'redis-hung', case: '', as: { 'by hand': 'ioredis' } },
  {
    says: 'a near hit of two tiers',
    question: 'tiered-hit',
    case: 'getOrSet, 8,192 keys',
    as: { larder: 'larder, near' },
  },
  {
    says: 'until another process sees an invalidation',
    question: 'tiered-invalidation',
    case: '',
    as: { 'by hand': 'PUBLISH, SUBSCRIBE' },
  },
  {
    says: '99 % of requests to two tiers, 4 processes',
    question: 'load',
    case: 'tiered: 3,000 arrivals a second, 4',
  },
  { says: 'a page of the demo', question: 'demo', case: '', as: { 'by hand': BY_HAND } },
  { says: 'until it is imported, Redis and all', question: 'startup', case: 'import' },
  { says: 'installed, Redis and all', question: 'startup', case: 'installed' },
]

export function summary(results: readonly Result[]): string {
  const lines = LINES.flatMap((line) => {
    const result = results.find(({ question }) => question === line.question)
    const found = result?.cases.find(({ name }) => name.startsWith(line.case))
    return result === undefined || found === undefined ? [] : [lineOf(line, found, result.unit)]
  })
  return `| | ${COLUMNS.join(' | ')} |
| --- |${' --- |'.repeat(COLUMNS.length)}
${lines.join('\n')}`
}

function lineOf(
  { says, question, as = {}, ratioIn }: Line,
  { rows, unit }: CaseResult,
  unitOfAll: string,
): string {
  const shown = COLUMNS.map((column) => rows.find(({ name }) => name === (as[column] ?? column)))
  const figure = ({ cost, ratio }: Row): number => (ratioIn === undefined ? cost : ratio).median
  const least = Math.min(...shown.map((row) => (row === undefined ? Infinity : figure(row))))
  const cells = shown.map((row) => {
    if (row === undefined) return '–'
    const text = middleOf(figure(row), ratioIn ?? unit ?? unitOfAll)
    return figure(row) === least ? `**${text}**` : text
  })
  return `| [${says}](#${question}) | ${cells.join(' | ')} |`
}
