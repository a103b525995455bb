/*
 * The documentation is a program too: what it shows compiles and runs, what it points to exists, what it lists is all
 * there is.
 *
 * The ```ts blocks of a page are one program: each stands inside the ones before it, so it sees their names and may
 * declare them anew. What a page takes for granted (`db`, `fetchRates` …) is declared in a comment that readers do not
 * see: <!-- given … -->. Every line keeps its number, so that an error of the compiler names the line of the page.
 *
 * A block marked ```ts before is what people have before they come from another library. It is compiled too, against that
 * library, which is at hand in packages/compat.
 *
 * A block marked ```ts run is a whole program: it is run as well, and a ```text block right after it is its output.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const listed = (folder: string): string[] => readdirSync(path.join(root, folder)).toSorted()

const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...listed('docs').map((file) => `docs/${file}`),
  ...listed('docs/coming-from').map((file) => `docs/coming-from/${file}`),
  'docs/operations/README.md',
  ...listed('packages').map((folder) => `packages/${folder}/README.md`),
].filter((file) => file.endsWith('.md') && existsSync(path.join(root, file)))

interface Block {
  readonly info: string
  /** Index of the line with the opening fence. */
  readonly opens: number
  /** Index of the line with the closing fence. */
  readonly closes: number
  readonly lines: readonly string[]
}

const FENCE = /^\s*```(.*)$/

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  let opens = -1
  lines.forEach((line, i) => {
    if (!FENCE.test(line)) return
    if (opens === -1) {
      opens = i
      return
    }
    const info = FENCE.exec(lines[opens] ?? '')?.[1]?.trim() ?? ''
    blocks.push({ info, opens, closes: i, lines: lines.slice(opens + 1, i) })
    opens = -1
  })
  return blocks
}

const isCode = ({ info }: Block): boolean => info === 'ts' || info === 'ts run'

const IMPORT = /^[ \t]*import (type )?\{([^}]*)\} from ('[^']+')/gm

/** The page as a program, line by line. */
function programOf(lines: readonly string[]): string {
  const out = lines.map(() => '')
  const imports = new Map<string, Set<string>>()
  let depth = 0
  for (const block of blocksOf(lines).filter(isCode)) {
    const code = block.lines
      .join('\n')
      .replace(IMPORT, (whole, type: string | undefined, names: string, from: string) => {
        const known = imports.get(from) ?? new Set<string>()
        imports.set(from, known)
        for (const name of names.split(',').map((each) => each.trim())) {
          if (name !== '') known.add(type === undefined ? name : `type ${name}`)
        }
        return '\n'.repeat(whole.split('\n').length - 1)
      })
      .replace(/^([ \t]*)export /gm, '$1')
    out[block.opens] = '{'
    code.split('\n').forEach((line, i) => {
      out[block.opens + 1 + i] = line
    })
    depth++
  }
  const given = lines.indexOf('<!-- given')
  const hidden = given === -1 ? [] : lines.slice(given + 1, lines.indexOf('-->', given))
  hidden.forEach((line, i) => {
    out[given + 1 + i] = line
  })
  const heads = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from ${from}`)
  out[0] = [...heads, 'export {}', out[0]].join(';')
  return `${out.join('\n')}\n${'}'.repeat(depth)}\n`
}

/** What is there before, as a program of its own, line by line. */
function programBefore(lines: readonly string[]): string | undefined {
  const blocks = blocksOf(lines).filter(({ info }) => info === 'ts before')
  if (blocks.length === 0) return undefined
  const out = lines.map(() => '')
  for (const { opens, lines: code } of blocks) out.splice(opens + 1, code.length, ...code)
  const given = lines.indexOf('<!-- given')
  if (given !== -1) {
    const hidden = lines.slice(given + 1, lines.indexOf('-->', given))
    out.splice(given + 1, hidden.length, ...hidden)
  }
  return `export {};${out.join('\n')}\n`
}

const temporary = (home: string): string => {
  const cache = path.join(root, home, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  return mkdtempSync(path.join(cache, 'docs-'))
}
let folder: string
/** Where the libraries are that people come from. */
let folderBefore: string
beforeAll(() => {
  folder = temporary('.')
  folderBefore = temporary('packages/compat')
})
afterAll(() => {
  for (const each of [folder, folderBefore]) rmSync(each, { recursive: true, force: true })
})

const fileOf = (page: string): string => `${page.replaceAll('/', '__')}.mts`

test('every block of code compiles against the sources', () => {
  const before: string[] = []
  for (const page of pages) {
    const lines = read(page).split('\n')
    writeFileSync(path.join(folder, fileOf(page)), programOf(lines))
    const program = programBefore(lines)
    if (program === undefined) continue
    const file = path.join(folderBefore, fileOf(page))
    writeFileSync(file, program)
    before.push(file)
  }
  const config = {
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: { noEmit: true, typeRoots: [path.join(root, 'node_modules/@types')] },
    files: [...pages.map(fileOf), ...before],
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config))

  const { status, stdout } = spawnSync(
    path.join(root, 'node_modules/.bin/tsc'),
    ['-p', folder, '--pretty', 'false'],
    { cwd: folder, encoding: 'utf8' },
  )

  // What is wrong with the sources themselves is told by `pnpm types`.
  const ofBefore = path.relative(folder, folderBefore)
  const complaints = stdout
    .split(/\n(?=\S)/)
    .filter((each) => each.trim() !== '' && (!each.startsWith('../') || each.startsWith(ofBefore)))
  expect(complaints.join('\n').replaceAll('__', '/').replaceAll('.mts(', '(')).toBe('')
  expect(status === 0 || stdout !== '').toBe(true)
}, 120_000)

interface Shown {
  readonly name: string
  readonly code: string
  readonly output: string | undefined
}

const programs: readonly Shown[] = pages.flatMap((page) => {
  const lines = read(page).split('\n')
  const blocks = blocksOf(lines)
  return blocks.flatMap((block, i): Shown[] => {
    if (block.info !== 'ts run') return []
    const next = blocks[i + 1]
    const isNext =
      next?.info === 'text' && lines.slice(block.closes + 1, next.opens).every((line) => line.trim() === '')
    const output = isNext ? next.lines.join('\n') : undefined
    return [{ name: `${page}:${block.opens + 1}`, code: block.lines.join('\n'), output }]
  })
})

interface Ended {
  readonly status: number | null
  readonly printed: string
  readonly complained: string
}

function run(file: string): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LARDER_')))
  const child = spawn(process.execPath, ['--conditions=@larder/source', '--import', 'tsx', file], {
    cwd: root,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let complained = ''
  child.stdout.on('data', (data: Buffer) => (printed += data.toString()))
  child.stderr.on('data', (data: Buffer) => (complained += data.toString()))
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, printed, complained }))
  })
}

describe.concurrent('a program that is shown runs', () => {
  test.each(programs)(
    '$name',
    async ({ name, code, output }) => {
      const file = path.join(folder, `${name.replace(/[/:]/g, '__')}.run.mts`)
      writeFileSync(file, code)

      const { status, printed, complained } = await run(file)

      expect(complained).toBe('')
      expect(status).toBe(0)
      if (output !== undefined) expect(printed.trimEnd()).toBe(output)
    },
    30_000,
  )
})

/** Written by `pnpm bench`: may be linked to before the first run. */
const GENERATED = ['docs/benchmarks.md', 'docs/races.md', 'docs/hit-rate.md']

/** The text of a page without its blocks of code. */
function prose(page: string): string[] {
  const lines = read(page).split('\n')
  const inBlock = new Set(blocksOf(lines).flatMap(({ opens, closes }) => range(opens, closes)))
  return lines.filter((_, i) => !inBlock.has(i))
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** The anchors of a page, as they are made of its headings. */
function anchorsOf(page: string): string[] {
  const seen = new Map<string, number>()
  return prose(page)
    .filter((line) => /^#{1,6} /.test(line))
    .map((line) => {
      const anchor = line
        .replace(/^#+ /, '')
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-')
      const before = seen.get(anchor) ?? 0
      seen.set(anchor, before + 1)
      return before === 0 ? anchor : `${anchor}-${before}`
    })
}

const linksOf = (page: string): string[] =>
  [
    ...prose(page)
      .join('\n')
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, target = '']) => target)

describe.each(pages)('%s', (page) => {
  test('its links lead somewhere', () => {
    const broken = linksOf(page).filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false
      const [file = '', anchor] = link.split('#', 2)
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
      if (!existsSync(path.join(root, target))) return !GENERATED.includes(target)
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  test('it names no registry and no place on a machine', () => {
    const text = read(page)
    expect(text).not.toMatch(/registry\.|npmjs|artifactory|verdaccio/i)
    expect(text).not.toMatch(/(^|[\s`"'(=])\/(home|root|tmp|Users|work|var|opt)\//m)
  })

  test('the commands it names exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
    const commands = [...read(page).matchAll(/pnpm@[\d.]+ (\w+)((?: [\w./-]+)?)/g)]
    for (const [, script = '', argument = ''] of commands) {
      expect(Object.keys(scripts)).toContain(script)
      if (argument !== '') expect(existsSync(path.join(root, argument.trim())), argument).toBe(true)
    }
  })

  test('its code is marked so that it is checked', () => {
    // Mistakes are made by test/mistakes.test.ts.
    const elsewhere = page === 'docs/mistakes.md' ? ['js'] : []
    const known = ['ts', 'ts run', 'ts before', 'text', 'sh', 'json', '', ...elsewhere]
    expect(blocksOf(read(page).split('\n')).filter(({ info }) => !known.includes(info))).toEqual([])
  })
})

describe.each(['docs/what-happens-when.md', 'docs/security.md'])('%s', (page) => {
  test('names as evidence what is there: tests by their names, faults by their rows', () => {
    const cited = [...read(page).matchAll(/\*([^*|]+)\* in `([\w./-]+)`/g)]
    expect(cited.length).toBeGreaterThan(10)
    for (const [, name = '', file = ''] of cited) expect(read(file), file).toContain(name)
    const rows = [...read('docs/operations/faults.md').matchAll(/^\| ([CS]\d+[ \w]*) \|/gm)].map(
      ([, id]) => id,
    )
    for (const [, row = ''] of read(page).matchAll(/`([CS]\d+[ \w]*)`/g)) expect(rows).toContain(row)
  })
})

describe('nothing is left out', () => {
  test('the index lists every page', () => {
    const links = linksOf('docs/README.md')
    // docs/benchmarks has the pictures of docs/benchmarks.md.
    const others = listed('docs').filter((page) => !/^\.|\.svg$|^README\.md$|^benchmarks$/u.test(page))
    for (const page of others) expect(links).toContain(page.endsWith('.md') ? page : `${page}/README.md`)
  })

  test('the index of where people come from lists every page', () => {
    const links = linksOf('docs/coming-from/README.md')
    for (const page of listed('docs/coming-from')) if (page !== 'README.md') expect(links).toContain(page)
  })

  test('the index names every method of a cache', () => {
    const [, body = ''] =
      /export interface ICache[^\n]*\{\n([\s\S]*?)\n\}/.exec(read('packages/core/src/cache.ts')) ?? []
    const methods = [...body.matchAll(/^ {2}(\w+)[(<]/gm)].map(([, name = '']) => name)
    expect(methods.length).toBeGreaterThan(15)
    for (const name of methods) expect(read('docs/README.md')).toContain(`\`${name}(`)
  })

  test('the first program of the README is the first example', () => {
    const [, program] = read('examples/five-lines.ts').split('*/\n\n')
    expect(program).toBeTruthy()
    expect(read('README.md')).toContain(program?.trim())
  })

  test('the page of errors explains every code', () => {
    const [, codes = ''] =
      /export type ErrorCode =([\s\S]*?)\n\n/.exec(read('packages/core/src/errors.ts')) ?? []
    const headings = prose('docs/errors.md').filter((line) => line.startsWith('#'))
    const all = [...codes.matchAll(/'(\w+)'/g)].map(([, code]) => code)
    expect(all.length).toBeGreaterThan(5)
    expect(headings.filter((line) => /^### [A-Z_]+$/.test(line)).toSorted()).toEqual(
      all.map((code) => `### ${code}`).toSorted(),
    )
  })

  test('the page of watching lists every event', () => {
    const page = read('docs/watching.md')
    const all = [...read('packages/core/src/watch/events.ts').matchAll(/readonly type: '([\w-]+)'/g)]
    expect(all.length).toBeGreaterThan(10)
    for (const [, type = ''] of all) expect(page).toContain(`| \`${type}\` |`)
    const [, reasons = ''] =
      /export type Unstored = (.*)/.exec(read('packages/core/src/watch/events.ts')) ?? []
    for (const [, reason = ''] of reasons.matchAll(/'([\w-]+)'/g)) expect(page).toContain(`| \`${reason}\` |`)
  })

  test.each([
    ['the table of options is what the sources say', 'scripts/options-table.mjs'],
    ['the graph of the README is what was measured', 'scripts/hit-chart.mjs'],
    ['what is shown of an example is what stands in it', 'scripts/snippets.mjs'],
  ])('%s', (_, script) => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  test('the effects on the start page are those that were measured', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@larder/source', '--import', 'tsx', 'scripts/start-effects.ts', '--check'],
      { cwd: root, encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})
