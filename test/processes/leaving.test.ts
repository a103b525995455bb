/*
 * Rolling: processes that are told to leave finish what they do, give back what they hold, and end by themselves.
 */

import { type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Fleet } from './fleet.ts'
import type { Opening } from './orders.ts'
import { type Program, program } from './program.ts'

let made: Program
let server: RedisServer
const fleet = new Fleet(() => made.file)
let prefixes = 0

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000
beforeAll(async () => {
  made = await program()
  server = await startRedis()
}, PATIENCE)
afterEach(() => fleet.end())
afterAll(async () => {
  made.remove()
  await server.stop()
})

/** The source of truth is the same server, under keys that no cache has. */
const opening = (): Opening => ({
  url: server.url,
  truth: server.port,
  prefix: `leaving-${++prefixes}`,
  without: [],
  deadline: 2_000,
})

const keysOf = async ({ prefix }: Opening): Promise<readonly string[]> =>
  (await server.command('KEYS', `${prefix}:*`)) as readonly string[]
const leasesOf = async (there: Opening): Promise<readonly string[]> =>
  (await keysOf(there)).filter((key) => key.endsWith(':l'))

test('a process that is told to leave finishes its loads, keeps what they bring, and ends by itself', async () => {
  const there = opening()
  const worker = await fleet.add(there)
  const loading = worker.loading('k')
  const crowd = worker.ask('crowd', { key: 'k', callers: 20, loadMs: 300 })
  await loading
  expect(await leasesOf(there)).toHaveLength(1)

  worker.signal('SIGTERM')

  expect(await crowd).toHaveLength(20)
  expect(await worker.ended).toEqual({ code: 0, signal: null })
  expect(await leasesOf(there)).toEqual([])
  const next = await fleet.add(there)
  expect(await next.ask('get', { keys: ['k'] })).toMatchObject([{ by: worker.pid }])
})

test('a load that takes longer than the process waits is given up, and its lease is free at once', async () => {
  const there = opening()
  const leaving = await fleet.add(there)
  const staying = await fleet.add(there)
  const loading = leaving.loading('k')
  const given = leaving
    .ask('crowd', { key: 'k', callers: 20, loadMs: 2_500 })
    .catch((error: Error) => error.message)
  await loading
  const crowd = staying.ask('crowd', { key: 'k', callers: 20, loadMs: 10 })

  const began = performance.now()
  leaving.signal('SIGTERM')
  const answers = await crowd

  // After the second that `close` waits, and long before the lease would have ended with its holder.
  expect(performance.now() - began).toBeLessThan(2_500)
  expect(new Set(answers.map(({ value }) => value.by))).toEqual(new Set([staying.pid]))
  expect(await given).toContain('closed')
  expect(await leaving.ended).toEqual({ code: 0, signal: null })
  expect(await leasesOf(there)).toEqual([])
})

test(
  'processes are replaced one by one under traffic: every one ends by itself, and no lease is left',
  { timeout: 60_000 },
  async () => {
    const there = opening()
    const old = await fleet.addMany(3, there)
    for (const [n, worker] of old.entries()) await worker.ask('traffic', { clients: 8, seed: n })

    for (const [n, worker] of old.entries()) {
      const young = await fleet.add(there)
      await young.ask('traffic', { clients: 8, seed: 10 + n })
      worker.signal('SIGTERM')
      expect(await worker.ended).toEqual({ code: 0, signal: null })
    }

    const young = fleet.workers.filter(({ hasEnded }) => !hasEnded)
    expect(young).toHaveLength(3)
    for (const worker of young) worker.signal('SIGTERM')
    for (const worker of young) expect(await worker.ended).toEqual({ code: 0, signal: null })
    expect(await keysOf(there)).not.toEqual([])
    expect(await leasesOf(there)).toEqual([])
  },
)
