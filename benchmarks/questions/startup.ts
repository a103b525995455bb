/*
 * How long does a program wait until it can begin, and what has to be installed for it?
 *
 * Each import in a process of its own, from its first line until everything is there that this rival takes part with: memory, Redis
 * and tiers, as far as it has them; of ours each package alone too. What is installed is counted on this disk, with all that it
 * depends on, each file once; of ours what the registry would get.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { figureOf, rowsOf } from '../harness/row.ts'
import { build, here, root } from '../harness/versions.ts'
import { rivals } from '../rivals/all.ts'
import type { Rival } from '../rivals/rival.ts'

const NS = 1e6
const OURS = 'larder'
/** Each of ours alone too. */
const alone = ['core', 'memory', 'redis', 'tiered'].map((folder): Rival => ({
  name: `@larder/${folder}`,
  packages: [`@larder/${folder}`],
}))
const cast: readonly Rival[] = [...rivals, ...alone].filter(({ packages }) => packages.length > 0)
const modulesOf = ({ packages, entries = packages }: Rival): readonly string[] => entries

/** ns of importing these modules. */
function importing(modules: readonly string[]): number {
  const text = `const began = performance.now()
await Promise.all(${JSON.stringify(modules)}.map((name) => import(name)))
process.stdout.write(String(performance.now() - began))
process.exit(0)`
  const args = ['--input-type=module', '--eval', text]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: path.resolve(here),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${modules.join(', ')}: ${stderr}`)
  return Number(stdout) * NS
}

function imports(rounds: number): CaseResult {
  const times = new Map<string, number[]>(cast.map(({ name }) => [name, []]))
  // The first round reads everything from the disk.
  for (let round = 0; round <= rounds; round++) {
    for (const each of cast) {
      const time = importing(modulesOf(each))
      if (round > 0) times.get(each.name)?.push(time)
    }
  }
  const of = (name: string): readonly number[] => times.get(name) ?? []
  return {
    name: 'import',
    baseline: OURS,
    counted: 'time until it is imported',
    rounds,
    rows: rowsOf(
      cast.map((each) => ({ ...each, how: modulesOf(each).join(', ') })),
      of,
      OURS,
    ),
    goals: [],
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The folder of a package, as somebody in `from` finds it. */
function folderOf(name: string, from: string): string | undefined {
  for (let at = from; ; at = path.dirname(at)) {
    const folder = path.join(at, 'node_modules', name)
    if (existsSync(path.join(folder, 'package.json'))) return realpathSync(folder)
    if (at === path.dirname(at)) return undefined
  }
}

/** All folders that are installed for one package, itself among them. */
function closure(name: string, from: string, known: Set<string>): void {
  const folder = folderOf(name, from)
  if (folder === undefined || known.has(folder)) return
  known.add(folder)
  const { dependencies = {} } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  ) as Manifest
  for (const needed of Object.keys(dependencies)) closure(needed, folder, known)
}

const isOurs = (folder: string): boolean => folder.startsWith(path.join(root, 'packages'))

/** Of ours the registry gets what the manifest names; that is what npm counts. */
function bytesOf(folder: string): number {
  if (!isOurs(folder)) return bytesIn(folder)
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  const [packed] = JSON.parse(stdout) as readonly { readonly unpackedSize: number }[]
  return packed?.unpackedSize ?? Number.NaN
}

/** Packages that are inside are counted by themselves. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .reduce((sum, entry) => {
      const at = path.join(folder, entry.name)
      return sum + (entry.isDirectory() ? bytesIn(at) : entry.isFile() ? statSync(at).size : 0)
    }, 0)
}

interface Installed {
  readonly bytes: number
  readonly packages: number
}

function installed(names: readonly string[]): Installed {
  const folders = new Set<string>()
  for (const name of names) closure(name, path.resolve(here), folders)
  return { bytes: [...folders].reduce((sum, folder) => sum + bytesOf(folder), 0), packages: folders.size }
}

const KB = 1_000

function sizes(): CaseResult {
  const found = new Map(cast.map(({ name, packages }) => [name, installed(packages)]))
  const of = (name: string): readonly number[] => [(found.get(name)?.bytes ?? Number.NaN) / KB]
  return {
    name: 'installed, with all that it depends on',
    baseline: OURS,
    counted: 'installed kB',
    unit: 'kB',
    rounds: 1,
    rows: rowsOf(
      cast.map((each) => ({ ...each, how: each.packages.join(', ') })),
      of,
      OURS,
    ).map((row) => ({
      ...row,
      more: { packages: figureOf([found.get(row.name)?.packages ?? Number.NaN]) },
    })),
    goals: [],
  }
}

const startup: Measure = {
  name: 'startup',
  asks: 'How long does a program wait until it can begin, and what has to be installed for it?',
  unit: 'ns',
  seconds: 70,
  async cases(isQuick) {
    build()
    return [imports(isQuick ? 1 : 11), sizes()]
  },
}

export default startup
