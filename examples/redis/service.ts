/*
 * A process of the shop: the very shop of the demo, over a database that it reaches through its parent. Where it caches
 * is said by LARDER_URL, and by nothing else.
 */

import { openCache } from '@larder/core'
import { cachedShop } from '../demo/shop.ts'
import { answering, calling, type End } from './calls.ts'

const cache = await openCache()

const parent: End = {
  send: (message) => process.send?.(message),
  on: (event, listener) => process.on(event, listener),
}
const query = calling(parent)
const { items: _items, ...shop } = cachedShop(
  {
    product: (sku) => query('product', sku),
    products: (skus) => query('products', skus),
    shelf: (category) => query('shelf', category),
    setPrice: (sku, cents) => query('setPrice', sku, cents),
    discount: (category, percent) => query('discount', category, percent),
  },
  cache,
)
answering(parent, { ...shop, close: () => cache.close() })
parent.send({ isReady: true })
