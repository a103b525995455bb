/*
 * A process with a cache on a Redis, that does what it is told over its line to the test.
 */

import { createCache, type Entry, type ICache, type Store, type Written } from '@larder/core'
import { redis } from '@larder/redis'
import { type Connection, connect } from '@larder/testing/servers'
import { churn, handles } from './churn.ts'
import { crowd, many } from './crowd.ts'
import { type Duties, obey, report } from './obeying.ts'
import { type Kind, now, type Opening, type Orders, type Report } from './orders.ts'
import { TrafficRun } from './traffic.ts'

/** What an open process has. */
export interface Desk {
  readonly cache: ICache
  /** The source of truth. */
  readonly truth: Connection
  report(what: Report): void
}

let desk: Desk | undefined
let traffic: TrafficRun | undefined

function open(): Desk {
  if (desk === undefined) throw new Error('it is not open')
  return desk
}

function storeOf({ url, prefix, without, deadline }: Opening): Store<Entry> {
  const { leases, channel, ...plain } = redis(url, { prefix, ...(deadline !== undefined && { deadline }) })
  return {
    ...plain,
    ...(leases !== undefined && !without.includes('leases') && { leases }),
    ...(channel !== undefined && !without.includes('channel') && { channel }),
  }
}

function invalidated(cache: ICache, kind: Kind, keys: readonly string[]): Promise<Written> {
  if (kind === 'delete') return cache.delete(...keys)
  if (kind === 'expire') return cache.expire(...keys)
  if (kind === 'tags') return cache.invalidateTags(...keys)
  if (kind === 'clear') return cache.clear()
  return cache.setMany(keys.map((key) => [key, 'set'] as const))
}

const duties: Duties<Orders> = {
  async open(told) {
    const { deadline: storeTimeout } = told
    const cache = createCache({
      store: storeOf(told),
      ttl: '1h',
      ...(storeTimeout !== undefined && { storeTimeout }),
    })
    desk = {
      cache,
      truth: await connect(told.truth),
      report: (what) => report(what),
    }
    // The link connects by itself; who comes earlier is answered without the store.
    while ((await cache.health()).status !== 'ok') await new Promise((resolve) => setTimeout(resolve, 5))
    return true
  },
  get: ({ keys }) => open().cache.getMany(keys),
  async load({ keys, value }) {
    await Promise.all(keys.map((key) => open().cache.getOrSet(key, () => value, { tags: [key] })))
    return true
  },
  async invalidate({ kind, keys }) {
    const { far } = await invalidated(open().cache, kind, keys)
    return { far, at: now() }
  },
  crowd: (told) => crowd(open(), told),
  many: (told) => many(open(), told),
  async traffic(told) {
    traffic = new TrafficRun(open(), told)
    traffic.start()
    return true
  },
  async halt() {
    await traffic?.halt()
    return true
  },
  async look() {
    return traffic?.look() ?? []
  },
  handles: async () => handles(),
  churn: (told) => churn(open().cache, told),
  async close() {
    await desk?.cache.close()
    desk?.truth.close()
    return true
  },
}

/** In the midst of its work. */
async function leave(): Promise<void> {
  traffic?.leave()
  await duties.close({})
}

obey(duties, leave)
