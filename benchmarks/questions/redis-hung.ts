/*
 * How long does somebody wait for a value that nobody has, while Redis hangs?
 *
 * Redis is stopped (SIGSTOP): connections stay, nothing answers. The source answers at once, so all of the time is patience with
 * Redis. Everybody is asked in the same process at the same moment, set up as in all other questions; ours with its own deadlines,
 * and not with the long ones that it has elsewhere. Who has not answered after ten seconds is stopped there.
 */
import { startChild } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { rowsOf } from '../harness/row.ts'
import { atMost, spreadOf } from '../harness/spread.ts'
import { cast, GIVE_UP, type Waited } from '../redis/hung.ts'
import { aboutServer, ownUrl, redisServer, stopRedis } from '../redis/server.ts'

const NS = 1e6
const LIMIT = 110
const OURS = 'larder'

async function waited(rounds: number): Promise<CaseResult> {
  const server = await redisServer()
  const about = await aboutServer()
  const times = new Map<string, number[]>(cast.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const urls: string[] = []
    for (const _ of cast) urls.push(await ownUrl())
    const child = startChild(new URL('../redis/hung.child.ts', import.meta.url))
    await child.ask({ urls })
    server.pause()
    const waits = (await child.ask({ isHung: true })) as readonly Waited[]
    server.resume()
    for (const { name, ms } of waits) times.get(name)?.push(ms * NS)
    await child.end()
  }
  await stopRedis()
  const of = (name: string): readonly number[] => times.get(name) ?? []
  const measured = spreadOf(of(OURS).map((ns) => ns / NS))
  return {
    name: `a cold getOrSet, given up after ${GIVE_UP / 1_000} s`,
    baseline: OURS,
    counted: 'time until the answer',
    rounds,
    server: about,
    rows: rowsOf(cast, of, OURS),
    goals: [
      {
        says: 'Redis hung: a cold key is answered after one deadline of 100 ms',
        goal: `≤ ${LIMIT} ms`,
        measured,
        unit: 'ms',
        verdict: atMost(measured, LIMIT),
      },
    ],
  }
}

const redisHung: Measure = {
  name: 'redis-hung',
  asks: 'How long does somebody wait for a value that nobody has, while Redis hangs?',
  unit: 'ns',
  seconds: 60,
  cases: async (isQuick) => [await waited(isQuick ? 1 : 4)],
}

export default redisHung
