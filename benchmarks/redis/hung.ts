/* Who waits for a Redis that hangs, and what is said of it. */
import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { clients, inTiers, onRedis } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import { asked } from '../rivals/larder.ts'
import type { Contender } from '../rivals/rival.ts'

/** ms. */
export const GIVE_UP = 10_000

export interface Waited {
  readonly name: string
  readonly ms: number
}

const ours: readonly Contender[] = [
  {
    name: 'larder',
    packages: ['@larder/redis'],
    how: 'store: redis(url)',
    waits: true,
    open: ({ url, ttl, load }) => asked(createCache({ store: redis(url), ttl }), load),
  },
  {
    name: 'larder in tiers',
    packages: ['@larder/tiered', '@larder/redis'],
    how: 'store: tiered({ near: memory(), far: redis(url) })',
    waits: true,
    open: ({ url, ttl, load }) =>
      asked(createCache({ store: tiered({ near: memory(), far: redis(url) }), ttl }), load),
  },
]

export const cast: readonly Contender[] = [
  ...ours,
  ...clients.slice(0, 3),
  ...onRedis(false),
  ...ableTo('getOrSet', inTiers).map((each) => ({ ...each, name: `${each.name} in tiers` })),
]
