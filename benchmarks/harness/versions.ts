/*
 * What is measured: the built packages, as users get them, and the rivals as they are installed.
 */
import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const here: string = fileURLToPath(new URL('..', import.meta.url))
export const root: string = path.dirname(path.resolve(here))

/** The packages of ours that take part. */
const OURS = ['core', 'memory', 'codecs', 'redis', 'tiered', 'testing']

/** Of a package; or of several, the first of which is meant and needs the others. */
export function versionOf(names: string | readonly string[] = []): string {
  const [first, ...others] = typeof names === 'string' ? [names] : names
  if (first === undefined) return '–'
  return [installed(first), ...others.map((name) => `${name} ${installed(name)}`)].join(', ')
}

function installed(name: string): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8'),
  )
  return manifest.version
}

/** What of ours is measured: the commit, and whether the packages differ from it. */
export function commit(): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
  const isChanged = git('status', '--porcelain', '--', 'packages').length > 0
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' and uncommitted changes' : ''}`
}

/** Builds the packages that take part, and makes sure that what will be imported is what was built. */
export function build(): void {
  const tsc = path.join(root, 'node_modules/.bin/tsc')
  const { status } = spawnSync(tsc, ['-b', ...OURS.map((folder) => path.join(root, 'packages', folder))], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the build failed, so what users would get cannot be measured')
  const conditions = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  if (conditions.includes('@larder/source'))
    throw new Error(
      'run without --conditions=@larder/source: the built packages are measured, not the sources',
    )
}

/** Called where they are imported. */
export function assertBuilt(): void {
  for (const folder of OURS) {
    const resolved = import.meta.resolve(`@larder/${folder}`)
    if (!resolved.includes('/dist/esm/'))
      throw new Error(`measuring ${resolved}, which is not what users get`)
  }
}
