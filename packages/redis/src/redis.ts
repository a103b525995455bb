/*
 * The Redis store: records that all processes share, under leases, with a channel that tells of changes.
 *
 *   larder:v1:shop/users:{42}:d     the record: a frame, as everywhere in Larder
 *   larder:v1:shop/users:{42}:l     its lease, while somebody loads it
 *
 * One round trip for what is read in one tick, one script for what is written. The parts:
 *
 *   keys      where a record lies            scripts   what happens in the server in one step
 *   records   reading, listing               writes    setting and deleting, by the tick
 *   leases    fills that cannot come late    channel   what others change
 *   link      the connection, and everything that can go wrong with it
 */

import {
  type Check,
  checkOptions,
  type Duration,
  durationOf,
  encoded,
  type Entry,
  type Facts,
  isDuration,
  isText,
  misuse,
  optionProblems,
  type OptionTable,
  type Store,
} from '@larder/core'
import { channelOn, silent, voiceOf } from './channel.ts'
import { Keys } from './keys.ts'
import { RedisLeases } from './leases.ts'
import type { NodeHealth } from './link/health.ts'
import type { Link } from './link/link.ts'
import { type GivenClient, openLinkFor } from './link/open.ts'
import {
  LINK_OPTIONS,
  type LinkOptions,
  PLACE_OPTIONS,
  type PlaceOptions,
  type ScriptCheck,
} from './link/options.ts'
import type { Place } from './place.ts'
import { recordsIn } from './records.ts'
import { RENEW } from './scripts.ts'
import { SHAPE_OPTIONS, type ShapeOptions, shapeOf } from './shape.ts'
import { Writes } from './writes.ts'

/**
 * Everything in one object. Where Redis is: `url`, or its parts, or `client`, or `link`.
 *
 * @example
 * const store = redis({ url: 'redis://localhost:6379', prefix: 'shop', compress: 'lz4', deadline: '200ms' })
 */
export interface RedisOptions extends PlaceOptions, LinkOptions, ShapeOptions {
  /** A client of ioredis, iovalkey or node-redis, which stays yours to close. */
  readonly client?: GivenClient
  /** An open link, which stays yours to close. It has its own settings. */
  readonly link?: Link
  /** Begins every key and every channel. Stores with different prefixes never meet. Default: 'larder'. */
  readonly prefix?: string
  /** For how long what is remembered of Redis is believed after the last proof that no change was missed. Default: '1s'. */
  readonly maxStaleness?: Duration
}

const isPart =
  (what: string, ...names: readonly string[]): Check =>
  (value) =>
    typeof value === 'object' && value !== null && names.every((name) => name in value)
      ? undefined
      : `must be ${what}`

const isGivenClient = isPart('a client of ioredis, iovalkey or node-redis', 'duplicate', 'on')

export const REDIS_OPTIONS: OptionTable = {
  ...PLACE_OPTIONS,
  ...LINK_OPTIONS,
  ...SHAPE_OPTIONS,
  client: isGivenClient,
  link: isPart('a link, such as openLink(…)', 'call', 'run', 'subscribe'),
  prefix: isText,
  maxStaleness: isDuration,
}

/**
 * Redis or Valkey as a store: alone, under Sentinel, or as a cluster.
 *
 * @example
 * const cache = createCache({ store: redis('redis://localhost:6379'), ttl: '5m' })
 */
export function redis(): Store<Entry>
export function redis(where: string | GivenClient | RedisOptions, options?: RedisOptions): Store<Entry>
export function redis(
  ...said: readonly [(string | GivenClient | RedisOptions)?, RedisOptions?]
): Store<Entry> {
  const [where, options = {}] = said
  checkOptions('redis', options, REDIS_OPTIONS)
  const given: RedisOptions = { ...(said.length > 0 && optionsIn(where)), ...options }
  return storeOver(linkFor(given), given)
}

function optionsIn(where: string | GivenClient | RedisOptions | undefined): object {
  if (typeof where === 'string' || where === undefined) return { url: where }
  if (isClient(where)) return { client: where }
  checkOptions('redis', where, REDIS_OPTIONS)
  return where
}

const isClient = (where: GivenClient | RedisOptions): where is GivenClient =>
  isGivenClient(where) === undefined

/** A link, and a client, lead somewhere already; a link behaves in its way already. */
function contradictions(given: RedisOptions): readonly string[] {
  const { link, client } = given
  const more = Object.keys({
    ...picked(given, PLACE_OPTIONS),
    ...(link !== undefined && { ...picked(given, LINK_OPTIONS), ...(client !== undefined && { client }) }),
  }).filter((name) => name !== 'clock')
  if (more.length === 0 || (link ?? client) === undefined) return []
  const what = link === undefined ? 'client' : 'link'
  return [`${what} goes without ${more.join(', ')}: those belong to the ${what} itself`]
}

/** The link that options ask for; or one TypeError with everything that is wrong with them. */
export function linkFor(given: RedisOptions): Link {
  const problems = [...optionProblems(given, REDIS_OPTIONS), ...contradictions(given)]
  if (problems.length > 0) throw misuse('redis', problems)
  const { link, client, prefix = 'larder' } = given
  if (link !== undefined) return link
  const place = picked(given, PLACE_OPTIONS)
  const somewhere = client ?? given.url ?? given.host ?? given.path ?? given.sentinel ?? given.cluster
  // A variable that is not set must not lead to whatever runs on this machine.
  if (somewhere === undefined && ('url' in given || 'client' in given)) {
    throw misuse('redis', [
      "where it is, is undefined: give a URL, such as 'redis://localhost:6379' (is an environment variable not set?)",
    ])
  }
  const how = { scripts: [harmless(prefix)], ...picked(given, LINK_OPTIONS) }
  return openLinkFor('redis', client ?? place, how)
}

/** A call of a script that changes nothing: nobody has this lease. */
function harmless(prefix: string): ScriptCheck {
  const keys = new Keys(prefix)
  return { script: RENEW, keys: [keys.data('#'), keys.lease('#')], args: ['', '1'] }
}

/** The store of these options, with a link that is closed with it, unless it was handed in. */
export function storeOver(link: Link, given: RedisOptions): Store<Entry> {
  const { prefix = 'larder', maxStaleness = '1s', clock } = given
  const bytes = redisBytes(link, { prefix, maxStaleness: durationOf(maxStaleness, 'maxStaleness') })
  const store = encoded(bytes, shapeOf(given), clock === undefined ? {} : { clock })
  return given.link === undefined ? { ...store, close: () => link.close() } : store
}

function picked(given: RedisOptions, table: OptionTable): object {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== undefined && Object.hasOwn(table, name)),
  )
}

/** The bytes alone, over a link that stays open. */
export function redisBytes(
  link: Link,
  { prefix, maxStaleness }: { readonly prefix: string; readonly maxStaleness: number },
): Store<Uint8Array> {
  const keys = new Keys(prefix)
  // On a cluster, what a script publishes takes other ways than a proof does.
  const voice = link.isCluster ? silent : voiceOf(keys.base)
  const place: Place = { link, keys, voice }
  let memory: Facts['memory']
  return {
    name: link.name,
    ...recordsIn(place, new Writes(place)),
    leases: new RedisLeases(place),
    ...(!link.isCluster && { channel: channelOn(link, keys.base, voice, maxStaleness) }),
    ...(link.isCluster && { partOf: (key) => link.nodeOf(keys.data(key)) }),
    time: () => link.time().now,
    facts() {
      const breakers = link.breakers()
      const leftAlone = breakers.filter((state) => state !== 'closed').length
      return { servers: { known: breakers.length, leftAlone }, ...(memory && { memory }) }
    },
    async check() {
      const { status, problems, nodes } = await link.health()
      memory = fullest(nodes)
      return status === 'ok' ? undefined : problems.join('; ')
    },
  }
}

/** Of the servers that say how much they may keep. */
function fullest(nodes: readonly NodeHealth[]): Facts['memory'] {
  let found: Facts['memory']
  for (const { usedMemory: used, maxMemory: limit } of nodes) {
    if (used === undefined || limit === undefined || limit === 0) continue
    if (found === undefined || used / limit > found.used / found.limit) found = { used, limit }
  }
  return found
}
