/*
 * The cache that most programs begin with: a Map with a ttl, forgotten on writes. It is here to be compared with, done
 * with some care: baskets are read with one query, and a new price takes the shelves along that show it.
 */

import type { Product } from './catalogue.ts'
import type { Shop } from './shop.ts'

const TTL = 2_000 // ms

export function homemadeShop(db: Shop): Shop {
  const products = new Map<string, { readonly value: Product; readonly until: number }>()
  const shelves = new Map<string, { readonly value: Product[]; readonly until: number }>()

  const kept = (sku: string): Product | undefined => {
    const found = products.get(sku)
    return found !== undefined && performance.now() < found.until ? found.value : undefined
  }
  const keep = (value: Product): Product => {
    products.set(value.sku, { value, until: performance.now() + TTL })
    return value
  }

  return {
    product: async (sku) => kept(sku) ?? keep(await db.product(sku)),

    async products(skus) {
      const known = new Map(skus.map((sku) => [sku, kept(sku)]))
      const missing = skus.filter((sku) => known.get(sku) === undefined)
      if (missing.length > 0)
        for (const value of await db.products(missing)) known.set(value.sku, keep(value))
      return [...known.values()].filter((value) => value !== undefined)
    },

    async shelf(category) {
      const found = shelves.get(category)
      if (found !== undefined && performance.now() < found.until) return found.value
      const value = await db.shelf(category)
      shelves.set(category, { value, until: performance.now() + TTL })
      return value
    },

    async setPrice(sku, cents) {
      await db.setPrice(sku, cents)
      products.delete(sku)
      for (const [category, { value }] of shelves) {
        if (value.some((product) => product.sku === sku)) shelves.delete(category)
      }
    },

    async discount(category, percent) {
      await db.discount(category, percent)
      for (const [sku, { value }] of products) if (value.category === category) products.delete(sku)
      shelves.delete(category)
    },
  }
}
