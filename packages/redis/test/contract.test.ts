/*
 * Redis keeps the contracts of stores and channels, over every kind of connection.
 */

import { redis } from '@larder/redis'
import { channelContract, storeContract } from '@larder/testing'
import {
  type ClusterServers,
  type RedisServer,
  type SentinelServers,
  startCluster,
  startRedis,
  startSentinel,
} from '@larder/testing/servers'
import { Cluster } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { Redis as Redis6 } from 'ioredis-6'
import { Redis as Iovalkey } from 'iovalkey'
import { randomUUID } from 'node:crypto'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Link } from '../src/link/link.ts'
import { type GivenClient, openLink } from '../src/link/open.ts'
import { ACL, bytesOver } from './servers.ts'

interface Servers {
  readonly alone: RedisServer
  readonly tls: RedisServer
  readonly acl: RedisServer
  readonly sentinel: SentinelServers
  readonly cluster: ClusterServers
}

const running: { servers?: Servers } = {}
const links = new Map<string, Link>()
const clients: { end(): unknown }[] = []

beforeAll(async () => {
  running.servers = {
    alone: await startRedis(),
    tls: await startRedis({ tls: true }),
    acl: await startRedis({ acl: { default: 'off', larder: `on >secret ${ACL}` } }),
    sentinel: await startSentinel(),
    cluster: await startCluster(),
  }
}, 180_000)

afterAll(async () => {
  await Promise.all([...links.values()].map((link) => link.close()))
  await Promise.all(clients.map(async (client) => client.end()))
  await Promise.all(
    Object.values(running.servers ?? {}).map((each: { stop(): Promise<void> }) => each.stop()),
  )
})

function at<S extends keyof Servers>(name: S): Servers[S] {
  if (running.servers === undefined) throw new Error('servers run only during tests')
  return running.servers[name]
}

type Where = () => Parameters<typeof openLink>[0] | Promise<Parameters<typeof openLink>[0]>

/** One link for all rules: what is judged is the store, and links have tests of their own. */
async function linkTo(name: string, where: Where): Promise<Link> {
  const known = links.get(name)
  if (known !== undefined) return known
  const link = openLink(await where(), { deadline: '5s', heartbeat: 20 })
  links.set(name, link)
  await link.ready()
  return link
}

const places: Readonly<Record<string, Where>> = {
  'Redis by URL': () => at('alone').url,
  'Redis over TLS': () => ({ url: at('tls').url, tls: { ca: at('tls').ca ?? '' } }),
  'Redis as a user with few rights': () => ({ port: at('acl').port, username: 'larder', password: 'secret' }),
  'Redis under Sentinel': () => ({
    sentinel: { name: at('sentinel').name, nodes: at('sentinel').sentinelAddresses },
  }),
  'a cluster': () => ({ cluster: { nodes: at('cluster').addresses } }),
  'a client of ioredis 5': () => closing(new Redis5(at('alone').port), (client) => client.disconnect()),
  'a client of ioredis 6': () => closing(new Redis6(at('alone').port), (client) => client.disconnect()),
  'a client of iovalkey': () => closing(new Iovalkey(at('alone').port), (client) => client.disconnect()),
  'a client of ioredis for a cluster': () =>
    closing(new Cluster([...at('cluster').addresses]), (client) => client.disconnect()),
  'a client of node-redis 5': () =>
    connected(createClient5({ url: at('alone').url }), (client) => client.destroy()),
  'a client of node-redis 6': () =>
    connected(createClient({ url: at('alone').url }), (client) => client.destroy()),
}

function closing<C extends object>(client: C, end: (client: C) => unknown): GivenClient {
  clients.push({ end: () => end(client) })
  return client as unknown as GivenClient
}

async function connected<
  C extends { on(event: 'error', listener: () => void): unknown; connect(): Promise<unknown> },
>(client: C, end: (client: C) => unknown): Promise<GivenClient> {
  client.on('error', () => {})
  await client.connect()
  return closing(client, end)
}

for (const [name, where] of Object.entries(places)) {
  const prefix = (): string => `larder:${randomUUID()}`

  storeContract(name, {
    open: async (clock) => redis({ link: await linkTo(name, where), prefix: prefix(), clock }),
    keeps: 'entries',
  })
  if (name === 'Redis by URL' || name === 'a cluster') {
    storeContract(`${name}, as bytes`, {
      open: async () => bytesOver(await linkTo(name, where), prefix()),
      keeps: 'bytes',
    })
  }
  if (name.includes('cluster')) continue
  channelContract(name, {
    open: async () => {
      const same = prefix()
      const [here, there] = [await linkTo(name, where), await linkTo(`${name}, again`, where)]
      return [bytesOver(here, same), bytesOver(there, same)]
    },
    keeps: 'bytes',
  })
}

test('what others change is not told on a cluster, so caches ask it every time', async () => {
  const store = bytesOver(
    await linkTo('a cluster', () => ({ cluster: { nodes: at('cluster').addresses } })),
    'p',
  )

  expect(store.channel).toBe(undefined)
  expect(
    new Set(['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'a:6', 'a:7', 'a:8'].map((key) => store.partOf?.(key))).size,
  ).toBe(3)
})
