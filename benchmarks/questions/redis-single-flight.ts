/*
 * How often is a value loaded that many callers in several processes want at once?
 *
 * Four processes, 250 callers in each, one key that is nowhere, a load of 100 ms. Every caller must get what was loaded.
 * Nothing is timed here: loads are counted.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Measure } from '../harness/question.ts'
import type { CaseResult, GoalResult } from '../harness/result.ts'
import { atMost, ratioOf, spreadOf } from '../harness/spread.ts'
import { versionOf } from '../harness/versions.ts'
import { larder, larderOnNodeRedis } from '../redis/caches.ts'
import { CALLERS, type Go, singleFlyers, type Told } from '../redis/caller.ts'
import type { Contender } from '../redis/contender.ts'
import { aboutServer, ownUrl, stopRedis } from '../redis/server.ts'

const PROCESSES = 4

async function started(name: string, url: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../redis/caller.ts', import.meta.url))
  const child = fork(program, [name, url], { execArgv: ['--import', 'tsx'] })
  await once(child, 'message')
  return child
}

async function told(child: ChildProcess, go: Go): Promise<Told> {
  const answer = once(child, 'message')
  child.send(go)
  const [message] = (await answer) as [Told]
  return message
}

/** Loads in all processes together: one number a round. */
async function loadsOf({ name }: Contender, rounds: number): Promise<readonly number[]> {
  const url = await ownUrl()
  const children = await Promise.all(Array.from({ length: PROCESSES }, () => started(name, url)))
  const counts: number[] = []
  for (let round = 0; round < rounds; round++) {
    const answers = await Promise.all(children.map((child) => told(child, { key: `cold:${round}` })))
    const right = answers.reduce((sum, each) => sum + each.right, 0)
    if (right !== PROCESSES * CALLERS) throw new Error(`${name} gave ${right} callers what was loaded`)
    counts.push(answers.reduce((sum, { loads }) => sum + loads, 0))
  }
  for (const child of children) child.kill()
  return counts
}

async function counted(rounds: number): Promise<CaseResult> {
  const loads = new Map<string, readonly number[]>()
  for (const each of singleFlyers) loads.set(each.name, await loadsOf(each, rounds))
  const of = (name: string): readonly number[] => loads.get(name) ?? []
  const server = await aboutServer()
  await stopRedis()
  return {
    name: `${PROCESSES} processes × ${CALLERS} callers of a cold key`,
    baseline: larder.name,
    rounds,
    server,
    rows: singleFlyers.map(({ name, how, package: from }) => ({
      name,
      version: versionOf(from),
      how,
      cost: spreadOf(of(name)),
      ratio: ratioOf(of(name), of(larder.name)),
    })),
    goals: [larder, larderOnNodeRedis].map(({ name }): GoalResult => {
      const measured = spreadOf(of(name))
      // The worst round counts, not the median: one load too many is one too many.
      const verdict = atMost(spreadOf([Math.max(...of(name))]), 1)
      return { says: `one load for all processes: ${name}`, goal: '≤ 1 load', measured, verdict }
    }),
  }
}

const redisSingleFlight: Measure = {
  name: 'redis-single-flight',
  asks: 'How often is a value loaded that many callers in several processes want at once?',
  unit: 'loads',
  cases: async (isQuick) => [await counted(isQuick ? 3 : 25)],
}

export default redisSingleFlight
