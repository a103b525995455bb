/*
 * Makes every mistake of table.ts: each becomes a file, all of them go through the compiler once, and then they run, one
 * after another, against real servers. What came of it is the page and what the test judges.
 *
 *   node --conditions=@larder/source --import tsx test/mistakes/live.ts      prints it as JSON
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as given from './given.ts'
import { type Mistake, mistakes } from './table.ts'

export interface Lived {
  readonly title: string
  /** The first line of each complaint; none if the compiler accepts it. */
  readonly compiler: readonly string[]
  /** What was said, thrown, or rejected unheard, in this order. */
  readonly seen: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const names = Object.keys(given).filter(
  (name) => !/^(tidy|startServers|stopServers|withoutPorts|secrets)$/.test(name),
)

const programOf = ({ code }: Mistake): string =>
  [
    `import { ${names.join(', ')}, type User } from '../../../test/mistakes/given.ts'`,
    "import { setImmediate as nextTurn } from 'node:timers/promises'",
    'export const mistake = async (say: (what: unknown) => void): Promise<void> => {',
    `const cache = createCache({ store: memory() })`,
    '{',
    code,
    '}}',
  ].join('\n')

const fileOf = (index: number): string => `mistake-${index}.mts`

/** The complaints of the compiler about each file. */
async function complaints(folder: string): Promise<Map<string, string[]>> {
  const config = {
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: { noEmit: true, typeRoots: [path.join(root, 'node_modules/@types')] },
    files: mistakes.map((_, i) => fileOf(i)),
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
  const printed = await new Promise<string>((resolve) => {
    const tsc = spawn(path.join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    tsc.stdout.on('data', (data: Buffer) => (text += data.toString()))
    tsc.on('close', () => resolve(text))
  })
  const found = new Map<string, string[]>()
  for (const complaint of printed.split(/\n(?=\S)/)) {
    const [, file = '', said = ''] =
      /^([\w.-]+)\(\d+,\d+\): error (TS\d+: [^]*)$/.exec(complaint.trimEnd()) ?? []
    found.set(file, [...(found.get(file) ?? []), said])
  }
  return found
}

/** As a console would print it, without the stack. */
function shown(what: unknown): string {
  if (!(what instanceof Error))
    return typeof what === 'string' ? what : (JSON.stringify(what, errorsToo) ?? 'undefined')
  const code = 'code' in what && typeof what.code === 'string' ? ` [${what.code}]` : ''
  return `${what.name}${code}: ${what.message}`
}
const errorsToo = (_: string, value: unknown): unknown => (value instanceof Error ? shown(value) : value)

async function made(file: string): Promise<string[]> {
  const seen: string[] = []
  const unheard = (reason: unknown): void => {
    seen.push(`unhandled rejection: ${shown(reason)}`)
  }
  process.on('unhandledRejection', unheard)
  try {
    const { mistake } = (await import(pathToFileURL(file).href)) as {
      readonly mistake: (say: (what: unknown) => void) => Promise<void>
    }
    await mistake((what) => seen.push(shown(what)))
  } catch (error) {
    seen.push(shown(error))
  } finally {
    await nextTurn()
    await given.tidy()
    process.off('unhandledRejection', unheard)
  }
  return seen.map((text) => withoutPlaces(given.withoutPorts(text)))
}

/** Where this repository lies, and what its files are called here, is nobody's business. */
const withoutPlaces = (text: string): string =>
  text
    .replaceAll(/"[^"]*\/packages\/(\w+)\/src\/index"/g, '"@larder/$1"')
    .replaceAll(/\S*\/mistake-\d+\.mts/g, 'program.mts')
    .replaceAll(root, '')

export async function live(): Promise<readonly Lived[]> {
  const cache = path.join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(path.join(cache, 'mistakes-'))
  try {
    mistakes.forEach((each, i) => writeFileSync(path.join(folder, fileOf(i)), programOf(each)))
    const compiled = complaints(folder)
    await given.startServers()
    await given.tidy()
    const seen: (readonly string[])[] = []
    for (const [i, { sees }] of mistakes.entries()) {
      seen.push(sees === 'not run' ? [] : await made(path.join(folder, fileOf(i))))
    }
    const said = await compiled
    return mistakes.map(({ title }, i) => ({
      title,
      compiler: (said.get(fileOf(i)) ?? []).map(withoutPlaces),
      seen: seen[i] ?? [],
    }))
  } finally {
    await given.stopServers()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(JSON.stringify(await live()))
