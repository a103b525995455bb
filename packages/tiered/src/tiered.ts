/*
 * Two tiers: a store that processes share, with copies in the memory of each.
 *
 *   process 1   near ──┐                           near   memory of the process: a hit costs what a memory hit costs
 *   process 2   near ──┼── far ── the source       far    what all processes share
 *   process 3   near ──┘
 *
 * The tiers have no code for reading of their own: this puts two stores together, and the engine keeps the copies honest
 * (copies.ts in core). Three tiers are two tiers on two tiers.
 */

import {
  type Channel,
  type Check,
  checkOptions,
  type Duration,
  durationOf,
  type Entry,
  isDuration,
  isOneOf,
  misuse,
  type OptionTable,
  prefixed,
  type Store,
} from '@larder/core'
import { layered } from './layered.ts'

/**
 * What `tiered` takes.
 *
 * @example
 * const store = tiered({ near: memory({ maxEntries: 1_000 }), far: redis(), maxStaleness: '500ms', whenFarIsDown: 'serve-stale' })
 */
export interface TieredOptions {
  /** The memory of this process, such as `memory()`, for these copies and nothing else. */
  readonly near: Store<Entry>
  /** What processes share, such as `redis(…)`. */
  readonly far: Store<Entry>
  /** A near copy is never older than an invalidation that was acknowledged longer ago than this, anywhere. Default: what the far store says, or '1s'. */
  readonly maxStaleness?: Duration
  /** No near copy is served for longer than this before far is asked again. Default: '1m'. */
  readonly nearTtl?: Duration
  /** What getOrSet does while far does not answer: `load`; or `serve-stale`, a copy that may be out of date, for as long as `staleIfError` allows. Default: 'load'. */
  readonly whenFarIsDown?: 'load' | 'serve-stale'
  /** Whether `set` waits until far has acknowledged it. Invalidations always do. Default: 'awaited'. */
  readonly farWrites?: 'awaited' | 'background'
}

const isStore: Check = (value) =>
  typeof value === 'object' && value !== null && 'get' in value && 'set' in value && 'delete' in value
    ? undefined
    : 'must be a store, such as memory() or redis(…)'

const isNear: Check = (value) =>
  isStore(value) ??
  ((value as Store<Entry>).sync === true
    ? undefined
    : `must be memory of this process, such as memory(); '${(value as Store<Entry>).name}' answers later, so it can only be far`)

const isFar: Check = (value) =>
  isStore(value) ??
  ((value as Store<Entry>).sync === true
    ? `must be a store that processes share, such as redis(…); '${(value as Store<Entry>).name}' is memory of this process, and needs nothing in front of it`
    : undefined)

/** What the tiers are told besides the stores. */
export const BEHAVIOUR: OptionTable = {
  maxStaleness: isDuration,
  nearTtl: isDuration,
  whenFarIsDown: isOneOf('load', 'serve-stale'),
  farWrites: isOneOf('awaited', 'background'),
}

const TIERED_OPTIONS: OptionTable = { near: isNear, far: isFar, ...BEHAVIOUR }

const MAX_STALENESS = 1_000
const EXAMPLE = "tiered({ near: memory(), far: redis('redis://…') })"

/**
 * A store with copies in this process.
 *
 * @example
 * const cache = createCache({ store: tiered({ near: memory(), far: redis('redis://localhost:6379') }), ttl: '5m' })
 */
export function tiered(options: TieredOptions): Store<Entry> {
  if (isStore(options) === undefined) throw misuse('tiered', [`the stores are options: ${EXAMPLE}`])
  checkOptions('tiered', options, TIERED_OPTIONS)
  const { near, far, whenFarIsDown = 'load', farWrites = 'awaited', nearTtl = '1m' } = options
  const missing = (['near', 'far'] as const).filter((name) => options[name] === undefined)
  if (missing.length > 0) {
    throw misuse('tiered', [`${missing.join(' and ')} missing: ${EXAMPLE}`])
  }
  const maxStaleness =
    options.maxStaleness === undefined
      ? (far.near?.maxStaleness ?? far.channel?.maxStaleness ?? MAX_STALENESS)
      : durationOf(options.maxStaleness, 'maxStaleness')
  const measuring = far.onSized === undefined ? near : far
  const copies = far.near === undefined ? near : layered(near, far.near.store)
  return {
    ...prefixed(far, ''),
    name: `tiered(${near.name}, ${far.name})`,
    ...(far.channel && { channel: believedFor(far.channel, maxStaleness) }),
    ...(measuring.onSized && { onSized: measuring.onSized.bind(measuring) }),
    ...(near.onRemoval && { onRemoval: near.onRemoval.bind(near) }),
    near: {
      store: copies,
      memories: [near, ...(far.near?.memories ?? [])],
      maxStaleness,
      ttl: durationOf(nearTtl, 'nearTtl'),
      whenFarIsDown,
      farWrites,
    },
    async close() {
      await near.close?.()
      await far.close?.()
    },
  }
}

const believedFor = (channel: Channel, maxStaleness: number): Channel => ({
  maxStaleness,
  listen: (listener, what) => channel.listen(listener, what),
})
