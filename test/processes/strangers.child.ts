/*
 * A process with two tiers that is told of keys nobody has ever named before, by the hundred thousand, and what they leave
 * behind.
 */

import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { collected } from './churn.ts'
import { type Duties, obey } from './obeying.ts'

export interface Strangers {
  /** Bytes in use after a collection: keys named, heap. */
  readonly heap: readonly (readonly [keys: number, bytes: number])[]
  readonly loads: number
  readonly fenced: number
  readonly failures: number
  /** Invalidations that wait for the store. */
  readonly queued: number
}

export interface StrangersOrders {
  /** `deadline`: ms for each answer of the store. */
  open: {
    readonly told: { readonly url: string; readonly prefix: string; readonly deadline: number }
    readonly answer: true
  }
  /** So many keys that were not named before. */
  name: { readonly told: { readonly keys: number; readonly samples: number }; readonly answer: Strangers }
}

const AT_ONCE = 200
const NEAR = 1_000

let cache: ICache | undefined
let named = 0

/** Each key, and each tag, is new; what is done to it is done once. Some were loaded shortly before. */
async function one(open: ICache, n: number): Promise<void> {
  const [key, earlier] = [`k${n}`, `k${n - (n % 10)}`]
  const load = (): object => ({ n })
  const kind = n % 10
  const tags = [`t${n}`, `u${n}`, `v${n}`, `w${n}`, `x${n}`]
  if (kind <= 2) await open.getOrSet(key, load, { tags })
  else if (kind === 3) await open.getOrSet(key, load)
  else if (kind === 4) await open.set(key, load(), { tags })
  else if (kind === 5) await open.delete(key, earlier)
  else if (kind === 6) await open.get(key)
  else if (kind === 7) await open.invalidateTags(`t${n}`, `t${n - 7}`)
  else if (kind === 8) await open.getMany([key, earlier, `${key} too`])
  else await open.expire(key)
}

async function run(open: ICache, keys: number): Promise<void> {
  const end = named + keys
  const asker = async (): Promise<void> => {
    while (named < end) await one(open, named++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, asker))
}

const duties: Duties<StrangersOrders> = {
  async open({ url, prefix, deadline }) {
    cache = createCache({
      store: tiered({ near: memory({ maxEntries: NEAR }), far: redis(url, { prefix, deadline }) }),
      ttl: '1h',
      staleIfError: '1h',
      storeTimeout: deadline,
    })
    while ((await cache.health()).status !== 'ok') await new Promise((resolve) => setTimeout(resolve, 5))
    return true
  },
  async name({ keys, samples }) {
    if (cache === undefined) throw new Error('it is not open')
    const heap: (readonly [number, number])[] = [[0, await collected()]]
    for (let n = 1; n <= samples; n++) {
      await run(cache, keys / samples)
      heap.push([(n * keys) / samples, await collected()])
    }
    const { loads, fenced, storeFailures: failures, queued } = cache.stats()
    return { heap, loads, fenced, failures, queued }
  },
}

obey(duties, async () => cache?.close())
