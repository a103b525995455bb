/*
 * The contract of channels: the definition of what a store owes that tells of changes by others (`Channel` in
 * @larder/core). It is judged by two stores on one place, as two processes would have them.
 */

import { type Awaitable, type Clock, type Entry, type Store, systemClock } from '@larder/core'
import { channels } from './channel-contract/channels.ts'
import type { ChannelBench, ChannelRule } from './channel-contract/bench.ts'
import { type ManualClock, manualClock } from './clock.ts'
import { judge, type Skips } from './contract.ts'

/**
 * What `channelContract` is told of the places that it judges.
 *
 * @example
 * const contract: ChannelContract = { keeps: 'entries', open: (clock) => twoViewsOfOnePlace(clock) }
 * channelContract('my store', contract)
 */
export interface ChannelContract {
  /** Two new stores on one place that nobody else uses, for each rule. */
  readonly open: (
    clock: ManualClock,
  ) => Awaitable<readonly [here: Store<Entry> | Store<Uint8Array>, there: Store<Entry> | Store<Uint8Array>]>
  readonly keeps: 'entries' | 'bytes'
  /** Whose time `proven` is in. Default: that of the process. */
  readonly clock?: Clock
  /** Cuts what `here` hears by, for a moment: messages may be lost. Without it, gaps are not judged. */
  readonly interrupt?: () => Awaitable<void>
  /** Puts an empty place where the other was: what had been acknowledged is lost. Without it, that this is told is not judged. */
  readonly replace?: () => Awaitable<void>
  /** Rules that these stores are not judged by, by name, each with the reason. */
  readonly skip?: Skips
}

/** All rules of channels. */
export const channelRules: readonly ChannelRule[] = channels

/**
 * Registers the contract of channels as tests.
 *
 * @example
 * channelContract('redis', {
 *   open: () => {
 *     const prefix = crypto.randomUUID()
 *     return [redis(url, { prefix }), redis(url, { prefix })]
 *   },
 *   keeps: 'entries',
 * })
 */
export function channelContract(name: string, contract: ChannelContract): void {
  judge(`${name} keeps the contract of channels`, channelRules, contract.skip ?? {}, () =>
    channelBench(contract),
  )
}

export async function channelBench(contract: ChannelContract): Promise<ChannelBench> {
  const clock = manualClock()
  const { clock: proofs = systemClock, keeps, interrupt, replace } = contract
  const [here, there]: readonly [Store<unknown>, Store<unknown>] = await contract.open(clock)
  const stops: (() => void)[] = []
  return {
    store: here,
    there,
    clock,
    proofs,
    keeps,
    bounded: undefined,
    expires: false,
    interrupt,
    replace,
    stops,
    async dispose() {
      for (const stop of stops) stop()
      await here.close?.()
      await there.close?.()
    },
  }
}
