/*
 * Five lines to begin with.
 *
 *   node --conditions=@larder/source --import tsx examples/five-lines.ts
 */

import { openCache } from '@larder/core'

const cache = await openCache('memory:?ttl=5m')
const load = async () => ({ EUR: 1, USD: 1.08 }) // whatever is slow: a query, a request, a computation

const rates = await cache.getOrSet('rates', load, { tags: ['money'] }) // however many ask: loaded once
console.log(rates === (await cache.getOrSet('rates', load))) // true: from memory
await cache.invalidateTags('money') // the next read loads anew, even if a load is under way right now
console.log(await cache.get('rates')) // undefined
