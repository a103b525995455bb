/*
 * Rounds: how the candidates of a case are timed.
 *
 *   check      every candidate must give the right answer for every key, before the first round and after the last
 *   warm up    all candidates in turn, until V8 has seen all of them
 *   round      every candidate once, in an order that rotates from round to round; a forced garbage collection, then
 *              a short Bench of tinybench, whose mean is the time of this candidate in this round
 *
 * The mean and not the median of the samples, because the garbage that a candidate leaves is part of its price; what
 * the machine does meanwhile is taken out by the median over the rounds.
 *
 * tinybench reads the clock around every iteration, which costs about as much as a hit. So an iteration is a batch of
 * a thousand operations on a ring of keys. The batch is made from one text for all candidates, but compiled for each
 * of them separately: otherwise they would share one call site, and V8 would inline none of them.
 *
 * Between two turns the event loop turns once: a loop of awaits alone would keep sockets and timers waiting for as long as the
 * case takes, and with them the heartbeats of those who have one.
 *
 * Where a case says how many ask at once, the batch is that many loops, each with one operation under way; the time of
 * one operation is that of the batch divided by its operations. Before and after the rounds everything is checked by as
 * many at once as are timed, and a read that finds nothing is a failure at any time: to forget is fast.
 *
 * Whoever fails is left out, by his name, and the others go on; unless the case is about him, as its baseline or in a goal: then
 * all of it fails.
 */
import { deepStrictEqual } from 'node:assert'
import { setImmediate } from 'node:timers/promises'
import { Bench } from 'tinybench'
import { type Candidate, type Case, type Opened, userOf } from './question.ts'

export interface Pace {
  readonly rounds: number
  /** ms of one candidate in one round. */
  readonly slice: number
  /** ms of one candidate before the first round. */
  readonly warmup: number
}

export const PACES: Readonly<Record<string, Pace>> = {
  full: { rounds: 21, slice: 50, warmup: 400 },
  quick: { rounds: 9, slice: 25, warmup: 200 },
  ratchet: { rounds: 15, slice: 30, warmup: 400 },
}

/** Operations in one iteration, if the case does not say otherwise. */
const BATCH = 1_000
/** How often each of many that ask at once has asked when an iteration ends: the beginning and the end weigh little. */
const TURNS = 16
const LEAST = 250

const sizeOf = ({ batch, concurrency }: Case): number =>
  batch ?? (concurrency === undefined ? BATCH : Math.max(LEAST, TURNS * concurrency))

type Batch = () => unknown

interface Contestant {
  readonly candidate: Candidate
  readonly opened: Opened
  readonly batch: Batch
}

/** The keys, and what is under them. */
interface Ring {
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

/** ns per operation, one number a round, of each candidate who did not fail. */
export async function timed(what: Case, pace: Pace): Promise<ReadonlyMap<string, readonly number[]>> {
  const keys = ringOf(what.keys)
  const ring: Ring = { keys, values: keys.map(what.value ?? userOf) }
  const size = sizeOf(what)
  const contestants: Contestant[] = []
  const times = new Map<string, number[]>(what.candidates.map(({ name }) => [name, []]))
  const isNeeded = neededIn(what)
  const unlessLeftOut = async ({ name }: Candidate, run: () => Promise<unknown>): Promise<void> => {
    if (!times.has(name)) return
    try {
      await run()
    } catch (error) {
      if (isNeeded(name)) throw error
      console.error(`left out: ${name}:`, error)
      times.delete(name)
    }
  }
  const each = async (run: (contestant: Contestant) => Promise<unknown>, first = 0): Promise<void> => {
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const contestant of order) await unlessLeftOut(contestant.candidate, () => run(contestant))
  }

  for (const candidate of what.candidates) {
    await unlessLeftOut(candidate, async () => {
      const opened = await candidate.open(keys)
      contestants.push({ candidate, opened, batch: batchOf(what, candidate, opened, ring) })
    })
  }
  await each((contestant) => check(what, contestant, ring))
  for (let turn = 0; turn < 2; turn++) await each(({ batch }) => timeOf(batch, size, pace.warmup / 2))
  for (let round = 0; round < pace.rounds; round++) {
    await each(async ({ candidate, batch }) => {
      times.get(candidate.name)?.push(await timeOf(batch, size, pace.slice))
    }, round % contestants.length)
  }
  await each((contestant) => check(what, contestant, ring))
  await each(async ({ opened }) => opened.close?.())
  return times
}

/** Without whom there is no answer: against a list of rivals those count who are left. */
function neededIn({ baseline, without, goals }: Case): (name: string) => boolean {
  const needed = [baseline, without, ...goals.flatMap(({ what, against }) => [what, against])]
  return (name) => needed.includes(name)
}

async function timeOf(batch: Batch, size: number, ms: number): Promise<number> {
  collectGarbage()
  await setImmediate()
  // Whoever takes longer than his slice is timed once, and once before that counts: his batch is many operations too.
  const bench = new Bench({ time: ms, iterations: 1, warmupTime: ms / 10, warmupIterations: 1, throws: true })
  bench.add('batch', batch)
  const [task] = await bench.run()
  if (task?.result.state !== 'completed') throw new Error(`tinybench ended as ${task?.result.state}`)
  return (task.result.latency.mean * 1e6) / size
}

function batchOf(
  what: Case,
  { name, waits }: Candidate,
  { operation }: Opened,
  { keys, values }: Ring,
): Batch {
  const text = what.concurrency === undefined ? inTurn(what, waits) : atOnce(what, what.concurrency)
  // oxlint-disable-next-line typescript/no-implied-eval -- one text, compiled for each candidate
  return new Function('operation', 'keys', 'values', 'name', text)(operation, keys, values, name) as Batch
}

const argumentsOf = ({ writes }: Case): string => (writes === undefined ? 'key' : `key, ${writes}`)

const inTurn = (what: Case, waits: boolean): string => `
  let at = 0
  return ${waits ? 'async ' : ''}() => {
    let got
    for (let i = 0; i < ${sizeOf(what)}; i++) {
      if (++at === keys.length) at = 0
      const key = keys[at]
      got = ${waits ? 'await ' : ''}operation(${argumentsOf(what)})
    }
    if (got === undefined && ${what.writes === undefined}) throw new Error(name + ' found nothing where something is')
  }`

const atOnce = (what: Case, concurrency: number): string => `
  let at = 0
  let left = 0
  let isMissing = false
  const asker = async () => {
    while (left-- > 0) {
      if (++at === keys.length) at = 0
      const key = keys[at]
      const got = await operation(${argumentsOf(what)})
      if (got === undefined) isMissing = true
    }
  }
  return async () => {
    left = ${sizeOf(what)}
    await Promise.all(Array.from({ length: ${concurrency} }, asker))
    if (isMissing && ${what.writes === undefined}) throw new Error(name + ' found nothing where something is')
  }`

/** A candidate that does not do its work is fast. */
async function check(what: Case, { candidate, opened }: Contestant, { keys, values }: Ring): Promise<void> {
  const { operation, read = operation } = opened
  const { writes, concurrency = 1 } = what
  const written =
    // oxlint-disable-next-line typescript/no-implied-eval -- the text that is measured, once
    writes === undefined ? undefined : new Function('key', 'at', 'values', `return ${writes}`)
  const one = async (key: string, at: number): Promise<void> => {
    const expected: unknown = written === undefined ? values[at] : written(key, at, values)
    if (written !== undefined) await operation(key, written(key, at, values))
    deepStrictEqual(await read(key), expected, `${candidate.name} has a wrong value for ${key}`)
  }
  for (let from = 0; from < keys.length; from += concurrency) {
    await Promise.all(keys.slice(from, from + concurrency).map((key, i) => one(key, from + i)))
  }
}

/** Flat texts, in an order in which neighbours in the ring are none in memory; the same in every run. */
export function ringOf(count: number): string[] {
  const keys = Array.from({ length: count }, (_, i) => Buffer.from(`user:${i}`).toString('latin1'))
  let seed = 42
  for (let i = count - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const j = seed % (i + 1)
    const moved = keys[i] as string
    keys[i] = keys[j] as string
    keys[j] = moved
  }
  return keys
}

export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  globalThis.gc()
}
