/*
 * Next.js: route handlers, `app/users/[id]/route.ts`. They are functions from a Request to a Response, and are called as such
 * below.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/nextjs.ts
 */

import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'

interface User {
  readonly id: string
  readonly name: string
}
interface Context {
  readonly params: Promise<{ readonly id: string }>
}

/** Stands for a database. */
const rows = new Map<string, User>([['1', { id: '1', name: 'Ada' }]])
let queries = 0

/** One for the process: `next dev` loads modules anew, and must not make a cache each time. */
const home = globalThis as { larder?: ICache }
const cache = (home.larder ??= createCache({ store: memory(), ttl: '5m', staleWhileRevalidate: '1h' }))
const users = cache.namespace<User | null>('users')

/** Next.js must not keep the answer a second time. */
export const dynamic = 'force-dynamic'

export async function GET(request: Request, { params }: Context): Promise<Response> {
  const { id } = await params
  const load = (): User | null => (queries++, rows.get(id) ?? null)
  const user = await users.getOrSet(id, load, { signal: request.signal })
  return user === null ? new Response(null, { status: 404 }) : Response.json(user)
}

export async function PUT(request: Request, { params }: Context): Promise<Response> {
  const { id } = await params
  const { name } = (await request.json()) as { name: string }
  rows.set(id, { id, name })
  await users.delete(id)
  return new Response(null, { status: 204 })
}

const call = (method: typeof GET, id: string, init?: RequestInit): Promise<Response> =>
  method(new Request(`https://example.org/users/${id}`, init), { params: Promise.resolve({ id }) })

await Promise.all(Array.from({ length: 20 }, () => call(GET, '1')))
console.log('20 requests, one query:', queries === 1)
console.log('nobody:', (await call(GET, '2')).status)
await call(PUT, '1', { method: 'PUT', body: JSON.stringify({ name: 'Ada Lovelace' }) })
console.log('after the write:', await (await call(GET, '1')).text())

await cache.close()
