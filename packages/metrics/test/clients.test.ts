/*
 * Beside the instrumentations that OpenTelemetry has for ioredis and node-redis: what is told by whom, and nothing twice.
 *
 * Larder makes spans of loads, and none of commands; the instrumentations make spans of commands, and know nothing of loads.
 */

import { createRequire } from 'node:module'
import { createCache } from '@larder/core'
import { otelMetrics, otelSpans } from '@larder/metrics/otel'
import { redis, type RedisOptions } from '@larder/redis'
import { startRedis } from '@larder/testing/servers'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis'
import { RedisInstrumentation } from '@opentelemetry/instrumentation-redis'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type * as Ioredis from 'ioredis'
import type * as NodeRedis from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metricsInMemory, spansInMemory } from './exporters.ts'

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000
const LARDER = '@larder/metrics'

const { spans: exporter, provider } = spansInMemory()
const { out: figures, reader, meters } = metricsInMemory()
const instrumentations = [new IORedisInstrumentation(), new RedisInstrumentation()]
const manager = new AsyncLocalStorageContextManager()

// Instrumentations get at modules when they are required, and their prototypes are everybody's.
const require = createRequire(import.meta.url)
let clients: { readonly ioredis: typeof Ioredis; readonly nodeRedis: typeof NodeRedis }
let server: Awaited<ReturnType<typeof startRedis>>

beforeAll(async () => {
  context.setGlobalContextManager(manager.enable())
  for (const each of instrumentations) {
    each.setTracerProvider(provider)
    each.setMeterProvider(meters)
    each.enable()
  }
  clients = { ioredis: require('ioredis'), nodeRedis: require('redis') }
  server = await startRedis()
}, PATIENCE)

afterAll(async () => {
  for (const each of instrumentations) each.disable()
  context.disable()
  await reader.shutdown()
  await server.stop()
}, PATIENCE)

interface Seen {
  readonly spans: readonly ReadableSpan[]
  /** Names of spans by who made them. */
  readonly by: (scope: 'larder' | 'client') => readonly string[]
  readonly metrics: readonly string[]
}

/** A request: a value is loaded, stored, and read again from Redis. */
async function request(options: RedisOptions): Promise<Seen> {
  const cache = createCache({ store: redis(options), name: 'shop', ttl: '1m', storeTimeout: '10s' })
  const tracer = provider.getTracer('request')
  const stops = [
    otelSpans(cache, { tracer: provider.getTracer(LARDER) }),
    otelMetrics(cache, { meter: meters.getMeter(LARDER) }),
  ]
  try {
    await server.command('flushall')
    await cache.set('warm', 1) // connected, and scripts are known
    await server.command('config', 'resetstat')
    exporter.reset()
    await tracer.startActiveSpan('request', async (span) => {
      await cache.getOrSet('k', () => 'value')
      await expect.poll(() => cache.get('k')).toBe('value')
      span.end()
    })
    const spans = exporter.getFinishedSpans().filter(({ name }) => name !== 'request')
    await reader.forceFlush()
    const metrics = figures
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics))
      .map(({ descriptor }) => descriptor.name)
    figures.reset()
    const isLarder = (span: ReadableSpan): boolean => span.instrumentationScope.name === LARDER
    return {
      spans,
      by: (scope) => spans.filter((span) => isLarder(span) === (scope === 'larder')).map(({ name }) => name),
      metrics,
    }
  } finally {
    for (const stop of stops) stop()
    await cache.close()
  }
}

/** Scripts that the server was asked to run since its statistics were reset. */
async function scriptsRun(): Promise<number> {
  const said = String(await server.command('info', 'commandstats'))
  return [...said.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)
}

test('over a connection of its own there are spans of loads alone', { timeout: PATIENCE }, async () => {
  const { by, metrics } = await request({ url: server.url, deadline: '10s' })

  expect(by('larder')).toEqual(['load shop'])
  expect(by('client')).toEqual([])
  expect(metrics.filter((name) => !name.startsWith('larder.'))).toEqual([])
})

test.each(['ioredis', 'node-redis'] as const)(
  'over a client of %s that was handed in, each command is one span of its instrumentation, beside that of the load',
  { timeout: PATIENCE },
  async (which) => {
    const own =
      which === 'ioredis'
        ? new clients.ioredis.Redis(server.url)
        : clients.nodeRedis.createClient({ url: server.url })
    if ('isReady' in own) await own.connect()
    try {
      const { spans, by } = await request({ client: own, deadline: '10s' })

      expect(by('larder')).toEqual(['load shop'])
      // Reads, the lease, the fill: those of the client, and no more of them than it was given.
      expect(by('client').length).toBeGreaterThan(0)
      const sent = spans.filter(({ name }) => /eval/i.test(name)).length
      expect(sent).toBeLessThanOrEqual(await scriptsRun())
    } finally {
      if ('isReady' in own) own.destroy()
      else own.disconnect()
    }
  },
)
