/*
 * Handlers, asked over a real connection and by Fetch.
 */

import { createServer, type RequestListener } from 'node:http'
import { createCache } from '@larder/core'
import { type Handlers, healthHandler, metricsHandler } from '@larder/metrics'
import { prometheusMetrics } from '@larder/metrics/prometheus'
import { memory } from '@larder/memory'
import { delayed, faulty } from '@larder/testing'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'

async function overHttp({ node }: Handlers, method = 'GET'): Promise<Response> {
  const listener: RequestListener = (request, response) => void node(request, response)
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  try {
    const response = await fetch(`http://127.0.0.1:${address.port}/`, { method })
    return new Response(await response.text(), response)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const byFetch = ({ fetch: answer }: Handlers, method = 'GET'): Promise<Response> =>
  answer(new Request('http://localhost/', { method }))

describe.each([
  ['node:http', overHttp],
  ['Fetch', byFetch],
])('over %s', (_, ask) => {
  test('a process is ready while its stores answer, and alive all the time', async () => {
    const store = faulty(delayed(memory()))
    const shop = createCache({ store, name: 'shop' })
    const other = createCache({ store: memory(), name: 'other' })
    const ready = healthHandler([shop, other], { asks: 'readiness' })
    const alive = healthHandler([shop, other], { asks: 'liveness' })
    const before = await ask(ready)

    store.fail({ error: new Error('hunter2') })

    const after = await ask(ready)
    expect([before.status, after.status, (await ask(alive)).status]).toEqual([200, 503, 200])
    expect(await before.json()).toEqual({
      status: 'ok',
      caches: { shop: { status: 'ok' }, other: { status: 'ok' } },
    })
    expect(await after.json()).toEqual({
      status: 'failed',
      caches: { shop: { status: 'failed' }, other: { status: 'ok' } },
    })
    expect(after.headers.get('cache-control')).toBe('no-store')
  })

  test('what is wrong is told to who may know', async () => {
    const store = faulty(delayed(memory()))
    const cache = createCache({ store, name: 'shop' })
    store.fail({ error: new Error('no route') })

    const response = await ask(healthHandler(cache, { asks: 'readiness', problems: true }))

    expect(await response.text()).toContain('no route')
  })

  test('a closed cache is not ready', async () => {
    const cache = createCache({ store: memory() })
    await cache.close()

    expect((await ask(healthHandler(cache, { asks: 'readiness' }))).status).toBe(503)
  })

  test('metrics are shown, of an exposition and of a registry', async () => {
    const cache = createCache({ store: memory() })
    const register = new Registry()
    const exposition = prometheusMetrics(cache, { register })

    for (const source of [exposition, register]) {
      const response = await ask(metricsHandler(source))
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(await response.text()).toContain('larder_hits_total{cache="larder",tier="store"} 0')
    }
  })

  test('HEAD has no body, other methods are refused, and a failure says nothing', async () => {
    const broken = { contentType: 'text/plain', metrics: () => Promise.reject(new Error('hunter2')) }
    const alive = healthHandler([], { asks: 'liveness' })

    const head = await ask(alive, 'HEAD')
    const post = await ask(alive, 'POST')
    const failed = await ask(metricsHandler(broken))

    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(post.status).toBe(405)
    expect([failed.status, await failed.text()]).toEqual([500, 'failed'])
  })
})
