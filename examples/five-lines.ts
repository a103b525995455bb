/*
 * Five lines to begin with.
 *
 *   node --conditions=@larder/source --import tsx examples/five-lines.ts
 */

import { openCache } from '@larder/core'

const cache = await openCache('memory:?ttl=5m')
const rates = await cache.getOrSet('rates', loadRates, { tags: ['money'] }) // however many ask: loaded once
const again = await cache.getOrSet('rates', loadRates, { tags: ['money'] }) // from memory
await cache.invalidateTags('money') // the next read loads anew, even if a load is under way right now

console.log(rates === again, cache.stats().loads)
await cache.close()

/** Whatever is slow: a query, a request, a computation. */
async function loadRates(): Promise<{ EUR: number; USD: number }> {
  return Promise.resolve({ EUR: 1, USD: 1.08 })
}
