/*
 * Lists in pages: each page is kept, a new item takes all pages of its list along, a change only those that show the item.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/pages.ts
 */

import assert from 'node:assert/strict'
import { openCache } from '@larder/core'

type Order = Readonly<{ id: number; status: string }>
type Page = Readonly<{ orders: readonly Order[]; next: number | undefined }>

const SIZE = 3
let queries = 0
const rows = Array.from({ length: 8 }, (_, i): Order => ({ id: i + 1, status: 'open' }))
const query = async (after: number): Promise<Page> => {
  queries++
  const orders = rows.filter(({ id }) => id > after).slice(0, SIZE)
  return { orders, next: rows.some(({ id }) => id > after + SIZE) ? orders.at(-1)?.id : undefined }
}

const cache = await openCache()
// The tags of a page: the list, and each item on it. Known when it is loaded, and safe all the same.
const pages = cache.namespace<Page>('orders', {
  ttl: '10m',
  tags: (page) => ['orders', ...page.orders.map(({ id }) => `order:${id}`)],
})
// By cursor, not by number: page 2 of yesterday is not page 2 of today.
const page = (after: number): Promise<Page> => pages.getOrSet(['after', after, SIZE], () => query(after))

async function all(): Promise<string> {
  const shown: string[] = []
  for (let after: number | undefined = 0; after !== undefined;) {
    const { orders, next } = await page(after)
    shown.push(orders.map(({ id, status }) => `${id} ${status}`).join(', '))
    after = next
  }
  return shown.join(' | ')
}
const show = async (what: string): Promise<void> =>
  console.log(`${what}: ${await all()}  (${queries} queries)`)

await show('first')
await show('again')
rows[4] = { id: 5, status: 'paid' }
await pages.invalidateTags('order:5') // one page
await show('one is paid')
rows.push({ id: 9, status: 'open' })
await pages.invalidateTags('orders') // all of them: any page may have moved
await show('one is new')

assert.equal(queries, 3 + 1 + 3)
assert.match(await all(), /5 paid.*9 open/)
await cache.close()
