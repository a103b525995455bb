/*
 * The demo: a shop on a real SQL database, visited by a crowd, without and with Larder in front of it.
 *
 *   npx --yes pnpm@12.21.0 demo                    needs Node, and nothing else
 *   LARDER_URL=… npx --yes pnpm@12.21.0 demo       the same shop on another backend
 *   DEMO_JSON=1                                    one more line at the end, for programs
 *
 * Every figure is measured in this run. Ends with 1 if something that Larder promises here did not hold.
 */

import { openCache } from '@larder/core'
import { CATEGORIES, Catalogue, PRODUCTS, REVIEWS } from './demo/catalogue.ts'
import { play, type Played, visitsOf } from './demo/load.ts'
import { CALLERS, crowd, newPrice, readOn, sale, slowAnswer } from './demo/scenes.ts'
import { bold, count, cyan, dim, milliseconds, percent, Progress, red, say, table } from './demo/screen.ts'
import { cachedShop, type Shop } from './demo/shop.ts'

const VISITS = 10_000
/** ms for the visits without a cache: on a slow machine there are fewer of them, not a longer demo. */
const VISITS_END = 8_000
/** Of the outage: 2.5 s, in which everything ceases to be fresh, and then to be served while it is refreshed. */
const READS = 500
const PAUSE = 5
/** ms for all of it. */
const DEMO_ENDS = 30_000

// ---- the stage: one database, one cache, the same shop twice ---------------------------------------------------------

const starting = new Progress('starting')
const opened = await openCache() // LARDER_URL, or else the memory of this process
const db = await Catalogue.open()
const cache = opened.namespace('demo')
await cache.clear()
const plain: Shop = db
const cached = cachedShop(db, cache)
const { store } = await cache.health()
starting.end(
  `PostgreSQL in this process (PGlite): ${count(PRODUCTS)} products, ${count(REVIEWS)} reviews · cache: ${bold(store.name)}`,
)

// ---- the same visits, without and with Larder ------------------------------------------------------------------------

/** The last product is visited by nobody: it stays cold. */
const cold = `p${PRODUCTS}`
const visits = visitsOf(VISITS, PRODUCTS - 1, CATEGORIES)
await play(plain, visits.slice(0, 500)) // so that neither run pays for the database getting warm

async function visit(
  title: string,
  shop: Shop,
  some: typeof visits,
  until?: number,
): Promise<Played & { queries: number }> {
  const progress = new Progress(title)
  const before = db.queries
  const note = (made: number): string => `${count(made)} visits · ${count(db.queries - before)} queries`
  const watch = (made: number): void => progress.update(made / some.length, note(made))
  const played = await play(shop, some, until === undefined ? { watch } : { watch, until })
  progress.end(note(played.visits))
  return { ...played, queries: db.queries - before }
}

const without = await visit('without a cache', plain, visits, performance.now() + VISITS_END)
const withLarder = await visit('with Larder', cached, visits.slice(0, without.visits))
const { hitRatio = 0 } = cache.stats()

// ---- what goes wrong in real shops -----------------------------------------------------------------------------------

const crowds = { without: await crowd(plain, db, cold), with: await crowd(cached, db, cold) }

const prices = { without: await newPrice(plain, 'p1', 111), with: await newPrice(cached, 'p1', 222) }
const slow = {
  without: await slowAnswer(plain, db, 'p2', 111),
  with: await slowAnswer(cached, db, 'p2', 222),
}
const onSale = Array.from({ length: PRODUCTS / CATEGORIES }, (_, i) => `p${3 + i * CATEGORIES}`)
const sales = { without: await sale(plain, 'c3', onSale), with: await sale(cached, 'c3', onSale) }

const popular = Array.from({ length: 50 }, (_, i) => `p${i + 1}`)
await cached.products(popular)
const before = cache.stats()
const stopped = new Progress('database stopped')
db.stop()
const watch = (made: number): void => stopped.update(made / READS, `${count(made)} reads`)
const [failing, surviving] = await Promise.all([
  readOn(plain, popular, { reads: READS, pause: PAUSE }),
  readOn(cached, popular, { reads: READS, pause: PAUSE, watch }),
])
db.start()
const after = cache.stats()
stopped.end(`${count(surviving)} of ${count(READS)} reads answered with Larder, ${count(failing)} without`)
const stale = {
  whileRefreshing: after.stale.refreshing - before.stale.refreshing,
  onError: after.stale.failedLoad - before.stale.failedLoad,
}

await opened.close()
await db.close()
const took = performance.now() // ms since the process began

// ---- what was seen ---------------------------------------------------------------------------------------------------

const saved = 1 - withLarder.queries / without.queries
const at = (share: number, { times }: Played): number =>
  times[Math.floor(share * (times.length - 1))] ?? Number.NaN
const seen = (isSeen: boolean): string => (isSeen ? 'seen' : 'not seen')
const of = ([some, all]: readonly [number, number]): string => `${count(some)} of ${count(all)}`

/** What the exit code stands for. */
const promises = {
  'at least 50 % fewer queries': saved >= 0.5,
  'a hit ratio above 80 %': hitRatio > 0.8,
  'one query for all callers of a cold product': crowds.with === 1,
  'no page with an old price under load': withLarder.oldPrices === 0,
  'a new price is seen by the very next read': prices.with,
  'a slow answer does not bring an old price back': slow.with,
  'a sale is seen by the very next reads': sales.with[0] === sales.with[1],
  'reads go on while the database is stopped': surviving === READS,
  'done within 30 s': took < DEMO_ENDS,
}

say()
table([
  ['queries that reached the database', count(without.queries), count(withLarder.queries)],
  ['of them saved', '–', percent(saved)],
  ['hit ratio', '–', percent(hitRatio)],
  ['a page, p50', milliseconds(at(0.5, without)), milliseconds(at(0.5, withLarder))],
  ['a page, p99', milliseconds(at(0.99, without)), milliseconds(at(0.99, withLarder))],
  [`${count(CALLERS)} callers of one cold product: queries`, count(crowds.without), count(crowds.with)],
  ['a new price, at the very next read', seen(prices.without), seen(prices.with)],
  ['a new price, overtaking a slow answer', seen(slow.without), seen(slow.with)],
  ['a sale of a category, at the next reads', of(sales.without), of(sales.with)],
  ['old prices shown under load', count(without.oldPrices), count(withLarder.oldPrices)],
  ['reads answered, database stopped', of([failing, READS]), of([surviving, READS])],
])

say(`
  What you saw, and the lines of ${bold('examples/demo/shop.ts')} that do it:

  ${bold('One load for all who wait; after that, from memory.')}
      ${cyan('products.getOrSet(sku, () => db.product(sku))')}
  ${bold('You never read what you have invalidated')}, whatever was loading at that moment.
      ${cyan('await cache.invalidateTags(`product:${sku}`)')}
  ${bold('The database stopped')}, and ${count(stale.whileRefreshing + stale.onError)} of the reads meanwhile got what was known last.
      ${cyan("{ ttl: '1s', staleWhileRevalidate: '1s', staleIfError: '1h' }")}

  Begin with five lines: examples/five-lines.ts · then README.md and docs/
`)

const all = Object.entries(promises)
const broken = all.filter(([, isKept]) => !isKept)
for (const [promise] of broken) say(red(`  ✗ broken: ${promise}`))
say(dim(`  ${all.length - broken.length} of ${all.length} promises kept, in ${(took / 1_000).toFixed(1)} s`))
if (process.env['DEMO_JSON'] === '1') {
  const queries = { without: without.queries, with: withLarder.queries }
  const outage = { reads: READS, without: failing, with: surviving, stale }
  say(JSON.stringify({ promises, visits: without.visits, queries, hitRatio, crowds, outage, took }))
}
process.exitCode = broken.length === 0 ? 0 : 1
