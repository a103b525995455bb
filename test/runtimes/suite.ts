/*
 * What has to hold wherever Larder runs: the contracts of caches and of stores, in memory and in two tiers.
 * scripts/runtimes.mjs bundles it with a judge in the place of vitest, which runs on Node only, and runs it elsewhere.
 */
import { createCache } from '@larder/core'
import { memory, type Share } from '@larder/memory'
import { cacheContract, delayed, storeContract } from '@larder/testing'
import { tiered } from '@larder/tiered'

/** That a loader asks for its own key is seen where the runtime has asynchronous contexts. */
const { process } = globalThis as { process?: { getBuiltinModule?: unknown } }
const blind = 'this runtime has no asynchronous contexts: the hard timeout ends such a load'
const skip =
  process?.getBuiltinModule !== undefined
    ? {}
    : {
        'a loader that asks for its own key is told so, and the key is free': blind,
        'a loader that asks for its own key after other work is told so': blind,
        'loaders that ask for each other in a circle are told so': blind,
        'a loader of many that asks for one of them is told so, by either method': blind,
      }

const shares: readonly Share[] = ['freeze', 'clone', 'trust']

for (const share of shares) {
  storeContract(`memory, share: '${share}',`, {
    open: (clock) => memory({ maxEntries: 1_000, clock, share }),
    keeps: 'entries',
    bounded: 1_000,
    expires: true,
  })
  cacheContract(`a cache in memory, share: '${share}',`, {
    open: ({ clock, ...options }) => createCache({ ...options, clock, store: memory({ clock, share }) }),
    peeks: true,
    skip,
  })
}

cacheContract('a cache in two tiers', {
  open: ({ clock, ...options }) =>
    createCache({
      ...options,
      clock,
      store: tiered({ near: memory({ clock }), far: delayed(memory({ clock })) }),
    }),
  peeks: true,
  skip,
})
