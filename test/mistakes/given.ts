/*
 * What the mistakes of table.ts are made with: the packages as they are, a source of users, and servers that want a
 * password, TLS, or nothing. Everything that is opened is remembered, so that it can be closed after each mistake.
 */
import * as core from '@larder/core'
import * as adapter from '@larder/redis'
import { type RedisServer, startRedis } from '@larder/testing/servers'

export { json, codec, encoded, hotKeys, isCacheError, refreshEvery, repository, warm } from '@larder/core'
export { memory } from '@larder/memory'
export { snapshot } from '@larder/memory/snapshot'
export { asCacheManager } from '@larder/compat/cache-manager'
export { tiered } from '@larder/tiered'
export { alerts, healthHandler, metricsHandler, observe, report } from '@larder/metrics'
export { prometheusMetrics } from '@larder/metrics/prometheus'
export { sealed } from '@larder/codecs/sealed'

interface Closable {
  close?(): unknown
}

const opened: Closable[] = []

function remembered<T extends Closable>(what: T): T {
  opened.push(what)
  return what
}

/** Closes what a mistake has opened. */
export async function tidy(): Promise<void> {
  for (const each of opened.splice(0).toReversed()) await each.close?.()
  for (const name of Object.keys(process.env)) if (name.startsWith('LARDER_')) delete process.env[name]
  // A busy machine is not a mistake: what is asked of a server may take its time.
  Object.assign(process.env, { LARDER_STORE_TIMEOUT: '5s', LARDER_DEADLINE: '5s' })
}

export const createCache: typeof core.createCache = (options) => remembered(core.createCache(options))
export const openCache: typeof core.openCache = async (...given) => remembered(await core.openCache(...given))
export const redis: typeof adapter.redis = new Proxy(adapter.redis, {
  apply: (open, _self, given: Parameters<typeof adapter.redis>) => remembered(open(...given)),
})

export interface User {
  name: string
}
export class Account {
  readonly owner: string
  constructor(owner: string) {
    this.owner = owner
  }
  greeting(): string {
    return `Hello ${this.owner}`
  }
}
export const loadUser = async (): Promise<User> => ({ name: 'Ada' })
/** Somebody who was not found. */
export const nobody: { readonly id: number } | undefined = [{ id: 42 }].find(({ id }) => id === 0)
export const never = (): Promise<User> => new Promise(() => {})

/** Of the servers, once they are started. */
export let url = ''
export let secured = ''
export let port = 0
export let tlsPort = 0
/** For what is sealed. */
export const key = 'ab'.repeat(32)
/** Nobody may ever read these in a message. */
export const secrets = ['correct-horse-battery', 'letmein', '50%off', key] as const

const servers: RedisServer[] = []

export async function startServers(): Promise<void> {
  const [plain, locked, encrypted] = await Promise.all([
    startRedis(),
    startRedis({ password: secrets[0] }),
    startRedis({ tls: true }),
  ])
  servers.push(plain, locked, encrypted)
  url = plain.url
  port = plain.port
  secured = `redis://127.0.0.1:${locked.port}`
  tlsPort = encrypted.port
}

export async function stopServers(): Promise<void> {
  await Promise.all(servers.splice(0).map((each) => each.stop()))
}

/** Ports as a reader knows them. */
export function withoutPorts(text: string): string {
  return [port, tlsPort, ...servers.map((each) => each.port)].reduce(
    (all, each) => all.replaceAll(`:${each}`, ':6379'),
    text,
  )
}
