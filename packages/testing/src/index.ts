/*
 * The public surface of @larder/testing, and nothing else.
 */

export { cacheContract, type CacheContract } from './cache-contract.ts'
export type { CacheTools } from './cache-contract/bench.ts'
export { channelContract, type ChannelContract } from './channel-contract.ts'
export { type ManualClock, manualClock, type ManualClockOptions, settled } from './clock.ts'
export type { Skips } from './contract.ts'
export { delayed, type DelayedOptions } from './delayed.ts'
export {
  type Faulty,
  faulty,
  type Hanging,
  type Operation,
  rubbish,
  type Rubbish,
  type Where,
} from './faulty.ts'
export { held, type Held, type HeldCall } from './held.ts'
export { storeContract, type StoreContract } from './store-contract.ts'
