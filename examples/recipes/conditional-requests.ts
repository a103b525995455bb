/*
 * Answers of an API, asked for again only if they have changed: ETag, Last-Modified and Cache-Control do what they are for.
 *
 *   node --conditions=@larder/source --import tsx examples/recipes/conditional-requests.ts
 */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LoadContext, openCache } from '@larder/core'

/** Stands for somebody else's API. */
const rates = { etag: '"1"', body: '{"EUR":1.08}' }
const statuses: number[] = []
const server = createServer((request, response) => {
  const isSame = request.headers['if-none-match'] === rates.etag
  statuses.push(isSame ? 304 : 200)
  response.writeHead(isSame ? 304 : 200, { etag: rates.etag, 'cache-control': 'max-age=60' })
  response.end(isSame ? undefined : rates.body)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rates`

// What is no longer fresh is kept for a day, so that there is something to compare with.
const cache = await openCache({ ttl: '1m', staleIfError: '1d' })

/** The loader to copy. */
async function fetched(url: string, context: LoadContext<unknown>): Promise<unknown> {
  const { etag, modified } = context.stale?.meta ?? {}
  const headers = {
    ...(etag !== undefined && { 'if-none-match': String(etag) }),
    ...(modified !== undefined && { 'if-modified-since': String(modified) }),
  }
  const response = await fetch(url, { headers, signal: context.signal })
  const maxAge = /max-age=([1-9]\d*)/.exec(response.headers.get('cache-control') ?? '')?.[1]
  if (maxAge !== undefined) context.ttl(`${Number(maxAge)}s`)
  if (response.status === 304) return context.keep()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  const tags = { etag: response.headers.get('etag'), modified: response.headers.get('last-modified') }
  context.meta(Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== null)))
  return response.json()
}
const read = (): Promise<unknown> => cache.getOrSet(['GET', api], (context) => fetched(api, context))

console.log(await read(), await read(), 'requests:', ...statuses)
await cache.expire(['GET', api]) // as if a minute had passed
console.log(await read(), 'requests:', ...statuses)
Object.assign(rates, { etag: '"2"', body: '{"EUR":1.09}' })
await cache.expire(['GET', api])
console.log(await read(), 'requests:', ...statuses)

assert.deepEqual(statuses, [200, 304, 200])
await cache.close()
server.closeAllConnections()
server.close()
