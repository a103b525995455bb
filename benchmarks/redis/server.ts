/*
 * The Redis of a case: a real server in a process of its own, on loopback, saving nothing. One for each process that asks,
 * gone when that process is gone.
 *
 * Each candidate has a database of its own in it, so that nobody needs prefixes that the others do not need.
 */
import { faultProxy, type RedisServer, startRedis } from '@larder/testing/servers'

const DATABASES = 512

let started: Promise<RedisServer> | undefined
let taken = 0

export function redisServer(): Promise<RedisServer> {
  started ??= startRedis({ config: { databases: DATABASES } })
  return started
}

/** For a process that goes on; the next who asks gets another one. */
export async function stopRedis(): Promise<void> {
  const server = started
  started = undefined
  taken = 0
  await (await server)?.stop()
}

/** What it is, in words. */
export async function aboutServer(): Promise<string> {
  const { program, version } = await redisServer()
  return `${program} ${version} on loopback`
}

/** The address of a database that nobody else has. */
export async function ownUrl(base?: string): Promise<string> {
  if (taken === DATABASES) throw new Error(`${DATABASES} databases are not enough`)
  return `${base ?? (await redisServer()).url}/${taken++}`
}

/** An address that is so many milliseconds away, in each direction. */
export async function farUrl(ms: number): Promise<string> {
  const proxy = await faultProxy({ target: await redisServer() })
  proxy.up.delay(ms)
  proxy.down.delay(ms)
  return proxy.url
}
