/*
 * Warming: a cache that is full before the first visitor comes, at a rate that the database can stand.
 *
 *   node --conditions=@larder/source --import tsx examples/warming.ts
 */

import { hotKeys, keyOf, openCache, refreshEvery, warm } from '@larder/core'
import { Progress } from './demo/screen.ts'

const PAGES = 60

/** What was visited most, as a log would tell. */
async function* busiest(): AsyncGenerator<string> {
  for (let i = 1; i <= PAGES; i++) yield `/page/${i}`
}

let queries = 0
const render = async (path: string): Promise<string> => {
  queries++
  return Promise.resolve(`<h1>${path}</h1>`)
}

const cache = await openCache({ ttl: '1h' })
await cache.set('/page/1', '<h1>written a moment ago</h1>')

const progress = new Progress('warming')
const warmed = await warm(cache, busiest(), render, {
  concurrency: 4,
  ratePerSecond: 100,
  onProgress: ({ asked }) => progress.update(asked / PAGES, `${asked} of ${PAGES} pages`),
})
progress.end(`${warmed.loaded} pages loaded, ${warmed.present} left alone`)
console.log('  page 1:', cache.peek('/page/1'))

const hot = hotKeys(cache, { oneIn: 1 })
const before = queries
await Promise.all(
  Array.from({ length: 1_000 }, (_, i) =>
    cache.getOrSet(`/page/${1 + Math.floor(PAGES * (i / 1_000) ** 3)}`, () => render('?')),
  ),
)
console.log(`  1,000 visits, ${queries - before} queries`)

// A process that takes over begins with what this one is asked for most.
const next = await openCache({ ttl: '1h' })
const { loaded } = await warm(next, hot.keys(20), (key) => render(keyOf(key)))
console.log(
  `  the next process: ${loaded} pages loaded, from the hottest: ${hot.keys(3).map(keyOf).join(', ')}`,
)
await next.close()

const rates = refreshEvery(cache, 'rates', async () => ({ EUR: 1.08 }), '1m')
console.log('  rates that are kept fresh:', await rates.get())
rates.stop()
await cache.close()
