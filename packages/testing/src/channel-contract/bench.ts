/*
 * What a rule for channels is given: two stores on one place, and an ear.
 */

import type { Awaitable, Channel, ChannelListener, Clock, Store } from '@larder/core'
import { expect } from 'vitest'
import { eventually, type Rule, rule } from '../contract.ts'
import type { StoreBench } from '../store-contract/bench.ts'

export interface ChannelBench extends StoreBench {
  readonly there: Store<unknown>
  /** Whose time proofs are in. */
  readonly proofs: Clock
  readonly interrupt: (() => Awaitable<void>) | undefined
  readonly replace: (() => Awaitable<void>) | undefined
  /** What is called at the end. */
  readonly stops: (() => void)[]
}

export type ChannelRule = Rule<ChannelBench>

export type Told =
  | { readonly type: 'changed' | 'filled'; readonly key: string }
  | { readonly type: 'proven'; readonly since: number }
  | { readonly type: 'gap' | 'replaced' }

/** What was told to a listener, in order. */
export interface Ear {
  readonly told: readonly Told[]
  readonly changed: readonly string[]
  readonly filled: readonly string[]
  stop(): void
}

/** Listens, and is heard by the time this resolves. */
export async function listening(
  bench: ChannelBench,
  what: 'marks' | 'everything',
  store: Store<unknown> = bench.store,
  hear: (told: Told) => void = () => {},
): Promise<Ear> {
  const told: Told[] = []
  const note = (each: Told): void => {
    told.push(each)
    hear(each)
  }
  const listener: ChannelListener = {
    changed: (key) => note({ type: 'changed', key }),
    filled: (key) => note({ type: 'filled', key }),
    proven: (since) => note({ type: 'proven', since }),
    gap: () => note({ type: 'gap' }),
    replaced: () => note({ type: 'replaced' }),
  }
  const stop = channelOf(store).listen(listener, what)
  bench.stops.push(stop)
  const ear: Ear = {
    told,
    get changed() {
      return told.flatMap((each) => (each.type === 'changed' ? [each.key] : []))
    },
    get filled() {
      return told.flatMap((each) => (each.type === 'filled' ? [each.key] : []))
    },
    stop,
  }
  await proven(bench, ear)
  return ear
}

/** Until everything has been told that was changed before this. Without waiting longer than it takes. */
export async function proven(bench: ChannelBench, ...ears: readonly Ear[]): Promise<void> {
  const since = bench.proofs.now()
  for (const { told } of ears) {
    await eventually(async () => {
      await bench.clock.advance(5)
      expect(told.some((each) => each.type === 'proven' && each.since > since)).toBe(true)
    })
  }
}

export function channelOf(store: Store<unknown>): Channel {
  if (store.channel === undefined) throw new Error(`the store '${store.name}' has no channel`)
  return store.channel
}

/** A rule for stores with a channel, and with leases if it is about those. */
export const channelRule = (
  name: string,
  run: (bench: ChannelBench) => Promise<void>,
  excuse: (bench: ChannelBench) => string | undefined = () => undefined,
): ChannelRule => rule(name, run, excuse)

export const withLeases = ({ store }: ChannelBench): string | undefined =>
  store.leases === undefined ? 'the store has no leases' : undefined
