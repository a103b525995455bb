/*
 * Options of a link: where it leads, and how it behaves. Read once, all problems said at once, everything normal
 * afterwards.
 *
 *   redis://user:password@host:6379/2            also rediss://, valkey://, valkeys:// (with TLS)
 *   redis+sentinel://h1:26379,h2:26379/name      the primary that Sentinels name; rediss+sentinel:// …
 *   redis+cluster://h1:7000,h2:7001              a cluster; rediss+cluster:// …
 *
 * No text made here ever holds the address as it was given: there may be a password in it.
 */

import {
  type Awaitable,
  type Check,
  type Clock,
  type Duration,
  durationOf,
  isDuration,
  isOneOf,
  isText,
  misuse,
  optionProblems,
  type OptionTable,
  systemClock,
} from '@larder/core'
import type { ConnectionOptions } from 'node:tls'
import type { Credentials } from './client.ts'
import type { Argument } from './link.ts'
import type { Script } from './script.ts'

/**
 * 'host:port', or the two of them.
 *
 * @example
 * const nodes: readonly NodeAddress[] = ['10.0.0.1:7000', { host: '10.0.0.2', port: 7000 }]
 * const store = redis({ cluster: { nodes } })
 */
export type NodeAddress = string | { readonly host: string; readonly port?: number }

/**
 * A password, or how to get the current one: asked at every connection, so that it may change.
 *
 * @example
 * const password: Password = () => fetchText('/token') // asked anew for every connection
 * const store = redis({ host: 'cache.internal', password })
 */
export type Password = string | (() => Awaitable<string>)

/**
 * Where a link leads, in parts.
 *
 * @example
 * const place: PlaceOptions = { host: 'cache.internal', port: 6380, tls: true, password: () => fetchText('/token') }
 * const store = redis(place)
 */
export interface PlaceOptions {
  /** As text; the other options go before what it says. */
  readonly url?: string
  /** Name or address of the server. Default: 127.0.0.1. */
  readonly host?: string
  /** Its port. Default: 6379. */
  readonly port?: number
  /** Of a Unix socket, instead of host and port. */
  readonly path?: string
  /** Who the server is told it is. Default: the server's default user. */
  readonly username?: string
  /** A function is asked at every connection, so that it may change. Default: none. */
  readonly password?: Password
  /** The number of the database; a cluster has one only. Default: 0. */
  readonly db?: number
  /** Over TLS: true, or what `tls.connect` takes (`ca`, `cert`, `key`, `servername` …). */
  readonly tls?: boolean | ConnectionOptions
  /** The primary of this name, as these Sentinels say. */
  readonly sentinel?: {
    readonly name: string
    readonly nodes: readonly NodeAddress[]
    readonly username?: string
    readonly password?: Password
    readonly tls?: boolean | ConnectionOptions
  }
  /** A cluster, of which some nodes are known. */
  readonly cluster?: { readonly nodes: readonly NodeAddress[] }
}

/**
 * A script with a call of it that changes nothing, by which `health()` sees that it can be run.
 *
 * @example
 * const scripts: readonly ScriptCheck[] = [{ script: double, keys: ['n'], args: [] }]
 * const link = openLink('redis://localhost:6379', { scripts }) // told at once if the server would refuse it
 */
export interface ScriptCheck {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly Argument[]
}

/**
 * How a link behaves.
 *
 * @example
 * const link = openLink('redis://localhost:6379', { deadline: '200ms', startup: 'degrade', name: 'sessions' })
 */
export interface LinkOptions {
  /** For messages. Default: what is known of the address. */
  readonly name?: string
  /** How long an answer is waited for. Default: 100 ms. */
  readonly deadline?: Duration
  /** How long an attempt to connect may take. Default: 1 s. */
  readonly connectTimeout?: Duration
  /** Whether a program without a server fails at once, by `ready()`, or goes on. Default: 'degrade'. */
  readonly startup?: 'require' | 'degrade'
  /** With startup 'require': how long `ready()` waits for a connection. Default: 5 s. */
  readonly connectDeadline?: Duration
  /** Between two proofs that nothing was missed, while subscribed. Default: 250 ms. */
  readonly heartbeat?: Duration
  /** What `health()` tries: that a server answers PING does not say that it runs scripts. */
  readonly scripts?: readonly ScriptCheck[]
  /** For tests. */
  readonly clock?: Clock
}

export interface Settings {
  readonly name: string
  readonly clock: Clock
  readonly deadline: number
  readonly connectTimeout: number
  /** Undefined: the program goes on without. */
  readonly connectDeadline: number | undefined
  readonly heartbeat: number
  readonly scripts: readonly ScriptCheck[]
}

export interface Address {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly tls?: ConnectionOptions
}

export interface Place {
  /** For messages. */
  readonly name: string
  readonly kind: 'single' | 'sentinel' | 'cluster'
  /** One; or the Sentinels; or the nodes of the cluster that are known. */
  readonly nodes: readonly Address[]
  /** Of the servers that keep data. */
  readonly tls: ConnectionOptions | undefined
  readonly credentials: () => Promise<Credentials>
  readonly sentinel: { readonly name: string; readonly credentials: () => Promise<Credentials> } | undefined
}

const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object'
const isTls: Check = (value) =>
  typeof value === 'boolean'
    ? undefined
    : isObject(value) && 'must be true, false or an object of tls.connect options'
const isPort: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
    ? undefined
    : `must be a number from 1 to 65535, not ${typeof value === 'string' ? `the text '${value}'` : String(value)}`
const isDb: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0
    ? undefined
    : 'must be a whole number from 0'
// Says nothing of the value: it may be a password that is a little wrong.
const isPassword: Check = (value) =>
  (typeof value === 'string' && value !== '') || typeof value === 'function'
    ? undefined
    : 'must be a non-empty text or a function that gives one'
const isNodes: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((each) => addressOf(each as NodeAddress, 1) !== undefined)
    ? undefined
    : "must be a list of at least one 'host:port' or { host, port }"

/** Where a link leads, as options. */
/** Those that say where a link leads. */
export const PLACE_OPTIONS: OptionTable = {
  url: isText,
  host: isText,
  port: isPort,
  path: isText,
  username: isText,
  password: isPassword,
  db: isDb,
  tls: isTls,
  sentinel: isObject,
  cluster: isObject,
}
const SENTINEL: OptionTable = {
  name: isText,
  nodes: isNodes,
  username: isText,
  password: isPassword,
  tls: isTls,
}
const CLUSTER: OptionTable = { nodes: isNodes }
/** How a link behaves, as options. */
/** Those that say how it behaves. */
export const LINK_OPTIONS: OptionTable = {
  name: isText,
  deadline: isDuration,
  connectTimeout: isDuration,
  startup: isOneOf('require', 'degrade'),
  connectDeadline: isDuration,
  heartbeat: isDuration,
  scripts: (value) => (Array.isArray(value) ? undefined : 'must be a list of { script, keys, args }'),
  clock: (value) => (isObject(value) === undefined ? undefined : 'must be a Clock'),
}

/** What is wrong with the options of a link. */
export function linkProblems(options: unknown): readonly string[] {
  return optionProblems(options, LINK_OPTIONS)
}

/** How the link behaves, with every default. */
export function settingsOf(options: LinkOptions, name: string): Settings {
  return {
    name: options.name ?? name,
    clock: options.clock ?? systemClock,
    deadline: durationOf(options.deadline ?? 100, 'deadline'),
    connectTimeout: durationOf(options.connectTimeout ?? 1_000, 'connectTimeout'),
    connectDeadline:
      options.startup === 'require'
        ? durationOf(options.connectDeadline ?? 5_000, 'connectDeadline')
        : undefined,
    heartbeat: durationOf(options.heartbeat ?? 250, 'heartbeat'),
    scripts: options.scripts ?? [],
  }
}

/** Where it leads; or throws, with the problems of `options` as well. */
export function placeOf(where: string | PlaceOptions, options: unknown, what: string = 'openLink'): Place {
  const given: PlaceOptions = typeof where === 'string' ? { url: where } : where
  const problems = [...placeProblems(given), ...linkProblems(options)]
  const { url, ...rest } = given
  const fromUrl = url === undefined || typeof url !== 'string' ? {} : partsOf(url, problems)
  if (problems.length > 0) throw misuse(what, problems)
  return normalPlace({ ...fromUrl, ...defined(rest) })
}

function placeProblems(given: PlaceOptions): string[] {
  const problems = optionProblems(given, PLACE_OPTIONS)
  const { sentinel, cluster, path, host, port, db } = given
  if (sentinel !== undefined) problems.push(...inside('sentinel', sentinel, SENTINEL, ['name', 'nodes']))
  if (cluster !== undefined) problems.push(...inside('cluster', cluster, CLUSTER, ['nodes']))
  const ways = Object.entries({ sentinel, cluster, path, host: host ?? port }).filter(
    ([, value]) => value !== undefined,
  )
  if (ways.length > 1)
    problems.push(`${ways.map(([name]) => `'${name}'`).join(' and ')} are different places: give one of them`)
  if (cluster !== undefined && db !== undefined && db !== 0)
    problems.push('db must be 0: a cluster has no other')
  return problems
}

function inside(name: string, given: object, table: OptionTable, needed: readonly string[]): string[] {
  if (isObject(given) !== undefined) return []
  const missing = needed.filter((each) => !(each in given)).map((each) => `${each} is missing`)
  return [...optionProblems(given, table), ...missing].map((each) => `${name}: ${each}`)
}

const URL_FORM =
  /^(redis|rediss|valkey|valkeys)(\+sentinel|\+cluster)?:\/\/(?:(?<login>.*)@)?(?<hosts>[^/?@]*)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/s

/** The parts that an address says; what is wrong with it goes to `problems`, without the address. */
function partsOf(url: string, problems: string[]): PlaceOptions {
  const match = URL_FORM.exec(url)
  if (match === null) {
    problems.push(
      'url must look like redis://host:port, rediss:// (with TLS), valkey://, redis+sentinel://h1:p,h2:p/name or redis+cluster://h1:p,h2:p',
    )
    return {}
  }
  const [, scheme = '', variant] = match
  const { login, hosts = '', path = '', query } = match.groups ?? {}
  if (query !== undefined && query !== '')
    problems.push('url must have no query: give the rest as options, { url, … }')
  const nodes = hosts.split(',').filter((each) => each !== '')
  const variants = variant === undefined ? nodes.slice(0, 1) : nodes
  const parsed = variants.map((each) => addressOf(each, variant === '+sentinel' ? 26_379 : 6_379))
  if (parsed.includes(undefined) || (variant === undefined && nodes.length > 1)) {
    problems.push(
      "url must name its host as 'host:port'; several are for redis+sentinel:// and redis+cluster://",
    )
    return {}
  }
  const addresses = parsed.filter((each) => each !== undefined)
  const tls = scheme.endsWith('s') && scheme !== 'redis' ? { tls: true } : {}
  const common = { ...loginOf(login, problems), ...tls }
  if (variant === '+cluster') return { ...common, cluster: { nodes: addresses } }
  if (variant === '+sentinel') {
    const [name = '', db] = path.split('/')
    if (name === '')
      problems.push(
        'url must say which primary is meant, after the Sentinels: redis+sentinel://h1:p,h2:p/name',
      )
    return { ...common, ...dbOf(db, problems), sentinel: { name: decoded(name), nodes: addresses } }
  }
  return { ...common, ...dbOf(path, problems), ...addresses[0] }
}

function dbOf(path: string | undefined, problems: string[]): { readonly db?: number } {
  if (path === undefined || path === '') return {}
  if (/^\d+$/.test(path)) return { db: Number(path) }
  problems.push('url must end with the number of a database, if with anything: redis://host:port/2')
  return {}
}

function loginOf(
  login: string | undefined,
  problems: string[],
): { readonly username?: string; readonly password?: string } {
  if (login === undefined || login === '') return {}
  const colon = login.indexOf(':')
  const username = colon === -1 ? login : login.slice(0, colon)
  const password = colon === -1 ? '' : login.slice(colon + 1)
  try {
    return {
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
    }
  } catch {
    problems.push(
      'url has a user name or password that is not percent-encoded: use encodeURIComponent, or give them as options',
    )
    return {}
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** 'host', 'host:port', '[::1]:port', or the two; undefined if it is neither. */
function addressOf(given: NodeAddress, defaultPort: number): { host: string; port: number } | undefined {
  if (typeof given !== 'string') {
    if (typeof given !== 'object' || given === null) return undefined
    const { host, port = defaultPort } = given
    return isText(host) === undefined && isPort(port) === undefined ? { host, port } : undefined
  }
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(given)
  const { six, name, port } = match?.groups ?? {}
  const host = six ?? name
  const number = port === undefined ? defaultPort : Number(port)
  return host === undefined || isPort(number) !== undefined ? undefined : { host, port: number }
}

function normalPlace(given: PlaceOptions): Place {
  const { sentinel, cluster, username, password, db = 0 } = given
  const tls = tlsOf(given.tls)
  const credentials = credentialsOf(username, password, db)
  if (cluster !== undefined) {
    const nodes = addressesOf(cluster.nodes, 6_379, tls)
    return {
      name: `redis cluster ${titleOf(nodes)}`,
      kind: 'cluster',
      nodes,
      tls,
      credentials,
      sentinel: undefined,
    }
  }
  if (sentinel !== undefined) {
    const nodes = addressesOf(sentinel.nodes, 26_379, tlsOf(sentinel.tls))
    const ask = credentialsOf(sentinel.username, sentinel.password, 0)
    const watched = { name: sentinel.name, credentials: ask }
    return { name: `redis '${sentinel.name}'`, kind: 'sentinel', nodes, tls, credentials, sentinel: watched }
  }
  const { path, host = '127.0.0.1', port = 6_379 } = given
  const at = path === undefined ? { host, port } : { path }
  const node: Address = tls === undefined ? at : { ...at, tls }
  return {
    name: `redis ${titleOf([node])}`,
    kind: 'single',
    nodes: [node],
    tls,
    credentials,
    sentinel: undefined,
  }
}

function addressesOf(
  nodes: readonly NodeAddress[],
  defaultPort: number,
  tls: ConnectionOptions | undefined,
): readonly Address[] {
  return nodes
    .map((each) => addressOf(each, defaultPort))
    .filter((each) => each !== undefined)
    .map((each) => (tls === undefined ? each : { ...each, tls }))
}

/** 'host:port' of an address, or its path. */
export function idOf({ host = '127.0.0.1', port = 6_379, path }: Address): string {
  return path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function titleOf(nodes: readonly Address[]): string {
  return nodes.map(idOf).join(',')
}

function tlsOf(tls: boolean | ConnectionOptions | undefined): ConnectionOptions | undefined {
  if (tls === undefined || tls === false) return undefined
  return tls === true ? {} : tls
}

function credentialsOf(
  username: string | undefined,
  password: Password | undefined,
  db: number,
): () => Promise<Credentials> {
  return async () => ({
    username,
    password: typeof password === 'function' ? await asked(password) : password,
    db,
  })
}

/** What the function says when it fails is not repeated: who knows what it says. */
async function asked(password: () => Awaitable<string>): Promise<string> {
  try {
    return await password()
  } catch {
    throw new Error('the function that gives the password has failed')
  }
}

function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}
