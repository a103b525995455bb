/*
 * The graph of the README: what a hit in this process costs, out of benchmarks/results/hit.json.
 *
 *   node scripts/hit-chart.mjs            writes benchmarks/charts/hit.svg
 *   node scripts/hit-chart.mjs --check    ends with 1 if it is not what it would write
 *
 * Bars begin at zero and are in order, ours among them; whoever is faster is shown too.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readJson, root } from './packages.mjs'

const file = path.join(root, 'benchmarks/charts/hit.svg')
const { cases, machine } = readJson(path.join(root, 'benchmarks/results/hit.json'))
const CASE = 'getOrSet, 8,192 keys, everybody'
const { rows } = cases.find(({ name }) => name === CASE)

const BAR = 22
const LEFT = 190
const WIDE = 420
const shown = rows.toSorted((a, b) => a.cost.median - b.cost.median)
const most = Math.max(...shown.map(({ cost }) => cost.median))
const height = 52 + shown.length * BAR + 26

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const wide = (ns) => Math.max(1, (ns / most) * WIDE).toFixed(1)
const time = (ns) => (ns < 1_000 ? `${Math.round(ns)} ns` : `${(ns / 1_000).toFixed(1)} µs`)

const bar = ({ name, version, cost: { median } }, i) => {
  const y = 52 + i * BAR
  const kind = name === 'larder' ? 'ours' : 'other'
  return [
    `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end" class="${kind}">${escaped(`${name} ${version}`)}</text>`,
    `<rect x="${LEFT}" y="${y + 1}" width="${wide(median)}" height="${BAR - 8}" class="${kind}"/>`,
    `<text x="${(LEFT + Number(wide(median)) + 6).toFixed(1)}" y="${y + 12}">${time(median)}</text>`,
  ].join('\n')
}

const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 ${height}" width="700" height="${height}" role="img" aria-label="What a hit costs">
<!-- Written by scripts/hit-chart.mjs from benchmarks/results/hit.json. Do not edit. -->
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 14px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
rect.other { fill: #afb8c1 }
rect.ours { fill: #0969da }
text.ours { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #9198a1 }
  rect.other { fill: #57606a }
  rect.ours { fill: #4493f8 }
}
</style>
<text x="8" y="20" class="title">What a hit costs: getOrSet, 8,192 keys, in process, awaited</text>
<text x="8" y="38" class="small">Median; shorter is better. Those that are shorter than ours keep less: see the benchmarks.</text>
${shown.map(bar).join('\n')}
<text x="8" y="${height - 8}" class="small">Node ${machine.node}, ${escaped(machine.cpu)}; pnpm bench hit</text>
</svg>
`

if (process.argv.includes('--check')) {
  const isSame = existsSync(file) && readFileSync(file, 'utf8') === text
  if (!isSame) console.error('benchmarks/charts/hit.svg is not what was measured: node scripts/hit-chart.mjs')
  process.exitCode = isSame ? 0 : 1
} else {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}
