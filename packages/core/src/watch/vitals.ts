/*
 * Vitals: what is to be known of a cache now, beside what it has counted: what waits, what is heard of others, and the place
 * beyond this process. Asks nobody.
 */

import type { ICache } from '../cache.ts'
import type { Facts } from '../store/store.ts'
import { spaceIn } from './space-of.ts'

/**
 * Of a cache, now.
 *
 * @example
 * const { queuedFor, place }: Vitals = vitalsOf(cache)
 * if (queuedFor > 30_000) console.warn('an invalidation waits for the store', place?.servers)
 */
export interface Vitals {
  /** For how long (ms) the oldest invalidation has waited for the store; 0 if none does. */
  readonly queuedFor: number
  /** Where others write to the store as well, and a channel tells of it. */
  readonly coherence: Coherence | undefined
  /** What is known of the place beyond this process, where there is one. */
  readonly place: Facts | undefined
}

/**
 * Whether what others change is heard of. In ms.
 *
 * @example
 * const { coherence } = vitalsOf(cache)
 * if (coherence && coherence.silence > coherence.maxStaleness) console.warn('changes of others are not heard')
 */
export interface Coherence {
  /** How long ago it was last proven that no change was missed; while it never was, since that is waited for. */
  readonly silence: number
  /** For how long what is remembered is believed after a proof. */
  readonly maxStaleness: number
}

/**
 * The vitals of a cache, with the namespaces inside it. Of one that is not of Larder nothing is known.
 *
 * @example
 * if (vitalsOf(cache).queuedFor > 30_000) console.warn('an invalidation has not reached the store')
 */
export function vitalsOf(cache: Pick<ICache, 'name'>): Vitals {
  const space = spaceIn(cache)
  if (space === undefined) return { queuedFor: 0, coherence: undefined, place: undefined }
  const { clock, store, trust } = space.house
  const since = Math.min(...[...space.all()].map(({ queuedSince }) => queuedSince))
  return {
    queuedFor: Math.max(0, clock.now() - since),
    coherence: store.channel && {
      silence: trust.silence,
      maxStaleness: store.channel.maxStaleness,
    },
    place: store.facts?.(),
  }
}
