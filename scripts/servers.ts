/*
 * The tests that need a Redis, once with each server it could be.
 *
 *   node --conditions=@larder/source --import tsx scripts/servers.ts [name …]     all servers, or these
 *
 * A server that this machine does not have is fetched first, so that test files do not fetch it all at once. Runs to the
 * end and then names what failed.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findServer, type ServerName, serverNames } from '@larder/testing/servers'

const root = fileURLToPath(new URL('..', import.meta.url))
const suites = ['packages/redis', 'packages/testing/test/servers', 'test/operations/servers.test.ts']

const asked = process.argv.slice(2)
const names = asked.length > 0 ? asked.map(nameOf) : serverNames

function nameOf(text: string): ServerName {
  const name = serverNames.find((each) => each === text)
  if (name === undefined) throw new TypeError(`there is no server '${text}': ${serverNames.join(', ')}`)
  return name
}

async function passes(name: ServerName): Promise<boolean> {
  const { program, version, file } = await findServer(name)
  console.log(`\n== ${program} ${version} (${path.relative(root, file)})`)
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--typecheck.enabled=false', ...suites], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, LARDER_SERVER: name },
  })
  return status === 0
}

const failed: ServerName[] = []
for (const name of names) {
  const isGood = await passes(name)
  if (!isGood) failed.push(name)
  const { LARDER_TALLY: tally } = process.env
  if (tally !== undefined) appendFileSync(tally, isGood ? '1 passed, 0 failed\n' : '0 passed, 1 failed\n')
}
console.log(failed.length === 0 ? `\npassed with ${names.join(', ')}` : `\nfailed with ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
