/*
 * Everything CI asks of a change, on the Node that is here. Runs to the end and then names what failed.
 *
 *   node scripts/check.mjs [step …]     all steps, or these
 *
 * Each step is the script of that name in package.json.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { readJson, root } from './packages.mjs'

const { scripts } = readJson(path.join(root, 'package.json'))
const order = ['lint', 'format', 'types', 'knip', 'build', 'pkgcheck', 'size', 'api', 'coverage'] // build before what reads dist/
const asked = process.argv.slice(2)
const steps = asked.length > 0 ? asked : order

const bin = path.join(root, 'node_modules/.bin')
const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` }

const attempt = (step) => {
  console.log(`\n== ${step}`)
  const start = performance.now()
  const { status } = spawnSync(scripts[step], {
    cwd: root,
    shell: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`== ${step}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`)
  const tally = status === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed'
  if (process.env.LARDER_TALLY) appendFileSync(process.env.LARDER_TALLY, `${tally}\n`)
  return status === 0
}

const failed = steps.filter((step) => !attempt(step))
console.log(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
