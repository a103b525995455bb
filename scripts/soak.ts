/*
 * The soak, for as long as it is asked to: writes what was counted to test/soak/results.json, and docs/soak.md from that.
 *
 *   node --conditions=@larder/source --import tsx scripts/soak.ts [--seconds 600] [--reads 3000000] [--faults 1000] [--seed 1]
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { program } from '../test/processes/program.ts'
import { soak } from '../test/soak/soak.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    reads: { type: 'string', default: '3000000' },
    faults: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
})
const made = await program([], new URL('../test/soak/worker.child.ts', import.meta.url))
try {
  const results = await soak({
    file: made.file,
    seconds: Number(values.seconds),
    reads: Number(values.reads),
    faults: Number(values.faults),
    seed: Number(values.seed),
  })
  writeFileSync(values.out ?? 'test/soak/results.json', `${JSON.stringify(results, undefined, 2)}\n`)
} finally {
  made.remove()
}
