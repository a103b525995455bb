/*
 * A standalone server: what tests are promised about it.
 */
import { findServer, type RedisServer, ReplyError, startRedis } from '@larder/testing/servers'
import { existsSync, statSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const started: RedisServer[] = []
const kept = <T extends RedisServer>(server: T): T => {
  started.push(server)
  return server
}
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})
beforeAll(() => findServer(), 120_000)

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })

describe('a server that was started', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  test('answers, and says what it is', async () => {
    const info = String(await redis.command('INFO', 'server'))

    expect(await redis.command('PING')).toBe('PONG')
    expect(info).toContain(`process_id:${redis.pid}\r\n`)
    expect(info).toContain(`tcp_port:${redis.port}\r\n`)
    const name = redis.program === 'valkey' ? 'valkey_version' : 'redis_version'
    expect(info).toContain(`${name}:${redis.version}`)
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
  })

  test('listens on loopback only, and saves nothing', async () => {
    expect(await redis.command('CONFIG', 'GET', 'bind')).toEqual(['bind', '127.0.0.1'])
    expect(await redis.command('CONFIG', 'GET', 'save')).toEqual(['save', ''])
    expect(await redis.command('CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'no'])
  })

  test('obeys DEBUG', async () => {
    expect(await redis.command('DEBUG', 'SLEEP', 0)).toBe('OK')
  })

  test('answers an error with its code', async () => {
    await redis.command('SET', 'text', 'x')
    const refused = await redis.command('LPUSH', 'text', 1).catch((error: unknown) => error)

    expect(refused).toBeInstanceOf(ReplyError)
    expect(refused).toMatchObject({ code: 'WRONGTYPE' })
  })
})

describe('what can be done to a server', () => {
  test('paused, it says nothing until it is resumed', async () => {
    const redis = kept(await startRedis())
    const other = await redis.connect()
    redis.pause()
    let isAnswered = false
    const asked = other.command('PING').then((answer) => {
      isAnswered = true
      return answer
    })

    // The system still accepts connections for it: a round trip that needs nothing of the server itself.
    expect(await refuses(redis.port)).toBe(false)
    expect(isAnswered).toBe(false)
    expect(redis.isRunning).toBe(false)
    redis.resume()
    expect(await asked).toBe('PONG')
    other.close()
  })

  test('killed, it is gone with all connections, and comes back on its port with nothing', async () => {
    const redis = kept(await startRedis())
    const other = await redis.connect()
    await redis.command('SET', 'k', 'v')
    await redis.kill()
    await other.closed

    expect(await refuses(redis.port)).toBe(true)
    await redis.restart()
    expect(await redis.command('GET', 'k')).toBe(null)
  })

  test('restarted, it has what it held, and another pid', async () => {
    const redis = kept(await startRedis())
    const before = redis.pid
    await redis.command('SET', 'k', 'v')
    await redis.restart()

    expect(await redis.command('GET', 'k')).toBe('v')
    expect(redis.pid).not.toBe(before)
  })

  test('restarted empty, it has nothing, whatever was saved before', async () => {
    const redis = kept(await startRedis())
    await redis.command('SET', 'k', 'v')
    await redis.restart()
    await redis.restart({ empty: true })

    expect(await redis.command('DBSIZE')).toBe(0)
  })

  test('restarted while it is paused, it runs', async () => {
    const redis = kept(await startRedis())
    redis.pause()
    await redis.restart()

    expect(redis.isRunning).toBe(true)
    expect(await redis.command('PING')).toBe('PONG')
  })

  test('it can be looked at while it loads', async () => {
    const config = { 'key-load-delay': 1_000, 'loading-process-events-interval-bytes': 1024 }
    const redis = kept(await startRedis({ config }))
    await redis.command('DEBUG', 'POPULATE', 2_000)
    await redis.restart({ loading: true })

    await expect(redis.command('GET', 'k')).rejects.toMatchObject({ code: 'LOADING' })
  })

  test('stopped, its process, its port and its folder are gone', async () => {
    const redis = await startRedis()
    const { pid, port, dir } = redis
    await redis.stop()

    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(await refuses(port)).toBe(true)
    expect(existsSync(dir)).toBe(false)
    expect(redis.log()).toContain('Ready to accept connections')
    await redis.stop() // once more is nothing
  })
})

describe('options', () => {
  test('configuration and arguments reach the server', async () => {
    const redis = kept(
      await startRedis({
        config: { maxmemory: '5mb', 'lazyfree-lazy-user-del': true },
        args: ['--maxclients', '77'],
      }),
    )

    expect(await redis.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '5242880'])
    expect(await redis.command('CONFIG', 'GET', 'lazyfree-lazy-user-del')).toEqual([
      'lazyfree-lazy-user-del',
      'yes',
    ])
    expect(await redis.command('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '77'])
  })

  test('a password is asked of everybody, is in the URL and not in the list of processes', async () => {
    const password = 'a "quoted" pass/word'
    const redis = kept(await startRedis({ password }))
    const stranger = await redis
      .connect({ username: 'default', password: 'wrong' })
      .catch((error: unknown) => error)

    expect(stranger).toMatchObject({ code: 'WRONGPASS' })
    expect(await redis.command('PING')).toBe('PONG')
    expect(new URL(redis.url).password).toBe(encodeURIComponent(password))
    expect(statSync(path.join(redis.dir, 'redis.conf')).mode & 0o077).toBe(0)
  })

  test('users have their rules, and the fixture can always look', async () => {
    const redis = kept(await startRedis({ acl: { default: 'off', app: 'on >secret ~app:* +@all' } }))
    const app = await redis.connect({ username: 'app', password: 'secret' })

    expect(await app.command('SET', 'app:1', 'x')).toBe('OK')
    await expect(app.command('SET', 'other', 'x')).rejects.toMatchObject({ code: 'NOPERM' })
    expect(await redis.command('GET', 'app:1')).toBe('x')
    app.close()
  })

  test('TLS: a client that trusts the authority gets in, others do not', async () => {
    const redis = kept(await startRedis({ tls: true }))
    const connection = await redis.connect()

    expect(redis.url).toBe(`rediss://127.0.0.1:${redis.port}`)
    expect(await connection.command('PING')).toBe('PONG')
    const other = await startRedis({ tls: true }).then(kept)
    await expect(redis.connect({ ca: other.ca })).rejects.toThrow(/certificate/)
    connection.close()
  })

  test('TLS: a certificate that has expired, or is for somebody else, is refused', async () => {
    const [old, foreign] = await Promise.all([
      startRedis({ tls: { expired: true } }).then(kept),
      startRedis({ tls: { host: 'redis.example' } }).then(kept),
    ])

    await expect(old.connect()).rejects.toThrow('certificate has expired')
    await expect(foreign.connect()).rejects.toThrow(/does not match certificate/)
    expect(await old.command('PING')).toBe('PONG')
  })

  test('what the server refuses to start with is said, and nothing is left', async () => {
    await expect(startRedis({ args: ['--no-such-thing'] })).rejects.toThrow(/no-such-thing/)
  })

  test('a password is not in what is said', async () => {
    const failed = await startRedis({ config: { requirepass: 'secret word' } }).catch(
      (error: unknown) => error,
    )

    expect(String(failed)).toContain("'requirepass …'")
    expect(String(failed)).not.toContain('secret')
  })

  test('a port of its own choice that is taken is refused', async () => {
    const redis = kept(await startRedis())

    await expect(startRedis({ port: redis.port })).rejects.toThrow(`port ${redis.port} is taken`)
  })
})
