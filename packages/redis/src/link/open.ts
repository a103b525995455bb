/*
 * Opening a link: from what was given (an address, options, a client) to the topology that leads there.
 *
 * Clients are recognised by what they can do, not by their class: which package and version they come from, and how
 * often it is installed, is nobody's business.
 */

import { misuse } from '@larder/core'
import type { Server } from './client.ts'
import { Cluster, type ClusterSource } from './cluster.ts'
import { givenCluster, givenIoredis, type IoredisClient, type IoredisCluster } from './ioredis.ts'
import type { Link } from './link.ts'
import {
  givenNodeRedis,
  givenNodeRedisCluster,
  type NodeRedisClient,
  type NodeRedisCluster,
} from './node-redis.ts'
import { OpenedLink } from './opened-link.ts'
import {
  type Address,
  idOf,
  type LinkOptions,
  linkProblems,
  type Place,
  placeOf,
  type PlaceOptions,
  type Settings,
  settingsOf,
} from './options.ts'
import { primaryFinder, serverAt } from './sentinel.ts'
import { Single } from './single.ts'

/**
 * A client of ioredis 5 or 6, iovalkey, or node-redis 5 or 6, for one server, by Sentinels, or for a cluster. It stays whose it is: nothing closes it
 * and its listeners are left alone.
 *
 * @example
 * const client: GivenClient = new Redis('redis://localhost:6379') // yours, of ioredis: it stays open when the store closes
 * const store = redis(client)
 */
export type GivenClient = { duplicate(...args: never[]): unknown; on(...args: never[]): unknown }

/**
 * Opens a link to a Redis or Valkey server, by Sentinels, or to a cluster. At once: it connects in the background, and
 * `ready()` says when.
 *
 * @example
 * const link = openLink('redis://localhost', { deadline: '50ms' })
 * await link.call(['SET', 'k', 'v'])
 * await link.close()
 */
export function openLink(where: string | PlaceOptions | GivenClient, options: LinkOptions = {}): Link {
  return openLinkFor('openLink', where, options)
}

/** The same for `what`, which is who complains. */
export function openLinkFor(
  what: string,
  where: string | PlaceOptions | GivenClient,
  options: LinkOptions,
): Link {
  const client = typeof where === 'object' && where !== null ? recognised(where) : undefined
  if (client !== undefined) return linkOver(what, client, options)
  const place = placeOf(where as string | PlaceOptions, options, what)
  return linkTo(place, settingsOf(options, place.name))
}

function linkTo(place: Place, settings: Settings): Link {
  const { connectTimeout } = settings
  if (place.kind === 'cluster') {
    const source: ClusterSource = {
      seeds: () => place.nodes.map(idOf),
      server: (id) => serverAt(addressBy(id, place), place, connectTimeout),
    }
    return new OpenedLink(settings, (around, events) => new Cluster(around, source, events))
  }
  if (place.kind === 'sentinel') {
    return new OpenedLink(
      settings,
      (around, events) =>
        new Single(place.sentinel?.name ?? '', around, primaryFinder(place, around), events),
    )
  }
  const server = serverAt(place.nodes[0] ?? {}, place, connectTimeout)
  return new OpenedLink(settings, (around, events) => new Single(server.id, around, () => server, events))
}

function addressBy(id: string, { tls }: Place): Address {
  const colon = id.lastIndexOf(':')
  const host = id.slice(0, colon).replace(/^\[|\]$/g, '')
  const address = { host, port: Number(id.slice(colon + 1)) }
  return tls === undefined ? address : { ...address, tls }
}

interface Recognised {
  readonly id: string
  readonly server?: Server
  readonly cluster?: ClusterSource
  readonly problems: readonly string[]
  /** What is allowed and unwise. */
  readonly warnings?: readonly string[]
}

function linkOver(what: string, client: Recognised, options: LinkOptions): Link {
  const problems = [...client.problems, ...linkProblems(options)]
  if (problems.length > 0) throw misuse(what, problems)
  const settings = settingsOf(options, `redis ${client.id}`)
  const { cluster, server } = client
  if (cluster !== undefined) {
    return new OpenedLink(settings, (around, events) => new Cluster(around, cluster, events), client.warnings)
  }
  return new OpenedLink(
    settings,
    (around, events) => new Single(client.id, around, () => server ?? NOWHERE, events),
    client.warnings,
  )
}

const NOWHERE: Server = {
  id: 'nowhere',
  dial() {
    throw new Error('no server was given')
  },
}

/** What kind of client this is, if it is one. */
function recognised(given: object): Recognised | undefined {
  if (!hasMethods(given, 'on')) return undefined
  if (hasMethods(given, 'duplicate', 'callBuffer')) {
    return 'isCluster' in given && given.isCluster === true
      ? ioredisCluster(given as unknown as IoredisCluster)
      : ioredisClient(given as unknown as IoredisClient)
  }
  if (hasMethods(given, 'nodeClient', 'sendCommand')) {
    const cluster = given as unknown as NodeRedisCluster
    return { id: 'cluster', cluster: givenNodeRedisCluster(cluster), problems: [] }
  }
  if (hasMethods(given, 'duplicate', 'sendCommand', 'sSubscribe') && 'isReady' in given) {
    const client = given as unknown as NodeRedisClient
    const { host, port, path } = (client.options?.socket ?? {}) as Address
    const id = idOf({
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(path !== undefined && { path }),
    })
    return { id, server: givenNodeRedis(client, id), problems: [] }
  }
  return {
    id: '',
    problems: [
      'the client is of no kind that is known: ioredis 5 or 6, iovalkey, node-redis 5 or 6 (createClient, createCluster); for others give a URL or options',
    ],
  }
}

function ioredisClient(client: IoredisClient): Recognised {
  const { keyPrefix, host, port, path, name, sentinels } = client.options as Address & {
    readonly keyPrefix?: unknown
    readonly name?: unknown
    readonly sentinels?: unknown
  }
  const isWatched = Array.isArray(sentinels) && sentinels.length > 0
  const at = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
  const id = isWatched ? String(name) : idOf(typeof path === 'string' ? { path } : at)
  return {
    id,
    server: givenIoredis(client, id, isWatched),
    problems: prefixProblems(keyPrefix),
    warnings: resends(client.options) ? [RESENDS] : [],
  }
}

function ioredisCluster(cluster: IoredisCluster): Recognised {
  const { keyPrefix, redisOptions } = cluster.options
  return {
    id: 'cluster',
    cluster: givenCluster(cluster),
    problems: prefixProblems(keyPrefix ?? redisOptions?.keyPrefix),
  }
}

const RESENDS =
  'the client sends commands again after a lost connection, so that they may be carried out twice or late: create it with autoResendUnfulfilledCommands: false and maxRetriesPerRequest: 0'

function resends(options: { readonly autoResendUnfulfilledCommands?: unknown }): boolean {
  return options.autoResendUnfulfilledCommands !== false
}

function prefixProblems(keyPrefix: unknown): readonly string[] {
  if (keyPrefix === undefined || keyPrefix === '' || keyPrefix === null) return []
  return [
    'the client has a keyPrefix, which would be put before some keys and not before others: hand in one without, and set the prefix here',
  ]
}

function hasMethods(given: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof (given as Readonly<Record<string, unknown>>)[name] === 'function')
}
