/*
 * OpenTelemetry: what its own exporters are given.
 */

import { createCache, type ICache } from '@larder/core'
import { instruments } from '@larder/metrics'
import { otelMetrics, otelSpans } from '@larder/metrics/otel'
import { memory } from '@larder/memory'
import { delayed, faulty, held, settled } from '@larder/testing'
import { context, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { metricsInMemory, spansInMemory } from './exporters.ts'

const manager = new AsyncLocalStorageContextManager()
beforeAll(() => context.setGlobalContextManager(manager.enable()))
afterAll(() => context.disable())

const { spans: exporter, provider } = spansInMemory()
const tracer = provider.getTracer('test')
afterEach(() => exporter.reset())

const named = (name: string): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => span.name === name)
const only = (name: string): ReadableSpan => {
  const [span, ...more] = named(name)
  if (span === undefined || more.length > 0) throw new Error(`${more.length + 1} spans are called '${name}'`)
  return span
}

/** A caller, inside a span of its own. */
const inSpan = <T>(of: Tracer, name: string, work: () => Promise<T>): Promise<T> =>
  of.startActiveSpan(name, (span) => work().finally(() => span.end()))

describe.each([
  ['memory', () => memory()],
  ['a store that answers later', () => delayed(memory())],
])('spans, on %s', (_, store) => {
  const open = (): ICache => {
    const cache = createCache({ store: store(), name: 'shop', ttl: '1m', staleIfError: '1m' })
    otelSpans(cache, { tracer })
    return cache
  }

  test('a load is a child of the span of its caller, and a hit makes none', async () => {
    const cache = open()

    await inSpan(tracer, 'request', () => cache.getOrSet('k', () => 1))
    await inSpan(tracer, 'later', () => cache.getOrSet('k', () => 1))

    const load = only('load shop')
    expect(load.parentSpanContext?.spanId).toBe(only('request').spanContext().spanId)
    expect(load.attributes).toEqual({ 'larder.cache': 'shop', 'larder.keys': 1, 'larder.background': false })
    expect(load.links).toEqual([])
    expect(load.status.code).toBe(SpanStatusCode.UNSET)
  })

  test('a load that is shared is linked to those who waited for it', async () => {
    const cache = open()
    const source = held(1)

    const first = inSpan(tracer, 'first', () => cache.getOrSet('k', source.load))
    await settled()
    const others = ['second', 'third'].map((name) =>
      inSpan(tracer, name, () => cache.getOrSet('k', source.load)),
    )
    await settled()
    source.release()
    await Promise.all([first, ...others])

    const load = only('load shop')
    expect(load.parentSpanContext?.spanId).toBe(only('first').spanContext().spanId)
    expect(load.links.map((link) => link.context.spanId)).toEqual(
      ['second', 'third'].map((name) => only(name).spanContext().spanId),
    )
  })

  test('who had missed before a load was begun is not linked to it', async () => {
    const cache = open()
    await inSpan(tracer, 'before', () => cache.get('k'))

    await inSpan(tracer, 'request', () => cache.getOrSet('k', () => 1))

    expect(only('load shop').links).toEqual([])
  })

  test('the spans of a loader have the parent that they would have without a cache', async () => {
    const cache = open()

    await inSpan(tracer, 'request', () =>
      cache.getOrSet('k', () => inSpan(tracer, 'query', () => Promise.resolve(1))),
    )

    expect(only('query').parentSpanContext?.spanId).toBe(only('request').spanContext().spanId)
  })

  test('a load that fails is an error, of which only the class is told', async () => {
    const cache = open()
    const fail = (): Promise<number> => Promise.reject(new TypeError('hunter2'))

    await inSpan(tracer, 'request', () => cache.getOrSet('hunter3', fail).catch(() => 0))

    const load = only('load shop')
    expect(load.status).toEqual({ code: SpanStatusCode.ERROR })
    expect(load.attributes['error.type']).toBe('TypeError')
    expect(load.parentSpanContext?.spanId).toBe(only('request').spanContext().spanId)
    expect(JSON.stringify([load.attributes, load.events, load.name])).not.toMatch(/hunter/)
  })

  test('loads of many keys are one span', async () => {
    const cache = open()

    await inSpan(tracer, 'request', () => cache.getOrSetMany(['a', 'b'], () => [1, 2]))

    expect(only('load shop').attributes['larder.keys']).toBe(2)
  })
})

test('a failure of the store is an event in the span of the caller', async () => {
  const store = faulty(delayed(memory()))
  const cache = createCache({ store, name: 'shop', ttl: '1m' })
  otelSpans(cache, { tracer })
  store.fail()

  await inSpan(tracer, 'request', () => cache.get('k'))

  expect(
    only('request').events.map(({ name, attributes }) => [name, attributes?.['larder.operation']]),
  ).toContainEqual(['larder.store-failed', 'get'])
})

test('what is stopped makes no spans', async () => {
  const cache = createCache({ store: memory(), name: 'shop' })
  const stop = otelSpans(cache, { tracer })
  stop()

  await cache.getOrSet('k', () => 1)

  expect(exporter.getFinishedSpans()).toEqual([])
})

test('without a provider nothing is made, and nothing breaks', async () => {
  const cache = createCache({ store: memory(), name: 'shop' })
  otelSpans(cache)
  const stop = otelMetrics(cache)

  expect(await cache.getOrSet('k', () => 1)).toBe(1)
  expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
  stop()
})

test('metrics are those that Prometheus is shown, with names and attributes of OpenTelemetry', async () => {
  const { out, reader, meters } = metricsInMemory()
  const cache = createCache({ store: memory(), name: 'shop', ttl: '1m' })
  const users = cache.namespace('users')
  const stop = otelMetrics([cache, users], { meter: meters.getMeter('test') })
  await users.getOrSet('k', () => 1)
  await users.getOrSet('k', () => 1)
  await cache.getOrSet('bad', () => Promise.reject(new TypeError('no source'))).catch(() => undefined)

  await reader.forceFlush()

  const [{ scopeMetrics } = { scopeMetrics: [] }] = out.getMetrics()
  const found = new Map(
    scopeMetrics.flatMap(({ metrics }) => metrics).map((each) => [each.descriptor.name, each]),
  )
  const points = (name: string): unknown[] =>
    (found.get(name)?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value])
  expect(points('larder.hits')).toContainEqual([{ 'larder.cache': 'shop/users', 'larder.tier': 'store' }, 1])
  expect(points('larder.load_failures')).toEqual([[{ 'larder.cache': 'shop', 'error.type': 'TypeError' }, 1]])
  expect(found.get('larder.load.duration')?.descriptor.unit).toBe('s')
  expect(found.get('larder.load.duration')?.dataPoints).toMatchObject([
    { attributes: { 'larder.cache': 'shop/users' }, value: { count: 1 } },
  ])
  expect(found.get('larder.bytes')?.descriptor.unit).toBe('By')
  expect(found.size).toBeGreaterThan(20)
  expect(found.size).toBeLessThanOrEqual(instruments.length)
  stop()
  await meters.shutdown()
})
