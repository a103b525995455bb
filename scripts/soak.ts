/*
 * The soak, for as long as it is asked to: what is counted goes to test/soak/results, and docs/soak.md is made from that.
 *
 *   node --conditions=@larder/source --import tsx scripts/soak.ts [--run alone|sentinel|ablations|page] [--seconds n] [--seed n]
 *
 * Without --run: everything, one after the other. Ends with 1 if a promise was broken, or none without what protects.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Change, program } from '../test/processes/program.ts'
import { ablations } from '../test/soak/ablations.ts'
import { page } from '../test/soak/page.ts'
import { type Ablated, published, write } from '../test/soak/results.ts'
import { isBroken, type Results, soak, type SoakOptions } from '../test/soak/soak.ts'

const { values } = parseArgs({
  options: { run: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string', default: '1' } },
})
const seed = Number(values.seed)
const secondsOr = (byDefault: number): number => Number(values.seconds ?? byDefault)
const isWanted = (name: string): boolean => values.run === undefined || values.run === name
/** Seconds for which a promise may be kept without what protects it, on a machine that has other things to do. */
const PATIENCE = 240
const worker = new URL('../test/soak/worker.child.ts', import.meta.url)

async function soaked(
  options: Omit<SoakOptions, 'file' | 'seed'>,
  changes: readonly Change[] = [],
): Promise<Results> {
  const made = await program(changes, worker)
  try {
    return await soak({ ...options, seed, file: made.file, log: progress })
  } finally {
    made.remove()
  }
}

const progress: Required<SoakOptions>['log'] = ({ reads, near, beyond, stopped, own, worst }, faults) =>
  console.log(new Date().toISOString(), JSON.stringify({ reads, near, faults, beyond, stopped, own, worst }))

function judged(results: Results): Results {
  const { counted, leftStale } = results
  console.log(JSON.stringify(counted), leftStale)
  if (isBroken(results)) process.exitCode = 1
  return results
}

if (isWanted('alone')) {
  const seconds = secondsOr(600)
  const least = values.seconds === undefined ? { reads: 3_000_000, faults: 1_000 } : {}
  write('alone', judged(await soaked({ seconds, ...least })))
}
if (isWanted('sentinel'))
  write('sentinel', judged(await soaked({ seconds: secondsOr(180), topology: 'sentinel' })))
if (isWanted('ablations')) {
  const each = ablations.map(({ what, change }) => ({ what, changes: [change] }))
  const all = { what: 'all of these', changes: ablations.map(({ change }) => change) }
  const results: Ablated[] = []
  for (const { what, changes } of [{ what: 'nothing', changes: [] }, ...each, all]) {
    const patience = changes.length === 0 ? 0 : PATIENCE
    const soakedSo = await soaked({ seconds: secondsOr(40), patience }, changes)
    const { seconds, counted, leftStale } = soakedSo
    console.log(what, JSON.stringify(counted))
    if (isBroken(soakedSo) === (changes.length === 0)) process.exitCode = 1
    results.push({ what, seconds, counted: { ...counted, examples: [] }, leftStale: leftStale.length })
  }
  write('ablations', results)
}
const results = published()
if (results !== undefined) writeFileSync(new URL('../docs/soak.md', import.meta.url), page(results))
