/*
 * What is seen of a cache at a look: its counters, and its vitals.
 */

import { type ICache, type Stats, type Vitals, vitalsOf } from '@larder/core'

export type Seen = Stats & Vitals

export const seen = (cache: Pick<ICache, 'name' | 'stats'>): Seen => ({
  ...cache.stats(),
  ...vitalsOf(cache),
})
