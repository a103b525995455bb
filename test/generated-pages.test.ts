/*
 * Pages that a command writes, and that cannot be written anew in a test because it asks the registry: they must at least
 * speak of the versions that the command would take.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

test.each([
  ['docs/install-size.md', 'scripts/install-size.mjs'],
  ['docs/runtimes.md', 'scripts/runtimes.mjs'],
])('%s is of the versions that are used', (_, script) => {
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { cwd: root, encoding: 'utf8' })

  expect(stderr).toBe('')
  expect(status).toBe(0)
})
