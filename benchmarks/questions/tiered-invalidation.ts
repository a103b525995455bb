/*
 * How long does it take until another process sees an invalidation?
 *
 * Two processes with two tiers each. One deletes a key, of which the other has a near copy; the time runs from the call until
 * the copy is dropped. Beside it PUBLISH and SUBSCRIBE alone, between the same two processes, in turn. Nobody polls, or it
 * would be seen how long a turn of the processor is.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis-6'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { atMost, ratioOf, spreadOf } from '../harness/spread.ts'
import { versionOf } from '../harness/versions.ts'
import { aboutServer, ownUrl, stopRedis } from '../redis/server.ts'
import { OURS } from '../rivals/larder.ts'
import { PREFIX, watchedCache } from '../redis/watched.ts'
import { now, type Seen, type Way } from '../redis/watcher.ts'

/** In a round, of each way; its median counts. */
const SAMPLES = 40
const NS = 1e6
const LIMIT = 1.2

const SCRIPT = `redis.call('DEL', KEYS[1]) return redis.call('PUBLISH', ARGV[1], KEYS[1])`

const WAYS: Readonly<Record<Way, { readonly name: string; readonly package: string; readonly how: string }>> =
  {
    message: {
      name: 'PUBLISH, SUBSCRIBE',
      package: 'ioredis-6',
      how: 'from PUBLISH to the call of the listener',
    },
    script: {
      name: 'DEL and PUBLISH by script',
      package: 'ioredis-6',
      how: 'the least that deletes and tells of it at once: EVALSHA, to the call of the listener',
    },
    'near copy': {
      name: 'larder',
      package: '@larder/tiered',
      how: `store: ${OURS}; from cache.delete(key) to the drop of the copy elsewhere`,
    },
  }

async function heard(child: ChildProcess): Promise<Seen> {
  const [seen] = (await once(child, 'message')) as [Seen]
  return seen
}

async function measured(rounds: number): Promise<CaseResult> {
  const url = await ownUrl()
  const program = fileURLToPath(new URL('../redis/watcher.ts', import.meta.url))
  const child = fork(program, [url], { execArgv: ['--import', 'tsx'] })
  await heard(child)
  const cache = await watchedCache(url)
  const publisher = new Redis(url)
  const sha = String(await publisher.script('LOAD', SCRIPT))
  const changes: Readonly<Record<Way, (key: string) => Promise<unknown>>> = {
    message: (key) => publisher.publish(PREFIX, key),
    script: (key) => publisher.evalsha(sha, 1, key, PREFIX),
    'near copy': (key) => cache.delete(key),
  }
  let keys = 0
  const one = async (way: Way): Promise<number> => {
    const key = `k${++keys}`
    // Before both, so that neither finds Redis or a process asleep where the other does not.
    await cache.set(key, key)
    const ready = heard(child)
    child.send({ way, key })
    await ready
    const seen = heard(child)
    const began = now()
    const changed = changes[way](key)
    const at = await seen
    await changed
    return (Number(at) - began) * NS
  }
  const ways = Object.keys(WAYS) as Way[]
  const times = new Map<Way, number[]>(ways.map((way) => [way, []]))
  // The first round is the warm-up.
  for (let round = 0; round <= rounds; round++) {
    const samples = new Map<Way, number[]>(ways.map((way) => [way, []]))
    for (let n = 0; n < SAMPLES; n++)
      for (const way of n % 2 === 0 ? ways : ways.toReversed()) samples.get(way)?.push(await one(way))
    if (round > 0) for (const way of ways) times.get(way)?.push(spreadOf(samples.get(way) ?? []).median)
  }
  const server = await aboutServer()
  child.disconnect()
  publisher.disconnect()
  await cache.close()
  await stopRedis()
  const of = (way: Way): readonly number[] => times.get(way) ?? []
  const ratio = ratioOf(of('near copy'), of('message'))
  return {
    name: `from the call in one process to the sight of it in another, medians of ${SAMPLES}`,
    baseline: WAYS.message.name,
    rounds,
    server,
    rows: ways.map((way) => ({
      name: WAYS[way].name,
      version: versionOf(WAYS[way].package),
      how: WAYS[way].how,
      cost: spreadOf(of(way)),
      ratio: ratioOf(of(way), of('message')),
    })),
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
  cases: async (isQuick) => [await measured(isQuick ? 5 : 25)],
}

export default tieredInvalidation
