/*
 * A case as a picture: a bar for each candidate, as long as its median ratio, with its quartiles; the baseline is a line through all.
 *
 * One file of SVG, which has its colours for light and dark pages in it. Bars end where ten times the baseline does, or the scale is
 * logarithmic where somebody is further out: a linear one would show that one and nobody else.
 */
import type { CaseResult, Row } from './result.ts'

const WIDTH = 860
const LABELS = 250
const FIGURES = 110
const BAR = 16
const STEP = 24
const HEAD = 46
const FOOT = 14
const PLOT = WIDTH - LABELS - FIGURES
/** Where somebody takes more than so many times the baseline, the scale is logarithmic. */
const LINEAR = 8

/** Of all pictures of the report, for light pages and dark ones. */
export const STYLE: string = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 13px }
    .quiet { fill: #59636e }
    .bar { fill: #8c959f }
    .ours { fill: #0969da }
    .spread { stroke: #1f2328; stroke-width: 1.5 }
    .baseline { stroke: #cf222e; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .quiet { fill: #9198a1 }
      .bar { fill: #6e7681 }
      .ours { fill: #4493f8 }
      .spread { stroke: #f0f6fc }
      .baseline { stroke: #f85149 }
    }`

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const isDrawn = ({ ratio }: Row): boolean => Number.isFinite(ratio.median) && ratio.median > 0

/** One picture of all cases of a question, one under the other. */
export function chart(title: string, cases: readonly CaseResult[]): string {
  let top = 0
  const parts: string[] = []
  for (const each of cases) {
    const rows = each.rows.filter(isDrawn)
    if (rows.length === 0) continue
    parts.push(`<g transform="translate(0 ${top})">${one(each, rows)}</g>`)
    top += HEAD + rows.length * STEP + FOOT
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}
  </style>
  ${parts.join('\n  ')}
</svg>
`
}

function one({ name, baseline, counted }: CaseResult, rows: readonly Row[]): string {
  const most = Math.max(...rows.map(({ ratio }) => ratio.q3), 1)
  const least = Math.min(...rows.map(({ ratio }) => ratio.q1), 1)
  const isLog = most > LINEAR
  const low = isLog ? Math.min(0.5, least) : 0
  const place = (ratio: number): number => {
    const share = isLog
      ? (Math.log(Math.max(ratio, low)) - Math.log(low)) / (Math.log(most) - Math.log(low))
      : ratio / most
    return LABELS + Math.round(share * PLOT * 10) / 10
  }
  const what = counted === undefined ? '' : `${counted}, `
  const bars = rows.map((row, at) => bar(row, HEAD + at * STEP, place))
  const line = place(1)
  return [
    `<text class="title" x="8" y="18">${escaped(name)}</text>`,
    `<text class="quiet" x="8" y="36">${escaped(`${what}× ${baseline}; less is better${isLog ? '; logarithmic' : ''}`)}</text>`,
    ...bars,
    `<line class="baseline" x1="${line}" x2="${line}" y1="${HEAD - 4}" y2="${HEAD + rows.length * STEP - 4}"/>`,
  ].join('')
}

function bar({ name, ratio }: Row, y: number, place: (ratio: number) => number): string {
  const middle = y + BAR / 2
  const isOurs = name.startsWith('larder')
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
    `<rect class="${isOurs ? 'ours' : 'bar'}" x="${LABELS}" y="${y}" width="${Math.max(1, place(ratio.median) - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<line class="spread" x1="${place(ratio.q1)}" x2="${place(ratio.q3)}" y1="${middle}" y2="${middle}"/>`,
    `<text class="quiet" x="${WIDTH - FIGURES + 12}" y="${middle + 4}">${ratio.median.toFixed(2)} ×</text>`,
  ].join('')
}
