/*
 * What is measured: the built packages, as users get them, and the rivals as they are installed.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const here: string = fileURLToPath(new URL('..', import.meta.url))
export const root: string = path.dirname(path.resolve(here))

/** The packages of ours that take part. */
const OURS = ['core', 'memory']

export function versionOf(name: string | undefined): string {
  if (name === undefined) return '–'
  const manifest: { version: string } = JSON.parse(
    readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8'),
  )
  return manifest.version
}

/** Builds what is older than its sources, and makes sure that what will be imported is what was built. */
export function buildIfStale(): void {
  if (OURS.some(isStale)) {
    console.log('the packages are older than their sources: building')
    const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' })
    if (status !== 0) throw new Error('the build failed; what users would get cannot be measured')
  }
  const conditions = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ')
  if (conditions.includes('@larder/source'))
    throw new Error(
      'run without --conditions=@larder/source: the built packages are measured, not the sources',
    )
}

function isStale(folder: string): boolean {
  const dist = path.join(root, 'packages', folder, 'dist/esm/index.js')
  if (!existsSync(dist)) return true
  const src = path.join(root, 'packages', folder, 'src')
  const builtAt = statSync(dist).mtimeMs
  return readdirSync(src, { recursive: true }).some(
    (file) => statSync(path.join(src, String(file))).mtimeMs > builtAt,
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
