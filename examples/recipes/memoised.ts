/*
 * Memoised functions: any function, with its answers kept by its arguments. Callers do not notice, but for the time.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/memoised.ts
 */

import assert from 'node:assert/strict'
import { openCache } from '@larder/core'

interface Where {
  readonly lat: number
  readonly lon: number
}

let calls = 0
/** Slow, and asked for the same thing over and over. */
async function forecast(where: Where, day: string): Promise<string> {
  calls++
  return `${day} at ${where.lat},${where.lon}: sun`
}

const cache = await openCache()

/** By its name and its arguments: objects are equal if their parts are, in any order. */
const cached = cache.wrap(forecast, { ttl: '10m', staleIfError: '1h' })

await Promise.all([
  cached({ lat: 52, lon: 13 }, 'monday'),
  cached({ lon: 13, lat: 52 }, 'monday'),
  cached({ lat: 52, lon: 13 }, 'monday'),
])
await cached({ lat: 52, lon: 13 }, 'tuesday')
console.log('four calls, of the function itself:', calls)
assert.equal(calls, 2)

/** By a key of one's own: coarser than the arguments, so that neighbours share an answer. */
const nearby = cache.wrap(forecast, {
  ttl: '10m',
  tags: ['weather'],
  key: ({ lat, lon }, day) => ['forecast near', Math.round(lat), Math.round(lon), day],
})
await nearby({ lat: 52.1, lon: 13.4 }, 'monday')
console.log(await nearby({ lat: 51.9, lon: 12.8 }, 'monday'))
assert.equal(calls, 3)

// And forgotten: by its key, or all of them by a tag.
await cache.delete(['forecast near', 52, 13, 'monday'])
await nearby({ lat: 52, lon: 13 }, 'monday')
await cache.invalidateTags('weather')
await nearby({ lat: 52, lon: 13 }, 'monday')
console.log('after two invalidations:', calls)
assert.equal(calls, 5)
await cache.close()
