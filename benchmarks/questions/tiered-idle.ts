/*
 * What does a process pay for two tiers that nobody uses?
 *
 * Two processes at the same time, each with a connection to Redis and nothing to do: one has a client, the other two tiers that
 * have been used before. What the second takes of a core beyond the first is the heartbeat, the channel and the sweeps of memory.
 */
import { startChild } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { atMost, ratioOf, spreadOf } from '../harness/spread.ts'
import { versionOf } from '../harness/versions.ts'
import type { Open, Told } from '../redis/idle.child.ts'
import { aboutServer, ownUrl, redisServer, stopRedis } from '../redis/server.ts'
import { OURS } from '../rivals/larder.ts'

/** ms. Before the first window collections end and the link finds that nobody asks. */
const WARMUP = 12_000
const WINDOW = 2_000
const MOST = 0.1
const MOST_COMMANDS = 25

const CAST: readonly {
  readonly open: Open
  readonly name: string
  readonly package: string
  readonly how: string
}[] = [
  { open: 'client', name: 'ioredis', package: 'ioredis-6', how: 'connected, and nothing asked' },
  {
    open: 'tiers',
    name: 'larder',
    package: '@larder/tiered',
    how: `store: ${OURS}, and nothing asked any more`,
  },
]

async function commands(): Promise<number> {
  const info = String(await (await redisServer()).command('INFO', 'stats'))
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
}

async function idle(windows: number): Promise<CaseResult> {
  const server = await aboutServer()
  const children = CAST.map(() => startChild(new URL('../redis/idle.child.ts', import.meta.url)))
  for (const [i, child] of children.entries())
    await child.ask({ open: CAST[i]?.open ?? 'client', url: await ownUrl() } satisfies Told)
  const [before, began] = [await commands(), performance.now()]
  const measured = children.map((child) => child.ask({ windows, ms: WINDOW, warmup: WARMUP } satisfies Told))
  const [client = [], tiers = []] = (await Promise.all(measured)) as readonly (readonly number[])[]
  // This asks once itself.
  const rate = spreadOf([((await commands()) - before - 1) / ((performance.now() - began) / 1_000)])
  for (const child of children) await child.end()
  await stopRedis()
  const more = spreadOf(tiers.map((share, i) => share - (client[i] ?? Number.NaN)))
  const shares: Readonly<Record<Open, readonly number[]>> = { client, tiers }
  return {
    name: `nothing asked, windows of ${WINDOW / 1_000} s`,
    baseline: 'ioredis',
    counted: 'of a core',
    unit: '%',
    rounds: windows,
    server,
    rows: CAST.map(({ open, name, package: of, how }) => ({
      name,
      version: versionOf(of),
      how,
      cost: spreadOf(shares[open]),
      ratio: ratioOf(shares[open], client),
    })),
    goals: [
      {
        says: 'an idle process takes ≤ 0.1 % of a core more with two tiers than with a client',
        goal: `≤ ${MOST} %`,
        measured: more,
        unit: '%',
        verdict: atMost(more, MOST),
      },
      {
        says: 'an idle process with two tiers sends ≤ 25 commands a second',
        goal: `≤ ${MOST_COMMANDS}`,
        measured: rate,
        unit: '',
        verdict: atMost(rate, MOST_COMMANDS),
      },
    ],
  }
}

const tieredIdle: Measure = {
  name: 'tiered-idle',
  asks: 'What does a process pay for two tiers that nobody uses?',
  unit: 'ns',
  seconds: 80,
  cases: async (isQuick) => [await idle(isQuick ? 10 : 30)],
}

export default tieredIdle
