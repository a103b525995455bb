/* One way to run a program from a script: its output is shown, its failure is ours. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { root } from './packages.mjs'

/** The command line of a tool of this repository. */
export const tool = (name) => path.join(root, 'node_modules/.bin', name)

/** Run and show; a failure ends the script. */
export const run = (command, args, { cwd = root, env = {} } = {}) => {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  if (status === 0) return
  console.error(`failed: ${path.basename(command)} ${args.join(' ')}${error ? ` (${error.message})` : ''}`)
  process.exit(1)
}

/** Run quietly; what it said is shown only if it failed. */
export const runQuietly = (command, args, { cwd = root, env = {} } = {}) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (status === 0) return stdout
  console.error(`${stdout}${stderr}\nfailed: ${path.basename(command)} ${args.join(' ')}`)
  process.exit(1)
}
