/*
 * What does the shop of the demo gain by each cache?
 *
 * The same visits to the same shop on the same database, first without a cache: 32 visitors, most pages products, some shelves and
 * baskets, one visit in a hundred a new price, which makes what shows it be forgotten. Each cache is in memory and used as far as
 * all of them go: getOrSet by key, and delete of what a price changes. Pages that show a price older than one that was set before
 * they were asked for are counted: a cache that lets a slow load win over a delete shows them.
 */
import { Catalogue, CATEGORIES, type Product, PRODUCTS } from '../../examples/demo/catalogue.ts'
import { play, visitsOf } from '../../examples/demo/load.ts'
import type { Shop } from '../../examples/demo/shop.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { figureOf, rowsOf } from '../harness/row.ts'
import { quantileOf } from '../harness/spread.ts'
import { inMemory } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import type { Contender, MemoryPlace } from '../rivals/rival.ts'

const NS = 1e6
/** ms. Nothing expires in a run. */
const TTL = 600_000
const NONE = 'no cache'

const cast = ableTo('delete', ableTo('getOrSet', inMemory))

/** The shop with a cache in front of it: one entry for each product, one for each shelf. */
async function cached(
  db: Catalogue,
  { open }: Contender<MemoryPlace>,
): Promise<{ shop: Shop; close: () => unknown }> {
  const load = (key: string): Promise<unknown> => {
    const id = key.slice(2)
    return key.startsWith('p:') ? db.product(id) : db.shelf(id)
  }
  const asked = await open({ room: 2 * PRODUCTS, load, ttl: TTL })
  const product = async (sku: string): Promise<Product> => (await asked.getOrSet?.(`p:${sku}`)) as Product
  const shop: Shop = {
    product,
    products: (skus) => Promise.all(skus.map(product)),
    shelf: async (category) => (await asked.getOrSet?.(`s:${category}`)) as Product[],
    async setPrice(sku, cents) {
      await db.setPrice(sku, cents)
      await asked.delete?.(`p:${sku}`)
      await asked.delete?.(`s:c${Number(sku.slice(1)) % CATEGORIES}`)
    },
    discount: (category, percent) => db.discount(category, percent),
  }
  return { shop, close: () => asked.close?.() }
}

interface Run {
  /** ns for a page, on average, of all visitors together. */
  readonly page: number
  readonly p99: number
  readonly queries: number
  readonly oldPrices: number
}

async function visited(shop: Shop, db: Catalogue, visits: ReturnType<typeof visitsOf>): Promise<Run> {
  const before = db.queries
  const began = performance.now()
  const { times, oldPrices } = await play(shop, visits)
  return {
    page: ((performance.now() - began) * NS) / visits.length,
    p99: quantileOf(times, 0.99) * NS,
    queries: db.queries - before,
    oldPrices,
  }
}

async function played(rounds: number, count: number): Promise<CaseResult> {
  const db = await Catalogue.open()
  const visits = visitsOf(count, PRODUCTS - 1, CATEGORIES)
  await play(db, visits.slice(0, 300))
  const names = [NONE, ...cast.map(({ name }) => name)]
  const runs = new Map<string, Run[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] ?? NONE
      const contender = cast.find((each) => each.name === name)
      const { shop, close } =
        contender === undefined ? { shop: db, close: () => {} } : await cached(db, contender)
      runs.get(name)?.push(await visited(shop, db, visits))
      await close()
    }
  }
  await db.close()
  const of = (name: string, what: keyof Run): readonly number[] =>
    (runs.get(name) ?? []).map((run) => run[what])
  const all = [{ name: NONE, how: 'every page asks the database', packages: [] }, ...cast]
  return {
    name: `${count.toLocaleString('en')} visits`,
    baseline: NONE,
    counted: 'time of a page',
    rounds,
    rows: rowsOf(all, (name) => of(name, 'page'), NONE).map((row) => ({
      ...row,
      more: {
        '99 % of pages': figureOf(of(row.name, 'p99'), 'ns'),
        queries: figureOf(of(row.name, 'queries')),
        'old prices': figureOf(of(row.name, 'oldPrices')),
      },
    })),
    goals: [],
  }
}

const demo: Measure = {
  name: 'demo',
  asks: 'What does the shop of the demo gain by each cache?',
  unit: 'ns',
  seconds: 70,
  cases: async (isQuick) => [isQuick ? await played(1, 400) : await played(5, 4_000)],
}

export default demo
