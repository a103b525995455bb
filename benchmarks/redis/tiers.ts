/*
 * Ours, filled with users: in two tiers, and in memory in the way in which the heap looks after two tiers were filled.
 */
import { createCache, type ICache } from '@larder/core'
import { redis } from '@larder/redis'
import { userOf } from '../harness/question.ts'
import { DEADLINE, memoryOf, openedLarder, openedTiers } from '../rivals/larder.ts'
import { HOUR } from '../rivals/rival.ts'
import { ownUrl } from './server.ts'

/** What is under every key, and which cache of the one that was opened is asked. */
export interface Filling {
  readonly tags: readonly string[]
  readonly path: readonly string[]
}

export const PLAIN: Filling = { tags: [], path: [] }

interface Filled {
  readonly cache: ICache
  readonly close: () => unknown
}

const inside = (root: ICache, { path }: Filling): ICache =>
  path.reduce((around, part) => around.namespace(part), root)

/** With a user under every key, near and far. Databases share their channels, so each cache has a prefix of its own. */
export async function filledTiers(keys: readonly string[], filling: Filling = PLAIN): Promise<Filled> {
  const [url, room] = [await ownUrl(), keys.length + SOME]
  const root = await openedTiers({ url, room, prefix: `near-${++opened}`, ttl: HOUR })
  const cache = inside(root, filling)
  for (const key of keys) await cache.set(key, userOf(key), { tags: filling.tags })
  return { cache, close: () => root.close() }
}
const SOME = 10
let opened = 0

/**
 * With memory only. Each key is written to a Redis as well before the next one: so it lies in the heap as what comes from a server
 * does, with all that a request leaves behind in between, and not side by side as only a benchmark writes it.
 */
export async function filledMemory(keys: readonly string[], filling: Filling = PLAIN): Promise<Filled> {
  const root = createCache({ store: memoryOf(keys.length + SOME), ttl: HOUR })
  const prefix = `beside-${++opened}`
  const beside = await openedLarder(redis(await ownUrl(), { deadline: DEADLINE, prefix }))
  const cache = inside(root, filling)
  for (const key of keys) {
    await cache.set(key, userOf(key), { tags: filling.tags })
    await beside.set(key, userOf(key))
  }
  await beside.close()
  return { cache, close: () => root.close() }
}
