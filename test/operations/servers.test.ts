/*
 * The configurations of docs/operations, each given to a real server as it lies in the repository; what the server then
 * says of itself is what the file says. And the users, by the script that gives them their passwords.
 */

import { connect, type RedisServer, startRedis } from '@larder/testing/servers'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const FOLDER = path.resolve(import.meta.dirname, '../../docs/operations')
/** The first start may have to fetch the program. */
const PATIENCE = 120_000

const work = mkdtempSync(path.join(tmpdir(), 'larder-operations-'))
afterAll(() => rmSync(work, { recursive: true }))

const read = (file: string): string => readFileSync(path.join(FOLDER, file), 'utf8')

/** Lines of a configuration: name and value. */
const directives = (text: string): readonly (readonly [name: string, value: string])[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', ...words] = line.split(' ')
      return [name, words.join(' ').replaceAll('"', '')]
    })

const BYTES: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** Sizes as servers say them. */
const inBytes = (value: string): string =>
  value.replace(/\b(\d+)([kmg]b)\b/g, (_, count: string, unit: string) =>
    String(Number(count) * (BYTES[unit] ?? 1)),
  )

async function configOf(server: RedisServer, name: string): Promise<string> {
  const [, value] = (await server.command('CONFIG', 'GET', name)) as readonly [string, string]
  return value
}

/** Who may always look, beside the users of a file. */
const FIXTURE = 'user larder-fixture on >fixture ~* &* +@all\n'

interface Started {
  readonly server: RedisServer
  readonly aclFile: string
}

/** As in the manifests: the configuration, and a file of users; until a test says otherwise everybody may do everything. */
async function startRole(role: string): Promise<Started> {
  const aclFile = path.join(work, `${role}.acl`)
  writeFileSync(aclFile, `user default on nopass ~* &* +@all\n${FIXTURE}`)
  const server = await startRedis({
    config: { include: path.join(FOLDER, role, 'redis.conf') },
    args: ['--aclfile', aclFile],
  })
  return { server, aclFile }
}

describe.each(['cache', 'state'])('the server of the %s role', (role) => {
  const held: { started?: Started } = {}
  beforeAll(async () => {
    held.started = await startRole(role)
  }, PATIENCE)
  afterAll(async () => held.started?.server.stop())
  const server = (): RedisServer => {
    if (held.started === undefined) throw new Error('the server runs only during tests')
    return held.started.server
  }

  test('is configured as the file says', async () => {
    const wanted = directives(read(`${role}/redis.conf`))
    expect(wanted.length).toBeGreaterThan(10)
    for (const [name, value] of wanted) expect(await configOf(server(), name), name).toContain(inBytes(value))
  })

  test('keeps what its role keeps when it is killed', async () => {
    await server().command('SET', 'k', 'v')
    await server().kill()
    await server().restart()

    expect(await server().command('GET', 'k')).toBe(role === 'state' ? 'v' : null)
  })

  test('does what its role does when it is full', async () => {
    await server().command('CONFIG', 'SET', 'maxmemory', '3mb')
    const fill = Array.from({ length: 200 }, (_, i) => ['SET', `k${i}`, 'x'.repeat(50_000)] as const)
    const own = await server().connect()

    const answers = await own.pipeline(fill)

    own.close()
    const refusals = answers.filter((answer) => answer instanceof Error && answer.message.startsWith('OOM'))
    if (role === 'cache') expect(refusals).toEqual([])
    else expect(refusals.length).toBeGreaterThan(50)
    const evicted = /evicted_keys:(\d+)/.exec(String(await server().command('INFO', 'stats')))?.[1]
    expect(Number(evicted) > 50).toBe(role === 'cache')
  })
})

describe('the users', () => {
  const held: { started?: Started } = {}
  beforeAll(async () => {
    held.started = await startRole('cache')
  }, PATIENCE)
  afterAll(async () => held.started?.server.stop())

  /** The users of a file, and how one of them gets on with a command. */
  async function withUsers(
    text: string,
  ): Promise<(username: string, password: string, ...command: readonly string[]) => Promise<unknown>> {
    const { server, aclFile } = held.started ?? {}
    if (server === undefined || aclFile === undefined) throw new Error('the server runs only during tests')
    const own = await connect(server.port, { username: 'larder-fixture', password: 'fixture' })
    writeFileSync(aclFile, text + FIXTURE)
    await own.command('ACL', 'LOAD')
    own.close()
    return async (username, password, ...command) => {
      const connection = await connect(server.port, password === '' ? {} : { username, password })
      const answer = await connection.command(...command).finally(() => connection.close())
      return answer
    }
  }

  function withPasswords(): string {
    for (const file of ['users.acl', 'make-users.sh'])
      copyFileSync(path.join(FOLDER, file), path.join(work, file))
    execFileSync('sh', [path.join(work, 'make-users.sh')], {
      env: { PATH: process.env['PATH'], LARDER_PASSWORD: 'of the cache', OPERATOR_PASSWORD: 'of people' },
    })
    return readFileSync(path.join(work, 'users.secret.acl'), 'utf8')
  }

  test('of the repository are nobody’s: only the probe may enter, and it may only ask whether the server lives', async () => {
    const ask = await withUsers(read('users.acl'))

    await expect(ask('', '', 'PING')).rejects.toThrow('NOAUTH')
    for (const name of ['default', 'larder', 'operator']) {
      for (const password of ['x', name])
        await expect(ask(name, password, 'PING')).rejects.toThrow('WRONGPASS')
    }
    expect(await ask('probe', 'any', 'PING')).toBe('PONG')
    await expect(ask('probe', 'any', 'GET', 'larder:k')).rejects.toThrow('NOPERM')
    await expect(ask('probe', 'any', 'INFO')).rejects.toThrow('NOPERM')
  })

  test('have the passwords that they were given, and nobody finds them in the file', async () => {
    const text = withPasswords()
    const ask = await withUsers(text)

    expect(text).not.toMatch(/of the cache|of people/)
    expect(await ask('larder', 'of the cache', 'SET', 'larder:k', 'v')).toBe('OK')
    await expect(ask('larder', 'of the cache', 'FLUSHALL')).rejects.toThrow('NOPERM')
    await expect(ask('larder', 'of people', 'PING')).rejects.toThrow('WRONGPASS')
    expect(await ask('operator', 'of people', 'CONFIG', 'GET', 'save')).toEqual(['save', ''])
    await expect(ask('default', 'of people', 'PING')).rejects.toThrow('WRONGPASS')
  })

  test('are not made without passwords', () => {
    copyFileSync(path.join(FOLDER, 'make-users.sh'), path.join(work, 'make-users.sh'))
    const make = (): unknown =>
      execFileSync('sh', [path.join(work, 'make-users.sh')], {
        env: { PATH: process.env['PATH'], LARDER_PASSWORD: 'x' },
        stdio: 'pipe',
      })

    expect(make).toThrow(/OPERATOR_PASSWORD/)
  })
})

test(
  'the server of tls.conf speaks TLS and nothing else',
  async () => {
    // The certificates of the fixture, and its port, in the places that the file names.
    const file = path.join(work, 'tls.conf')
    const names = { 'tls.crt': 'server.crt', 'tls.key': 'server.key', 'ca.crt': 'ca.crt' }
    const text = Object.entries(names).reduce(
      (conf, [name, own]) => conf.replace(`/tls/${name}`, own),
      read('tls.conf').replace(/^tls-port .*$/m, ''),
    )
    writeFileSync(file, text)
    const server = await startRedis({ tls: true, config: { include: file } })

    for (const [name, value] of directives(text)) expect(await configOf(server, name), name).toBe(value)
    await expect(connect(server.port).then((plain) => plain.command('PING'))).rejects.toThrow()
    expect(await server.command('PING')).toBe('PONG')
    await server.stop()
  },
  PATIENCE,
)
