/*
 * How long does it take until another process sees an invalidation?
 *
 * Two processes with two tiers each. One deletes a key, of which the other has a near copy; the time runs from the call until
 * the copy is dropped. All who tell other processes take part, between the same two, in turn; beside them PUBLISH and SUBSCRIBE
 * alone. Nobody polls, or it would be seen how long a turn of the processor is: everybody has a way to say when the copy goes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { rowsOf } from '../harness/row.ts'
import { atMost, ratioOf, spreadOf } from '../harness/spread.ts'
import { aboutServer, ownUrl, stopRedis } from '../redis/server.ts'
import { cast, LARDER, MESSAGE, type Seat } from '../redis/watched.ts'
import { type Ask, now, type Seen, type Watch } from '../redis/watcher.ts'

/** In a round, of each; its median counts. */
const SAMPLES = 30
const NS = 1e6
const LIMIT = 1.2
const NEEDED = [LARDER, MESSAGE]
/** ms after which what is told of the writing of a key has been heard, and that it was invalidated seen. */
const HEARD = 2
/** Whose copy has gone too early, or stays, so often in a row is left out. */
const TRIES = 10

/** ns of one invalidation; undefined where the copy was gone before it, since something was heard late, or never goes. */
async function seen(
  child: Child,
  name: string,
  { keep, change }: Seat,
  key: string,
): Promise<number | undefined> {
  await keep(key)
  await sleep(HEARD)
  await child.ask({ name, key } satisfies Watch)
  const began = now()
  await change(key)
  // The question does not get in the way of what it asks about.
  await sleep(HEARD)
  const at = (await child.ask({ isSeen: true } satisfies Ask)) as Seen
  return typeof at === 'number' && at > began ? (at - began) * NS : undefined
}

async function measured(rounds: number): Promise<CaseResult> {
  const urls: string[] = []
  for (const _ of cast) urls.push(await ownUrl())
  const child = startChild(new URL('../redis/watcher.ts', import.meta.url), urls)
  await child.ask()
  const seats = await Promise.all(
    cast.map(async ({ name, open }, at) => ({ name, seat: await open(urls[at] ?? '', () => {}) })),
  )
  const times = new Map<string, number[]>(cast.map(({ name }) => [name, []]))
  let keys = 0
  const sampled = async (name: string, seat: Seat): Promise<number | undefined> => {
    for (let tries = 0; tries < TRIES; tries++) {
      const time = await seen(child, name, seat, `k${++keys}`)
      if (time !== undefined) return time
    }
    if (NEEDED.includes(name)) throw new Error(`${name} never saw it`)
    console.error(`left out: ${name}: never saw it`)
    times.delete(name)
    return undefined
  }
  // The first round is the warm-up.
  for (let round = 0; round <= rounds; round++) {
    const samples = new Map<string, number[]>(cast.map(({ name }) => [name, []]))
    for (let n = 0; n < SAMPLES; n++) {
      for (const { name, seat } of n % 2 === 0 ? seats : seats.toReversed()) {
        if (!times.has(name)) continue
        const time = await sampled(name, seat)
        if (time !== undefined) samples.get(name)?.push(time)
      }
    }
    if (round > 0) for (const [name, all] of times) all.push(spreadOf(samples.get(name) ?? []).median)
  }
  const server = await aboutServer()
  await child.end()
  for (const { seat } of seats) await seat.close()
  await stopRedis()
  const of = (name: string): readonly number[] => times.get(name) ?? []
  const ratio = ratioOf(of(LARDER), of(MESSAGE))
  return {
    name: `from the call in one process to the sight of it in another, medians of ${SAMPLES}`,
    baseline: MESSAGE,
    counted: 'time until it is seen',
    rounds,
    server,
    rows: rowsOf(
      cast.filter(({ name }) => times.has(name)),
      of,
      MESSAGE,
    ),
    ...(times.size < cast.length && {
      leftOut: cast.map(({ name }) => name).filter((name) => !times.has(name)),
    }),
    goals: [
      {
        says: `an invalidation is seen elsewhere after ≤ ${LIMIT} × a message`,
        goal: `≤ ${LIMIT} ×`,
        measured: ratio,
        verdict: atMost(ratio, LIMIT),
      },
    ],
  }
}

const tieredInvalidation: Measure = {
  name: 'tiered-invalidation',
  asks: 'How long does it take until another process sees an invalidation?',
  unit: 'ns',
  seconds: 40,
  cases: async (isQuick) => [await measured(isQuick ? 3 : 25)],
}

export default tieredInvalidation
