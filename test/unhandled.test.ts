/* A run in which a promise was rejected and nobody listened must fail, and name the test. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
let project: string

beforeEach(() => {
  const cache = path.join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  project = mkdtempSync(path.join(cache, 'unhandled-'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

/** One test in a run of its own, under the configuration of this repository. */
const runOf = (body: string): { readonly failed: boolean; readonly said: string } => {
  const file = path.join(project, 'test/body.test.ts')
  mkdirSync(path.dirname(file))
  writeFileSync(file, `import { test } from 'vitest'\ntest('the body', async () => {\n${body}\n})\n`)
  const config = ['--config', path.join(root, 'vitest.config.ts'), '--root', project]
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', ...config, '--typecheck.enabled=false', '--reporter=verbose']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project,
    encoding: 'utf8',
    env: {
      ...process.env,
      NO_COLOR: '1',
      VITEST: undefined,
      NODE_V8_COVERAGE: undefined,
      LARDER_TALLY: undefined,
      LARDER_FAILURES: undefined,
    },
  })
  return { failed: status !== 0, said: stdout + stderr }
}

test('a rejection that nobody hears fails its test by name', () => {
  const { failed, said } = runOf(`Promise.reject(new Error('nobody hears me'))`)
  expect(failed).toBe(true)
  expect(said).toMatch(/FAIL .*the body\nError: nobody hears me/)
})

test('an error thrown outside of any test fails the run', () => {
  const { failed, said } = runOf(`setImmediate(() => { throw new Error('out of nowhere') })`)
  expect(failed).toBe(true)
  expect(said).toContain('out of nowhere')
})

test('a rejection that is heard fails nothing', () => {
  const { failed, said } = runOf(`await Promise.reject(new Error('heard')).catch(() => {})`)
  expect(said).toContain('1 passed')
  expect(failed).toBe(false)
})
