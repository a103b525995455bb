/*
 * The cache that is soaked: the only file that knows what it is made of.
 */

import { createCache, type ICache } from '@larder/core'
import { redis } from '@larder/redis'
import type { Bounds } from './judge.ts'
import type { Opening } from './orders.ts'

export interface Soaked {
  readonly cache: ICache
  readonly bounds: Bounds
}

export function soakedCache({ url, maxStaleness }: Opening): Soaked {
  const cache = createCache({ store: redis(url, { prefix: 'soak', maxStaleness }), ttl: '1h' })
  return { cache, bounds: { key: 0, wide: maxStaleness } }
}
