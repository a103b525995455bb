/*
 * What openCache calls: `redis://…`, and { store: 'redis', url: 'redis://…' }.
 */

import type { Adapter, Entry, Store } from '@larder/core'
import { linkFor, REDIS_OPTIONS, redis, type RedisOptions } from './redis.ts'

export const adapter: Adapter<RedisOptions> = { options: REDIS_OPTIONS, open }

/** With startup 'require', a program without Redis fails here. */
async function open(options: RedisOptions): Promise<Store<Entry>> {
  if (options.startup !== 'require' || options.link !== undefined) return redis(options)
  const link = linkFor(options)
  try {
    await link.ready()
  } catch (error) {
    await link.close()
    throw error
  }
  return { ...redis({ ...options, link }), close: () => link.close() }
}
