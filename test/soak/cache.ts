/*
 * The cache that is soaked: the only file that knows what it is made of.
 */

import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import type { Bounds } from './judge.ts'
import type { Opening } from './orders.ts'

export interface Soaked {
  readonly cache: ICache
  readonly bounds: Bounds
}

export function soakedCache({ url, maxStaleness, tiers }: Opening): Soaked {
  const far = redis(url, { prefix: 'soak', maxStaleness })
  const store = tiers === 'one' ? far : tiered({ near: memory(), far })
  // Of a store without copies only tags are remembered.
  const bounds = { key: tiers === 'one' ? 0 : maxStaleness, wide: maxStaleness }
  return { cache: createCache({ store, ttl: '1h' }), bounds }
}
