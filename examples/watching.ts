/*
 * Watching: what a cache says of itself after some traffic: hot and big keys, rates, and a report with advice. One namespace of
 * this shop is badly cached, on purpose; the report finds it.
 *
 *   node --conditions=@larder/source --import tsx examples/watching.ts
 */

import { bigKeys, createCache, hotKeys, ratesBetween } from '@larder/core'
import { alerts, report } from '@larder/metrics'
import { memory } from '@larder/memory'

const cache = createCache({ store: memory({ maxEntries: 500 }), name: 'shop', ttl: '5m' })
const products = cache.namespace('products')
const searches = cache.namespace('searches')

const hot = hotKeys(cache, { oneIn: 4 })
const big = bigKeys(cache)
const watching = alerts(cache, { on: ({ name, state, says }) => console.log(`  ${name} ${state}: ${says}`) })
const before = cache.stats()

// Few products are most of the visits; hardly anybody searches for the same twice.
for (let visit = 0; visit < 4_000; visit++) {
  const id = Math.floor(40 * Math.random() ** 3)
  await products.getOrSet(`product ${id}`, async () => ({
    id,
    description: 'x'.repeat(id === 7 ? 20_000 : 200),
  }))
  if (visit % 2 === 0) await searches.getOrSet(`search ${visit}`, async () => [id])
}

console.log('Read most')
for (const { cache: namespace, key, reads } of hot.top(3))
  console.log(`  ${namespace} ${key}: ${reads} reads`)
console.log('Largest')
for (const { cache: namespace, key, bytes } of big.top(3))
  console.log(`  ${namespace} ${key}: ${bytes} bytes`)
const { hits, loads } = ratesBetween(before, cache.stats())
console.log(`In a second: ${Math.round(hits)} hits, ${Math.round(loads)} loads`)
console.log(`Alerts: ${watching.active().length}\n`)
console.log(report(cache).text)

for (const each of [hot, big, watching]) each.stop()
await cache.close()
