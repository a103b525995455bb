/*
 * `pnpm bench hit-rate [--quick] [trace files …]`: what part of the requests does each policy of eviction answer?
 *
 * Without files: the traces of generated.ts, and some of varied.ts; the answers are written to results/hit-rate, and
 * docs/hit-rate.md from them.
 * With files: those traces (files.ts), printed only.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { loadNow, machine } from '../harness/result.ts'
import { commit, here, root } from '../harness/versions.ts'
import { traceFrom } from './files.ts'
import { generated, tracesOf } from './generated.ts'
import { chart, page, type Played, type Results, shareText, summary, variedTable } from './page.ts'
import { few, outcomes, policies, WIDE_SHARES } from './simulate.ts'
import type { Trace } from './trace.ts'
import { SEEDS, variedTraces } from './varied.ts'

const LENGTH = 200_000
const QUICK_LENGTH = 20_000
/** Traces of each family that are drawn by chance. */
const DRAWN = 3
/** Of a file, so many accesses at most: what is longer is cut, and said to be. */
const MOST = 5_000_000

const RESULTS = path.join(here, 'results/hit-rate')
const FILE = path.join(RESULTS, 'generated.json')

export async function hitRate(files: readonly string[], isQuick: boolean): Promise<void> {
  const load = loadNow()
  const length = isQuick ? QUICK_LENGTH : LENGTH
  const played: Played[] = []
  const names = policies.map(({ name }) => name)
  for await (const trace of files.length === 0 ? tracesOf(length) : tracesFrom(files, isQuick)) {
    const one = play(trace)
    print(one, names)
    played.push(one)
  }
  console.log(`\n${summary({ policies: names, played })}`)
  if (files.length > 0 || isQuick) return
  const varied: Played[] = []
  for (const trace of variedTraces(length, SEEDS.heldOut, DRAWN)) {
    const drawn = [...outcomes(trace, WIDE_SHARES, few)]
    varied.push({ trace: trace.name, says: '', accesses: length, keys: trace.keys, outcomes: drawn })
  }
  console.log(`\n${variedTable(varied)}`)
  save({
    command: 'pnpm bench hit-rate',
    commit: commit(),
    machine: machine(load),
    length,
    policies: names,
    played,
    varied,
  })
  console.log(`\nwritten: ${path.relative(root, writePage())}`)
}

async function* tracesFrom(files: readonly string[], isQuick: boolean): AsyncGenerator<Trace> {
  const most = isQuick ? QUICK_LENGTH * 10 : MOST
  for (const file of files) {
    const trace = await traceFrom(path.resolve(process.env['INIT_CWD'] ?? '.', file), most)
    if (trace.accesses.length === most)
      console.log(`\n${file}: the first ${most.toLocaleString('en')} accesses`)
    yield trace
  }
}

function play(trace: Trace): Played {
  return {
    trace: trace.name,
    says: generated.find(({ name }) => name === trace.name)?.says ?? '',
    accesses: trace.accesses.length,
    keys: trace.keys,
    outcomes: [...outcomes(trace)],
  }
}

function print({ trace, accesses, keys, outcomes: rooms }: Played, names: readonly string[]): void {
  console.log(
    `\n${trace}: ${accesses.toLocaleString('en')} accesses of ${keys.toLocaleString('en')} keys; hit ratio in %`,
  )
  const width = Math.max(...names.map((name) => name.length))
  console.log(
    `  ${''.padEnd(width)} ${rooms
      .map(shareText)
      .map((text) => text.padStart(13))
      .join('')}`,
  )
  for (const name of names) {
    const cells = rooms.map(({ hits }) => (100 * (hits[name] ?? 0)).toFixed(1).padStart(13))
    console.log(`  ${name.padEnd(width)} ${cells.join('')}`)
  }
}

function save(results: Results): void {
  mkdirSync(RESULTS, { recursive: true })
  const rounded = JSON.stringify(results, (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1e5) / 1e5 : value,
  )
  writeFileSync(FILE, rounded)
  spawnSync(path.join(root, 'node_modules/.bin/oxfmt'), [FILE])
}

/** docs/hit-rate.md and its chart, from what was written last. */
function writePage(): string {
  const results = JSON.parse(readFileSync(FILE, 'utf8')) as Results
  const file = path.join(root, 'docs/hit-rate.md')
  writeFileSync(path.join(root, 'docs/hit-rate.svg'), chart(results))
  writeFileSync(file, page(results))
  return file
}
