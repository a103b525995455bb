/*
 * Metrics as Prometheus itself sees them: promtool reads what is shown, and has nothing to say about names, types and units.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createCache } from '@larder/core'
import { instruments } from '@larder/metrics'
import { prometheusMetrics } from '@larder/metrics/prometheus'
import { memory } from '@larder/memory'
import { delayed, faulty } from '@larder/testing'
import { redis } from '@larder/redis'
import { startRedis } from '@larder/testing/servers'
import { tiered } from '@larder/tiered'
import { Registry } from 'prom-client'
import { beforeAll, expect, test } from 'vitest'
import { findPromtool, judge } from './promtool.ts'

const MISSING = "promtool is not here, and Debian's package `prometheus` cannot be had"

let promtool: string | undefined
beforeAll(async () => {
  promtool = await findPromtool()
}, 90_000)

/** All that there is to show: tiers, failures, namespaces, a name that needs escapes. */
async function everything(): Promise<string> {
  const far = faulty(delayed(memory()))
  const shop = createCache({ name: 'shop', store: tiered({ near: memory(), far }), ttl: '1m' })
  const odd = createCache({ name: 'o"d\\d', store: memory(), ttl: '1m' })
  const exposition = prometheusMetrics([shop, shop.namespace('users'), odd])
  await shop.getOrSet('k', () => 1)
  await odd.getOrSet('k', () => Promise.reject(new TypeError('no source'))).catch(() => undefined)
  far.fail()
  await shop.namespace('users').getOrSet('k', () => 1)
  const text = await exposition.metrics()
  far.heal()
  exposition.stop()
  await Promise.all([shop.close(), odd.close()])
  return text
}

test('promtool reads what is shown, and finds nothing to complain of', async ({ skip }) => {
  if (promtool === undefined) return skip(MISSING)

  expect(judge(promtool, ['check', 'metrics'], await everything())).toEqual({ status: 0, said: '' })
})

test('nor in what a registry of prom-client shows', async ({ skip }) => {
  if (promtool === undefined) return skip(MISSING)
  const register = new Registry()
  const cache = createCache({ store: memory(), ttl: '1m' })
  const { stop } = prometheusMetrics(cache, { register })
  await cache.getOrSet('k', () => 1)

  expect(judge(promtool, ['check', 'metrics'], await register.metrics())).toEqual({ status: 0, said: '' })
  stop()
})

test('promtool complains of what is wrong', ({ skip }) => {
  if (promtool === undefined) return skip(MISSING)

  const { status, said } = judge(
    promtool,
    ['check', 'metrics'],
    '# TYPE larder_hits counter\nlarder_hits 1\n',
  )

  expect(status).not.toBe(0)
  expect(said).toContain('_total')
})

test('copies are trusted while a server tells of changes, and not when it has stopped', async () => {
  const server = await startRedis()
  const far = redis(server.url, { startup: 'degrade', deadline: '5s' })
  const store = tiered({ near: memory(), far })
  const cache = createCache({ name: 'shop', store, ttl: '1m', storeTimeout: '5s' })
  const exposition = prometheusMetrics(cache)
  const trusted = async (): Promise<string | undefined> =>
    /^larder_near_trusted\{cache="shop"\} (\d)$/m.exec(await exposition.metrics())?.[1]
  try {
    await cache.set('k', 1)
    await expect.poll(trusted, { timeout: 10_000 }).toBe('1')

    await server.stop()

    await expect.poll(trusted, { timeout: 10_000 }).toBe('0')
    expect(await exposition.metrics()).toContain('larder_up{cache="shop"} 0')
  } finally {
    await cache.close()
    await server.stop()
  }
}, 40_000)

test('a server that is left alone is seen, how full it is, and how long nothing was heard of others', async () => {
  const server = await startRedis()
  await server.command('config', 'set', 'maxmemory', '104857600')
  const cache = createCache({
    name: 'shop',
    store: redis(server.url, { deadline: 500 }),
    ttl: '1m',
    storeTimeout: '5s',
  })
  const exposition = prometheusMetrics(cache)
  const shown = async (name: string): Promise<number> => {
    const found = new RegExp(`^${name}\\{cache="shop"\\} (.*)$`, 'm').exec(await exposition.metrics())
    return Number(found?.[1])
  }
  try {
    await cache.set('k', 'x'.repeat(1_000))
    await expect.poll(() => shown('larder_server_bytes_limit'), { timeout: 10_000 }).toBe(104_857_600)
    expect(await shown('larder_server_bytes')).toBeGreaterThan(100_000)
    expect(await shown('larder_breakers_open')).toBe(0)
    expect(await shown('larder_written_records_total')).toBe(1)
    await expect.poll(() => shown('larder_silence_seconds'), { timeout: 10_000 }).toBeLessThan(1)

    server.pause()
    await expect.poll(() => shown('larder_breakers_open'), { timeout: 10_000 }).toBe(1)
    await expect.poll(() => shown('larder_silence_seconds'), { timeout: 10_000 }).toBeGreaterThan(1)
    expect(await shown('larder_silence_limit_seconds')).toBe(1)

    server.resume()
    await expect.poll(() => shown('larder_breakers_open'), { timeout: 10_000 }).toBe(0)
  } finally {
    server.resume()
    await cache.close()
    await server.stop()
  }
}, 40_000)

test('the page of metrics lists every one, with its labels', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(larder_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)]
  const shown = rows.map(([, name, type, labels = '', help]) => ({
    name,
    type,
    labels: ['cache', ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)],
    help,
  }))
  expect(shown).toEqual(instruments)
})
