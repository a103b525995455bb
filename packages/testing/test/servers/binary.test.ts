/*
 * Which server is found, and what is said if none is.
 */
import { findServer, type ServerName, serverNames, startRedis } from '@larder/testing/servers'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const program = fileURLToPath(new URL('./binary.child.ts', import.meta.url))
const tsx = import.meta.resolve('tsx')
let work: string
beforeAll(async () => {
  work = mkdtempSync(path.join(tmpdir(), 'larder-binary-'))
  await findServer()
}, 120_000)
afterAll(() => rmSync(work, { recursive: true }))

/** A program that says it is this server. */
const pretending = (name: string, says: string): string => {
  const file = path.join(work, name, 'redis-server')
  mkdirSync(path.dirname(file))
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`)
  chmodSync(file, 0o755)
  return file
}

/** What another process finds, in a folder and an environment of its own. */
const found = async (
  env: Readonly<Record<string, string>>,
  cwd: string = work,
  wish: string = '',
): Promise<string> => {
  const args = ['--conditions=@larder/source', '--import', tsx, program, wish]
  const clean = { ...process.env, REDIS_SERVER_BIN: undefined, LARDER_SERVER: undefined }
  const { stdout } = await run(process.execPath, args, { cwd, env: { ...clean, ...env } })
  return stdout.trim()
}

describe('without a wish', () => {
  test('REDIS_SERVER_BIN comes first, then PATH', async () => {
    const redis = pretending('seven', 'Redis server v=7.4.1 sha=00000000:0 malloc=libc bits=64 build=0')
    const valkey = pretending('eight', 'Valkey server v=8.0.2 sha=00000000:0 malloc=libc bits=64 build=0')
    const onPath = { PATH: `${path.dirname(redis)}:${process.env['PATH']}` }

    expect(await found(onPath)).toBe(`redis 7.4.1 ${redis}`)
    expect(await found({ ...onPath, REDIS_SERVER_BIN: valkey })).toBe(`valkey 8.0.2 ${valkey}`)
    expect(await found({ ...onPath, REDIS_SERVER_BIN: valkey }, work, 'redis-7')).toBe(`redis 7.4.1 ${redis}`)
  })

  test('a REDIS_SERVER_BIN that is not there is an error', async () => {
    await expect(found({ REDIS_SERVER_BIN: '/nowhere/redis-server' })).rejects.toThrow(
      'names a file that is not there',
    )
  })

  test('LARDER_SERVER wishes for everybody, and can wish only for what there is', async () => {
    const other = pretending('nine', 'Valkey server v=9.0.0 sha=00000000:0 malloc=libc bits=64 build=0')

    expect(await found({ REDIS_SERVER_BIN: other, LARDER_SERVER: 'valkey-9' })).toBe(`valkey 9.0.0 ${other}`)
    await expect(found({ LARDER_SERVER: 'memcached' })).rejects.toThrow(`it can be ${serverNames.join(', ')}`)
  })

  test('where there is none, it is said what to do', async () => {
    const nowhere = mkdtempSync(path.join(work, 'nowhere-'))

    await expect(found({ PATH: nowhere, TMPDIR: nowhere })).rejects.toThrow(
      'REDIS_SERVER_BIN=/path/to/redis-server',
    )
    expect(readdirSync(nowhere).filter((name) => name.startsWith('larder'))).toEqual([])
  })
})

/** Where one is installed there is nothing to unpack. */
const isThere = (name: string): boolean => existsSync(path.join('/usr/bin', name))
const canUnpack = ['apt-get', 'dpkg'].every(isThere) && !['redis-server', 'valkey-server'].some(isThere)

describe.runIf(canUnpack)('packages of Debian', () => {
  test('several processes unpack at the same time, and all find the same server, which runs', async () => {
    const project = mkdtempSync(path.join(work, 'project-'))
    writeFileSync(path.join(project, 'package-lock.json'), '{}')
    const cache = path.join(project, 'node_modules/.cache/redis')
    const empty = { PATH: '/usr/bin:/bin' }
    const all = await Promise.all([1, 2, 3].map(() => found(empty, project)))

    expect(new Set(all).size).toBe(1)
    expect(all[0]).toContain(path.join(cache, 'own/redis-server'))
    expect(readdirSync(cache)).toEqual(['own'])
  }, 120_000)
})

const wished = process.env['LARDER_SERVER'] as ServerName | undefined
test.runIf(wished !== undefined && wished !== ('' as ServerName))(
  'the server of this run is the one it was asked for',
  async () => {
    const redis = await startRedis()
    const { program: name, version } = redis
    await redis.stop()

    expect(`${name}-${version.split('.', 1)[0]}`).toBe(wished)
  },
)
