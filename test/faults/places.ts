/*
 * Places: the servers of a row, with what can go wrong between and in them. Each row has its own.
 */

import { systemClock } from '@larder/core'
import {
  type ClusterOptions,
  type CertificateOptions,
  type ClusterServers,
  connect,
  type FaultProxy,
  faultProxy,
  type RedisOptions,
  type RedisServer,
  startCluster,
  slotOf,
  startRedis,
  startSentinel,
} from '@larder/testing/servers'
import net from 'node:net'
import type { Opening } from './agent.ts'
import type { Cast, Diary, Stage } from './life.ts'
import { type Switchboard, switchboard } from './switchboard.ts'

/** Waits for a condition, never for a duration: asks until it no longer throws. */
export async function until(check: () => Promise<void> | void, timeout: number = 8_000): Promise<void> {
  const end = systemClock.exact() + timeout
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (systemClock.exact() > end) throw error
    }
    await new Promise<void>((resolve) => {
      systemClock.after(10, resolve)
    })
  }
}

/** Where the record of a key lies. */
export const placeOf = (key: string): string => `larder:v1:shop:{${key}}:d`

/** A server with a network before it. */
export interface Behind {
  readonly server: RedisServer
  readonly proxy: FaultProxy
  /** Once the fault is there, and not before: things to be undone at its end. */
  readonly undo: (() => Promise<unknown> | void)[]
}

export interface BehindPlan {
  readonly server?: RedisOptions
  /** Beside the address. */
  readonly opening?: Partial<Opening>
  /** Only the first process is behind the proxy. */
  readonly othersGoStraight?: boolean
  readonly provoke: (place: Behind, cast: Cast) => Promise<unknown> | void
  /** Default: the network heals. */
  readonly heal?: (place: Behind, cast: Cast) => Promise<unknown> | void
  readonly during?: (place: Behind, cast: Cast, diary: Diary) => Promise<void>
  readonly after?: (place: Behind, cast: Cast, diary: Diary) => Promise<void>
}

/** One server, behind a proxy. */
export const alone =
  (plan: BehindPlan): (() => Promise<Stage>) =>
  async () => {
    const server = await startRedis(plan.server)
    const proxy = await faultProxy({ target: server })
    const place: Behind = { server, proxy, undo: [] }
    const { provoke, heal, during, after, opening, othersGoStraight = false } = plan
    const undone = async (): Promise<void> => {
      for (const undo of place.undo.splice(0)) await undo()
    }
    return {
      opening: (agent) => ({ url: othersGoStraight && agent > 0 ? server.url : proxy.url, ...opening }),
      async provoke(cast) {
        await provoke(place, cast)
      },
      async heal(cast) {
        await undone()
        if (heal === undefined) await proxy.heal()
        else await heal(place, cast)
      },
      ...(during !== undefined && { during: (cast, diary) => during(place, cast, diary) }),
      ...(after !== undefined && { after: (cast, diary) => after(place, cast, diary) }),
      async stop() {
        await undone()
        await proxy.close()
        await server.stop()
      },
    }
  }

/** Does something again and again until the fault ends. */
export function repeated(place: Behind, every: number, act: () => unknown): void {
  const timer = setInterval(act, every)
  place.undo.push(() => clearInterval(timer))
}

/** Ends the connections of clients, not that of the fixture. */
export async function hangUp({ server }: Pick<Behind, 'server'>): Promise<void> {
  await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
}

export const config = (server: RedisServer, name: string, value: string | number): Promise<unknown> =>
  server.command('CONFIG', 'SET', name, value)

/** What a connection that may do nothing is answered with; to see that a fault is there. */
export async function answerOf(server: RedisServer, ...command: (string | number)[]): Promise<string> {
  const looking = await connect(server.port, {})
  try {
    return String(await looking.command(...command))
  } catch (error) {
    return String(error)
  } finally {
    looking.close()
  }
}

export interface ClusterPlace {
  readonly cluster: ClusterServers
  /** Has neither of the marks of the namespace: it can fail without the others. */
  readonly sick: RedisServer
  /** A key on that node. */
  readonly onSick: (name: string) => Promise<string>
  /** A key on another. */
  readonly onHealthy: (name: string) => Promise<string>
}

/** Marks of the namespace, which are asked for with every key. */
const MARKS = ['larder:v1:shop#{:}:d', 'larder:v1:shop#{~}:d'] as const

/** The keys of a life. */
const NAMES: readonly string[] = [
  'read',
  'set',
  'delete',
  'tagged',
  'back',
  'others',
  'crowd',
  'third',
  'cold',
  'cold 1',
  'cold 2',
  'cold 3',
  'cold 4',
]

async function clusterPlace(options: ClusterOptions): Promise<ClusterPlace> {
  const cluster = await startCluster({ primaries: 3, replicas: 0, ...options })
  const needed = await Promise.all(MARKS.map((mark) => cluster.nodeOf(mark)))
  const sick = cluster.nodes.find((node) => !needed.includes(node))
  if (sick === undefined) throw new Error('three nodes, two marks')
  const on = async (name: string, isRight: (node: RedisServer) => boolean): Promise<string> => {
    for (let n = 0; ; n++) {
      const key = `${name}_${n}`
      if (isRight(await nodeAt(key))) return key
    }
  }
  // As it was at the beginning: later some of the nodes may not be asked.
  const shares = new Map<string, RedisServer>()
  const nodeAt = async (key: string): Promise<RedisServer> => {
    const known = shares.get(key) ?? (await cluster.nodeOf(placeOf(key)))
    shares.set(key, known)
    return known
  }
  const sickKeys = new Map<string, string>()
  for (const name of NAMES) sickKeys.set(name, await on(name, (node) => node === sick))
  const healthy = new Map<string, string>()
  for (const name of NAMES) healthy.set(name, await on(name, (node) => node !== sick))
  return {
    cluster,
    sick,
    onSick: async (name) => sickKeys.get(name) ?? name,
    onHealthy: async (name) => healthy.get(name) ?? name,
  }
}

export interface ClusterPlan {
  readonly options?: ClusterOptions
  /** All keys of the row are in one slot. */
  readonly isOneSlot?: boolean
  readonly provoke: (place: ClusterPlace, cast: Cast) => Promise<unknown>
  readonly heal: (place: ClusterPlace, cast: Cast) => Promise<unknown>
  readonly during?: (place: ClusterPlace, cast: Cast, diary: Diary) => Promise<void>
  readonly after?: (place: ClusterPlace, cast: Cast, diary: Diary) => Promise<void>
}

/** Three nodes; the keys of the row lie on the sick one. */
export const clustered =
  (plan: ClusterPlan): (() => Promise<Stage>) =>
  async () => {
    const place = await clusterPlace(plan.options ?? {})
    const keys = plan.isOneSlot === true ? inOneSlot(NAMES) : new Map<string, string>()
    const { during, after } = plan
    return {
      opening: () => ({ cluster: { nodes: place.cluster.addresses } }),
      key: async (name) => keys.get(name) ?? place.onSick(name),
      async provoke(cast) {
        await plan.provoke(place, cast)
      },
      async heal(cast) {
        await plan.heal(place, cast)
      },
      ...(during !== undefined && { during: (cast, diary) => during(place, cast, diary) }),
      ...(after !== undefined && { after: (cast, diary) => after(place, cast, diary) }),
      stop: () => place.cluster.stop(),
    }
  }

/** Two servers, and an address that leads to the first. */
interface Switched {
  readonly first: RedisServer
  readonly second: RedisServer
  readonly board: Switchboard
}

interface SwitchedPlan {
  readonly first?: RedisOptions
  readonly second?: RedisOptions
  readonly opening?: (place: Switched) => Partial<Opening>
  readonly provoke: (place: Switched, cast: Cast) => Promise<unknown> | void
  readonly heal: (place: Switched, cast: Cast) => Promise<unknown> | void
  readonly during?: (place: Switched, cast: Cast, diary: Diary) => Promise<void>
}

const switched =
  (plan: SwitchedPlan): (() => Promise<Stage>) =>
  async () => {
    const [first, second] = await Promise.all([startRedis(plan.first), startRedis(plan.second)])
    const board = await switchboard(first)
    const place: Switched = { first, second, board }
    const { during } = plan
    return {
      opening: () => ({ url: board.url, ...plan.opening?.(place) }),
      async provoke(cast) {
        await plan.provoke(place, cast)
      },
      async heal(cast) {
        await plan.heal(place, cast)
      },
      ...(during !== undefined && { during: (cast, diary) => during(place, cast, diary) }),
      async stop() {
        await board.close()
        await Promise.all([first.stop(), second.stop()])
      },
    }
  }

/** Found by Sentinels. */
export const watched: () => Promise<Stage> = async () => {
  const servers = await startSentinel({ replicas: 1 })
  return {
    opening: () => ({ sentinel: { name: servers.name, nodes: servers.sentinelAddresses } }),
    provoke: () => servers.primary.kill(),
    async heal() {
      await servers.waitForFailover()
    },
    stop: () => servers.stop(),
  }
}

/** By a name, which leads to another address after a while; both have the same port. */
export const named: () => Promise<Stage> = async () => {
  const [first, second] = await Promise.all([startRedis(), startRedis()])
  const before = await switchboard(first, '127.0.0.2')
  const after = await switchboard(second, '127.0.0.3', before.port)
  return {
    opening: () => ({
      url: `redis://cache.test:${before.port}`,
      names: { 'cache.test': before.host },
    }),
    provoke: () => before.to(undefined),
    async heal({ one, other }) {
      await Promise.all([one, other].map((agent) => agent.resolve('cache.test', after.host)))
    },
    async stop() {
      await Promise.all([before.close(), after.close()])
      await Promise.all([first.stop(), second.stop()])
    },
  }
}

/** Over TLS, to a server with the wrong certificate at first. */
export const guarded = (wrong: CertificateOptions, trustsFirst: boolean): (() => Promise<Stage>) =>
  switched({
    first: { tls: wrong },
    second: { tls: true },
    opening: ({ first, second, board }) => ({
      url: board.url.replace('redis:', 'rediss:'),
      tls: { ca: `${trustsFirst ? first.ca : ''}${second.ca}` },
    }),
    provoke() {},
    heal: ({ board, second }) => board.to(second),
  })

/** An address at which something answers that is no Redis. */
export const strange: () => Promise<Stage> = async () => {
  const server = await startRedis()
  const stranger = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhat'))
  })
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const address = stranger.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const board = await switchboard(server)
  return {
    opening: () => ({ url: board.url }),
    provoke: () => board.to({ host: '127.0.0.1', port }),
    heal: () => board.to(server),
    async stop() {
      await board.close()
      stranger.close()
      await server.stop()
    },
  }
}

/** A way to the server on which answers come that nobody has asked for. */
export const babbling: () => Promise<Stage> = async () => {
  const server = await startRedis()
  const clients = new Set<net.Socket>()
  const relay = net.createServer((client) => {
    const there = net.connect(server.port, server.host)
    clients.add(client)
    client
      .on('error', () => {})
      .once('close', () => {
        clients.delete(client)
        there.destroy()
      })
    there.on('error', () => {}).once('close', () => client.destroy())
    client.pipe(there)
    there.pipe(client)
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const address = relay.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  let timer: NodeJS.Timeout | undefined
  return {
    opening: () => ({ url: `redis://127.0.0.1:${port}` }),
    async provoke() {
      const babble = (): void => {
        for (const client of clients) if (client.writable) client.write('$-1\r\n')
      }
      babble()
      timer = setInterval(babble, 150)
    },
    async heal() {
      clearInterval(timer)
    },
    async stop() {
      clearInterval(timer)
      relay.close()
      await server.stop()
    },
  }
}

/**
 * A primary whose replica no longer hears of it, so that what is acknowledged is not copied; then the primary dies, and the
 * replica takes its place.
 */
export const forgetful: () => Promise<Stage> = async () => {
  const primary = await startRedis()
  const wire = await faultProxy({ target: primary })
  const replica = await startRedis()
  const board = await switchboard(primary)
  return {
    opening: () => ({ url: board.url }),
    async provoke({ one, other }) {
      await replica.command('REPLICAOF', wire.host, wire.port)
      await one.set('lost', 0)
      await until(async () => {
        if ((await replica.command('EXISTS', placeOf('lost'))) !== 1) throw new Error('not copied yet')
      })
      wire.down.lose()
      const { far } = await one.change('lost', 1)
      if (far !== 'applied') throw new Error('the deletion was to be acknowledged')
      await other.hear('lost', 1)
      await primary.kill()
    },
    async heal() {
      await replica.command('REPLICAOF', 'NO', 'ONE')
      await board.to(replica)
    },
    async after({ one, other }) {
      await Promise.all([one.get('lost'), other.get('lost')])
    },
    async stop() {
      await board.close()
      await wire.close()
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

/** Names of keys that lie in one slot. */
function inOneSlot(names: readonly string[]): ReadonlyMap<string, string> {
  const [first = '', ...rest] = names
  const slot = slotOf(placeOf(first))
  const found = new Map([[first, first]])
  for (const name of rest) {
    let n = 0
    while (slotOf(placeOf(`${name}_${n}`)) !== slot) n++
    found.set(name, `${name}_${n}`)
  }
  return found
}
