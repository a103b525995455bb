/*
 * The program of a server: found, or fetched. In this order:
 *
 *   REDIS_SERVER_BIN                a file
 *   redis-server, valkey-server     on PATH
 *   node_modules/.cache/redis       what was unpacked before
 *   Debian, Ubuntu                  packages, unpacked into that folder: no root, no service
 *
 * Whoever needs a certain one wishes for it; LARDER_SERVER wishes for all who do not, so that a whole suite can be run on
 * another server without a word changed in it. A wish is fulfilled or refused, never bent.
 */

import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Recipe, unpack } from './debian.ts'

const run = promisify(execFile)

/**
 * Which server, by name and major version.
 *
 * @example
 * const name: ServerName = 'valkey-8'
 * const server = await startRedis({ server: name })
 */
export type ServerName = 'redis-7' | 'redis-8' | 'valkey-8' | 'valkey-9'

/**
 * A program that can be started.
 *
 * @example
 * const { file, version }: ServerBinary = await findServer('redis-8')
 */
export interface ServerBinary {
  readonly file: string
  readonly program: 'redis' | 'valkey'
  /** '7.0.15' */
  readonly version: string
  readonly major: number
}

/** The first release of Debian that has it. */
const RECIPES: Readonly<Record<ServerName, Recipe>> = {
  'redis-7': { program: 'redis', release: 'bookworm' },
  'redis-8': { program: 'redis', release: 'trixie' },
  'valkey-8': { program: 'valkey', release: 'trixie' },
  'valkey-9': { program: 'valkey', release: 'forky' },
}

/**
 * Every server that `findServer` can be asked for.
 *
 * @example
 * for (const server of serverNames) await (await startRedis({ server })).stop()
 */
export const serverNames: readonly ServerName[] = Object.keys(RECIPES) as ServerName[]

const known = new Map<string, Promise<ServerBinary>>()

/**
 * Without a wish: the one that LARDER_SERVER names, else what this machine has, else Redis 7 or what its distribution has.
 *
 * @example
 * const { program, version } = await findServer()
 * const newest = await findServer('valkey-9')
 */
export function findServer(
  wish: ServerName | undefined = wishOf(process.env['LARDER_SERVER']),
): Promise<ServerBinary> {
  const name = wish ?? 'any'
  const before = known.get(name)
  if (before !== undefined) return before
  const found = search(wish)
  known.set(name, found)
  found.catch(() => known.delete(name)) // the next one may have more luck
  return found
}

async function search(wish: ServerName | undefined): Promise<ServerBinary> {
  for (const file of [...onThisMachine(), cached(wish ?? 'own'), cached('own')]) {
    const found = existsSync(file) ? await binaryOf(file) : undefined
    if (found !== undefined && isWished(found, wish)) return found
  }
  const recipes: readonly (readonly [string, Recipe])[] =
    wish === undefined ? [['own', { program: 'redis' }]] : [[wish, RECIPES[wish]]]
  for (const [name, recipe] of recipes) {
    if (await unpack(recipe, path.dirname(cached(name)))) return binaryOf(cached(name))
  }
  throw new Error(`${wish ?? 'a Redis or Valkey server'} is needed, and was not found. ${ADVICE}`)
}

const ADVICE = `Any of these will do:
  macOS            brew install valkey
  Debian, Ubuntu   sudo apt-get install redis-server
  Fedora           sudo dnf install valkey
  elsewhere        REDIS_SERVER_BIN=/path/to/redis-server`

function wishOf(name: string | undefined): ServerName | undefined {
  if (name === undefined || name === '') return undefined
  if (name in RECIPES) return name as ServerName
  throw new TypeError(`LARDER_SERVER is '${name}'; it can be ${serverNames.join(', ')}`)
}

function isWished({ program, major }: ServerBinary, wish: ServerName | undefined): boolean {
  return wish === undefined || wish === `${program}-${major}`
}

function onThisMachine(): readonly string[] {
  const named = process.env['REDIS_SERVER_BIN']
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const onPath = ['redis-server', 'valkey-server'].flatMap((name) =>
    folders.map((folder) => path.join(folder, name)),
  )
  if (named === undefined) return onPath
  if (!existsSync(named)) throw new Error(`REDIS_SERVER_BIN names a file that is not there: ${named}`)
  return [named, ...onPath]
}

const cached = (name: string): string => path.join(cacheFolder(), name, 'redis-server')

const LOCK_FILES = ['pnpm-lock.yaml', 'package-lock.json', 'yarn.lock', 'bun.lock']

/** Of the project we are started in; where there is none, the system's folder for what may be lost. */
function cacheFolder(): string {
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    if (LOCK_FILES.some((file) => existsSync(path.join(folder, file)))) {
      return path.join(folder, 'node_modules/.cache/redis')
    }
    if (folder === path.dirname(folder)) return path.join(tmpdir(), `larder-redis-${process.getuid?.() ?? 0}`)
  }
}

/** It says itself what it is: 'Redis server v=7.0.15 …', 'Valkey server v=9.1.2 …'. */
async function binaryOf(file: string): Promise<ServerBinary> {
  if (statSync(file).isDirectory()) throw new Error(`a server is a file, and this is a folder: ${file}`)
  const { stdout } = await run(file, ['--version'])
  const [, program = 'redis', version = '0'] = /^(redis|valkey)\b.*? v=(\S+)/i.exec(stdout) ?? []
  return {
    file,
    program: program.toLowerCase() === 'valkey' ? 'valkey' : 'redis',
    version,
    major: Number(version.split('.', 1)[0]),
  }
}
