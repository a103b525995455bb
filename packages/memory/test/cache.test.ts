/*
 * A cache in memory keeps the contract of caches, whichever way values are shared, and whatever is evicted first.
 */

import { createCache } from '@larder/core'
import { memory, type Share } from '@larder/memory'
import { cacheContract } from '@larder/testing'

const shares: readonly Share[] = ['freeze', 'clone', 'trust']

for (const share of shares) {
  cacheContract(`a cache in memory, share: '${share}',`, {
    open: ({ clock, ...options }) => createCache({ ...options, clock, store: memory({ clock, share }) }),
    peeks: true,
  })
}

cacheContract("a cache in memory, eviction: 'lru',", {
  open: ({ clock, ...options }) =>
    createCache({ ...options, clock, store: memory({ clock, eviction: 'lru' }) }),
  peeks: true,
})
