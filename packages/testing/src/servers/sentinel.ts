/*
 * A primary, its replicas, and the Sentinels that watch them.
 *
 * Sentinels find each other by messages every two seconds, and replicas by asking every ten. Here everybody is in
 * everybody's configuration from the beginning, and asks more often, so that it takes a failover no longer than it has to.
 */

import { randomBytes } from 'node:crypto'
import type { ServerName } from './binary.ts'
import { quoted, type RedisConfig, type RedisServer, startNode } from './node.ts'
import { withFreePorts } from './ports.ts'
import { urlOf } from './redis.ts'
import { until } from './waiting.ts'

/**
 * What `startSentinel` takes.
 *
 * @example
 * const group = await startSentinel({ replicas: 2, sentinels: 3, downAfter: 500 })
 */
export interface SentinelOptions {
  /** Default: 1. */
  readonly replicas?: number
  /** Default: 3; more than half of them have to agree. */
  readonly sentinels?: number
  /** After so many milliseconds without an answer the primary counts as down. Default: 300. */
  readonly downAfter?: number
  /** Of the primary and the replicas; Sentinels have none. Without spaces: Sentinels cannot read those again. */
  readonly password?: string
  /** Of the primary and the replicas. */
  readonly config?: RedisConfig
  readonly server?: ServerName
}

/**
 * A primary, its replicas and the Sentinels that watch them.
 *
 * @example
 * const group: SentinelServers = await startSentinel()
 * const store = redis({ sentinel: { name: group.name, nodes: group.sentinelAddresses } })
 * await group.primary.kill()
 * await group.waitForFailover()
 */
export interface SentinelServers {
  /** What clients ask the Sentinels for. */
  readonly name: string
  /** As of the last failover that was waited for. */
  readonly primary: RedisServer
  /** All others, also one that was the primary before. */
  readonly replicas: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
  readonly sentinelAddresses: readonly { readonly host: string; readonly port: number }[]
  /** Resolves when the Sentinels that run name another primary than before, and it is one. */
  waitForFailover(within?: number): Promise<RedisServer>
  stop(): Promise<void>
}

const NAME = 'larder'

/**
 * What Sentinels do every so many milliseconds, where they let themselves be told. A replica of which they have heard
 * nothing for five pings is none to promote, and while the primary is down they ask once a second.
 */
const HURRY: readonly (string | number)[] = ['info-period', 200, 'ping-period', 250, 'publish-period', 200]

/**
 * Starts them all, and waits until replicas have their data and Sentinels know each other.
 *
 * @example
 * const servers = await startSentinel({ replicas: 2 })
 * await servers.primary.kill()
 * const primary = await servers.waitForFailover()
 */
export function startSentinel(options: SentinelOptions = {}): Promise<SentinelServers> {
  const { replicas = 1, sentinels = 3 } = options
  return withFreePorts(1 + replicas + sentinels, (ports) => startOn(ports, replicas, options))
}

async function startOn(
  ports: readonly number[],
  replicas: number,
  { downAfter = 300, password, config = {}, server }: SentinelOptions,
): Promise<SentinelServers> {
  const [first = 0] = ports
  const dataPorts = ports.slice(0, 1 + replicas)
  const watching = ports.slice(1 + replicas).map((port) => ({ port, id: randomBytes(20).toString('hex') }))
  const quorum = Math.floor(watching.length / 2) + 1
  const secret = password === undefined ? undefined : quoted(password)

  const startData = (port: number): Promise<RedisServer> =>
    startNode({
      port,
      url: urlOf(port, password),
      server,
      login: password === undefined ? undefined : { username: 'default', password },
      config: {
        ...(secret !== undefined && { requirepass: secret, masterauth: secret }),
        ...(port !== first && { replicaof: `127.0.0.1 ${first}` }),
        ...config,
      },
    })
  const startSentinelOn = ({ port, id }: (typeof watching)[number]): Promise<RedisServer> => {
    const others = watching.filter((each) => each.port !== port)
    const facts = [
      `myid ${id}`,
      `monitor ${NAME} 127.0.0.1 ${first} ${quorum}`,
      `down-after-milliseconds ${NAME} ${downAfter}`,
      `failover-timeout ${NAME} 3000`,
      ...(secret === undefined ? [] : [`auth-pass ${NAME} ${secret}`]),
      ...dataPorts.slice(1).map((replica) => `known-replica ${NAME} 127.0.0.1 ${replica}`),
      ...others.map((other) => `known-sentinel ${NAME} 127.0.0.1 ${other.port} ${other.id}`),
    ]
    return startNode({
      port,
      url: urlOf(port, undefined),
      server,
      isSentinel: true,
      config: { sentinel: facts },
    })
  }

  // The primary first: a replica that does not find it tries again only a second later.
  const [primary] = await together([[startData(first)]])
  const [others, sentinels] = await together(
    [dataPorts.slice(1).map(startData), watching.map(startSentinelOn)],
    primary,
  )
  const data = [...primary, ...others]
  const servers = new Servers(data, sentinels)
  try {
    await servers.waitUntilReady()
  } catch (error) {
    await servers.stop()
    throw error
  }
  return servers
}

/** All of them, or none: those that did start, and those `before`, are stopped if one does not. */
export async function together<const T extends readonly (readonly Promise<RedisServer>[])[]>(
  groups: T,
  before: readonly RedisServer[] = [],
): Promise<{ [K in keyof T]: readonly RedisServer[] }> {
  const settled = await Promise.all(groups.map((group) => Promise.allSettled(group)))
  const outcomes = settled.flat()
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  const started = (list: readonly PromiseSettledResult<RedisServer>[]): readonly RedisServer[] =>
    list.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  if (failed === undefined) return settled.map(started) as { [K in keyof T]: readonly RedisServer[] }
  await Promise.all([...before, ...started(outcomes)].map((server) => server.stop()))
  throw failed.reason
}

class Servers implements SentinelServers {
  readonly name: string = NAME
  readonly sentinels: readonly RedisServer[]
  readonly #data: readonly RedisServer[]
  #primary: RedisServer | undefined

  constructor(data: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.#data = data
    this.#primary = data[0]
    this.sentinels = sentinels
  }

  get primary(): RedisServer {
    if (this.#primary === undefined) throw new Error('there is no primary')
    return this.#primary
  }

  get replicas(): readonly RedisServer[] {
    return this.#data.filter((each) => each !== this.#primary)
  }

  get sentinelAddresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.sentinels.map(({ host, port }) => ({ host, port }))
  }

  async waitUntilReady(): Promise<void> {
    await Promise.all(
      this.sentinels.map((each) => each.command('SENTINEL', 'DEBUG', ...HURRY).catch(() => undefined)),
    )
    await Promise.all([
      ...this.replicas.map((replica) =>
        until({ what: `the replica on port ${replica.port} has its data` }, async () =>
          String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
        ),
      ),
      ...this.sentinels.map((sentinel) =>
        until({ what: `the Sentinel on port ${sentinel.port} sees everybody` }, () =>
          this.#seesEverybody(sentinel),
        ),
      ),
    ])
  }

  async #seesEverybody(sentinel: RedisServer): Promise<boolean> {
    const all = [
      await sentinel.command('SENTINEL', 'MASTERS'),
      await sentinel.command('SENTINEL', 'REPLICAS', NAME),
      await sentinel.command('SENTINEL', 'SENTINELS', NAME),
    ].flatMap(tables)
    const isQuiet = all.every(({ flags = '' }) => !/down|disconnected/.test(flags))
    // Before it has heard a replica itself, it would not promote it.
    const hasHeard = all.every((each) => each['role-reported'] === undefined || each['info-refresh'] !== '0')
    const linked = all.filter((each) => each['master-link-status'] === 'ok').length
    const hasAll = all.length === this.#data.length + this.sentinels.length - 1
    return isQuiet && hasHeard && hasAll && linked === this.replicas.length
  }

  async waitForFailover(within = 20_000): Promise<RedisServer> {
    const before = this.primary.port
    const next = await until({ what: `another primary than port ${before} is named`, within }, async () => {
      const running = this.sentinels.filter((each) => each.isRunning)
      const named = await Promise.all(
        running.map((each) => each.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)),
      )
      const ports = new Set(named.map((address) => Number(Array.isArray(address) ? address[1] : 0)))
      const found = this.#data.find(({ port }) => ports.has(port))
      if (ports.size !== 1 || found === undefined || found.port === before) return undefined
      const role = await found.command('ROLE')
      return Array.isArray(role) && role[0] === 'master' ? found : undefined
    })
    this.#primary = next
    return next
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.#data].map((each) => each.stop()))
  }
}

/** What SENTINEL answers: lists of names and values, one list for each instance. */
function tables(reply: unknown): readonly Record<string, string>[] {
  if (!Array.isArray(reply)) return []
  return reply.map((row: readonly unknown[]) =>
    Object.fromEntries(
      Array.from({ length: row.length / 2 }, (_, i) => [String(row[2 * i]), String(row[2 * i + 1])]),
    ),
  )
}
