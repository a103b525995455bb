/*
 * Reads from Redis in a second, by how many ask at once: a column of bars for each number of askers, each with a scale of its own,
 * since a process that many ask does many times as much.
 */
import { escaped, STYLE } from './chart.ts'
import type { CaseResult, Result } from './result.ts'

export const READS_OF = 'redis-get'
const CASES: readonly (readonly [asking: string, name: string])[] = [
  ['one asks', '1 at once, 100 B'],
  ['32 ask at once', '32 at once, 100 B'],
  ['256 ask at once', '256 at once, 100 B'],
]
/** By the name of all their rows: who is faster in one way where one asks, and in another where many do, has both. */
const SHOWN: readonly (readonly string[])[] = [
  ['larder'],
  ['larder on node-redis'],
  ['ioredis, autopipelining', 'ioredis'],
  ['node-redis 6'],
  ['layered-loader'],
  ['async-cache-dedupe'],
  ['cacheable'],
  ['cache-manager'],
  ['keyv'],
  ['unstorage'],
  ['bentocache, autopipelining', 'bentocache'],
]

const LABELS = 190
const COLUMN = 220
const FIGURE = 60
const STEP = 22
const BAR = 14
const HEAD = 60
const S = 1e9

/** Undefined until the question has been answered. */
export function readsChart(results: readonly Result[]): string | undefined {
  const cases = results.find(({ question }) => question === READS_OF)?.cases ?? []
  const columns = CASES.flatMap(([asking, name]) => {
    const found = cases.find((each) => each.name === name)
    return found === undefined ? [] : [{ asking, found }]
  })
  if (columns.length === 0) return undefined
  const width = LABELS + columns.length * COLUMN
  const height = HEAD + SHOWN.length * STEP + 8
  const labels = SHOWN.map(
    (names, at) =>
      `<text x="${LABELS - 8}" y="${HEAD + at * STEP + BAR - 2}" text-anchor="end">${escaped(names.at(-1) ?? '')}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">
  <title>Reads from Redis in a second</title>
  <style>${STYLE}
  </style>
  <text class="title" x="8" y="18">Reads of 100 B from Redis in a second, in thousands; more is better</text>
  ${[...labels, ...columns.map(({ asking, found }, at) => column(asking, found, LABELS + at * COLUMN))].join('\n  ')}
</svg>
`
}

/** Each of those who are shown, as it is fastest here. */
function column(asking: string, { rows }: CaseResult, left: number): string {
  const rates = SHOWN.map((names) =>
    Math.max(0, ...rows.filter(({ name }) => names.includes(name)).map(({ cost }) => S / cost.median)),
  )
  const most = Math.max(...rates)
  const bars = rates.map((rate, at) => {
    const y = HEAD + at * STEP
    const wide = (rate / most) * (COLUMN - FIGURE)
    const kind = SHOWN[at]?.[0]?.startsWith('larder') === true ? 'ours' : 'bar'
    return rate === 0
      ? ''
      : `<rect class="${kind}" x="${left}" y="${y}" width="${wide.toFixed(1)}" height="${BAR}" rx="2"/><text class="quiet" x="${(left + wide + 5).toFixed(1)}" y="${y + BAR - 2}">${thousands(rate)}</text>`
  })
  return `<text class="quiet" x="${left}" y="46">${asking}</text>${bars.join('')}`
}

const thousands = (rate: number): string => (rate / 1_000).toFixed(rate < 100_000 ? 1 : 0)
