/*
 * `pnpm bench [--quick] [question …]`: answers all questions, or those that are named.
 *
 * Builds the packages first, since what users get is what is measured. Says how long it will take, prints each answer as it comes,
 * writes it to results/, and docs/benchmarks.md with its pictures from all that is there. What fails is left out and named at the
 * end, which is then no success. `--quick` measures fewer and shorter rounds and writes nothing: for a first look while working.
 *
 * Without names everything is answered that is a matter of speed or room, and these, which have pages of their own:
 *
 *   hit-rate [trace file …]   what part of the requests does each policy of eviction answer?   docs/hit-rate.md
 *   bytes                     when does each serializer and each compressor pay?               docs/codecs.md
 *
 * Only where it is named: `races`, races and faults, which are played for half an hour (docs/races.md).
 *
 * `pnpm bench --ratchet` takes less than three minutes, and fails if a ratio is far over what ratchet.json holds: for every change.
 * `pnpm bench --ratchet-update [question …]` writes down what is measured now. `pnpm bench --report` writes the report again and measures nothing.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { print } from './harness/print.ts'
import { holds, update } from './harness/ratchet.ts'
import { report, save } from './harness/report.ts'
import { build, here } from './harness/versions.ts'

// Before anything that imports what is built.
build()
const { answer, expectedSeconds, names } = await import('./harness/answer.ts')

const HIT_RATE = 'hit-rate'
const BYTES = 'bytes'
const RACES = 'races'
/** s that those take that have a page of their own. */
const APART: Readonly<Record<string, number>> = { [BYTES]: 150, [HIT_RATE]: 90, [RACES]: 1_800 }

const args = process.argv.slice(2).filter((each) => each !== '--')
const named = args.filter((each) => !each.startsWith('--'))
if (args.includes('--ratchet-update')) {
  update(named)
  process.exit(0)
}
if (args.includes('--report')) {
  console.log(`written: ${report()}`)
  process.exit(0)
}
if (args.includes('--ratchet')) process.exit(holds() ? 0 : 1)

const isQuick = args.includes('--quick')
// What is named behind it are trace files.
if (named[0] === HIT_RATE) process.exit((await playTraces(named.slice(1))) ? 0 : 1)

const unknown = [
  ...named.filter((each) => ![...names, BYTES, RACES].includes(each)),
  ...args.filter((each) => each.startsWith('--') && each !== '--quick'),
]
if (unknown.length > 0) {
  const known = [...names, BYTES, HIT_RATE, RACES]
  console.error(
    `bench knows --quick, --report, --ratchet, --ratchet-update and ${known.join(', ')}; not ${unknown.join(', ')}`,
  )
  process.exit(1)
}

const isWanted = (name: string): boolean => (named.length === 0 ? name !== RACES : named.includes(name))
const wanted = [...names, BYTES, HIT_RATE, RACES].filter(isWanted)
if (!isQuick) {
  const seconds = wanted.map((each) => APART[each] ?? expectedSeconds(each)).reduce((sum, each) => sum + each)
  console.log(`${wanted.join(', ')}: about ${minutesOf(seconds)} on a machine that does nothing else`)
}

const began = performance.now()
const failed: string[] = []
for (const name of wanted.filter((each) => names.includes(each))) {
  const result = answer(name, isQuick)
  print(result)
  failed.push(...(result.failed ?? []).map((each) => `${name}: ${each}`))
  if (isQuick || result.cases.length === 0) continue
  save(result)
  // After each: who ends it early keeps what was answered.
  console.log(`\nwritten: ${report()}`)
}
if (isWanted(BYTES) && !compareBytes()) failed.push(BYTES)
if (isWanted(HIT_RATE) && !(await playTraces([]))) failed.push(HIT_RATE)
if (isWanted(RACES)) await (await import('./races/races.ts')).races(isQuick)

console.log(`\ntook ${minutesOf((performance.now() - began) / 1_000)}`)
if (failed.length > 0) {
  console.error(`\nfailed, and left out:\n${failed.map((each) => `  ${each}`).join('\n')}`)
  process.exitCode = 1
}

/** Whether it could. */
async function playTraces(files: readonly string[]): Promise<boolean> {
  const { hitRate } = await import('./hit-rate/hit-rate.ts')
  try {
    await hitRate(files, isQuick)
    return true
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return false
  }
}

/** Tables instead of ratios, so a program of its own. */
function compareBytes(): boolean {
  const program = ['--import', 'tsx', 'questions/bytes.ts', ...(isQuick ? ['--quick'] : [])]
  const { status } = spawnSync(process.execPath, program, { cwd: path.resolve(here), stdio: 'inherit' })
  return status === 0
}

function minutesOf(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} minutes`
}
