/*
 * Plays a trace to a policy and counts the hits. Whoever is asked for a key that it does not hold takes it in; there is
 * nothing else in it: no times, no writes, no invalidations.
 */
import { belady } from './policies/belady.ts'
import { arc } from './policies/arc.ts'
import { lru } from './policies/lru.ts'
import { s3Fifo } from './policies/s3-fifo.ts'
import { sieve } from './policies/sieve.ts'
import { wTinyLfu } from './policies/w-tiny-lfu.ts'
import type { NamedPolicy, Policy, Room } from './policy.ts'
import { LARGEST, OVERHEAD, ours } from './real.ts'
import type { Trace } from './trace.ts'

export const OPTIMUM = 'optimum'
export const LRU = 'LRU'

const OURS_LRU = ours('lru').name

/** The first is what all others are compared with. */
export const policies: readonly NamedPolicy[] = [
  { name: LRU, make: lru },
  ours('lru'),
  ours('s3-fifo'),
  { name: 'S3-FIFO as published', make: s3Fifo },
  { name: 'W-TinyLFU', make: wTinyLfu },
  { name: 'ARC', make: arc },
  { name: 'SIEVE', make: sieve },
  { name: OPTIMUM, make: belady },
]

/** Those that many traces are played to. */
export const few: readonly NamedPolicy[] = policies.filter(
  ({ name }) => ![OURS_LRU, 'SIEVE', OPTIMUM].includes(name),
)

/** Shares of the footprint: of the number of keys, or of the sum of their sizes. */
export const SHARES: readonly number[] = [0.01, 0.05, 0.1, 0.3]
/** For traces that are drawn by chance: from very small to half of all. */
export const WIDE_SHARES: readonly number[] = [0.001, 0.01, 0.1, 0.5]
/** Caches of fewer entries say little. */
const LEAST_ENTRIES = 16

export type By = 'objects' | 'bytes'

/** One trace in one room: the hit ratio of each policy. */
export interface Outcome {
  readonly by: By
  readonly share: number
  readonly capacity: number
  readonly hits: Readonly<Record<string, number>>
}

/** What a policy gets of a trace, from 0 to 1. */
export function hitRatio(policy: Policy, { accesses }: Trace): number {
  let hits = 0
  for (const key of accesses) if (policy.access(key)) hits++
  return hits / accesses.length
}

/** All rooms for a trace; those by bytes if it has sizes. */
export function* roomsOf(
  trace: Trace,
  shares: readonly number[],
): Generator<Room & { readonly by: By; readonly share: number }> {
  const { accesses, sizes, keys } = trace
  for (const share of shares) {
    const capacity = Math.max(LEAST_ENTRIES, Math.round(keys * share))
    yield { by: 'objects', share, capacity, accesses, isByBytes: false, sizeOf: () => 1 }
  }
  if (sizes === undefined) return
  const taken = sizes.map((size) => Math.min(LARGEST, size) + OVERHEAD)
  const footprint = taken.reduce((sum, size) => sum + size, 0)
  const sizeOf = (key: number): number => taken[key] as number
  for (const share of shares) {
    const capacity = Math.max(LEAST_ENTRIES * OVERHEAD, Math.round(footprint * share))
    yield { by: 'bytes', share, capacity, accesses, isByBytes: true, sizeOf }
  }
}

export function* outcomes(
  trace: Trace,
  shares: readonly number[] = SHARES,
  among: readonly NamedPolicy[] = policies,
): Generator<Outcome> {
  for (const room of roomsOf(trace, shares)) {
    const hits: Record<string, number> = {}
    for (const { name, make } of among) hits[name] = hitRatio(make(room), trace)
    yield { by: room.by, share: room.share, capacity: room.capacity, hits }
  }
}
