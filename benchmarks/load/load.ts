/*
 * How long do people wait who come when they come, and not when they are let in?
 *
 * The second tool of the suite. `micro` says what a call costs; this says what is felt of it in a service: arrivals of many who know
 * nothing of each other, at a rate that does not depend on how fast they are answered, most of them for few keys, one in twenty a
 * write, a load from the source where something is missing. Latency runs from the moment at which somebody was to come.
 *
 * All who take part are open in the same processes and take turns, round by round, each with the same arrivals, which begin at the same
 * moment in all processes; before it counts, each is asked some thousand times to get warm. What is compared is the 99th percentile of
 * each round. It takes a machine that does nothing else: where processors are short, those who take more of them wait the longest.
 */
import { type Child, startChild } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { figureOf, rowsOf } from '../harness/row.ts'
import { quantileOf } from '../harness/spread.ts'
import { aboutServer, ownUrl, stopRedis } from '../redis/server.ts'
import { AT_ONCE, cast as casts } from './cast.ts'
import { type Begin, type Cast, now, type Played, type Prepare, type Seat, type Where } from './words.ts'

interface Crowd {
  readonly where: Where
  readonly processes: number
  /** Arrivals in a second, of all processes together. */
  readonly rate: number
}

const KEYS = 10_000
const WRITES = 0.05
const ROOM: Readonly<Record<Where, number>> = { memory: 20_000, redis: 20_000, tiered: 1_000 }
/** ms from the word to the first arrival, in which all processes hear it. */
const LEAD = 20
const NS = 1e6

const CROWDS: readonly Crowd[] = [
  { where: 'memory', processes: 1, rate: 10_000 },
  { where: 'redis', processes: 1, rate: 3_000 },
  { where: 'tiered', processes: 1, rate: 5_000 },
  { where: 'redis', processes: 4, rate: 2_000 },
  { where: 'tiered', processes: 4, rate: 3_000 },
]

async function started(cast: Cast): Promise<Child> {
  // What is asked all day is not forgotten while others have their turn.
  const child = startChild(new URL('player.child.ts', import.meta.url), [], ['--no-flush-bytecode'])
  await child.ask(cast)
  return child
}

async function playedBy(children: readonly Child[], prepare: Prepare): Promise<readonly Played[]> {
  await Promise.all(children.map((child) => child.ask(prepare)))
  const begin: Begin = { at: now() + LEAD }
  return Promise.all(children.map(async (child) => (await child.ask(begin)) as Played))
}

/** Of one round of one of them, in ns; and how often the source was asked. */
interface Round {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly worst: number
  readonly loads: number
}

function roundOf(all: readonly Played[]): Round {
  const latencies = all.flatMap((each) => [...each.latencies]).map((ms) => ms * NS)
  return {
    p50: quantileOf(latencies, 0.5),
    p99: quantileOf(latencies, 0.99),
    p999: quantileOf(latencies, 0.999),
    worst: quantileOf(latencies, 1),
    loads: all.reduce((sum, { loads }) => sum + loads, 0),
  }
}

interface Pace {
  readonly rounds: number
  readonly ms: number
}

async function roundsOf(
  { where, processes, rate }: Crowd,
  { rounds, ms }: Pace,
): Promise<Map<string, Round[]>> {
  const seats: Seat[] = []
  for (const { name } of casts[where])
    seats.push({ where, name, url: where === 'memory' ? '' : await ownUrl() })
  const common = { seats, rate: rate / processes, ms, keys: KEYS, room: ROOM[where], writes: WRITES }
  const children = await Promise.all(
    Array.from({ length: processes }, (_, process) =>
      started({ ...common, process, isPatient: processes > 1 }),
    ),
  )
  const found = new Map<string, Round[]>(seats.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (let turn = 0; turn < seats.length; turn++) {
      const { name } = seats[(round + turn) % seats.length] as Seat
      if (!found.has(name)) continue
      const played = await playedBy(children, { seat: name, round })
      const [why] = played.flatMap(({ failed = [] }) => failed)
      if (why === undefined) found.get(name)?.push(roundOf(played))
      else leaveOut(found, name, why)
    }
  }
  await Promise.all(children.map((child) => child.end()))
  return found
}

function leaveOut(found: Map<string, Round[]>, name: string, why: string): void {
  if (isOurs(name)) throw new Error(`${name}: ${why}`)
  console.error(`left out: ${name}: ${why}`)
  found.delete(name)
}

/** What all others are compared with. */
const isOurs = (name: string): boolean => name === AT_ONCE || name.startsWith('larder')

async function felt(crowd: Crowd, pace: Pace): Promise<CaseResult> {
  const { where, processes, rate } = crowd
  const server = where === 'memory' ? undefined : await aboutServer()
  const found = await roundsOf(crowd, pace)
  if (server !== undefined) await stopRedis()
  const of = (name: string, which: keyof Round): readonly number[] =>
    (found.get(name) ?? []).map((round) => round[which])
  const [, ours] = casts[where].filter(({ name }) => isOurs(name))
  const those = casts[where].filter(({ name }) => found.has(name))
  const leftOut = casts[where].map(({ name }) => name).filter((name) => !found.has(name))
  const baseline = ours?.name ?? AT_ONCE
  return {
    name: `${where}: ${rate.toLocaleString('en')} arrivals a second, ${processes} ${processes === 1 ? 'process' : 'processes'}`,
    baseline,
    counted: '99th percentile',
    rounds: pace.rounds,
    ...(server !== undefined && { server }),
    rows: rowsOf(those, (name) => of(name, 'p99'), baseline).map((row) => ({
      ...row,
      more: {
        median: figureOf(of(row.name, 'p50'), 'ns'),
        '99.9 %': figureOf(of(row.name, 'p999'), 'ns'),
        worst: figureOf(of(row.name, 'worst'), 'ns'),
        loads: figureOf(of(row.name, 'loads')),
      },
    })),
    goals: [],
    ...(leftOut.length > 0 && { leftOut }),
  }
}

const load: Measure = {
  name: 'load',
  asks: 'How long do people wait who come when they come, and not when they are let in?',
  unit: 'ns',
  seconds: 300,
  async cases(isQuick) {
    const results: CaseResult[] = []
    for (const crowd of CROWDS)
      results.push(await felt(crowd, isQuick ? { rounds: 2, ms: 300 } : { rounds: 5, ms: 800 }))
    return results
  },
}

export default load
