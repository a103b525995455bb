/*
 * node-redis, raw: the newest, and the older client that others bring.
 *
 * node-redis 6 gives every command a timer by default, which costs it a third; it is off here.
 */
import { createClient as createClient5, type RedisClientType as RedisClientType5 } from '@redis/client'
import { createClient as createClient6, type RedisClientType } from 'redis'
import { byTheTick, client, type Connect, type Raw } from './raw.ts'
import type { Contender, Rival } from './rival.ts'

/** Without a timer for every command. */
export const connected6 = (url: string): Promise<RedisClientType> =>
  createClient6({ url, commandOptions: { timeout: 0 } }).connect()

export const connected5 = (url: string): Promise<RedisClientType5> => createClient5({ url }).connect()

const px = (ttl: number) => ({ expiration: { type: 'PX', value: ttl } }) as const

/** What all versions of the client have, with and without copies. */
interface NodeRedis {
  get(key: string): Promise<string | null>
  set(key: string, text: string, options: ReturnType<typeof px>): Promise<string | null>
  mGet(keys: string[]): Promise<(string | null)[]>
  del(key: string): Promise<number>
  destroy(): void
}

export const rawOf = (redis: NodeRedis, ttl: number): Raw => ({
  get: (key) => redis.get(key),
  set: (key, text) => redis.set(key, text, px(ttl)),
  mget: (keys) => redis.mGet(keys),
  del: (key) => redis.del(key),
  close: () => redis.destroy(),
})

const connect6: Connect = async ({ url, ttl }) => rawOf(await connected6(url), ttl)

const connect5: Connect = async ({ url, ttl }) => rawOf(await connected5(url), ttl)

export const nodeRedis: Contender = client('node-redis 6', 'redis', 'no command timeout', connect6)

export const nodeRedis5: Contender = client('@redis/client 5', '@redis/client', 'as it comes', connect5)

export const byTheTickOnNodeRedis: Contender = client(
  'by hand, on @redis/client 5',
  '@redis/client',
  'one MGET a tick, on @redis/client',
  byTheTick(connect5),
)

export const rawNodeRedis: Rival = { name: 'node-redis', packages: ['redis'], redis: [nodeRedis] }
