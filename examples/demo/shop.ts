/*
 * The shop, with Larder in front of its database. This is the file to copy from.
 *
 * What is read goes through `getOrSet`; what is written says what it has changed, after the database has it. Without
 * a cache the shop is the catalogue itself: the same five methods, so nothing that uses the shop knows the difference.
 */

import type { ICache } from '@larder/core'
import type { Catalogue, Product } from './catalogue.ts'

export type Shop = Pick<Catalogue, 'product' | 'products' | 'shelf' | 'setPrice' | 'discount'>

/** Short, so that the demo lives through all of them; a real shop says minutes. */
const policy = { ttl: '2s', staleWhileRevalidate: '500ms', staleIfError: '1h' } as const

const tagsOf = (product: Product): string[] => [`product:${product.sku}`, `category:${product.category}`]

export function cachedShop(db: Shop, cache: ICache): Shop {
  const products = cache.namespace<Product>('products', {
    ...policy,
    tags: tagsOf,
  })
  const shelves = cache.namespace<Product[]>('shelves', {
    ...policy,
    tags: (shelf) => shelf.flatMap(tagsOf),
  })

  return {
    product: (sku) => products.getOrSet(sku, () => db.product(sku)),

    products: (skus) => products.getOrSetMany(skus, (missing) => db.products(missing)),

    shelf: (category) => shelves.getOrSet(category, () => db.shelf(category)),

    async setPrice(sku, cents) {
      await db.setPrice(sku, cents)
      await cache.invalidateTags(`product:${sku}`)
    },

    async discount(category, percent) {
      await db.discount(category, percent)
      await cache.invalidateTags(`category:${category}`)
    },
  }
}
