/*
 * Every public name has an example, which the editor shows and docs/api prints; here all of them are compiled. `pnpm api`
 * holds docs/api to the comments of the sources.
 *
 * An example is the body of a function, to stay short: names that Larder exports need no import there (first those of its own
 * entry, then those of the others), and what it takes for granted is declared in GIVEN.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What every reader takes for granted: a cache, a store, a database, a server, and what is of interest in them. */
const GIVEN = `
import type * as core from '@larder/core'
import type * as keyv from '@larder/keyv'
import type * as compat from '@larder/compat/cache-manager'
import type * as redis from '@larder/redis'
import type * as testing from '@larder/testing'
import type * as servers from '@larder/testing/servers'
import type * as ioredis from 'ioredis'
import type * as http from 'node:http'
import type * as vitest from 'vitest'

declare global {
  interface User { readonly id: number; readonly name: string; readonly team: number }
  interface Token { readonly expiresIn: number; readonly client: string }
  const db: {
    user(id: number | string): Promise<User>
    users(ids: readonly unknown[], signal?: AbortSignal): Promise<User[]>
    ofTeam(team: number): Promise<User[]>
    saveUser(user: User): Promise<User>
    removeUser(id: unknown): Promise<void>
    page(id: unknown): Promise<string>
    busiestIds(): Promise<string[]>
    isDown(): boolean
  }
  function fetchRates(): Promise<Record<string, number>>
  function fetchToken(signal: AbortSignal): Promise<Token>
  function fetchText(what: string): Promise<string>
  const user: User
  const ids: readonly string[]
  const signal: AbortSignal
  const connected: Promise<void>
  const counted: Map<string, number>
  const here: Map<string, string>
  const createServer: typeof http.createServer

  const cache: core.ICache
  const users: core.ICache
  const pages: core.ICache
  const before: core.Stats
  const big: core.BigKeys
  const key: string
  const clock: testing.ManualClock
  const entry: core.Entry
  const store: testing.Faulty<core.Entry>
  const bytesStore: core.Store<Uint8Array>
  const filesIn: (dir: string) => core.Store<Uint8Array>
  const adapter: core.Adapter<{ dir: string }>
  const listener: core.ChannelListener
  const frame: Uint8Array
  const options: object
  const found: unknown
  const source: testing.Held<string>
  const ofUsers: core.Source<User, number>
  const bytes: core.Store<Uint8Array>
  const given: unknown
  const error: unknown
  const fallback: string
  const record: Uint8Array
  const most: number
  let count: number
  const notation: core.Notation
  const load: () => Promise<string>
  const read: (record: core.Entry | undefined) => unknown
  const url: string
  const isDevelopment: boolean
  const logger: Console
  const userSchema: core.StandardSchema<User>
  const oldKey: Uint8Array
  const newKey: Uint8Array

  const backend: keyv.KeyvLike
  const manager: compat.CacheManager
  const Redis: typeof ioredis.Redis
  const link: redis.Link
  const double: redis.Script
  const twoViewsOfOnePlace: testing.ChannelContract['open']
  const client: ioredis.Redis
  const createClient: (options: { url: string }) => unknown
  const server: servers.RedisServer & { close(): Promise<void> }
  const cluster: servers.ClusterServers
  const connection: servers.Connection
  const proxy: servers.FaultProxy

  const got: { extend(options: { cache: unknown }): unknown }
  const Keyv: new (options: { store: unknown }) => keyv.KeyvLike
  const KeyvSqlite: new (uri: string) => keyv.KeyvLike
  const expect: typeof vitest.expect
  const test: typeof vitest.test
  const fc: {
    scheduler(): unknown
    asyncProperty(
      scheduler: unknown,
      run: (scheduler: { schedule(task: Promise<unknown>, what: string): Promise<unknown> }) => Promise<void>,
    ): unknown
  }
}
`

interface Shown {
  readonly name: string
  readonly examples: readonly string[]
}

interface Page {
  readonly entry: string
  readonly names: readonly Shown[]
}

const pages: readonly Page[] = readdirSync(path.join(root, 'docs/api'))
  .filter((file) => file !== 'README.md')
  .map((file) => {
    const [, ...sections] = readFileSync(path.join(root, 'docs/api', file), 'utf8').split(/^### /m)
    return {
      entry: `@larder/${file.slice(0, -3).replaceAll('.', '/')}`,
      names: sections.map((section) => ({
        name: /^\w+/.exec(section)?.[0] ?? '',
        examples: [...section.matchAll(/^For example:\n\n```ts\n([\s\S]*?)\n```$/gm)].map(
          ([, code = '']) => code,
        ),
      })),
    }
  })

const all = pages.flatMap(({ entry, names }) => names.map((shown) => ({ entry, ...shown })))

/** Where an example of `entry` finds a name. */
const homeOf = (entry: string): ReadonlyMap<string, string> => {
  const homes = [...all.filter((each) => each.entry === entry), ...all]
  return new Map(homes.toReversed().map(({ name, entry: home }) => [name, home]))
}

const IMPORT = /^import .*$/gm

function programOf(entry: string, code: string): string {
  const body = code.replace(IMPORT, '').replaceAll(/^export /gm, '')
  const words = new Set(body.match(/(?<!\w|(?<!\.\.)\.)[A-Za-z]\w*/g))
  const imports = [...homeOf(entry)].filter(([name]) => words.has(name))
  return [
    ...imports.map(([name, home]) => `import { ${name} } from '${home}'`),
    ...(code.match(IMPORT) ?? []),
    'export async function example() {',
    body,
    '}',
  ].join('\n')
}

let folder: string
beforeAll(() => {
  // In packages/metrics, which has every library that an example names.
  const cache = path.join(root, 'packages/metrics/node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  folder = mkdtempSync(path.join(cache, 'examples-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every public name has an example', () => {
  expect(all.length).toBeGreaterThan(250)
  const without = all.filter(({ examples }) => examples.length === 0)
  expect(without.map(({ entry, name }) => `${entry} ${name}`)).toEqual([])
})

test('every example compiles', () => {
  const files = all.flatMap(({ entry, name, examples }, n) =>
    examples.map((code, i) => {
      // Numbered, since `Held` and `held` are one file to some.
      const file = `${[...entry.split('/').slice(1), name, n, i].join('.')}.ts`
      writeFileSync(path.join(folder, file), programOf(entry, code))
      return file
    }),
  )
  writeFileSync(path.join(folder, 'given.ts'), GIVEN)
  const config = {
    extends: path.join(root, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      // An example may end with an answer, and imports types like all else.
      noImplicitReturns: false,
      verbatimModuleSyntax: false,
      typeRoots: [path.join(root, 'node_modules/@types')],
      paths: Object.fromEntries(pages.map(({ entry }) => [entry, [sourceOf(entry)]])),
    },
    files: [...files, 'given.ts'],
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config))

  const { stdout } = spawnSync(
    path.join(root, 'node_modules/.bin/tsc'),
    ['-p', folder, '--pretty', 'false'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )

  expect(files.length).toBeGreaterThan(250)
  expect(stdout).toBe('')
}, 120_000)

/** The file that an entry of a package stands for, by its `exports`. */
function sourceOf(entry: string): string {
  const [, folderName = '', ...rest] = entry.split('/')
  const dir = path.join(root, 'packages', folderName)
  const manifest = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly '@larder/source': string }>>
  }
  const found = manifest.exports[['.', ...rest].join('/')]
  if (found === undefined) throw new Error(`${entry} is not exported`)
  return path.join(dir, found['@larder/source'])
}
