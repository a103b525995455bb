/*
 * How long does somebody wait for a value that is no longer fresh, where it may be served while it is refreshed?
 *
 * The source takes twenty milliseconds. Everything is loaded, ages for a second and a bit, and is asked for once: whoever serves
 * what he has answers at once, and loads each key once more behind. In memory; those take part who have a way to it. What some call
 * refreshing early is set up to be the same thing: fresh for a second, there for an hour.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startChild } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { figureOf, rowsOf } from '../harness/row.ts'
import { spreadOf } from '../harness/spread.ts'
import { inMemory } from '../rivals/all.ts'
import { handWritten } from '../rivals/lru-cache.ts'
import { type Asked, HOUR } from '../rivals/rival.ts'

const SOURCE = 20
const FRESH = 1_000
const KEYS = 500
const NS = 1e6

/** The one by hand serves nothing stale: with everything gone, he shows what waiting for the source is. */
const cast = [handWritten, ...inMemory.filter(({ hasStale = false }) => hasStale)]

interface Aged {
  /** ns of each, one after the other. */
  readonly times: readonly number[]
  readonly loads: number
}

async function aged(name: string): Promise<Aged> {
  const contender = cast.find((each) => each.name === name)
  if (contender === undefined) throw new Error(`nobody is called ${name}`)
  let loads = 0
  const load = async (key: string): Promise<unknown> => {
    loads++
    await sleep(SOURCE)
    return { of: key }
  }
  const asked: Asked = await contender.open({ room: 2 * KEYS, load, ttl: FRESH, stale: HOUR })
  const keys = Array.from({ length: KEYS }, (_, at) => `user:${at}`)
  await Promise.all(keys.map((key) => asked.getOrSet?.(key)))
  if (contender === handWritten) for (const key of keys) await asked.delete?.(key)
  await sleep(FRESH + 300)
  loads = 0
  const times: number[] = []
  for (const key of keys.slice(0, contender === handWritten ? KEYS / 10 : KEYS)) {
    const began = performance.now()
    const value: unknown = await asked.getOrSet?.(key)
    times.push((performance.now() - began) * NS)
    if ((value as { readonly of?: string } | undefined)?.of !== key)
      throw new Error(`${name} has a wrong ${key}`)
  }
  await sleep(10 * SOURCE)
  await asked.close?.()
  return { times, loads: (loads * 100) / times.length }
}

async function served(rounds: number): Promise<CaseResult> {
  const child = startChild(new URL(import.meta.url))
  const medians = new Map<string, number[]>(cast.map(({ name }) => [name, []]))
  const loads = new Map<string, number[]>(cast.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name } of cast) {
      const found = (await child.ask({ name })) as Aged
      // The first round is the warm-up.
      if (round === 0) continue
      medians.get(name)?.push(spreadOf(found.times).median)
      loads.get(name)?.push(found.loads)
    }
  }
  await child.end()
  const of = (name: string): readonly number[] => medians.get(name) ?? []
  return {
    name: `${KEYS} keys that ceased to be fresh, the source ${SOURCE} ms away`,
    baseline: 'larder',
    counted: 'median wait',
    rounds,
    rows: rowsOf(cast, of, 'larder').map((row) => ({
      ...row,
      ...(row.name === handWritten.name && { name: 'nothing stale', how: `${row.how}; every key is gone` }),
      more: { 'loads for 100 keys': figureOf(loads.get(row.name) ?? []) },
    })),
    goals: [],
  }
}

const stale: Measure = {
  name: 'stale',
  asks: 'How long does somebody wait for a value that is no longer fresh, where it may be served while it is refreshed?',
  unit: 'ns',
  seconds: 90,
  cases: async (isQuick) => [await served(isQuick ? 1 : 5)],
}

export default stale

// As a program of its own, with a channel to its parent.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', ({ name }: { readonly name: string }) => {
    aged(name).then(
      (found) => process.send?.(found),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
}
