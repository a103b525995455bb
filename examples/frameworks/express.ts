/*
 * Express: one cache for the process; reads load through it, writes change the source and then say so.
 *
 *   node --conditions=@larder/source --import tsx examples/frameworks/express.ts
 */

import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import express from 'express'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

interface User {
  readonly id: string
  readonly name: string
}

/** Stands for a database. */
const rows = new Map<string, User>([['1', { id: '1', name: 'Ada' }]])
let queries = 0
const findUser = async (id: string): Promise<User | null> => {
  queries++
  return Promise.resolve(rows.get(id) ?? null)
}

const cache = createCache<User | null>({ store: memory(), ttl: '5m', nullTtl: '10s' })
const app = express().use(express.json())

app.get('/users/:id', async ({ params: { id } }, response) => {
  const user = await cache.getOrSet(['user', id], () => findUser(id))
  if (user === null) response.sendStatus(404)
  else response.json(user)
})

app.put('/users/:id', async ({ params: { id }, body }, response) => {
  const user = { id, name: (body as User).name }
  rows.set(id, user) // the source first
  await cache.delete(['user', id]) // then the cache: whoever asks from here on reads the new name
  response.json(user)
})

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/users`
const read = async (id: string): Promise<string> => (await fetch(`${url}/${id}`)).text()

await Promise.all(Array.from({ length: 20 }, () => read('1')))
console.log('20 requests, one query:', queries === 1)
await Promise.all([read('2'), read('2')])
console.log('nobody is remembered, too:', queries === 2)

const headers = { 'content-type': 'application/json' }
await fetch(`${url}/1`, { method: 'PUT', headers, body: JSON.stringify({ name: 'Ada Lovelace' }) })
console.log('after the write:', await read('1'))

await new Promise((closed) => server.close(closed))
await cache.close()
