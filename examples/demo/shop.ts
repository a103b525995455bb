/*
 * The shop, with Larder in front of its database. This is the file to copy from.
 *
 * A repository reads through the cache and writes to the database first; what a write changes falls in that very turn. Without a
 * cache the shop is the catalogue itself: the same five methods, so nothing that uses the shop knows the difference.
 */

import { type ICache, repository } from '@larder/core'
import type { Catalogue, Product } from './catalogue.ts'

export type Shop = Pick<Catalogue, 'product' | 'products' | 'shelf' | 'setPrice' | 'discount'>

/** Short, so that the demo lives through all of them; a real shop says minutes. */
const policy = { ttl: '2s', staleWhileRevalidate: '500ms', staleIfError: '1h' } as const

/** A shop, and where its products lie: for warming. */
export interface CachedShop extends Shop {
  readonly items: ICache
}

export function cachedShop(db: Shop, cache: ICache): CachedShop {
  const kept = cache.namespace('products', policy)
  const products = repository(kept, {
    key: (product: Product) => product.sku,
    tags: (product) => [`category:${product.category}`],
    load: (sku: string) => db.product(sku),
    loadMany: (skus) => db.products(skus),
    save: async (product) => {
      await db.setPrice(product.sku, product.cents)
      return product
    },
    remove: () => Promise.reject(new Error('this shop keeps what it has')),
  })

  return {
    items: products.items,
    product: async (sku) => there(await products.get(sku)),

    products: async (skus) => (await products.getMany(skus)).map(there),

    shelf: (category) =>
      products.query(['shelf', category], () => db.shelf(category), [`category:${category}`]),

    async setPrice(sku, cents) {
      await products.save({ ...(await db.product(sku)), cents })
    },

    async discount(category, percent) {
      await db.discount(category, percent)
      await kept.invalidateTags(`category:${category}`)
    },
  }
}

function there(product: Product | null): Product {
  if (product === null) throw new Error('there is no such product')
  return product
}
