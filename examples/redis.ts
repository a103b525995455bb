/*
 * The shop of the demo in two processes: each with a cache in its own memory, and then both with one Redis. Nothing
 * changes but LARDER_URL.
 *
 *   node --conditions=@larder/source --import tsx examples/redis.ts
 *
 * Starts a Redis of its own, or takes the one that LARDER_URL names. Ends with 1 if something that Larder promises
 * of Redis did not hold.
 */

import { startRedis } from '@larder/testing/servers'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Catalogue } from './demo/catalogue.ts'
import { count, say, table } from './demo/screen.ts'
import { answering, type Call, calling } from './redis/calls.ts'

const CALLERS = 500 // in each process
/** ms for which tokens of tags may be remembered, at the most: `maxStaleness`. */
const BOUND = 1_000

/** So that a machine that does much else is not taken for a slow Redis, and no other run is met. A service needs none of it. */
const ASIDE = {
  LARDER_STARTUP: 'require',
  LARDER_DEADLINE: '2s',
  LARDER_STORE_TIMEOUT: '2s',
  LARDER_PREFIX: `larder:example:${process.pid}`,
}

const db = await Catalogue.open()

/** A process of the shop, and the way to call it. */
async function shopOn(url: string): Promise<{ readonly call: Call; close(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL('redis/service.ts', import.meta.url)), {
    env: { ...ASIDE, ...process.env, LARDER_URL: url },
  })
  await once(child, 'message')
  answering(child, db)
  const call = calling(child)
  return {
    call,
    async close() {
      await call('close')
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

interface Seen {
  readonly queries: number
  readonly changed: string
  readonly overtaken: string
}

async function play(url: string, sku: string): Promise<Seen> {
  const [here, there] = await Promise.all([shopOn(url), shopOn(url)])
  const priceIn = async ({ call }: typeof here, of: string): Promise<number> =>
    (await call<{ readonly cents: number }>('product', of)).cents
  /** What the other process shows, now or within the bound. */
  const shown = async (of: string, cents: number): Promise<string> => {
    const asked = performance.now()
    do {
      if ((await priceIn(there, of)) === cents) return 'new'
    } while (performance.now() - asked < BOUND)
    return 'OLD'
  }

  const before = db.queries
  await Promise.all(
    [here, there].flatMap((each) => Array.from({ length: CALLERS }, () => priceIn(each, sku))),
  )
  const queries = db.queries - before

  await here.call('setPrice', sku, 1)
  const changed = await shown(sku, 1)

  // The other process reads an old price that is slow to arrive; meanwhile this one changes it.
  const slow = `${sku}0`
  const release = db.hold()
  const asked = db.queries
  const late = priceIn(there, slow)
  while (db.queries === asked) await new Promise(setImmediate)
  await here.call('setPrice', slow, 2)
  release()
  await late
  const overtaken = await shown(slow, 2)

  await Promise.all([here.close(), there.close()])
  return { queries, changed, overtaken }
}

const { LARDER_URL } = process.env
const server = LARDER_URL === undefined ? await startRedis() : undefined
const url = LARDER_URL ?? server?.url ?? ''
const inMemory = await play('memory:', 'p3')
const inRedis = await play(url, 'p4')
await server?.stop()
await db.close()

say(`  Two processes of one shop, and one setting: ${url.replace(/\/\/.*@/, '//…@')}\n`)
table(
  ['LARDER_URL', 'memory:', 'redis:'],
  [
    [
      `queries for ${count(2 * CALLERS)} callers of one cold product`,
      count(inMemory.queries),
      count(inRedis.queries),
    ],
    ['price in the other process, after a change', inMemory.changed, inRedis.changed],
    ['… when a slow read was under way there', inMemory.overtaken, inRedis.overtaken],
  ],
)
const isKept = inRedis.queries === 1 && inRedis.changed === 'new' && inRedis.overtaken === 'new'
process.exitCode = isKept ? 0 : 1
