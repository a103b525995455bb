/*
 * ioredis, raw: as it comes, and with autopipelining, which costs where only one asks. Beside it iovalkey, its fork; and what can
 * be had over it by hand.
 */
import { Redis } from 'ioredis-6'
import { Redis as Valkey } from 'iovalkey'
import { byTheTick, client, type Connect } from './raw.ts'
import type { Contender, Rival } from './rival.ts'

const connect =
  (enableAutoPipelining: boolean): Connect =>
  async ({ url, ttl }) => {
    const redis = new Redis(url, { enableAutoPipelining })
    return {
      get: (key) => redis.get(key),
      set: (key, text) => redis.set(key, text, 'PX', ttl),
      mget: (keys) => redis.mget(keys),
      del: (key) => redis.del(key),
      close: () => redis.disconnect(),
    }
  }

const connectValkey: Connect = async ({ url, ttl }) => {
  const valkey = new Valkey(url, { enableAutoPipelining: true })
  return {
    get: (key) => valkey.get(key),
    set: (key, text) => valkey.set(key, text, 'PX', ttl),
    mget: (keys) => valkey.mget(keys),
    del: (key) => valkey.del(key),
    close: () => valkey.disconnect(),
  }
}

export const ioredis: Contender = client('ioredis', 'ioredis-6', 'no autopipelining', connect(false))

export const pipelining: Contender = client(
  'ioredis, autopipelining',
  'ioredis-6',
  'enableAutoPipelining',
  connect(true),
)

export const iovalkey: Contender = client(
  'iovalkey, autopipelining',
  'iovalkey',
  'enableAutoPipelining',
  connectValkey,
)

export const byTheTickOnIoredis: Contender = client(
  'by hand: MGET by the tick',
  'ioredis-6',
  'one MGET a tick, on ioredis',
  byTheTick(connect(false)),
)

export const rawIoredis: Rival = {
  name: 'ioredis',
  packages: ['ioredis-6'],
  redis: [ioredis, pipelining],
}
