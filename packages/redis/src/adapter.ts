/*
 * What openCache calls: `redis://…`, and { store: 'redis', url: 'redis://…' }.
 */

import type { Adapter, Entry, Store } from '@larder/core'
import type { Link } from './link/link.ts'
import { linkFor, REDIS_OPTIONS, type RedisOptions, storeOver } from './redis.ts'

/**
 * What `openCache` calls for `redis:…` and its relatives. It finds it by itself; a bundler needs it by name.
 *
 * @example
 * const users = await openCache('redis://localhost:6379', { adapters: { redis: adapter } })
 */
export const adapter: Adapter<RedisOptions> = { options: REDIS_OPTIONS, open }

async function open(options: RedisOptions): Promise<Store<Entry>> {
  const link = linkFor(options)
  // A program that requires Redis fails here without it.
  if (options.startup === 'require') await readyOrClosed(link)
  return storeOver(link, options)
}

async function readyOrClosed(link: Link): Promise<void> {
  try {
    await link.ready()
  } catch (error) {
    await link.close()
    throw error
  }
}
