/*
 * How often is a value loaded that many callers want at once, in one process and in several?
 *
 * 250 callers in each process, one key that is nowhere, a load of 100 ms. Every caller must get what was loaded. Nothing is
 * timed here: loads are counted.
 */
import { type Child, startChild } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult, GoalResult } from '../harness/result.ts'
import { rowsOf } from '../harness/row.ts'
import { atMost, spreadOf } from '../harness/spread.ts'
import { CALLERS, type Go, singleFlyers, type Told, type Where } from '../redis/caller.ts'
import { aboutServer, ownUrl, stopRedis } from '../redis/server.ts'
import { larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import type { Contender } from '../rivals/rival.ts'

interface Crowd {
  readonly where: Where
  readonly processes: number
}

async function started({ where }: Crowd, name: string, url: string): Promise<Child> {
  const child = startChild(new URL('../redis/caller.ts', import.meta.url), [where, name, url])
  await child.ask()
  return child
}

const told = async (child: Child, go: Go): Promise<Told> => (await child.ask(go)) as Told

/** Loads in all processes together: one number a round. */
async function loadsOf(crowd: Crowd, { name }: Contender, rounds: number): Promise<readonly number[]> {
  const { where, processes } = crowd
  const url = where === 'redis' ? await ownUrl() : ''
  const children = await Promise.all(Array.from({ length: processes }, () => started(crowd, name, url)))
  const counts: number[] = []
  for (let round = 0; round < rounds; round++) {
    const answers = await Promise.all(children.map((child) => told(child, { key: `cold:${round}` })))
    const right = answers.reduce((sum, each) => sum + each.right, 0)
    if (right !== processes * CALLERS) throw new Error(`${name} gave ${right} callers what was loaded`)
    counts.push(answers.reduce((sum, { loads }) => sum + loads, 0))
  }
  await Promise.all(children.map((child) => child.end()))
  return counts
}

async function counted(crowd: Crowd, rounds: number): Promise<CaseResult> {
  const { where, processes } = crowd
  const flyers = singleFlyers[where]
  const ours = [larderOnRedis, larderOnNodeRedis].filter(({ name }) =>
    flyers.some((each) => each.name === name),
  )
  const loads = new Map<string, readonly number[]>()
  for (const each of flyers) loads.set(each.name, await loadsOf(crowd, each, rounds))
  const of = (name: string): readonly number[] => loads.get(name) ?? []
  const server = where === 'redis' ? await aboutServer() : undefined
  if (server !== undefined) await stopRedis()
  return {
    name: `${processes} ${processes === 1 ? 'process' : 'processes'} × ${CALLERS} callers of a cold key, ${where === 'redis' ? 'Redis' : 'memory'}`,
    baseline: larderOnRedis.name,
    rounds,
    ...(server !== undefined && { server }),
    rows: rowsOf(flyers, of, larderOnRedis.name),
    goals: ours.map(({ name }): GoalResult => {
      const measured = spreadOf(of(name))
      // The worst round counts, not the median: one load too many is one too many.
      const verdict = atMost(spreadOf([Math.max(...of(name))]), 1)
      return { says: `one load for all callers: ${name}`, goal: '≤ 1 load', measured, verdict }
    }),
  }
}

const CROWDS: readonly Crowd[] = [
  { where: 'memory', processes: 1 },
  { where: 'redis', processes: 1 },
  { where: 'redis', processes: 4 },
]

const stampede: Measure = {
  name: 'stampede',
  asks: 'How often is a value loaded that many callers want at once, in one process and in several?',
  unit: 'loads',
  seconds: 150,
  async cases(isQuick) {
    const results: CaseResult[] = []
    for (const crowd of CROWDS) results.push(await counted(crowd, isQuick ? 2 : 15))
    return results
  },
}

export default stampede
