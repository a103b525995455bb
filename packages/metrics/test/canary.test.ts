/*
 * Canaries: keys, tags, values and errors that look like secrets go through a cache that is watched in every way, and come out
 * nowhere. Events do carry keys, which is how it is known that the canaries were there to be heard.
 */

import { createCache } from '@larder/core'
import { healthHandler, metricsHandler, observe } from '@larder/metrics'
import { otelMetrics, otelSpans } from '@larder/metrics/otel'
import { prometheusMetrics } from '@larder/metrics/prometheus'
import { memory } from '@larder/memory'
import { delayed, faulty, settled } from '@larder/testing'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { metricsInMemory, spansInMemory } from './exporters.ts'

const CANARY = 'sk_live_51Hunter2'

class SecretError extends Error {
  override readonly name: string = CANARY
  readonly code: string = CANARY
}

/** A text of everything that can be reached in `what`, classes, maps and errors too. */
function allOf(what: unknown, seen = new Set<unknown>()): string {
  if (typeof what !== 'object' || what === null) return String(what)
  if (seen.has(what)) return ''
  seen.add(what)
  const inside =
    what instanceof Map ? [...what] : Reflect.ownKeys(what).map((name) => [name, Reflect.get(what, name)])
  return inside.map(([name, value]) => `${String(name)} ${allOf(value, seen)}`).join('\n')
}

test('no key, tag, value or error comes out of metrics, spans, lines or handlers', async () => {
  const store = faulty(delayed(memory({ maxEntries: 4 })))
  const cache = createCache({ store, name: 'shop', ttl: '1m', staleIfError: '1m', probe: 1 })
  const heard: unknown[] = []
  const lines: string[] = []
  const { spans, provider } = spansInMemory()
  const tracer = provider.getTracer('canary')
  const { out, reader, meters } = metricsInMemory()
  const register = new Registry()
  cache.on((event) => heard.push(event))
  observe(cache, { to: { info: (line) => lines.push(line), warn: (line) => lines.push(line) }, show: 'all' })
  otelSpans(cache, { tracer })
  const stop = otelMetrics(cache, { meter: meters.getMeter('canary') })
  const exposition = prometheusMetrics(cache, { register })

  const keys = Array.from({ length: 10 }, (_, i) => `${CANARY}:${i}`)
  for (const key of keys) await cache.getOrSet(key, () => CANARY, { tags: [CANARY] })
  await cache.getOrSetMany(keys, (missing) => missing.map(() => ({ password: CANARY })))
  await cache.getOrSet([CANARY, 1], () => Promise.reject(new SecretError(CANARY))).catch(() => undefined)
  await cache.expire(...keys)
  await cache.invalidateTags(CANARY)
  store.fail({ error: new SecretError(CANARY) })
  for (const key of keys) await cache.getOrSet(key, () => CANARY)
  await cache.delete(...keys)
  await settled()
  await reader.forceFlush()

  const shown = {
    text: await exposition.metrics(),
    registry: await register.metrics(),
    json: JSON.stringify(await register.getMetricsAsJSON()),
    otel: allOf(out.getMetrics()),
    spans: allOf(spans.getFinishedSpans()),
    lines: lines.join('\n'),
    health: await (await healthHandler(cache, { asks: 'readiness' }).fetch({ method: 'GET' })).text(),
    scrape: await (await metricsHandler(exposition).fetch({ method: 'GET' })).text(),
  }
  expect(allOf(heard)).toContain(CANARY)
  for (const [where, text] of Object.entries(shown)) {
    expect(text.length, where).toBeGreaterThan(20)
    expect(text.includes(CANARY), where).toBe(false)
  }

  // The canary is heard where it is let out: this check can fail.
  observe(cache, {
    to: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    details: true,
  })
  await cache.get(`${CANARY}:0`)
  expect(lines.join('\n')).toContain(CANARY)
  stop()
  await meters.shutdown()
})
