/*
 * The demo: a shop on a real SQL database, visited by a crowd; without a cache, with the cache that most programs
 * begin with, and with Larder.
 *
 *   npx --yes pnpm@12.21.0 demo                    needs Node, and nothing else
 *   LARDER_URL=… npx --yes pnpm@12.21.0 demo       the same shop on another backend
 *   DEMO_JSON=1                                    one more line at the end, for programs
 *
 * Every figure is measured in this run. Ends with 1 if something that Larder promises here did not hold.
 */

import { hotKeys, openCache, warm } from '@larder/core'
import { CATEGORIES, Catalogue, PRODUCTS, REVIEWS } from './demo/catalogue.ts'
import { homemadeShop } from './demo/homemade.ts'
import { play, type Played, visitsOf } from './demo/load.ts'
import { CALLERS, crowd, newPrice, readOn, sale, slowAnswer } from './demo/scenes.ts'
import { bold, count, cyan, dim, milliseconds, percent, Progress, red, say, table } from './demo/screen.ts'
import { type CachedShop, cachedShop, type Shop } from './demo/shop.ts'

const VISITS = 10_000
/** ms for the visits without a cache: on a slow machine there are fewer of them, not a longer demo. */
const VISITS_END = 8_000
/** Of the outage: 3 s, in which everything ceases to be fresh, and then to be served while it is refreshed. */
const READS = 600
const PAUSE = 5
/** Products that a new process is warmed with, and the visits that it is looked at. */
const WARMED = 300
const FIRST_VISITS = 300
/** ms for all of it. */
const DEMO_ENDS = 30_000

// ---- the stage: one database, the same shop three times --------------------------------------------------------------

const starting = new Progress('starting')
const opened = await openCache() // LARDER_URL, or else the memory of this process
const db = await Catalogue.open()
const cache = opened.namespace('demo')
await cache.clear()
const plain: Shop = db
const homemade = homemadeShop(db)
const larder = cachedShop(db, cache)
const { store } = await cache.health()
starting.end(
  `PostgreSQL in this process (PGlite): ${count(PRODUCTS)} products, ${count(REVIEWS)} reviews · cache: ${bold(store.name)}`,
)

// ---- the same visits to each -----------------------------------------------------------------------------------------

const visits = visitsOf(VISITS, PRODUCTS - 1, CATEGORIES)
await play(plain, visits.slice(0, 500)) // so that no run pays for the database getting warm

async function visit(title: string, shop: Shop, some: typeof visits, until = Infinity): Promise<Visited> {
  const progress = new Progress(title)
  const before = db.queries
  const note = (made: number): string => `${count(made)} visits · ${count(db.queries - before)} queries`
  const watch = (made: number): void => progress.update(made / some.length, note(made))
  const played = await play(shop, some, { until, watch })
  progress.end(note(played.visits))
  return { ...played, queries: db.queries - before }
}
type Visited = Played & { readonly queries: number }

const visitsPlain = await visit('no cache', plain, visits, performance.now() + VISITS_END)
const same = visits.slice(0, visitsPlain.visits)
const visitsHomemade = await visit('a Map with a ttl', homemade, same)
const hot = hotKeys(larder.items)
const visitsLarder = await visit('Larder', larder, same)
const { hitRatio = 0 } = cache.stats()
hot.stop()

// ---- a new process of the shop, as it starts and as it starts warm ---------------------------------------------------

const newProcess = async (name: string): Promise<CachedShop> => {
  const empty = opened.namespace(name)
  await empty.clear()
  return cachedShop(db, empty)
}
async function firstQueries(shop: Shop): Promise<number> {
  const before = db.queries
  await play(shop, visits.slice(0, FIRST_VISITS))
  return db.queries - before
}
const asked = await firstQueries(await newProcess('cold'))
const warming = new Progress('a new process')
const warmed = await newProcess('warm')
const products = hot.keys(WARMED)
const { loaded } = await warm(warmed.items, products, ([sku]) => db.product(sku as string), {
  concurrency: 8,
  policy: { ttl: '1m' },
  onProgress: (so) => warming.update(so.asked / products.length, `${count(so.asked)} hot products`),
})
const askedWarm = await firstQueries(warmed)
warming.end(
  `warmed with ${count(loaded)} hot products: ${count(askedWarm)} queries in its first ${count(FIRST_VISITS)} visits, ${count(asked)} without`,
)

// ---- what goes wrong in real shops -----------------------------------------------------------------------------------

/** The last product was visited by nobody, so it is cold. */
const cold = `p${PRODUCTS}`
const onSale = Array.from({ length: PRODUCTS / CATEGORIES }, (_, i) => `p${3 + i * CATEGORIES}`)
const popular = Array.from({ length: 50 }, (_, i) => `p${i + 1}`)

async function scenes(shop: Shop, cents: number): Promise<Scenes> {
  return {
    crowd: await crowd(shop, db, cold),
    newPrice: await newPrice(shop, 'p1', cents),
    slowAnswer: await slowAnswer(shop, db, 'p2', cents),
    sale: await sale(shop, 'c3', onSale),
  }
}
interface Scenes {
  readonly crowd: number
  readonly newPrice: boolean
  readonly slowAnswer: boolean
  readonly sale: readonly [number, number]
}
const scenesPlain = await scenes(plain, 1_000)
const scenesHomemade = await scenes(homemade, 2_000)
const scenesLarder = await scenes(larder, 3_000)

await Promise.all([homemade.products(popular), larder.products(popular)])
const before = cache.stats()
const stopped = new Progress('database stopped')
db.stop()
const watch = (made: number): void => stopped.update(made / READS, `${count(made)} reads`)
const [readsPlain, readsHomemade, readsLarder] = await Promise.all([
  readOn(plain, popular, { reads: READS, pause: PAUSE }),
  readOn(homemade, popular, { reads: READS, pause: PAUSE }),
  readOn(larder, popular, { reads: READS, pause: PAUSE, watch }),
])
db.start()
stopped.end(`${count(readsLarder)} of ${count(READS)} reads answered by Larder`)
const { stale } = cache.stats()
const servedStale = stale.refreshing + stale.failedLoad - before.stale.refreshing - before.stale.failedLoad

await opened.close()
await db.close()
const took = performance.now() // ms since the process began

// ---- what was seen ---------------------------------------------------------------------------------------------------

/** Of the queries that were made without a cache. */
const saved = ({ queries }: Visited): number => 1 - queries / visitsPlain.queries
const at = (share: number, { times }: Played): number =>
  times[Math.floor(share * (times.length - 1))] ?? Number.NaN
const shown = (isNew: boolean): string => (isNew ? 'new' : 'OLD')
const of = (some: number, all: number): string => `${count(some)} of ${count(all)}`

/** What the exit code stands for. */
const promises = {
  'at least 50 % fewer queries': saved(visitsLarder) >= 0.5,
  'a hit ratio above 80 %': hitRatio > 0.8,
  'a warmed process asks the database less': askedWarm < asked,
  'one query for all callers of a cold product': scenesLarder.crowd === 1,
  'no page with an old price under load': visitsLarder.oldPrices === 0,
  'a new price is seen by the very next read': scenesLarder.newPrice,
  'a slow answer does not bring an old price back': scenesLarder.slowAnswer,
  'a sale is seen by the very next reads': scenesLarder.sale[0] === scenesLarder.sale[1],
  'reads go on while the database is stopped': readsLarder === READS,
  'done within 30 s': took < DEMO_ENDS,
}

const visited = [visitsPlain, visitsHomemade, visitsLarder]
const played = [scenesPlain, scenesHomemade, scenesLarder]
const answered = [readsPlain, readsHomemade, readsLarder]
say()
table(
  ['', 'no cache', 'Map + ttl', 'Larder'],
  [
    ['queries that reached the database', ...visited.map(({ queries }) => count(queries))],
    ['of them saved', '–', percent(saved(visitsHomemade)), percent(saved(visitsLarder))],
    ['hit ratio', '–', '–', percent(hitRatio)],
    ['a page, p50', ...visited.map((each) => milliseconds(at(0.5, each)))],
    ['a page, p99', ...visited.map((each) => milliseconds(at(0.99, each)))],
    ['old prices shown under load', ...visited.map(({ oldPrices }) => count(oldPrices))],
    [`queries for ${count(CALLERS)} callers of one cold product`, ...played.map((each) => count(each.crowd))],
    ['price at the next read after a change', ...played.map((each) => shown(each.newPrice))],
    ['… when a slow read was under way', ...played.map((each) => shown(each.slowAnswer))],
    ['… of a whole category on sale', ...played.map((each) => of(...each.sale))],
    ['reads answered while the database was stopped', ...answered.map((reads) => of(reads, READS))],
  ],
)

say(`
  What you saw, and the lines of ${bold('examples/demo/shop.ts')} that do it:

  ${bold('One load for all who wait; after that, from memory.')}
      ${cyan('load: (sku: string) => db.product(sku),')}
  ${bold('You never read what you have invalidated')}, whatever was loading at that moment.
      ${cyan('await products.save({ ...(await db.product(sku)), cents })')}
  ${bold('The database stopped, and reads went on')}: ${count(servedStale)} of them got what was known last.
      ${cyan("{ ttl: '2s', staleWhileRevalidate: '500ms', staleIfError: '1h' }")}

  Begin with five lines: examples/five-lines.ts · then README.md and docs/
`)

const all = Object.entries(promises)
const broken = all.filter(([, isKept]) => !isKept)
for (const [promise] of broken) say(red(`  ✗ broken: ${promise}`))
say(dim(`  ${all.length - broken.length} of ${all.length} promises kept, in ${(took / 1_000).toFixed(1)} s`))
if (process.env['DEMO_JSON'] === '1') {
  const queries = { without: visitsPlain.queries, with: visitsLarder.queries }
  const crowds = { without: scenesPlain.crowd, with: scenesLarder.crowd }
  const outage = { reads: READS, without: readsPlain, with: readsLarder, servedStale }
  say(JSON.stringify({ promises, visits: visitsPlain.visits, queries, hitRatio, crowds, outage, took }))
}
process.exitCode = broken.length === 0 ? 0 : 1
