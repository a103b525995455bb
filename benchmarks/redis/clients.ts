/*
 * The clients, alone: JSON.parse of what GET answers, SET with PX of JSON.stringify. What anybody writes first.
 *
 * node-redis 6 gives every command a timer by default, which costs it a third; it is off here.
 */
import { createClient as createClient5, type RedisClientType as RedisClientType5 } from '@redis/client'
import { Redis } from 'ioredis-6'
import { Redis as Valkey } from 'iovalkey'
import { createClient as createClient6, type RedisClientType } from 'redis'
import { type Asked, type Contender, HOUR, type Load } from './contender.ts'

/** What all clients can do, under the same names. */
interface Raw {
  readonly get: (key: string) => Promise<string | null>
  readonly set: (key: string, text: string) => Promise<unknown>
  readonly mget: (keys: string[]) => Promise<(string | null)[]>
  readonly close: () => unknown
}

type Connect = (url: string) => Promise<Raw>

const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text))

function askedOf({ get, set, mget, close }: Raw, load: Load): Asked {
  const getOrSet = async (key: string): Promise<unknown> => {
    const text = await get(key)
    if (text !== null) return JSON.parse(text)
    const value = await load(key)
    await set(key, JSON.stringify(value))
    return value
  }
  return {
    get: async (key) => parsed(await get(key)),
    set: (key, value) => set(key, JSON.stringify(value)),
    getOrSet,
    getMany: async (keys) => (await mget([...keys])).map(parsed),
    close,
  }
}

const client = (name: string, from: string, how: string, connect: Connect): Contender => ({
  name,
  package: from,
  how,
  open: async (url, load) => askedOf(await connect(url), load),
})

const ioredis6 =
  (enableAutoPipelining: boolean): Connect =>
  async (url) => {
    const redis = new Redis(url, { enableAutoPipelining })
    return {
      get: (key) => redis.get(key),
      set: (key, text) => redis.set(key, text, 'PX', HOUR),
      mget: (keys) => redis.mget(keys),
      close: () => redis.disconnect(),
    }
  }

const iovalkey0: Connect = async (url) => {
  const valkey = new Valkey(url, { enableAutoPipelining: true })
  return {
    get: (key) => valkey.get(key),
    set: (key, text) => valkey.set(key, text, 'PX', HOUR),
    mget: (keys) => valkey.mget(keys),
    close: () => valkey.disconnect(),
  }
}

/** Without a timer for every command. */
export const connected6 = (url: string): Promise<RedisClientType> =>
  createClient6({ url, commandOptions: { timeout: 0 } }).connect()

export const connected5 = (url: string): Promise<RedisClientType5> => createClient5({ url }).connect()

const PX = { expiration: { type: 'PX', value: HOUR } } as const

const nodeRedis6: Connect = async (url) => {
  const redis = await connected6(url)
  return {
    get: (key) => redis.get(key),
    set: (key, text) => redis.set(key, text, PX),
    mget: (keys) => redis.mGet(keys),
    close: () => redis.destroy(),
  }
}

const nodeRedis5: Connect = async (url) => {
  const redis = await connected5(url)
  return {
    get: (key) => redis.get(key),
    set: (key, text) => redis.set(key, text, PX),
    mget: (keys) => redis.mGet(keys),
    close: () => redis.destroy(),
  }
}

/** What is asked in one tick, in one MGET: the limit of what can be had over a client. */
const byTheTick =
  (connect: Connect): Connect =>
  async (url) => {
    const raw = await connect(url)
    interface Waiting {
      readonly key: string
      readonly resolve: (text: string | null) => void
      readonly reject: (error: unknown) => void
    }
    let tick: Waiting[] = []
    const ask = (): void => {
      const asked = tick
      tick = []
      raw.mget(asked.map(({ key }) => key)).then(
        (texts) => {
          for (const [at, { resolve }] of asked.entries()) resolve(texts[at] ?? null)
        },
        (error: unknown) => {
          for (const { reject } of asked) reject(error)
        },
      )
    }
    const get = (key: string): Promise<string | null> =>
      new Promise((resolve, reject) => {
        if (tick.push({ key, resolve, reject }) === 1) process.nextTick(ask)
      })
    return { ...raw, get }
  }

export const ioredis: Contender = client('ioredis', 'ioredis-6', 'no autopipelining', ioredis6(false))

export const pipelining: Contender = client(
  'ioredis, autopipelining',
  'ioredis-6',
  'enableAutoPipelining',
  ioredis6(true),
)

export const nodeRedis: Contender = client('node-redis 6', 'redis', 'no command timeout', nodeRedis6)

/** As they are. */
export const clients: readonly Contender[] = [
  ioredis,
  pipelining,
  nodeRedis,
  client('@redis/client 5', '@redis/client', 'as it comes', nodeRedis5),
  client('iovalkey, autopipelining', 'iovalkey', 'enableAutoPipelining', iovalkey0),
]

/** Written by hand over a client. */
export const limits: readonly Contender[] = [
  client('by hand: MGET by the tick', 'ioredis-6', 'one MGET a tick, on ioredis', byTheTick(ioredis6(false))),
  client(
    'by hand, on @redis/client 5',
    '@redis/client',
    'one MGET a tick, on @redis/client',
    byTheTick(nodeRedis5),
  ),
]
