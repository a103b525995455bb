/*
 * Sentinel and Cluster: the link finds what it is meant to find, and finds it again when it moves.
 */

import {
  type ClusterServers,
  type SentinelServers,
  startCluster,
  startSentinel,
} from '@larder/testing/servers'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { Cluster as Cluster6, Redis as Redis6 } from 'ioredis-6'
import { Cluster as ValkeyCluster } from 'iovalkey'
import { createCluster as createCluster6 } from 'redis'
import { createCluster as createCluster5 } from 'redis-5'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openLink } from '../../src/link/open.ts'
import { scriptOf } from '../../src/link/script.ts'
import { slotOf } from '../../src/link/slot.ts'
import { type Kind, openLinks, recorder, rejection, until } from './clients.ts'

const PATIENCE = 120_000
const open = openLinks()
const text = (reply: unknown): string => String(reply)

interface Disconnectable {
  disconnect(): unknown
}

describe('with Sentinels', () => {
  const held: { servers?: SentinelServers } = {}
  // New ones for each test: Sentinels let time pass between two failovers.
  beforeEach(async () => {
    held.servers = await startSentinel()
  }, PATIENCE)
  afterEach(() => held.servers?.stop())
  const servers = (): SentinelServers => {
    if (held.servers === undefined) throw new Error('the servers run only during tests')
    return held.servers
  }
  const client = (name: string, make: () => Disconnectable): Kind => ({
    name,
    make() {
      const where = make()
      return { where, end: () => void where.disconnect() }
    },
  })
  const given = () => ({
    sentinels: [...servers().sentinelAddresses],
    name: servers().name,
    retryStrategy: () => 50,
    sentinelRetryStrategy: () => 50,
    connectTimeout: 500,
  })
  const kinds: readonly Kind[] = [
    {
      name: 'a URL',
      make() {
        const hosts = servers().sentinelAddresses.map(({ host, port }) => `${host}:${port}`)
        return { where: `redis+sentinel://${hosts.join(',')}/${servers().name}`, end() {} }
      },
    },
    {
      name: 'options, with a Sentinel that is gone',
      make() {
        const nodes = ['127.0.0.1:1', ...servers().sentinelAddresses]
        return { where: { sentinel: { name: servers().name, nodes } }, end() {} }
      },
    },
    client('ioredis 5', () => new Redis5(given())),
    client('ioredis 6', () => new Redis6(given())),
  ]

  test.each(kinds)(
    'the primary is found over $name, and the new one after a failover, with a gap between',
    async (kind) => {
      const redis = await open(kind, '', { deadline: 100 })
      const listener = recorder()
      redis.subscribe(['news'], listener)
      await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
      await redis.call(['SET', 'k', '1'], { deadline: 5_000 })

      const old = servers().primary
      await old.kill()
      await servers().waitForFailover()
      await until(async () => expect(text(await redis.call(['SET', 'k', '2']))).toBe('OK'))
      const proofs = listener.proofs.length
      await until(() => expect(listener.proofs.length).toBeGreaterThan(proofs))
      expect(listener.gaps).toBeGreaterThan(0)
      await until(async () => {
        await redis.call(['PUBLISH', 'news', 'from the new one'])
        expect(listener.messages).toContain('news from the new one')
      })
    },
    60_000,
  )

  test('Sentinels and servers with passwords of their own are told them', async () => {
    const guarded = await startSentinel({ password: 'secret' })
    try {
      const sentinel = { name: guarded.name, nodes: guarded.sentinelAddresses }
      const redis = openLink({ sentinel, password: () => 'secret' }, { deadline: '5s' })
      await redis.ready()
      expect(text(await redis.call(['SET', 'k', '1']))).toBe('OK')
      await redis.close()
    } finally {
      await guarded.stop()
    }
  }, 30_000)

  test('who names no primary is said to be the trouble', async () => {
    const nodes = servers().sentinelAddresses
    const redis = openLink(
      { sentinel: { name: 'nobody', nodes } },
      { startup: 'require', connectDeadline: 1_500 },
    )
    const error = await rejection(redis.ready())
    expect(error.message).toContain("no primary named 'nobody'")
    await redis.close()
  })
})

describe('on a cluster', () => {
  const held: { servers?: ClusterServers } = {}
  beforeAll(async () => {
    held.servers = await startCluster({ primaries: 3, replicas: 1, nodeTimeout: 1_000 })
  }, PATIENCE)
  afterAll(() => held.servers?.stop())
  const servers = (): ClusterServers => {
    if (held.servers === undefined) throw new Error('the servers run only during tests')
    return held.servers
  }
  const addresses = (): { host: string; port: number }[] => servers().addresses.map((each) => ({ ...each }))
  const ioredis = (name: string, make: () => Disconnectable): Kind => ({
    name,
    make() {
      const where = make()
      return { where, end: () => void where.disconnect() }
    },
  })
  const nodeRedis = (
    name: string,
    make: () => {
      on(event: 'error', listener: () => void): unknown
      connect(): Promise<unknown>
      destroy(): void
    },
  ): Kind => ({
    name,
    make() {
      const where = make()
      where.on('error', () => {})
      where.connect().catch(() => {})
      return { where, end: () => where.destroy() }
    },
  })
  const rootNodes = (): { url: string }[] =>
    addresses().map(({ host, port }) => ({ url: `redis://${host}:${port}` }))
  const kinds: readonly Kind[] = [
    {
      name: 'a URL',
      make() {
        const [first] = addresses()
        return { where: `redis+cluster://${first?.host ?? ''}:${first?.port ?? 0}`, end() {} }
      },
    },
    {
      name: 'options, with a node that is gone',
      make: () => ({ where: { cluster: { nodes: ['127.0.0.1:1', ...addresses()] } }, end() {} }),
    },
    ioredis('ioredis 5', () => new Cluster5(addresses(), { clusterRetryStrategy: () => 50 })),
    ioredis('ioredis 6', () => new Cluster6(addresses(), { clusterRetryStrategy: () => 50 })),
    ioredis('iovalkey', () => new ValkeyCluster(addresses(), { clusterRetryStrategy: () => 50 })),
    nodeRedis('node-redis 5', () => createCluster5({ rootNodes: rootNodes() })),
    nodeRedis('node-redis 6', () => createCluster6({ rootNodes: rootNodes() })),
  ]

  test('a cluster with a password is told it, and a user with few rights is enough', async () => {
    const guarded = await startCluster({ primaries: 3, replicas: 0, password: 'secret' })
    try {
      const redis = openLink(
        { cluster: { nodes: guarded.addresses }, password: 'secret' },
        { deadline: '5s' },
      )
      await redis.ready()
      expect(await redis.health()).toMatchObject({ status: 'ok' })
      expect((await redis.health()).nodes.length).toBe(3)
      await redis.close()

      const rights =
        '-@all +ping +time +info +auth +ssubscribe +sunsubscribe +cluster|slots +asking +get +spublish ~* &*'
      for (const node of guarded.nodes) {
        await node.command('ACL', 'SETUSER', 'app', 'on', '>app', ...rights.split(' '))
      }
      const few = openLink(
        { cluster: { nodes: guarded.addresses }, username: 'app', password: 'app' },
        { heartbeat: 50, deadline: '5s' },
      )
      const listener = recorder()
      few.subscribe(['{a}c', '{b}c'], listener)
      await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
      expect(await few.call(['GET', '{a}k'])).toBe(null)
      await few.close()
    } finally {
      await guarded.stop()
    }
  }, 30_000)

  test('slots are those of the server', async () => {
    for (const key of ['a', '{a}b', 'x{a}', '{}a', '{a', 'ü{ö}', '123456789', '{{a}}', '']) {
      expect(slotOf(key), key).toBe(await servers().nodes[0]?.command('CLUSTER', 'KEYSLOT', key))
    }
  })

  describe.each(kinds)('over $name', (kind) => {
    test('each call goes to the node of its key, many in a tick', async () => {
      const redis = await open(kind, '')
      expect(redis.isCluster).toBe(true)
      const keys = Array.from({ length: 200 }, (_, i) => `key:${i}`)
      await Promise.all(keys.map((key) => redis.call(['SET', key, key])))
      const values = await Promise.all(keys.map((key) => redis.call(['GET', key])))
      expect(values.map(text)).toEqual(keys)
      expect(new Set(keys.map((key) => redis.nodeOf(key))).size).toBe(3)
      expect((await redis.primaries()).length).toBe(3)
      const script = scriptOf('where', "return redis.call('GET', KEYS[1])")
      const replies = await Promise.all(keys.map((key) => redis.run(script, [key], [])))
      expect(replies.map(text)).toEqual(keys)
    })

    test('a slot that moves is followed, while it moves and afterwards', async () => {
      const redis = await open(kind, '')
      const key = `{moving ${kind.name}}`
      const from = await servers().nodeOf(key)
      const primaries = await redis.primaries()
      const target = servers().nodes.find(
        ({ port }) => port !== from.port && primaries.some((id) => id?.endsWith(`:${port}`)),
      )
      if (target === undefined) throw new Error('there is no other primary')
      await redis.call(['SET', `${key}1`, 'one'])
      const move = await servers().beginMove(key, target)
      // Not there any more, so asked for elsewhere: ASK.
      expect(text(await redis.call(['SET', `${key}2`, 'two']))).toBe('OK')
      await move.keys(`${key}1`)
      expect(text(await redis.call(['GET', `${key}1`]))).toBe('one')
      await move.finish()
      expect(text(await redis.call(['GET', `${key}1`]))).toBe('one')
      expect(text(await redis.call(['GET', `${key}2`]))).toBe('two')
      await until(() => expect(redis.nodeOf(key)).toBe(`127.0.0.1:${target.port}`))
    })

    test('sharded channels are heard and proven, and follow their slot', async () => {
      const redis = await open(kind, '')
      const listener = recorder()
      const channels = [`{a ${kind.name}}c`, `{b ${kind.name}}c`, `{c ${kind.name}}c`, `{d ${kind.name}}c`]
      redis.subscribe(channels, listener)
      await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
      for (const channel of channels) await redis.call(['SPUBLISH', channel, 'x'])
      await until(() => expect(listener.messages.toSorted()).toEqual(channels.map((each) => `${each} x`)))

      const [moving = ''] = channels
      const from = await servers().nodeOf(moving)
      const primaries = await redis.primaries()
      const target = servers().nodes.find(
        ({ port }) => port !== from.port && primaries.some((id) => id?.endsWith(`:${port}`)),
      )
      if (target === undefined) throw new Error('there is no other primary')
      await servers().moveSlot(moving, target)
      await until(() => expect(listener.gaps).toBeGreaterThan(0), 15_000)
      const proofs = listener.proofs.length
      await until(() => expect(listener.proofs.length).toBeGreaterThan(proofs))
      await until(async () => {
        await redis.call(['SPUBLISH', moving, 'moved'])
        expect(listener.messages.at(-1)).toBe(`${moving} moved`)
      })
    }, 30_000)
  })

  test('a slot that moves away unheard is noticed all the same', async () => {
    const client = createCluster6({ rootNodes: rootNodes() })
    client.on('error', () => {})
    await client.connect()
    // node-redis tells of it by an event, which is lost where a PING is under way.
    interface Deaf {
      duplicate(overrides: object): Deaf
      on(event: string, listener: () => void): Deaf
    }
    const deafen = (node: Deaf): Deaf => {
      const duplicate = node.duplicate.bind(node)
      node.duplicate = (overrides) => {
        const copy = duplicate(overrides)
        const on = copy.on.bind(copy)
        copy.on = (event, listener) => (event === 'sharded-channel-moved' ? copy : on(event, listener))
        return copy
      }
      return node
    }
    for (const master of client.masters) deafen(await client.nodeClient(master))
    const redis = openLink(client, { deadline: '5s', heartbeat: 100 })
    const listener = recorder()
    const channel = '{unheard}c'
    redis.subscribe([channel], listener)
    await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
    const from = await servers().nodeOf(channel)
    const primaries = await redis.primaries()
    const target = servers().nodes.find(
      ({ port }) => port !== from.port && primaries.some((id) => id?.endsWith(`:${port}`)),
    )
    if (target === undefined) throw new Error('there is no other primary')
    await servers().moveSlot(channel, target)
    // Long before the map of slots would be looked at by itself.
    await until(() => expect(listener.gaps).toBeGreaterThan(0), 3_000)
    const proofs = listener.proofs.length
    await until(() => expect(listener.proofs.length).toBeGreaterThan(proofs))
    await until(async () => {
      await redis.call(['SPUBLISH', channel, 'moved'])
      expect(listener.messages).toContain(`${channel} moved`)
    })
    await redis.close()
    client.destroy()
  }, 30_000)

  test.each(kinds)(
    'over $name a node that dies takes nothing with it but its own slots, until its replica serves them',
    async (kind) => {
      await servers().waitUntilServed()
      const redis = await open(kind, '', { deadline: 100 })
      const key = 'the key'
      const dying = await servers().nodeOf(key)
      const other = Array.from({ length: 100 }, (_, i) => `other ${i}`).find(
        (each) => redis.nodeOf(each) !== redis.nodeOf(key),
      )
      await redis.call(['SET', other ?? '', '1'], { deadline: 5_000 })
      await dying.kill()
      const error = await rejection(redis.call(['GET', key]))
      expect(['LINK_DOWN', 'LINK_UNKNOWN']).toContain(error.code)
      expect(text(await redis.call(['GET', other ?? ''], { deadline: 5_000 }))).toBe('1')
      await servers().waitUntilServed()
      await until(async () => expect(text(await redis.call(['SET', key, '2']))).toBe('OK'))
      await dying.restart()
      await servers().waitUntilServed()
    },
    60_000,
  )
})
