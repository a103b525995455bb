/*
 * What an idle process pays for copies that are never wrong beyond their bound: the heartbeat, and the channel.
 */

import { appendFileSync } from 'node:fs'
import { type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Child } from './child.ts'
import type { IdleOrders, Open } from './idle.child.ts'
import { unlessKeptWaiting } from '../second-look.ts'
import { type Program, program } from './program.ts'

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000
const WINDOWS = Number(process.env['LARDER_WINDOWS'] ?? 8)
const WINDOW = 1_000

const COMMANDS = 25
/**
 * A machine that others use wakes a process from cold caches, again and again, which costs several times what it costs on a quiet
 * one. So two tiers are compared with a process that says over a bare socket what a busy link says beside its calls, and does nothing else.
 */
const TIMES_BARE = 2

let made: Program
let server: RedisServer
const children: Child<IdleOrders, never>[] = []

beforeAll(async () => {
  made = await program([], new URL('idle.child.ts', import.meta.url))
  server = await startRedis()
}, PATIENCE)
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()))
  made.remove()
  await server.stop()
})

async function idle(open: Open): Promise<Child<IdleOrders, never>> {
  const child = new Child<IdleOrders, never>(made.file)
  children.push(child)
  await child.ask('open', { url: server.url, port: server.port, open })
  return child
}

async function commands(): Promise<number> {
  const info = String(await server.command('INFO', 'stats'))
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

test(
  'an idle process with two tiers sends at most 25 commands a second, and takes little more than their sending does',
  { timeout: PATIENCE + WINDOWS * WINDOW * 8 },
  async () => {
    const tiers = await idle('tiers')
    await tiers.ask('spend', { windows: 1, ms: WINDOW }) // what opening has left to do
    const bare = await idle('bare')
    const inThose = (child: Child<IdleOrders, never>): Promise<readonly number[]> =>
      child.ask('spend', { windows: WINDOWS, ms: WINDOW })
    await unlessKeptWaiting(async () => {
      const [before, began] = [await commands(), performance.now()]
      const [spent, spentBare] = (await Promise.all([tiers, bare].map(inThose))).map(median)
      // The bare one sends as many, and this test one.
      const rate = (((await commands()) - before) * 1_000) / (performance.now() - began) / 2

      const { LARDER_REPORT: file } = process.env
      if (file !== undefined) {
        appendFileSync(
          file,
          `idle: ${rate.toFixed(1)} commands a second; of a core ${((spent ?? 0) * 100).toFixed(3)} %, ` +
            `over a bare socket ${((spentBare ?? 0) * 100).toFixed(3)} %\n`,
        )
      }
      expect(rate).toBeLessThan(COMMANDS)
      expect(spent).toBeLessThan((spentBare ?? 0) * TIMES_BARE)
    })
  },
)
