/*
 * What does each operation of the Redis store take of the server's time? As the server counts it itself (INFO commandstats):
 * for single keys, and for many in one tick. Beside them plain commands.
 *
 * This is what many processes share, so it bounds what all of them together can ask.
 */
import { randomUUID } from 'node:crypto'
import { entryOf, type Entry, type Store, termsOf } from '@larder/core'
import { openLink, redis } from '@larder/redis'
import type { Measure } from '../harness/question.ts'
import type { CaseResult, GoalResult } from '../harness/result.ts'
import { atMost, ratioOf, spreadOf } from '../harness/spread.ts'
import { versionOf } from '../harness/versions.ts'
import { aboutServer, redisServer, stopRedis } from '../redis/server.ts'

const MANY = 50
const MINUTE = 60_000
const LIMIT = 10
const TURNS = 20
const OURS = '@larder/redis'

interface Operation {
  readonly name: string
  readonly how: string
  /** Of ours it is promised that it stays under the limit. */
  readonly isOurs?: boolean
  /** Before each count. */
  readonly prepare?: () => Promise<unknown>
  readonly run: (at: number) => Promise<unknown>
  /** How many keys that is. */
  readonly keys?: number
}

type Leasing = Store<Entry> & Required<Pick<Store<Entry>, 'leases' | 'getMany' | 'setMany'>>

interface Opened {
  readonly operations: readonly Operation[]
  /** µs of the server since it was last asked. */
  readonly spent: () => Promise<number>
  readonly close: () => Promise<unknown>
}

async function open(times: number): Promise<Opened> {
  const server = await redisServer()
  const link = openLink(server.url, { deadline: '5s' })
  await link.ready()
  const store = redis({ link, prefix: 'time' }) as Leasing
  const { leases } = store
  const text = 'x'.repeat(100)
  const entry = entryOf(text, Infinity, termsOf(0, 0, []))
  const keys = Array.from({ length: MANY }, (_, at) => `s:${at}`)
  const tokens = keys.map(() => 'token')
  const ats = Array.from({ length: times }, (_, at) => at)
  const ask = async (key: string): Promise<unknown> => leases.read([key], ['token'], MINUTE)
  const askAll = async (): Promise<unknown> => leases.read(keys, tokens, MINUTE)
  const fillAll = async (): Promise<unknown> =>
    store.setMany(keys.map((key) => [key, entry, MINUTE] as const))

  const operations: readonly Operation[] = [
    {
      name: 'GET',
      how: 'plain',
      prepare: () => link.call(['SET', 'k', text]),
      run: () => link.call(['GET', 'k']),
    },
    { name: 'SET with PX', how: 'plain', run: () => link.call(['SET', 'k', text, 'PX', MINUTE]) },
    { name: 'DEL', how: 'plain, of what is gone', run: () => link.call(['DEL', 'k']) },
    { name: 'get', how: 'a hit', isOurs: true, prepare: fillAll, run: async () => store.get('s:0') },
    {
      name: 'getOrSet, there',
      how: 'a read that would take the lease',
      isOurs: true,
      prepare: fillAll,
      run: () => ask('s:0'),
    },
    {
      name: 'getOrSet, missing',
      how: 'a read that takes the lease',
      isOurs: true,
      prepare: () => Promise.all(ats.map(() => ask(randomUUID()))),
      run: () => ask(randomUUID()),
    },
    {
      name: 'fill',
      how: 'a load writes what it holds the lease of',
      isOurs: true,
      prepare: () => Promise.all(ats.map(async (at) => leases.take(`f:${at}`, 'token', MINUTE))),
      run: async (at) => leases.fill(`f:${at}`, 'token', entry, MINUTE),
    },
    {
      name: 'fill, refused',
      how: 'the lease is gone',
      isOurs: true,
      run: async () => leases.fill('s:0', 'nobody', entry, MINUTE),
    },
    { name: 'set', how: 'one in a tick', isOurs: true, run: async () => store.set('s:0', entry, MINUTE) },
    { name: 'delete', how: 'one in a tick', isOurs: true, run: async () => store.delete('s:0') },
    {
      name: `get of ${MANY}`,
      how: 'in one tick, time of one key',
      isOurs: true,
      prepare: fillAll,
      run: async () => store.getMany(keys),
      keys: MANY,
    },
    {
      name: `getOrSet of ${MANY}, there`,
      how: 'in one tick, time of one key',
      isOurs: true,
      // While much is missing it is asked for by script, so it must have been there for a while.
      async prepare() {
        await fillAll()
        for (let turn = 0; turn < TURNS; turn++) await askAll()
      },
      run: askAll,
      keys: MANY,
    },
    {
      name: `set of ${MANY}`,
      how: 'in one tick, time of one key',
      isOurs: true,
      run: () => Promise.all(keys.map((key) => store.set(key, entry, MINUTE))),
      keys: MANY,
    },
    {
      name: `delete of ${MANY}`,
      how: 'in one tick, time of one key',
      isOurs: true,
      prepare: fillAll,
      run: () => Promise.all(keys.map((key) => store.delete(key))),
      keys: MANY,
    },
  ]

  /** What scripts call is counted twice: by itself, and in the script. So where there are scripts, they are what counts. */
  const spent = async (): Promise<number> => {
    const info = String(await server.command('INFO', 'commandstats'))
    await server.command('CONFIG', 'RESETSTAT')
    const all = [...info.matchAll(/cmdstat_(evalsha|mget|get|set|del|unlink):calls=\d+,usec=(\d+)/g)]
    const scripts = all.filter(([, name]) => name === 'evalsha')
    return (scripts.length > 0 ? scripts : all).reduce((sum, [, , us]) => sum + Number(us), 0)
  }
  return {
    operations,
    spent,
    async close() {
      await link.close()
      await stopRedis()
    },
  }
}

async function counted(rounds: number, times: number): Promise<CaseResult> {
  const { operations, spent, close } = await open(times)
  const counts = new Map<string, number[]>(operations.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, prepare, run, keys = 1 } of operations) {
      await prepare?.()
      await spent()
      for (let at = 0; at < times; at++) await run(at)
      counts.get(name)?.push((await spent()) / times / keys)
    }
  }
  const server = await aboutServer()
  await close()
  const of = (name: string): readonly number[] => counts.get(name) ?? []
  return {
    name: 'one key of 100 B, one after the other',
    baseline: 'GET',
    rounds,
    server,
    rows: operations.map(({ name, how, isOurs }) => ({
      name,
      version: isOurs === true ? versionOf(OURS) : '–',
      how,
      cost: spreadOf(of(name)),
      ratio: ratioOf(of(name), of('GET')),
    })),
    goals: operations
      .filter(({ isOurs, keys }) => isOurs === true && keys === undefined)
      .map(({ name }): GoalResult => {
        const measured = spreadOf(of(name))
        return {
          says: `≤ ${LIMIT} µs of the server's time: ${name}`,
          goal: `≤ ${LIMIT} µs`,
          measured,
          verdict: atMost(measured, LIMIT),
        }
      }),
  }
}

const redisServerTime: Measure = {
  name: 'redis-server-time',
  asks: "What does each operation of the Redis store take of the server's time?",
  unit: 'µs',
  seconds: 50,
  cases: async (isQuick) => [isQuick ? await counted(3, 500) : await counted(15, 1_000)],
}

export default redisServerTime
