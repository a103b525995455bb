/*
 * The rules of the house, each seen to fail: a check that cannot fail is no check.
 *
 * A small workspace full of offences is written to a temporary folder (the tools look past node_modules) and judged by
 * the same configuration and the same tables as the real one.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name)

let temporary: string
let workspace: string

beforeAll(() => {
  temporary = realpathSync(mkdtempSync(path.join(tmpdir(), 'larder-house-rules-')))
  workspace = path.join(temporary, 'workspace')
  mkdirSync(workspace)
  // Beside the workspace, not in it: the linter follows links.
  symlinkSync(path.join(root, 'node_modules'), path.join(temporary, 'node_modules'), 'junction')
  for (const file of ['.oxlintrc.json', '.oxfmtrc.json', 'tsconfig.json', 'tsconfig.base.json']) {
    cpSync(path.join(root, file), path.join(workspace, file))
  }
})
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true })
    writeFileSync(path.join(workspace, file), text)
  }
}

describe('the linter', () => {
  const waiting = 'export const wait = (): unknown => setTimeout(() => {}, 1)\n'
  const offences: readonly (readonly [what: string, rule: string, file: string, text: string])[] = [
    ['waiting on the real clock', 'no-restricted-globals', 'packages/memory/src/waiting.ts', waiting],
    [
      'repeating on the real clock',
      'no-restricted-globals',
      'packages/memory/src/repeating.ts',
      'export const t: unknown = setInterval(() => {}, 1)\n',
    ],
    [
      'a turn of the event loop',
      'no-restricted-globals',
      'packages/testing/src/turn.ts',
      'export const t: unknown = setImmediate(() => {})\n',
    ],
    [
      'waiting by way of globalThis',
      'no-restricted-properties',
      'packages/core/src/global.ts',
      'export const t: unknown = globalThis.setTimeout(() => {}, 1)\n',
    ],
    [
      'waiting by way of a module',
      'no-restricted-imports',
      'packages/memory/src/timers.ts',
      "export { setTimeout } from 'node:timers/promises'\n",
    ],
    [
      'reading the real time',
      'no-restricted-properties',
      'packages/core/src/engine/now.ts',
      'export const now: number = Date.now()\n',
    ],
    [
      'reading the real high-resolution time',
      'no-restricted-properties',
      'packages/memory/src/now.ts',
      'export const now: number = performance.now()\n',
    ],
    [
      'rolling real dice',
      'no-restricted-properties',
      'packages/core/src/dice.ts',
      'export const dice: number = Math.random()\n',
    ],
    [
      'a Buffer in core',
      'no-restricted-globals',
      'packages/core/src/buffer.ts',
      "export const bytes: unknown = Buffer.from('x')\n",
    ],
    [
      'the process in core',
      'no-restricted-globals',
      'packages/core/src/process.ts',
      'export const env: unknown = process.env\n',
    ],
    ['talking to the console', 'no-console', 'packages/memory/src/talk.ts', "console.log('hello')\n"],
    [
      'a floating promise',
      'typescript/no-floating-promises',
      'packages/core/src/floating.ts',
      'export const f = (p: Promise<void>): void => {\n  p.then(() => 1)\n}\n',
    ],
    [
      'a promise floating behind void',
      'typescript/no-floating-promises',
      'packages/core/src/behind-void.ts',
      'export const f = (p: Promise<void>): void => {\n  void p\n}\n',
    ],
    [
      'a promise where a boolean belongs',
      'typescript/no-misused-promises',
      'packages/core/src/misused.ts',
      'export const f = (p: Promise<boolean>): number => {\n  if (p) return 1\n  return 2\n}\n',
    ],
    [
      'awaiting what is not a promise',
      'typescript/await-thenable',
      'packages/core/src/thenable.ts',
      'export const f = async (n: number): Promise<number> => await n\n',
    ],
    ['an any', 'typescript/no-explicit-any', 'packages/core/src/any.ts', 'export type Anything = any\n'],
    [
      'an any passed on',
      'typescript/no-unsafe-return',
      'packages/core/src/unsafe.ts',
      "export const f = (): string => JSON.parse('1')\n",
    ],
    [
      'a promise that something exists',
      'typescript/no-non-null-assertion',
      'packages/core/src/bang.ts',
      'export const f = (n: number | undefined): number => n!\n',
    ],
    [
      'a variable nobody uses',
      'eslint/no-unused-vars',
      'packages/core/src/unused.ts',
      'const unused = 1\nexport {}\n',
    ],
    [
      'a type parameter used once',
      'typescript/no-unnecessary-type-parameters',
      'packages/core/src/once.ts',
      'export const f = <T>(x: T): void => {\n  String(x)\n}\n',
    ],
    [
      'throwing what is not an error',
      'typescript/only-throw-error',
      'packages/core/src/throwing.ts',
      "export const f = (): never => {\n  throw 'text'\n}\n",
    ],
    [
      'a union not looked at to its end',
      'typescript/switch-exhaustiveness-check',
      'packages/core/src/union.ts',
      "export const f = (a: 'x' | 'y'): void => {\n  switch (a) {\n    case 'x':\n      break\n  }\n}\n",
    ],
    [
      'files that import each other',
      'import/no-cycle',
      'packages/core/src/one.ts',
      "import { two } from './two.ts'\nexport const one = (): number => two()\n",
    ],
  ]
  let reported: readonly { readonly code: string; readonly filename: string }[]

  beforeAll(() => {
    write(Object.fromEntries(offences.map(([, , file, text]) => [file, text])))
    write({
      'packages/core/src/two.ts': "import { one } from './one.ts'\nexport const two = (): number => one()\n",
      'packages/core/src/engine/clock.ts': `${waiting}export const now = (): number => Date.now() + performance.now() + Math.random()\n`,
      'packages/core/test/waiting.test.ts': waiting,
      'benchmarks/waiting.ts': waiting,
    })
    const { stdout } = spawnSync(bin('oxlint'), ['--type-aware', '--format', 'json'], {
      cwd: workspace,
      encoding: 'utf8',
    })
    reported = (JSON.parse(stdout) as { diagnostics: typeof reported }).diagnostics
  })

  const rulesFor = (file: string): string[] =>
    reported
      .filter(({ filename }) => filename === file)
      .map(({ code }) => code.replace(/^(.+)\((.+)\)$/, '$1/$2'))

  test.each(offences)('refuses %s', (_, rule, file) => {
    expect(rulesFor(file)).toContain(rule.includes('/') ? rule : `eslint/${rule}`)
  })

  test.each([
    'packages/core/src/engine/clock.ts',
    'packages/core/test/waiting.test.ts',
    'benchmarks/waiting.ts',
  ])('allows the real clock in %s', (file) => {
    expect(rulesFor(file)).toEqual([])
  })
})

describe('the table of arrows', () => {
  const manifest = (folder: string, rest: object = {}): string =>
    JSON.stringify({
      name: `@larder/${folder}`,
      exports: { '.': {}, './package.json': './package.json' },
      ...rest,
    })
  const offences: readonly (readonly [what: string, file: string, text: string, why: string])[] = [
    [
      'core knows an adapter',
      'packages/core/src/a.ts',
      "import '@larder/memory'",
      'no arrow from core to memory',
    ],
    ['core imports a module of Node', 'packages/core/src/b.ts', "import 'node:fs'", 'no module of Node'],
    [
      'core imports a module of Node by its old name',
      'packages/core/src/c.ts',
      "import 'fs/promises'",
      'no module of Node',
    ],
    ['core imports a dependency', 'packages/core/src/d.ts', "import 'lru-cache'", 'core imports nothing'],
    [
      'an adapter knows another',
      'packages/memory/src/a.ts',
      "export * from '@larder/testing'",
      'no arrow from memory to testing',
    ],
    [
      'an adapter knows another for its types',
      'packages/memory/src/b.ts',
      "export type T = import('@larder/testing').T",
      'no arrow',
    ],
    [
      'an adapter loads another while running',
      'packages/memory/src/c.ts',
      "await import('@larder/testing')",
      'no arrow',
    ],
    [
      'a deep path into a package',
      'packages/memory/src/d.ts',
      "import '@larder/core/src/key.ts'",
      "no entry './src/key.ts'",
    ],
    [
      'a relative path into a package',
      'packages/memory/src/e.ts',
      "import '../../core/src/key.ts'",
      'leaves the sources',
    ],
    ['a dependency nobody declared', 'packages/memory/src/f.ts', "import 'tiny-lru'", 'not a dependency'],
    [
      'a package imports itself by name',
      'packages/memory/src/g.ts',
      "import '@larder/memory'",
      'by relative paths',
    ],
    [
      'a store knows the engine',
      'packages/core/src/store/a.ts',
      "import '../engine/engine.ts'",
      'must not know',
    ],
    [
      'bytes know the engine',
      'packages/core/src/bytes/a.ts',
      "import '../engine/engine.ts'",
      'must not know',
    ],
    [
      'watching knows the engine',
      'packages/core/src/watch/a.ts',
      "import '../engine/engine.ts'",
      'must not know',
    ],
    [
      'a test reaches into another package',
      'packages/core/test/a.test.ts',
      "import '../../memory/src/lru.ts'",
      'import it by name',
    ],
    ['a package without a row', 'packages/novel/package.json', manifest('novel'), 'no row in the table'],
  ]
  let printed: readonly string[]
  let status: number | null

  beforeAll(() => {
    write({
      'packages/core/package.json': manifest('core'),
      'packages/memory/package.json': manifest('memory', { dependencies: { 'lru-cache': '*' } }),
      'packages/testing/package.json': manifest('testing'),
      'packages/memory/src/fine.ts':
        "import { x } from '@larder/core'\nimport 'node:fs'\nimport 'lru-cache'\nimport './a.ts'",
      'packages/core/src/engine/fine.ts': "import './engine.ts'\nimport '../store/store.ts'",
      'packages/core/test/fine.test.ts': "import '@larder/memory'\nimport '../src/key.ts'\nimport 'vitest'",
    })
    write(Object.fromEntries(offences.map(([, file, text]) => [file, text])))
    const run = spawnSync(process.execPath, [path.join(root, 'scripts/arrows.mjs'), workspace], {
      encoding: 'utf8',
    })
    printed = run.stdout.split('\n')
    status = run.status
  })

  test.each(offences)('sees when %s', (_, file, __, why) => {
    expect(printed.find((line) => line.startsWith(`${file}:1  `))).toContain(why)
    expect(status).toBe(1)
  })

  test('lets the imports pass that have an arrow', () => {
    expect(printed.filter((line) => line.includes('fine.'))).toEqual([])
  })
})

test('the formatter refuses a semicolon', () => {
  write({
    'packages/core/src/semicolon.ts': 'export const x = 1;\n',
    'packages/core/src/none.ts': 'export const x = 1\n',
  })
  const check = (file: string): number | null =>
    spawnSync(bin('oxfmt'), ['--check', `packages/core/src/${file}.ts`], {
      cwd: workspace,
    }).status
  expect(check('semicolon')).not.toBe(0)
  expect(check('none')).toBe(0)
})
