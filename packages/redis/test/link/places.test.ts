/*
 * Where a link leads and as whom: TLS, users, passwords that change, servers that are absent, loading or full; and that
 * no secret is ever said.
 */

import { systemClock } from '@larder/core'
import { faultProxy, type RedisServer, startRedis } from '@larder/testing/servers'
import { Command, Redis } from 'ioredis-6'
import net from 'node:net'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect, promisify } from 'node:util'
import { createClient } from 'redis'
import { afterEach, expect, test, vi } from 'vitest'
import type { Link, LinkEvent } from '../../src/link/link.ts'
import { openLink } from '../../src/link/open.ts'
import { scriptOf } from '../../src/link/script.ts'
import { vulnerability } from '../../src/link/versions.ts'
import { unlessKeptWaiting } from '../../../../test/second-look.ts'
import { recorder, rejection, until } from './clients.ts'

const ends: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
const start = async (options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> => {
  const server = await startRedis(options)
  ends.push(() => server.stop())
  return server
}
/** Waits long for an answer where no test is about how long. */
const open = (...[where, options]: Parameters<typeof openLink>): Link => {
  const link = openLink(where, { deadline: '5s', ...options })
  ends.push(() => link.close())
  return link
}
const text = (reply: unknown): string => String(reply)
const CANARY = 'canary-5ecret'

/** All that was said of a link, in any way an error can be looked at. */
const said = (...what: readonly unknown[]): string =>
  what
    .flatMap((each) => [
      inspect(each, { depth: 10, showHidden: true }),
      JSON.stringify(each),
      each instanceof Error
        ? `${each.message} ${each.stack} ${JSON.stringify(Object.getOwnPropertyDescriptors(each))}`
        : '',
    ])
    .join('\n')

test('over TLS a server is trusted by its authority, and by nothing else', async () => {
  const server = await start({ tls: true })
  const redis = open({ url: server.url, tls: { ca: server.ca ?? '' } })
  await redis.ready()
  expect(text(await redis.call(['PING']))).toBe('PONG')

  const distrustful = open(server.url, { startup: 'require', connectDeadline: 1_500 })
  const events: LinkEvent[] = []
  distrustful.on((event) => events.push(event))
  const error = await rejection(distrustful.ready())
  expect(error.message).toMatch(/certificate/)
  expect((await rejection(distrustful.call(['PING']))).code).toBe('LINK_DOWN')
  // Not tried again soon: nothing will have changed.
  expect(events.filter(({ type }) => type === 'down').length).toBe(1)
})

test('a user with few rights is enough, and health says what it lacks', async () => {
  const server = await start({
    acl: {
      default: 'off',
      app: `on >${CANARY} resetchannels ~p:* &p:* -@all +get +set +evalsha +eval +publish +subscribe +unsubscribe +ping +auth +time`,
    },
  })
  const redis = open({ port: server.port, username: 'app', password: CANARY }, { heartbeat: 20 })
  await redis.ready()
  const listener = recorder()
  redis.subscribe(['p:news'], listener)
  await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
  expect(await redis.run(scriptOf('one', 'return 1'), ['p:k'], [])).toBe(1)
  expect((await rejection(redis.call(['GET', 'stranger']))).code).toBe('LINK_DENIED')
  const health = await redis.health()
  expect(health).toMatchObject({ status: 'degraded' })
  expect(health.problems.join()).toContain('+info')

  // Who cannot be asked may be another one whenever the connection is.
  const events: LinkEvent[] = []
  redis.on((event) => events.push(event))
  await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await until(() => expect(events.map(({ type }) => type)).toContain('identity'))
})

test('a password that is given by a function is asked for at every connection', async () => {
  const server = await start({ acl: { app: '>first on ~* &* +@all' } })
  const passwords = ['first', 'second']
  let asked = 0
  const redis = open({
    port: server.port,
    username: 'app',
    password: () => Promise.resolve(passwords[Math.min(asked++, 1)] ?? ''),
  })
  await redis.ready()
  await server.command('ACL', 'SETUSER', 'app', 'resetpass', '>second')
  await server.command('CLIENT', 'KILL', 'USER', 'app')
  await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'))
  expect(asked).toBe(2)
})

test('a wrong password is a denial that is not asked for again and again', async () => {
  const server = await start({ password: 'right' })
  const redis = open({ port: server.port, password: CANARY }, { startup: 'require', connectDeadline: 1_500 })
  const events: LinkEvent[] = []
  redis.on((event) => events.push(event))
  const error = await rejection(redis.ready())
  expect(error.message).toContain('password')
  expect(events.filter(({ type }) => type === 'down')).toMatchObject([{ error: { code: 'LINK_DENIED' } }])
  expect(said(error, events, await redis.health())).not.toContain(CANARY)
})

test('no secret is ever said: not in errors, events, health, or the link itself', async () => {
  const server = await start({ acl: { app: `>${CANARY} on ~* &* +@all` } })
  const proxy = await faultProxy({ target: server.port })
  ends.push(() => proxy.close())
  const at = (place: string): string => `redis://app:${CANARY}@127.0.0.1:${place}`
  const redis = open(at(String(proxy.port)), { deadline: 50 })
  const events: LinkEvent[] = []
  redis.on((event) => events.push(event))
  await redis.ready()
  const errors = [
    await rejection(redis.call(['AUTH', 'app', `${CANARY}-wrong`])),
    await rejection(redis.call(['NONSENSE', CANARY])),
    await rejection(redis.call(['SET', CANARY, CANARY, CANARY])),
    await rejection(redis.call(['EVAL', `return redis.call('nonsense', '${CANARY}')`, '0'])),
  ]
  proxy.blackHole({ existing: true, new: false })
  errors.push(await rejection(redis.call(['SET', 'k', CANARY])))
  await server.command('ACL', 'SETUSER', 'app', 'off')
  proxy.cutAll()
  await until(() => expect(events.some((event) => event.type === 'down')).toBe(true))
  errors.push(await rejection(redis.call(['GET', CANARY])))
  const nowhere = open(at('1'), { startup: 'require', connectDeadline: 100 })
  errors.push(await rejection(nowhere.ready()))
  expect(() => openLink({ url: at('x'), password: '' })).toThrow(TypeError)
  try {
    openLink(`redis://app:${CANARY}@h:x?y`)
  } catch (error) {
    errors.push(error as Error)
  }
  expect(errors.length).toBe(8)
  expect(said(...errors, ...events, await redis.health(), redis.name)).not.toContain(CANARY)
  expect(inspect(redis, { depth: 10 })).not.toContain(CANARY)
})

test('a program that requires its server fails in time, with what to do; one that does not goes on', async () => {
  await unlessKeptWaiting(async () => {
    const started = systemClock.exact()
    const redis = open({ port: 1 }, { startup: 'require', connectDeadline: 200 })
    const error = await rejection(redis.ready())
    expect(error).toMatchObject({ code: 'LINK_DOWN' })
    expect(error.message).toMatch(/ECONNREFUSED.*start the server/)
    expect(systemClock.exact() - started).toBeLessThan(600)

    const server = await start()
    await server.kill()
    const patient = open(server.url)
    expect((await rejection(patient.call(['PING']))).code).toBe('LINK_DOWN')
    await server.restart()
    const back = systemClock.exact()
    await patient.ready()
    expect(systemClock.exact() - back).toBeLessThan(2_000)
  })
})

test('what is called before the first connection waits for it, and no longer than its deadline', async () => {
  await unlessKeptWaiting(async () => {
    const server = await start()
    expect(text(await open(server.url, { deadline: '2s' }).call(['PING']))).toBe('PONG')

    const proxy = await faultProxy({ target: server.port })
    ends.push(() => proxy.close())
    proxy.blackHole()
    const redis = open({ port: proxy.port }, { deadline: 50 })
    const started = systemClock.exact()
    expect((await rejection(redis.call(['SET', 'never', '1']))).code).toBe('LINK_DOWN')
    expect(systemClock.exact() - started).toBeLessThan(300)
    await proxy.heal()
    await redis.ready()
    expect(await redis.call(['EXISTS', 'never'])).toBe(0)
  })
})

test('a server that is loading is waited for, not knocked at', async () => {
  const server = await start({
    config: { 'key-load-delay': 1_000, 'loading-process-events-interval-bytes': 1024 },
  })
  await server.command('DEBUG', 'POPULATE', 2_000)
  const redis = open(server.url, { deadline: 2_000 })
  await redis.ready()
  const events: LinkEvent[] = []
  redis.on((event) => events.push(event))
  await server.restart({ loading: true })
  await until(async () =>
    expect(String(await server.command('INFO', 'persistence'))).toContain('\r\nloading:1'),
  )
  const error = await rejection(redis.call(['GET', 'k']))
  expect(error.code).toBe('LINK_DOWN')
  await until(
    async () => expect(String(await server.command('INFO', 'persistence'))).toContain('\r\nloading:0'),
    20_000,
  )
  const loaded = systemClock.exact()
  await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'))
  expect(systemClock.exact() - loaded).toBeLessThan(4_000)
  expect(events.filter(({ type }) => type === 'reconnecting').length).toBeLessThan(12)
}, 60_000)

test('a server that is full refuses to write, and is read all the same', async () => {
  await unlessKeptWaiting(async () => {
    const server = await start()
    const redis = open(server.url)
    await redis.call(['SET', 'k', '1'])
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    for (let i = 0; i < 20; i++)
      expect((await rejection(redis.call(['SET', 'l', '2']))).code).toBe('LINK_REFUSED')
    expect(text(await redis.call(['GET', 'k']))).toBe('1')
    expect(await redis.call(['DEL', 'k'])).toBe(1)
    const { status, problems, advice } = await redis.health()
    expect(status).toBe('degraded')
    expect(problems.join('\n')).toMatch(/full: raise maxmemory[^]*OOM/)
    expect(advice.join('\n')).toContain('refuses to write when its memory is full')

    await server.command('CONFIG', 'SET', 'maxmemory', '100mb')
    await redis.call(['DEL', 'k'])
    expect((await redis.health()).problems.join()).toContain('OOM')
    await redis.call(['SET', 'l', '2'])
    expect(await redis.health()).toMatchObject({ status: 'ok', problems: [] })
    expect((await redis.health()).advice.join('\n')).toContain('refuses to write when its memory is full')
  })
})

test('a server that became a replica is left for the one its name leads to by then', async () => {
  const [first, second] = [await start(), await start()]
  const proxy = await faultProxy({ target: first.port })
  ends.push(() => proxy.close())
  // It does not look by itself meanwhile.
  const redis = open({ port: proxy.port }, { heartbeat: '10s' })
  await redis.ready()
  const before = proxy.accepted
  await first.command('REPLICAOF', '127.0.0.1', second.port)
  expect((await rejection(redis.call(['SET', 'k', '1']))).code).toBe('LINK_REFUSED')
  // Once: where it leads has been looked up again.
  await until(() => expect(proxy.accepted).toBe(before + 1))
  expect((await redis.health()).problems.join()).toContain('replica')
})

test('a restart is another identity; FLUSHALL is not', async () => {
  await unlessKeptWaiting(async () => {
    const server = await start()
    const redis = open(server.url, { heartbeat: 100 })
    const events: LinkEvent[] = []
    const listener = recorder()
    redis.subscribe(['news'], listener)
    await redis.ready()
    await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
    redis.on((event) => events.push(event))
    await redis.call(['FLUSHALL'])
    const flushed = systemClock.now()
    await until(() => expect(listener.proofs.at(-1)).toBeGreaterThan(flushed + 500))
    expect(events).toEqual([])
    expect(listener.gaps).toBe(0)
    await server.restart()
    await until(() => expect(events.map(({ type }) => type)).toContain('identity'))
    expect(listener.gaps).toBeGreaterThan(0)
  })
})

test('a server that becomes another one under a living connection is a gap', async () => {
  const [server, primary] = [await start(), await start()]
  const redis = open(server.url, { heartbeat: 20 })
  const listener = recorder()
  redis.subscribe(['news'], listener)
  await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
  await server.command('REPLICAOF', '127.0.0.1', primary.port)
  await until(() => expect(listener.gaps).toBeGreaterThan(0))
})

test('a subscription that is silent is replaced, and nothing is proven meanwhile', async () => {
  const server = await start()
  const proxy = await faultProxy({ target: server.port })
  ends.push(() => proxy.close())
  const redis = open({ port: proxy.port }, { deadline: 100, heartbeat: 100 })
  const listener = recorder()
  redis.subscribe(['news'], listener)
  await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
  const { gaps } = listener
  proxy.blackHole({ existing: true, new: false })
  const silent = systemClock.now()
  await redis.call(['PUBLISH', 'news', 'lost']).catch(() => {})
  await until(() => expect(listener.gaps).toBe(gaps + 1))
  await until(() => expect(listener.proofs.at(-1)).toBeGreaterThan(silent))
  const gap = listener.heard.lastIndexOf('gap')
  expect(listener.heard.slice(gap).filter((each) => each === 'proven').length).toBeGreaterThan(0)
  expect(listener.messages).toEqual([])
})

test('a subscription that leads to another server than the data proves nothing', async () => {
  const servers = [await start(), await start()]
  // As a name that moves on between two connections: the first leads to one server, all later ones to the other.
  let count = 0
  let later = 1
  const relay = net.createServer((socket) => {
    const target = net.connect(servers[count++ === 0 ? 0 : later]?.port ?? 0, '127.0.0.1')
    for (const each of [socket, target]) each.on('error', () => {})
    socket.pipe(target).pipe(socket)
    socket.on('close', () => target.destroy())
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  ends.push(() => void relay.close())
  const redis = open({ port: (relay.address() as net.AddressInfo).port }, { heartbeat: 20 })
  await redis.ready()
  const listener = recorder()
  redis.subscribe(['news'], listener)
  await until(() => expect(count).toBeGreaterThan(4))
  expect(listener.proofs).toEqual([])
  later = 0
  await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
})

test('a version of ioredis that takes only commands of its own is served by its public methods', async () => {
  const server = await start()
  const client = new Redis(server.url)
  ends.push(() => client.disconnect())
  const duplicate = client.duplicate.bind(client)
  /** By each of its connections. */
  const refused: number[] = []
  client.duplicate = (override) => {
    const copy = duplicate(override)
    const at = refused.push(0) - 1
    const sendCommand = copy.sendCommand.bind(copy)
    copy.sendCommand = (command, stream) => {
      if (command instanceof Command) return sendCommand(command, stream)
      refused[at] = (refused[at] ?? 0) + 1
      throw new TypeError('command.somethingNew is not a function')
    }
    return copy
  }
  const redis = open(client, { heartbeat: 20 })
  const listener = recorder()
  redis.subscribe(['news'], listener)
  await until(() => expect(listener.proofs.length).toBeGreaterThan(1))
  expect(Math.max(...refused)).toBe(1)
})

test('a server that does not answer is left alone for moments, tried by one call at a time, and used again', async () => {
  await unlessKeptWaiting(async () => {
    const server = await start()
    const redis = open(server.url, { deadline: 30 })
    await redis.ready()
    const states: string[] = []
    redis.on((event) => {
      if (event.type === 'breaker') states.push(event.state)
    })
    // Shorter than the silence after which the connection would be replaced.
    const asleep = server.command('DEBUG', 'SLEEP', '0.25')
    const outcomes = new Set<string | undefined>()
    await until(async () => {
      outcomes.add((await rejection(redis.call(['PING']))).code)
      expect(states).toContain('open')
    })
    expect((await rejection(redis.call(['PING']))).message).toContain('left alone')
    await asleep
    await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'), 2_000)
    expect(states.slice(0, 2)).toEqual(['open', 'half-open'])
    expect(states.at(-1)).toBe('closed')
    expect([...outcomes]).toEqual(['LINK_UNKNOWN'])
  })
})

test('answers that nobody has asked for end the connection, and not the process', async () => {
  const server = await start()
  for (const rubbish of ['$-1\r\n', '*1\r\n$-1\r\n', ':1\r\n', '-ERR what\r\n', 'HTTP/1.1 400\r\n']) {
    const sockets: net.Socket[] = []
    const between = net.createServer((client) => {
      const there = net.connect(server.port)
      sockets.push(client)
      client.on('error', () => {}).once('close', () => there.destroy())
      there.on('error', () => {})
      client.pipe(there).pipe(client)
    })
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    const redis = open(
      { port: (between.address() as net.AddressInfo).port },
      { deadline: 1_000, heartbeat: 20 },
    )
    await redis.ready()
    const listener = recorder()
    redis.subscribe(['news'], listener)
    await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
    const [data] = sockets
    const proofs = listener.proofs.length

    for (const socket of sockets) if (socket.writable) socket.write(rubbish)

    await until(() => expect(data?.destroyed).toBe(true))
    await until(() => expect(listener.proofs.length).toBeGreaterThan(proofs))
    await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'))
    await redis.close()
    between.close()
  }
})

test('a Unix socket is a place too', async () => {
  const socket = path.join(mkdtempSync(path.join(tmpdir(), 'larder-')), 'redis.sock')
  const server = await start({ config: { unixsocket: socket } })
  const redis = open({ path: socket, db: 3 })
  expect(text(await redis.call(['SET', 'k', '1'], { deadline: 2_000 }))).toBe('OK')
  const looking = await server.connect()
  await looking.command('SELECT', 3)
  expect(await looking.command('GET', 'k')).toBe('1')
  looking.close()
  rmSync(path.dirname(socket), { recursive: true, force: true })
})

test.each([
  [{ redis_version: '7.0.15' }, 'CVE-2025-49844'],
  [{ redis_version: '7.2.10' }, 'CVE-2025-49844'],
  [{ redis_version: '8.0.3' }, 'CVE-2025-49844'],
  [{ redis_version: '7.2.4', valkey_version: '8.1.3' }, 'Valkey 8.1.3'],
  [{ redis_version: '7.2.11' }, undefined],
  [{ redis_version: '8.2.2' }, undefined],
  [{ redis_version: '8.10.0' }, undefined],
  [{ redis_version: '7.2.4', valkey_version: '9.0.0' }, undefined],
  [{}, undefined],
])('of the version %o it is known: %s', (fields, problem) => {
  const warning = vulnerability(new Map(Object.entries(fields)))
  if (problem === undefined) expect(warning).toBe(undefined)
  else expect(warning).toContain(problem)
})

test('health runs the scripts themselves: PING may be well when they are not', async () => {
  const server = await start({ acl: { app: 'on >x ~* &* +@all -@scripting' } })
  const scripts = [{ script: scriptOf('fill', 'return 1'), keys: ['k'], args: [] }]
  const redis = open(server.url, { scripts })
  await redis.ready()
  expect(await redis.health()).toMatchObject({ status: 'ok', nodes: [{ role: 'master', status: 'ok' }] })
  const [node] = (await redis.health()).nodes
  expect(node?.latency).toBeGreaterThan(0)
  expect(node?.runId).toMatch(/^[0-9a-f]{40}$/)
  expect(node?.usedMemory).toBeGreaterThan(0)

  const lame = open({ port: server.port, username: 'app', password: 'x' }, { scripts })
  await lame.ready()
  const health = await lame.health()
  expect(health.status).toBe('failed')
  expect(health.problems.join()).toContain("script 'fill'")
})

test('health of an absent server is failed, and says why', async () => {
  const redis = open({ port: 1 })
  await rejection(redis.call(['PING']))
  const health = await redis.health()
  expect(health).toMatchObject({ status: 'failed', nodes: [{ status: 'failed', node: '127.0.0.1:1' }] })
  expect(health.problems.join()).toContain('ECONNREFUSED')
})

test('the client of somebody else that sends twice is a problem, and is said to be', async () => {
  const server = await start()
  const client = new Redis(server.url)
  ends.push(() => client.disconnect())
  const redis = open(client)
  await redis.ready()
  expect((await redis.health()).advice.join()).toContain('autoResendUnfulfilledCommands')
})

test('a client of node-redis that nobody connects is not connected by the link', async () => {
  const server = await start()
  const client = createClient({ url: server.url })
  const redis = open(client, { startup: 'require', connectDeadline: 100 })
  expect((await rejection(redis.ready())).message).toContain('connect()')
  expect(client.isOpen).toBe(false)
})

test('closing leaves nothing: no socket, no timer; also while never connected', async () => {
  const server = await start()
  const resources = (): number =>
    process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap' || each === 'TCPConnectWrap')
      .length
  await until(() => expect(resources()).toBeLessThan(3))
  const before = resources()
  const links = [
    openLink(server.url),
    openLink({ port: 1 }),
    openLink('redis+sentinel://127.0.0.1:1/x'),
    openLink('redis+cluster://127.0.0.1:1'),
  ]
  links[0]?.subscribe(['news'], recorder())
  await links[0]?.ready()
  await Promise.all(links.map((link) => link.close()))
  await until(() => expect(resources()).toBeLessThanOrEqual(before))
  for (const link of links) expect((await rejection(link.call(['PING']))).message).toContain('closed')
})

test.each(['there', 'absent'])(
  'a program whose server is %s ends by itself when its link is closed',
  async (what) => {
    const server = await start()
    if (what === 'absent') await server.kill()
    const opening = new URL('../../src/link/open.ts', import.meta.url).href
    const program = `
    import { openLink } from ${JSON.stringify(opening)}
    const link = openLink(${JSON.stringify(server.url)})
    const settled = new Promise((resolve) => {
      link.on(({ type }) => type === 'down' && resolve())
      link.subscribe(['news'], { message() {}, proven: resolve, gap() {} })
    })
    await link.call(['PING'], { deadline: 2_000 }).catch(() => {})
    await settled
    await link.close()
    const closed = performance.now()
    process.on('exit', () => console.log(performance.now() - closed))
  `
    const args = ['--conditions=@larder/source', '--import', 'tsx', '--input-type=module', '-e', program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 })
    // Less than anything that a link waits for.
    expect(Number(stdout)).toBeLessThan(900)
  },
  60_000,
)

test('a program that has nothing else to do lives until it knows whether its server is there', async () => {
  const opening = new URL('../../src/link/open.ts', import.meta.url).href
  const program = `
    import { openLink } from ${JSON.stringify(opening)}
    const link = openLink({ port: 1 }, { startup: 'require', connectDeadline: 300 })
    await link.ready().catch(({ code }) => console.log(code))
  `
  const args = ['--conditions=@larder/source', '--import', 'tsx', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 })
  expect(stdout.trim()).toBe('LINK_DOWN')
}, 60_000)

test('close waits for what is under way, and no longer than it is told', async () => {
  const server = await start()
  const redis = openLink(server.url, { deadline: '5s' })
  await redis.ready()
  await server.command('CLIENT', 'PAUSE', '200', 'WRITE')
  const written = redis.call(['SET', 'k', '1'])
  await redis.close(2_000)
  expect(text(await written)).toBe('OK')

  const hasty = openLink(server.url, { deadline: '5s' })
  await hasty.ready()
  await server.command('CLIENT', 'PAUSE', '2000', 'WRITE')
  const lost = rejection(hasty.call(['SET', 'k', '2']))
  const started = systemClock.exact()
  await hasty.close(50)
  expect(systemClock.exact() - started).toBeLessThan(1_500)
  expect((await lost).code).toBe('LINK_UNKNOWN')
})

test('a listener of events that throws disturbs nobody', async () => {
  const server = await start()
  const redis = open(server.url)
  const heard = vi.fn()
  redis.on(() => {
    throw new Error('of the listener')
  })
  redis.on(heard)
  await redis.ready()
  expect(text(await redis.call(['PING']))).toBe('PONG')
  expect(heard).toHaveBeenCalled()
})
