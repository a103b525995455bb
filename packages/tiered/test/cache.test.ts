/*
 * A cache in two tiers keeps the contract of caches, whatever is far and however many tiers there are.
 */

import { createCache, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { cacheContract, delayed } from '@larder/testing'
import { tiered, type TieredOptions } from '@larder/tiered'
import type { Clock } from '@larder/core'

const ways: Readonly<Record<string, (clock: Clock, far: Store<Entry>) => TieredOptions>> = {
  'two tiers': (clock, far) => ({ near: memory({ clock }), far }),
  'two tiers, copies by clone': (clock, far) => ({ near: memory({ clock, share: 'clone' }), far }),
  'two tiers without a life': (clock, far) => ({ near: memory({ clock }), far, maxStaleness: 1 }),
  'two tiers that serve stale': (clock, far) => ({
    near: memory({ clock }),
    far,
    whenFarIsDown: 'serve-stale',
  }),
  'three tiers': (clock, far) => ({
    near: memory({ clock, maxEntries: 2 }),
    far: tiered({ near: memory({ clock }), far }),
  }),
}

for (const [name, options] of Object.entries(ways)) {
  cacheContract(`a cache in ${name}`, {
    open: ({ clock, ...rest }) =>
      createCache({ ...rest, clock, store: tiered(options(clock, delayed(memory({ clock })))) }),
    peeks: true,
  })
}
