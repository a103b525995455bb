/*
 * The memory store keeps the contract of stores, whichever way it shares values and whatever it evicts first.
 */

import { type Eviction, memory, type Share } from '@larder/memory'
import { storeContract } from '@larder/testing'

const shares: readonly Share[] = ['freeze', 'clone', 'trust']
const evictions: readonly Eviction[] = ['lru', 's3-fifo']

for (const share of shares) {
  storeContract(`memory, share: '${share}',`, {
    open: (clock) => memory({ maxEntries: 1_000, clock, share }),
    keeps: 'entries',
    bounded: 1_000,
    expires: true,
  })
}

for (const eviction of evictions) {
  storeContract(`a small memory, eviction: '${eviction}',`, {
    open: (clock) => memory({ maxEntries: 64, clock, eviction }),
    keeps: 'entries',
    bounded: 64,
    expires: true,
  })
}
