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
 */
import { deepStrictEqual } from 'node:assert'
import { Bench } from 'tinybench'
import { type Candidate, type Case, type Opened, userOf } from './question.ts'

export interface Pace {
  readonly rounds: number
  /** ms of one candidate in one round. */
  readonly slice: number
  /** ms of one candidate before the first round. */
  readonly warmup: number
}

export const FULL: Pace = { rounds: 25, slice: 60, warmup: 400 }
export const QUICK: Pace = { rounds: 9, slice: 25, warmup: 200 }

/** Operations in one iteration. */
const BATCH = 1_000

type Batch = () => unknown

interface Contestant {
  readonly candidate: Candidate
  readonly opened: Opened
  readonly batch: Batch
}

/** ns per operation: for each candidate, one number a round. */
export async function timed(what: Case, pace: Pace): Promise<Map<string, number[]>> {
  const keys = ringOf(what.keys)
  const contestants: Contestant[] = []
  for (const candidate of what.candidates) {
    const opened = await candidate.open(keys)
    contestants.push({ candidate, opened, batch: batchOf(what, candidate, opened, keys) })
  }
  for (const each of contestants) await check(what, each, keys)
  for (let turn = 0; turn < 2; turn++) {
    for (const { batch } of contestants) await timeOf(batch, pace.warmup / 2)
  }
  const times = new Map<string, number[]>(what.candidates.map(({ name }) => [name, []]))
  for (let round = 0; round < pace.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const { candidate, batch } = contestants[(round + turn) % contestants.length] as Contestant
      times.get(candidate.name)?.push(await timeOf(batch, pace.slice))
    }
  }
  for (const each of contestants) await check(what, each, keys)
  for (const { opened } of contestants) await opened.close?.()
  return times
}

async function timeOf(batch: Batch, ms: number): Promise<number> {
  collectGarbage()
  const bench = new Bench({ time: ms, iterations: 3, warmupTime: ms / 10, warmupIterations: 1, throws: true })
  bench.add('batch', batch)
  const [task] = await bench.run()
  if (task?.result.state !== 'completed') throw new Error(`tinybench ended as ${task?.result.state}`)
  return (task.result.latency.mean * 1e6) / BATCH
}

function batchOf(what: Case, { waits }: Candidate, { operation }: Opened, keys: readonly string[]): Batch {
  const value = what.writes === undefined ? '' : `, ${what.writes}`
  const text = `
    let at = 0
    return ${waits ? 'async ' : ''}() => {
      let got
      for (let i = 0; i < ${BATCH}; i++) {
        if (++at === keys.length) at = 0
        const key = keys[at]
        got = ${waits ? 'await ' : ''}operation(key${value})
      }
      return got === undefined ? 0 : 1
    }`
  // oxlint-disable-next-line typescript/no-implied-eval -- one text, compiled for each candidate
  return new Function('operation', 'keys', text)(operation, keys) as Batch
}

/** A candidate that does not do its work is fast. */
async function check(what: Case, { candidate, opened }: Contestant, keys: readonly string[]): Promise<void> {
  const read = opened.read ?? opened.operation
  // oxlint-disable-next-line typescript/no-implied-eval -- the text that is measured, once
  const valueOf = what.writes === undefined ? userOf : new Function('key', 'at', `return ${what.writes}`)
  for (const [at, key] of keys.entries()) {
    const expected: unknown = valueOf(key, at)
    if (what.writes !== undefined) await opened.operation(key, valueOf(key, at))
    deepStrictEqual(await read(key), expected, `${candidate.name} has a wrong value for ${key}`)
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
