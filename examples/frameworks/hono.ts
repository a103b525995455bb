/*
 * Hono: a middleware that keeps whole answers by their URL, with tags to invalidate them by. It runs wherever Hono does: core
 * and memory need nothing of Node.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/hono.ts
 */

import { createCache, type ICache, type LoadContext } from '@larder/core'
import { memory } from '@larder/memory'
import { Hono, type MiddlewareHandler } from 'hono'

interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array<ArrayBuffer>
}

/** Answers to GET are kept if they are 200; others are handed out and forgotten. */
const cached =
  (cache: ICache, ...tags: string[]): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.method !== 'GET') return next()
    const load = async (context: LoadContext<Answer>): Promise<Answer> => {
      await next()
      const { status, headers } = c.res
      if (status !== 200) context.skip()
      return { status, headers: [...headers], body: new Uint8Array(await c.res.arrayBuffer()) }
    }
    const { status, headers, body } = await cache.getOrSet(['GET', c.req.url], load, { tags })
    c.res = new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) })
  }

let queries = 0
const names = ['tea']
const cache = createCache({ store: memory(), ttl: '5m' })
const app = new Hono()

app.get('/products', cached(cache, 'products'), (c) => {
  queries++
  return c.json({ page: c.req.query('page') ?? '1', names })
})
app.post('/products/:name', async (c) => {
  names.push(c.req.param('name'))
  await cache.invalidateTags('products') // every page of the list
  return c.body(null, 201)
})

const read = async (path: string): Promise<string> => (await app.request(path)).text()

await Promise.all(Array.from({ length: 20 }, () => read('/products')))
await read('/products?page=2')
console.log('21 requests for two pages, two queries:', queries === 2)
await app.request('/products/mate', { method: 'POST' })
console.log('after the write:', await read('/products'), await read('/products?page=2'))
console.log((await app.request('/products')).headers.get('content-type'))

await cache.close()
