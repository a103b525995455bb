/*
 * The user of docs/operations/users.acl: may do all that a cache needs, and nothing else.
 *
 * Contracts are judged as this user, on a server and on a cluster, and a cache works with every client that can be
 * handed in. Then servers are asked which commands that took, and the list in the file must be the same.
 *
 *   LARDER_ACL=write npx vitest run packages/redis/test/acl.test.ts      writes the list
 */

import { createCache } from '@larder/core'
import { redis } from '@larder/redis'
import { cacheContract, channelContract, storeContract } from '@larder/testing'
import { type ClusterServers, type RedisServer, startCluster, startRedis } from '@larder/testing/servers'
import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis-6'
import { Redis as Iovalkey } from 'iovalkey'
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Link } from '../src/link/link.ts'
import { type GivenClient, openLink } from '../src/link/open.ts'
import { onTime } from './on-time.ts'
import { AS_CACHE, bytesOver } from './servers.ts'

const FILE = path.resolve(import.meta.dirname, '../../../docs/operations/users.acl')
const IS_WRITING = process.env['LARDER_ACL'] === 'write'

const text = readFileSync(FILE, 'utf8')
const [, beginning = '', listed = ''] = /^user larder (on .*-@all) (.*)$/m.exec(text) ?? []
/** As in the file, with a password; the default user of the fixture's cluster stays as it is. */
const RULES = `${beginning} ${IS_WRITING ? '+@all' : listed} >secret`
const LOGIN = { username: 'larder', password: 'secret' }

interface Running {
  readonly server: RedisServer
  readonly cluster: ClusterServers
  readonly links: Readonly<Record<'here' | 'there' | 'other' | 'spread', Link>>
}
const held: { running?: Running } = {}

beforeAll(async () => {
  const server = await startRedis({ config: AS_CACHE, acl: { default: 'off', larder: RULES } })
  const cluster = await startCluster({ replicas: 0, config: { ...AS_CACHE, user: [`larder ${RULES}`] } })
  for (const each of [server, ...cluster.nodes]) {
    await each.command('CONFIG', 'RESETSTAT')
    await each.command('ACL', 'LOG', 'RESET')
  }
  const alone = { port: server.port, ...LOGIN }
  const links = {
    here: openLink(alone, { deadline: '5s', heartbeat: 20 }),
    there: openLink(alone, { deadline: '5s', heartbeat: 20 }),
    other: openLink({ ...alone, db: 1 }, { deadline: '5s', heartbeat: 20 }),
    spread: openLink({ cluster: { nodes: cluster.addresses }, ...LOGIN }, { deadline: '5s', heartbeat: 20 }),
  }
  held.running = { server, cluster, links }
  await Promise.all(Object.values(links).map((link) => link.ready()))
}, 180_000)

afterAll(async () => {
  const { links, server, cluster } = running()
  await Promise.all(Object.values(links).map((link) => link.close()))
  await Promise.all([server.stop(), cluster.stop()])
})

function running(): Running {
  if (held.running === undefined) throw new Error('servers run only during tests')
  return held.running
}

const prefix = (): string => `larder:${randomUUID()}`

storeContract('Redis as the user of the file', {
  open: (clock) => redis({ link: running().links.here, prefix: prefix(), clock }),
  keeps: 'entries',
})
storeContract('a cluster as the user of the file', {
  open: (clock) => redis({ link: running().links.spread, prefix: prefix(), clock }),
  keeps: 'entries',
})
channelContract('Redis as the user of the file', {
  open: () => {
    const same = prefix()
    const { here, there } = running().links
    return [bytesOver(here, same), bytesOver(there, same)]
  },
  keeps: 'bytes',
  interrupt: async () => void (await running().server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')),
})
cacheContract(
  'a cache on Redis as the user of the file',
  onTime(() => running().links.here, { prefix }),
)
cacheContract(
  'a cache on a cluster as the user of the file',
  onTime(() => running().links.spread, { prefix }),
)

interface Handed {
  readonly client: object
  connect?(): Promise<unknown>
  end(): unknown
}

function ofNodeRedis(client: {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): unknown
}): Handed {
  client.on('error', () => {})
  return { client, connect: () => client.connect(), end: () => client.destroy() }
}

const ofIoredis = (client: { disconnect(): void }): Handed => ({ client, end: () => client.disconnect() })

/** Nothing is sent twice. */
const ONCE = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }

const clients: Readonly<Record<string, (port: number) => Handed>> = {
  'ioredis 5': (port) => ofIoredis(new Redis5({ port, ...LOGIN, ...ONCE })),
  'ioredis 6': (port) => ofIoredis(new Redis6({ port, ...LOGIN, ...ONCE })),
  iovalkey: (port) => ofIoredis(new Iovalkey({ port, ...LOGIN, ...ONCE })),
  'node-redis 5': (port) => ofNodeRedis(createClient5({ socket: { port }, ...LOGIN })),
  'node-redis 6': (port) => ofNodeRedis(createClient({ socket: { port }, ...LOGIN })),
}

describe.for(Object.entries(clients))('a client of %s that is handed in, as this user', ([, make]) => {
  test('serves a cache', async () => {
    const handed = make(running().server.port)
    await handed.connect?.()
    const cache = createCache({
      store: redis(handed.client as GivenClient, { prefix: prefix(), deadline: '5s' }),
      storeTimeout: '5s',
    })

    expect(await cache.getOrSet('k', () => 'loaded', { tags: ['t'] })).toBe('loaded')
    await cache.invalidateTags('t')

    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.health()).toMatchObject({ status: 'ok' })
    await cache.close()
    await handed.end()
  })
})

describe('the list of the file', () => {
  /** Asked by the fixture, or allowed to everybody who may not even be known yet. */
  const NOT_COUNTED = ['config|resetstat', 'acl|log', 'client|kill', 'auth', 'hello', 'quit']

  async function usedOn(server: RedisServer): Promise<readonly string[]> {
    const stats = String(await server.command('INFO', 'commandstats'))
    return [...stats.matchAll(/^cmdstat_([^:]+):calls=([1-9]\d*),/gm)].map(([, name = '']) => name)
  }

  /** Reads a key whose slot is being moved. The fixture, which moves it, does much that no cache does. */
  async function isSentElsewhere(): Promise<boolean> {
    const { cluster, links } = running()
    const key = 'larder:{k}'
    const from = await cluster.nodeOf(key)
    const to = cluster.nodes.find((node) => node !== from) ?? from
    const move = await cluster.beginMove(key, to)
    await links.spread.call(['MGET', key])
    await move.finish()
    return (await usedOn(to)).includes('asking')
  }

  test('is what was used: nothing is missing and nothing is too much', async () => {
    const { server, cluster, links } = running()
    expect((await links.here.health()).status).toBe('ok')
    expect((await links.spread.health()).status).toBe('ok')
    const servers = [server, ...cluster.nodes]

    const used = new Set((await Promise.all(servers.map(usedOn))).flat())
    for (const name of NOT_COUNTED) used.delete(name)
    if (await isSentElsewhere()) used.add('asking')
    const commands = [...used].toSorted().map((name) => `+${name}`)
    if (IS_WRITING) writeFileSync(FILE, text.replace(listed, commands.join(' ')))

    expect(commands).toEqual(IS_WRITING ? commands : listed.split(' ').toSorted())
  })

  test('was enough: no server has refused anything that matters', async () => {
    const { server, cluster } = running()
    const refused = async (each: RedisServer): Promise<readonly unknown[]> => {
      const log = (await each.command('ACL', 'LOG')) as readonly (readonly unknown[])[]
      return log.map((entry) => entry[entry.indexOf('object') + 1])
    }

    const all = (await Promise.all([server, ...cluster.nodes].map(refused))).flat()

    // Clients of others say what they are, and do not mind that nobody listens. Redis 7.0 does not know the command.
    expect(all.filter((object) => object !== 'client|setinfo')).toEqual([])
  })

  test.skipIf(IS_WRITING)(
    'is not enough for a stranger: other keys, other channels, other commands',
    async () => {
      const { server } = running()
      const user = await server.connect(LOGIN)
      const refused = [
        ['GET', 'stranger'],
        ['EVAL', "return redis.call('GET', KEYS[1])", 1, 'stranger'],
        ['EVAL', "return redis.call('GET', 'stranger')", 1, 'larder:k'],
        ['PUBLISH', 'stranger', 'x'],
        ['SUBSCRIBE', 'stranger'],
        ['KEYS', '*'],
        ['FLUSHALL'],
        ['CONFIG', 'GET', '*'],
        ['ACL', 'LIST'],
        ['DEBUG', 'SLEEP', 0],
        ['SHUTDOWN'],
      ] as const
      for (const command of refused) {
        await expect(user.command(...command), command.join(' ')).rejects.toThrow(
          /NOPERM|permission|can't access/,
        )
      }
      user.close()
    },
  )
})
