/*
 * Nothing grows in a process whose store comes and goes twenty times a second.
 */

import { appendFileSync } from 'node:fs'
import { faultProxy, type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Fleet } from './fleet.ts'
import { linesOf } from './lines.ts'
import { type Program, program } from './program.ts'
import { slopeOf } from './slope.ts'

const OPERATIONS = Number(process.env['LARDER_OPERATIONS'] ?? 100_000)
const SAMPLES = 10
const MB = 1_048_576

let made: Program
let server: RedisServer
const fleet = new Fleet(() => made.file)

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000
beforeAll(async () => {
  made = await program()
  server = await startRedis()
}, PATIENCE)
afterAll(async () => {
  await fleet.end()
  made.remove()
  await server.stop()
})

test(
  'a hundred thousand operations with a connection that is cut every 50 ms leave nothing behind',
  { timeout: PATIENCE + OPERATIONS * 2 },
  async () => {
    const proxy = await faultProxy({ target: server })
    const worker = await fleet.add({ url: proxy.url, truth: server.port, prefix: 'leaks', without: [] })
    await vi.waitFor(async () => expect((await linesOf(server, proxy)).subscribed).toHaveLength(1), 10_000)
    const before = await worker.ask('handles', {})
    const flapping = setInterval(() => proxy.cutAll(), 50)

    const asked = worker.ask('churn', { operations: OPERATIONS, samples: SAMPLES })
    const { heap, failures } = await asked.finally(() => clearInterval(flapping))

    const grown = (slopeOf(heap) * 100_000) / MB
    const { LARDER_REPORT: file } = process.env
    if (file !== undefined) {
      appendFileSync(
        file,
        `${OPERATIONS} operations, ${failures} failures of the store, ${proxy.accepted} connections; ` +
          `heap grows by ${grown.toFixed(3)} MB in 100,000: ${heap.map(([, bytes]) => (bytes / MB).toFixed(2)).join(' ')}\n`,
      )
    }
    expect(failures).toBeGreaterThan(100)
    expect(grown).toBeLessThan(1)
    // It may be about to connect again.
    await vi.waitFor(async () => expect(await worker.ask('handles', {})).toEqual(before), { timeout: 10_000 })
    worker.signal('SIGTERM')
    expect(await worker.ended).toEqual({ code: 0, signal: null })
    await proxy.close()
  },
)
