/*
 * A Redis Cluster on 127.0.0.1: primaries with their shares of the slots, and replicas of each.
 *
 * Nodes are not introduced to each other one by one. Each finds the finished cluster in its nodes.conf, as if it came back
 * from a restart; what remains is the two seconds that a primary waits by itself before it dares to serve.
 */

import { randomBytes } from 'node:crypto'
import type { ServerName } from './binary.ts'
import { quoted, type RedisConfig, type RedisServer, startNode } from './node.ts'
import { withFreePorts } from './ports.ts'
import { urlOf } from './redis.ts'
import { ReplyError } from './resp.ts'
import { together } from './sentinel.ts'
import { slotOf, SLOTS } from './slot.ts'
import { until } from './waiting.ts'

/**
 * What `startCluster` takes.
 *
 * @example
 * const cluster = await startCluster({ primaries: 3, replicas: 1, server: 'valkey-8' })
 */
export interface ClusterOptions {
  /** Default: 3. Fewer cannot agree on a failover. */
  readonly primaries?: number
  /** Of each primary. Default: 1. */
  readonly replicas?: number
  /** After so many milliseconds without an answer a node counts as down. Default: 1000. */
  readonly nodeTimeout?: number
  readonly password?: string
  readonly config?: RedisConfig
  readonly server?: ServerName
}

/**
 * A slot on its way: its old node answers ASK for keys that it no longer has.
 *
 * @example
 * const move: SlotMove = await cluster.beginMove('key', cluster.nodes[1] ?? server)
 * await move.keys('key') // half way: the slot is in two places
 * await move.finish()
 */
export interface SlotMove {
  readonly slot: number
  readonly from: RedisServer
  readonly to: RedisServer
  /** Moves these keys. */
  keys(...names: readonly string[]): Promise<void>
  /** Moves what is left, and then the slot: its old node answers MOVED. Resolves when all nodes know. */
  finish(): Promise<void>
}

/**
 * A running cluster.
 *
 * @example
 * const cluster: ClusterServers = await startCluster()
 * const store = redis({ cluster: { nodes: cluster.addresses } })
 * await cluster.stop()
 */
export interface ClusterServers {
  /** First those that began as primaries, in the order of their slots, then the replicas. */
  readonly nodes: readonly RedisServer[]
  /** A client needs one or two to begin with. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  /** Which node serves this slot, or the slot of this key, now. */
  nodeOf(slotOrKey: number | string): Promise<RedisServer>
  /** The replicas of the slot, or the slot of this key, now. */
  replicasOf(slotOrKey: number | string): Promise<readonly RedisServer[]>
  /** Half of a move: for ASK and TRYAGAIN. */
  beginMove(slotOrKey: number | string, to: RedisServer): Promise<SlotMove>
  /** All of a move: for MOVED. */
  moveSlot(slotOrKey: number | string, to: RedisServer): Promise<void>
  /** Resolves when every node that runs says that all slots are served by nodes that run. */
  waitUntilServed(within?: number): Promise<void>
  stop(): Promise<void>
}

interface Plan {
  readonly id: string
  readonly port: number
  readonly busPort: number
  readonly primary: string | undefined
  readonly slots: readonly [number, number]
}

/**
 * Starts all nodes, and waits until all slots are served and every node lists every other.
 *
 * @example
 * const cluster = await startCluster()
 * const before = await cluster.nodeOf('user:1')
 * await before.kill()
 * await cluster.waitUntilServed()
 * expect(await cluster.nodeOf('user:1')).not.toBe(before)
 */
export function startCluster(options: ClusterOptions = {}): Promise<ClusterServers> {
  const { primaries = 3, replicas = 1 } = options
  const count = primaries * (1 + replicas)
  return withFreePorts(2 * count, (ports) => startOn(planOf(ports, primaries, count), options))
}

function planOf(ports: readonly number[], primaries: number, count: number): readonly Plan[] {
  const border = (i: number): number => Math.floor((SLOTS * i) / primaries)
  const ids = Array.from({ length: count }, () => randomBytes(20).toString('hex'))
  return ids.map((id, i) => ({
    id,
    port: ports[i] ?? 0,
    busPort: ports[count + i] ?? 0,
    primary: i < primaries ? undefined : ids[i % primaries],
    slots: [border(i), border(i + 1) - 1],
  }))
}

async function startOn(
  plan: readonly Plan[],
  { nodeTimeout = 1_000, password, config, server }: ClusterOptions,
): Promise<ClusterServers> {
  const secret = password === undefined ? undefined : quoted(password)
  const startOne = (self: Plan): Promise<RedisServer> =>
    startNode({
      port: self.port,
      url: urlOf(self.port, password),
      server,
      login: password === undefined ? undefined : { username: 'default', password },
      files: { 'nodes.conf': nodesConf(plan, self) },
      config: {
        'cluster-enabled': true,
        'cluster-port': self.busPort,
        'cluster-node-timeout': nodeTimeout,
        'cluster-replica-validity-factor': 0,
        'cluster-allow-replica-migration': false,
        ...(secret !== undefined && { requirepass: secret, masterauth: secret }),
        ...config,
      },
    })
  const [nodes] = await together([plan.map(startOne)])
  const cluster = new Cluster(nodes, password)
  try {
    await cluster.waitUntilCopied()
    await cluster.waitUntilServed()
    await cluster.waitUntilListed()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}

/** As a node writes it itself: who there is, whose replica, with which slots. */
function nodesConf(plan: readonly Plan[], self: Plan): string {
  const lines = plan.map(({ id, port, busPort, primary, slots }, i) => {
    const flags = [...(id === self.id ? ['myself'] : []), primary === undefined ? 'master' : 'slave'].join(
      ',',
    )
    const share = primary === undefined ? ` ${slots.join('-')}` : ''
    const epoch = primary === undefined ? i + 1 : 0
    return `${id} 127.0.0.1:${port}@${busPort} ${flags} ${primary ?? '-'} 0 0 ${epoch} connected${share}`
  })
  return `${lines.join('\n')}\nvars currentEpoch ${plan.length} lastVoteEpoch 0\n`
}

/** Who serves a range of slots: the primary first. */
interface Share {
  readonly from: number
  readonly to: number
  readonly ports: readonly number[]
}

class Cluster implements ClusterServers {
  readonly nodes: readonly RedisServer[]
  readonly #password: string | undefined

  constructor(nodes: readonly RedisServer[], password: string | undefined) {
    this.nodes = nodes
    this.#password = password
  }

  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.nodes.map(({ host, port }) => ({ host, port }))
  }

  async nodeOf(slotOrKey: number | string): Promise<RedisServer> {
    const [first] = await this.#serversOf(slotOrKey)
    if (first === undefined) throw new Error(`nobody serves ${slotOrKey}`)
    return first
  }

  async replicasOf(slotOrKey: number | string): Promise<readonly RedisServer[]> {
    return (await this.#serversOf(slotOrKey)).slice(1)
  }

  async #serversOf(slotOrKey: number | string): Promise<readonly RedisServer[]> {
    const slot = slotNumber(slotOrKey)
    const [any] = this.#running
    if (any === undefined) throw new Error('no node of the cluster runs')
    const share = (await sharesOf(any)).find(({ from, to }) => from <= slot && slot <= to)
    return (share?.ports ?? []).flatMap((port) => this.nodes.find((node) => node.port === port) ?? [])
  }

  get #running(): readonly RedisServer[] {
    return this.nodes.filter((node) => node.isRunning)
  }

  async beginMove(slotOrKey: number | string, to: RedisServer): Promise<SlotMove> {
    const slot = slotNumber(slotOrKey)
    const from = await this.nodeOf(slot)
    const [source, target] = await Promise.all([idOf(from), idOf(to)])
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source)
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target)
    const keys = async (...names: readonly string[]): Promise<void> => {
      if (names.length === 0) return
      const secret = this.#password === undefined ? [] : ['AUTH', this.#password]
      await from.command('MIGRATE', to.host, to.port, '', 0, LONGEST_MIGRATION, ...secret, 'KEYS', ...names)
    }
    const finish = async (): Promise<void> => {
      for (;;) {
        const left = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 100)
        if (!Array.isArray(left) || left.length === 0) break
        await keys(...left.map(String))
      }
      // The new one first: until it knows, the old one sends clients to it, and it would send them back.
      await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', target)
      await from.command('CLUSTER', 'SETSLOT', slot, 'NODE', target)
      await this.#untilAllSay(slot, to)
    }
    return { slot, from, to, keys, finish }
  }

  async moveSlot(slotOrKey: number | string, to: RedisServer): Promise<void> {
    const move = await this.beginMove(slotOrKey, to)
    await move.finish()
  }

  async #untilAllSay(slot: number, server: RedisServer): Promise<void> {
    await until({ what: `all nodes know that slot ${slot} is on port ${server.port}` }, async () => {
      const all = await Promise.all(this.#running.map(sharesOf))
      return all.every((shares) =>
        shares.some(({ from, to, ports }) => from <= slot && slot <= to && ports[0] === server.port),
      )
    })
  }

  async waitUntilServed(within = 20_000): Promise<void> {
    await until({ what: 'all slots are served', within }, async () => {
      const running = this.#running
      const ports = new Set(running.map(({ port }) => port))
      const views = await Promise.all(running.map(viewOf))
      return views.every(
        ({ isOk, shares }) =>
          isOk &&
          shares.reduce((sum, { from, to }) => sum + to - from + 1, 0) === SLOTS &&
          shares.every(({ ports: [primary = 0] }) => ports.has(primary)),
      )
    })
  }

  async waitUntilCopied(): Promise<void> {
    await until({ what: 'all replicas have their data' }, async () => {
      const infos = await Promise.all(this.nodes.map((node) => node.command('INFO', 'replication')))
      return infos.every((info) => /role:master|master_link_status:up/.test(String(info)))
    })
    // A replica that was never told anything is not listed, and there is nothing yet to forget.
    for (const node of this.nodes) await node.command('FLUSHALL').catch(onlyReadOnly)
  }

  async waitUntilListed(): Promise<void> {
    await until({ what: 'all nodes list all nodes' }, async () => {
      const all = await Promise.all(this.nodes.map(sharesOf))
      return all.every((shares) => shares.flatMap(({ ports }) => ports).length === this.nodes.length)
    })
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }
}

/** What replicas answer. */
function onlyReadOnly(error: unknown): void {
  if (!(error instanceof ReplyError && error.code === 'READONLY')) throw error
}

const LONGEST_MIGRATION = 5_000

const slotNumber = (slotOrKey: number | string): number =>
  typeof slotOrKey === 'number' ? slotOrKey : slotOf(slotOrKey)

const idOf = async (node: RedisServer): Promise<string> => String(await node.command('CLUSTER', 'MYID'))

async function viewOf(
  node: RedisServer,
): Promise<{ readonly isOk: boolean; readonly shares: readonly Share[] }> {
  const info = String(await node.command('CLUSTER', 'INFO'))
  return { isOk: info.includes('cluster_state:ok'), shares: await sharesOf(node) }
}

/** CLUSTER SLOTS: [[from, to, [host, port, …], …], …] */
async function sharesOf(node: RedisServer): Promise<readonly Share[]> {
  const rows = (await node.command('CLUSTER', 'SLOTS')) as readonly (readonly unknown[])[]
  return rows.map(([from, to, ...servers]) => ({
    from: Number(from),
    to: Number(to),
    ports: servers.map((server) => Number((server as readonly unknown[])[1])),
  }))
}
