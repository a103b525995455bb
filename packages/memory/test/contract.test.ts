/*
 * The memory store keeps the contract of stores, whichever way it shares values.
 */

import { memory, type Share } from '@larder/memory'
import { storeContract } from '@larder/testing'

const shares: readonly Share[] = ['freeze', 'clone', 'trust']

for (const share of shares) {
  storeContract(`memory, share: '${share}',`, {
    open: (clock) => memory({ maxEntries: 1_000, clock, share }),
    keeps: 'entries',
    bounded: 1_000,
    expires: true,
  })
}

storeContract('a small memory', {
  open: (clock) => memory({ maxEntries: 64, clock }),
  keeps: 'entries',
  bounded: 64,
  expires: true,
})
