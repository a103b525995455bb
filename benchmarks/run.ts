/*
 * `pnpm bench [--quick] [question …]`: answers all questions, or those that are named.
 *
 * Builds the packages first, since what users get is what is measured. Prints each
 * answer as it comes, writes it to results/, and docs/benchmarks.md from all that is there. `--quick` measures fewer
 * and shorter rounds and writes nothing: for a first look while working.
 *
 * `pnpm bench --ratchet` takes two minutes, and fails if a ratio is far over what ratchet.json holds: for every change.
 *
 * `pnpm bench races` is no question of speed: races and faults, on a page of their own. It takes half an hour, and is played
 * only when it is named. Nor is `pnpm bench bytes`: the tables of serializers and compressors by size, which stand in docs/codecs.md.
 *
 * `pnpm bench hit-rate [trace file …]` is none either: it plays traces to policies of eviction (hit-rate/hit-rate.ts).
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { holds, update } from './harness/ratchet.ts'
import { ratioOf, report, save, unitOfGoals, written } from './harness/report.ts'
import { type CaseResult, loadNow, machine, type Result } from './harness/result.ts'
import { build, commit, here } from './harness/versions.ts'

// Before anything that imports what is built.
build()
const { questions } = await import('./questions/all.ts')
const { measures } = await import('./questions/measures.ts')

const args = process.argv.slice(2).filter((each) => each !== '--')
if (args.includes('--ratchet-update')) {
  update()
  process.exit(0)
}
if (args.includes('--ratchet')) process.exit(holds() ? 0 : 1)
const isQuick = args.includes('--quick')
const named = args.filter((each) => !each.startsWith('--'))
if (named[0] === 'hit-rate') {
  const { hitRate } = await import('./hit-rate/hit-rate.ts')
  await hitRate(named.slice(1), isQuick).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  })
  process.exit(0)
}
const RACES = 'races'
const BYTES = 'bytes'
const names = [...questions, ...measures].map(({ name }) => name)
const unknown = [
  ...named.filter((each) => ![...names, RACES, BYTES].includes(each)),
  ...args.filter((each) => each.startsWith('--') && each !== '--quick'),
]
if (unknown.length > 0) {
  const known = [...names, RACES, BYTES, 'hit-rate']
  console.error(
    `bench knows --quick, --ratchet, --ratchet-update and ${known.join(', ')}; not ${unknown.join(', ')}`,
  )
  process.exit(1)
}

for (const name of named.length === 0 ? names : names.filter((each) => named.includes(each))) {
  const result = await answer(name)
  print(result)
  if (!isQuick) save(result)
}
if (!isQuick) console.log(`\nwritten: ${report()}`)
if (named.includes(BYTES)) {
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'questions/bytes.ts', ...(isQuick ? ['--quick'] : [])],
    { cwd: path.resolve(here), stdio: 'inherit' },
  )
  process.exitCode = status ?? 1
}
if (named.includes(RACES)) await (await import('./races/races.ts')).races(isQuick)

async function answer(name: string): Promise<Result> {
  const load = loadNow()
  const measure = measures.find((each) => each.name === name)
  const question = questions.find((each) => each.name === name)
  const cases =
    (await measure?.cases(isQuick)) ?? question?.cases.map((each) => answerCase(name, each.name)) ?? []
  return {
    question: name,
    asks: (measure ?? question)?.asks ?? name,
    unit: measure?.unit ?? 'ns',
    command: `pnpm bench ${name}`,
    commit: commit(),
    machine: machine(load),
    cases,
  }
}

function answerCase(question: string, name: string): CaseResult {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', 'harness/case.ts', question, name, isQuick ? 'quick' : 'full'],
    { cwd: path.resolve(here), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (status !== 0) throw new Error(`the case "${name}" of "${question}" failed`)
  return JSON.parse(stdout) as CaseResult
}

function print({ question, asks, unit: unitOfAll, machine: on, cases }: Result): void {
  console.log(`\n${question}: ${asks}`)
  console.log(`Node ${on.node}, ${on.cores} × ${on.cpu}, load ${on.load.join(' → ')}`)
  for (const { name, baseline, rows, goals, rounds, unit = unitOfAll } of cases) {
    console.log(`\n  ${name} (${rounds} rounds)`)
    for (const row of rows) {
      console.log(
        `    ${row.name.padEnd(30)} ${ratioOf(row, baseline).padEnd(29)} ${written(row.cost, unit).padEnd(24)} ${row.version}`,
      )
      const more = Object.entries(row.more ?? {}).map(
        ([what, figure]) => `${what} ${written(figure, figure.unit)}`,
      )
      if (more.length > 0) console.log(`${' '.repeat(35)}${more.join(' · ')}`)
    }
    for (const goal of goals) {
      console.log(
        `    ${goal.verdict.padEnd(8)} ${goal.says}: ${written(goal.measured, goal.unit ?? unitOfGoals(unitOfAll))}`,
      )
    }
  }
}
