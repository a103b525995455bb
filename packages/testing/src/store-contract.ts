/*
 * The contract of stores: the definition of what an adapter owes the engine (`Store` in @larder/core). Every adapter
 * runs it, and every wrapper, since a wrapper of a store is a store.
 */

import type { Awaitable, Entry, Store } from '@larder/core'
import { type ManualClock, manualClock } from './clock.ts'
import { judge, type Skips } from './contract.ts'
import type { StoreBench, StoreRule } from './store-contract/bench.ts'
import { books } from './store-contract/books.ts'
import { facts } from './store-contract/facts.ts'
import { histories } from './store-contract/histories.ts'
import { leases } from './store-contract/leases.ts'
import { lives } from './store-contract/lives.ts'
import { many } from './store-contract/many.ts'
import { prefixes } from './store-contract/prefixes.ts'
import { records } from './store-contract/records.ts'

/**
 * What `storeContract` is told of the stores that it judges.
 *
 * @example
 * const contract: StoreContract = { open: (clock) => memory({ maxEntries: 1_000, clock }), keeps: 'entries', bounded: 1_000 }
 * storeContract('memory', contract)
 */
export interface StoreContract {
  /** A new store that nobody else writes, for each rule. The clock stands still until a rule moves it. */
  readonly open: (clock: ManualClock) => Awaitable<Store<Entry> | Store<Uint8Array>>
  /** What the store is given to keep. */
  readonly keeps: 'entries' | 'bytes'
  /** The most entries it holds, if it is bounded. At least 30, so that the rules have room. */
  readonly bounded?: number
  /** It gives back the space of what is past its life, by the clock of `open`. */
  readonly expires?: boolean
  /** Rules that this store is not judged by, by name, each with the reason. */
  readonly skip?: Skips
}

/** All rules of stores. */
export const storeRules: readonly StoreRule[] = [
  ...records,
  ...many,
  ...prefixes,
  ...lives,
  ...books,
  ...facts,
  ...leases,
  ...histories,
]

/**
 * Registers the contract of stores as tests.
 *
 * @example
 * storeContract('memory', {
 *   open: (clock) => memory({ maxEntries: 1_000, clock }),
 *   keeps: 'entries',
 *   bounded: 1_000,
 *   expires: true,
 * })
 */
export function storeContract(name: string, contract: StoreContract): void {
  judge(`${name} keeps the contract of stores`, storeRules, contract.skip ?? {}, () => storeBench(contract))
}

export async function storeBench(contract: StoreContract): Promise<StoreBench> {
  const clock = manualClock()
  const store: Store<unknown> = await contract.open(clock)
  return {
    store,
    clock,
    keeps: contract.keeps,
    bounded: contract.bounded,
    expires: contract.expires === true,
    dispose: async () => store.close?.(),
  }
}
