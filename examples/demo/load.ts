/*
 * The load: visitors of the shop. Some products are looked at far more often than others, as everywhere (Zipf's law).
 * One visit in a hundred changes a price.
 *
 * The visits come from a seed, so that the same ones can be made with and without a cache. Visitors go on to their next
 * page when they have the last one, so a slow shop is visited more slowly; it is never flooded.
 */

import type { Product } from './catalogue.ts'
import type { Shop } from './shop.ts'

export type Visit =
  | { readonly page: 'product'; readonly sku: string }
  | { readonly page: 'shelf'; readonly category: string }
  | { readonly page: 'basket'; readonly skus: readonly string[] }
  | { readonly page: 'price'; readonly sku: string }

export interface Played {
  readonly visits: number
  /** ms that each page took, the fastest first. */
  readonly times: readonly number[]
  /** Pages that showed a price older than one that had been set before they were asked for. */
  readonly oldPrices: number
}

const VISITORS = 32

/** Each new price is higher than all before it, in all runs, so that an old price is a lower one. */
let highest = 100_000

/** `count` visits; always the same ones. */
export function visitsOf(count: number, products: number, categories: number): Visit[] {
  const random = randomFrom(20_260_101)
  const nthProduct = zipf(products, random)
  const nthCategory = zipf(categories, random)
  const sku = (): string => `p${nthProduct()}`
  return Array.from({ length: count }, (): Visit => {
    const chance = random()
    if (chance < 0.65) return { page: 'product', sku: sku() }
    if (chance < 0.85) return { page: 'shelf', category: `c${nthCategory() - 1}` }
    if (chance < 0.99) return { page: 'basket', skus: [...new Set([sku(), sku(), sku(), sku()])] }
    return { page: 'price', sku: sku() }
  })
}

/** Lets the visitors make their visits, until all are made or it is `until` (by performance.now()). */
export async function play(
  shop: Shop,
  visits: readonly Visit[],
  { until = Infinity, watch = () => {} }: { until?: number; watch?: (visits: number) => void } = {},
): Promise<Played> {
  const times: number[] = []
  const prices = new Map<string, number>()
  let made = 0
  let oldPrices = 0

  const make = async (visit: Visit): Promise<void> => {
    if (visit.page === 'price') {
      const cents = ++highest
      await shop.setPrice(visit.sku, cents)
      prices.set(visit.sku, Math.max(cents, prices.get(visit.sku) ?? 0))
      return
    }
    const least = visit.page === 'product' ? (prices.get(visit.sku) ?? 0) : 0
    const began = performance.now()
    const shown = await show(shop, visit)
    times.push(performance.now() - began)
    if (shown.some(({ cents }) => cents < least)) oldPrices++
  }

  const queue = visits.values()
  const visitor = async (): Promise<void> => {
    for (const visit of queue) {
      await make(visit)
      watch(++made)
      if (performance.now() > until) return
      await new Promise((resume) => setImmediate(resume)) // as if the next request came from the network
    }
  }
  await Promise.all(Array.from({ length: VISITORS }, visitor))
  return { visits: made, times: times.toSorted((a, b) => a - b), oldPrices }
}

async function show(shop: Shop, visit: Exclude<Visit, { page: 'price' }>): Promise<readonly Product[]> {
  if (visit.page === 'product') return [await shop.product(visit.sku)]
  if (visit.page === 'shelf') return shop.shelf(visit.category)
  return shop.products(visit.skus)
}

/** 1 to `n`; the i-th i^1.1 times as seldom as the first. */
function zipf(n: number, random: () => number): () => number {
  const sums: number[] = []
  let sum = 0
  for (let i = 1; i <= n; i++) sums.push((sum += 1 / i ** 1.1))
  return () => {
    const aim = random() * sum
    return sums.findIndex((each) => aim < each) + 1
  }
}

/** mulberry32: chance that can be repeated, 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
