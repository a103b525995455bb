/*
 * A second look, for CI: what met real servers and processes may fail on a machine that did other things meanwhile, without
 * anything being wrong. The files that failed run again, each by itself; what fails twice has failed. All of it is printed.
 *
 *   node scripts/again.mjs <file that test/tally.reporter.ts wrote the failures to>
 *
 * Not looked at twice: what judges the promises, and what many files fail in.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './packages.mjs'

/** A wrong value that is read one time in ten is wrong. (The model plays fixed histories in CI: it fails twice or never.) */
const JUDGES = ['faults/', 'soak/', 'races.', 'processes/soak.', 'processes/crowds.', 'processes/slow-loads.']
const MANY = 3

/** @type {Map<string, string[]>} */
const failures = new Map()
for (const line of readFileSync(process.argv[2] ?? '', 'utf8')
  .split('\n')
  .filter(Boolean)) {
  const { file, test } = JSON.parse(line)
  failures.set(file, [...(failures.get(file) ?? []), test])
}
const files = [...failures.keys()]
for (const [file, tests] of failures) console.log(`failed in ${file}: ${tests.join('; ')}`)
if (files.length === 0 || files.length > MANY) process.exit(1)
if (files.some((file) => JUDGES.some((judge) => file.startsWith(`test/${judge}`)))) process.exit(1)

const vitest = path.join(root, 'node_modules/vitest/vitest.mjs')
const { LARDER_TALLY: tally, ...env } = process.env
for (const [file, tests] of failures) {
  console.log(`\nagain, alone: ${file}`)
  const { status } = spawnSync(process.execPath, [vitest, 'run', file, '--typecheck.enabled=false'], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) process.exit(1)
  console.log(`not wrong, but not reliable: ${file}: ${tests.join('; ')}`)
  if (tally) appendFileSync(tally, `${tests.length} passed, -${tests.length} failed\n`)
}
