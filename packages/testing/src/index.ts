/*
 * The public surface of @larder/testing, and nothing else.
 */

export { cacheContract, type CacheContract } from './cache-contract.ts'
export type { CacheTools } from './cache-contract/bench.ts'
export { channelContract, type ChannelContract } from './channel-contract.ts'
export type { Skips } from './contract.ts'
export * from './doubles.ts'
export { storeContract, type StoreContract } from './store-contract.ts'
