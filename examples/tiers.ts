/*
 * Two processes, two tiers: Redis between them, and copies in the memory of each. A price is read, changed, changed
 * while a process sleeps, and read on while Redis is stopped.
 *
 *   node --conditions=@larder/source --import tsx examples/tiers.ts
 *
 * Starts a Redis of its own. Every line is measured. Ends with 1 if something that Larder promises did not hold.
 */

import { startRedis } from '@larder/testing/servers'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { count, milliseconds, say } from './demo/screen.ts'
import { answering, type Call, calling } from './redis/calls.ts'
import type { Watched } from './tiers/process.ts'

/** ms: a copy is never older than an invalidation acknowledged longer ago. The default of `maxStaleness`. */
const BOUND = 1_000
/** ms that a machine which does much else may need besides. */
const ALLOWANCE = 2_000
const PATIENCE = 10_000

interface Shop {
  readonly call: Call
  readonly process: ChildProcess
}

/** The source of truth. */
const prices = new Map<string, number>()
let loads = 0
const source = {
  price: (of: string): Promise<number> => {
    loads++
    return Promise.resolve(prices.get(of) ?? 0)
  },
  change: (of: string, cents: number): Promise<void> => {
    prices.set(of, cents)
    return Promise.resolve()
  },
}

async function shopOn(url: string): Promise<Shop> {
  const child = fork(fileURLToPath(new URL('tiers/process.ts', import.meta.url)), {
    env: { ...process.env, LARDER_URL: url, LARDER_STARTUP: 'require' },
  })
  await once(child, 'message')
  answering(child, source)
  return { call: calling(child), process: child }
}

let isKept = true
function check(fact: string, holds: boolean): void {
  isKept &&= holds
  say(`  ${holds ? '✓' : '✗'} ${fact}`)
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const redis = await startRedis()
const [here, there] = await Promise.all([
  shopOn(`tiered:${redis.url}`),
  shopOn(`tiered:${redis.url}?whenFarIsDown=serve-stale&staleIfError=1h`),
])

say('  Two processes, LARDER_URL=tiered:redis://…\n')

prices.set('tea', 1)
await Promise.all([here, there].map(({ call }) => call('price', 'tea')))
const calm = await there.call<Watched>('watch', 'tea', 1, 500)
check(
  `${count(calm.near)} of ${count(calm.reads)} reads were answered from the memory of the process`,
  calm.near > 0 && calm.wrong === 0,
)

const seen = there.call<boolean>('sees', 'tea', 2, PATIENCE)
await here.call('change', 'tea', 2)
const acknowledged = performance.now()
const isSeen = await seen
const later = performance.now() - acknowledged
check(
  `a price changed in one process was seen in the other ${milliseconds(later)} after the acknowledgement`,
  isSeen && later < BOUND + ALLOWANCE,
)

there.process.kill('SIGSTOP')
await here.call('change', 'tea', 3)
await passed(BOUND)
const first = there.call<number>('price', 'tea')
there.process.kill('SIGCONT')
check('a process that slept meanwhile woke up with the new price', (await first) === 3)

await there.call('price', 'tea')
redis.pause()
const [loading, serving] = await Promise.all(
  [here, there].map(({ call }) => call<Watched>('watch', 'tea', 3, 2 * BOUND)),
)
for (const [what, watched] of [
  ['that loads', loading],
  ['that serves what it has', serving],
] as const) {
  if (watched === undefined) continue
  check(
    `Redis stopped: a process ${what} answered ${count(watched.reads)} reads, by ${watched.loads} loads; none wrong, none waited longer than ${milliseconds(watched.longest)}`,
    watched.reads > 0 && watched.wrong === 0 && watched.longest < BOUND + ALLOWANCE,
  )
}

const far = await here.call<string>('change', 'tea', 4)
const own = await here.call<number>('price', 'tea')
check(
  `a change meanwhile is ${far}, and its own process reads the new price at once`,
  far === 'queued' && own === 4,
)

redis.resume()
const back = performance.now()
const since = (): number => performance.now() - back
while ((await here.call<number>('queued')) > 0 && since() < PATIENCE) await passed(10)
check(`Redis back: the change was delivered ${milliseconds(since())} later`, since() < PATIENCE)
const agree = await Promise.all([here, there].map(({ call }) => call<boolean>('sees', 'tea', 4, PATIENCE)))
check(`both processes agreed after ${milliseconds(since())}`, !agree.includes(false))
say(`\n  The source was asked ${count(loads)} times in all.`)

for (const { call, process: child } of [here, there]) {
  await call('close')
  child.disconnect()
  await once(child, 'exit')
}
await redis.stop()
process.exitCode = isKept ? 0 : 1
