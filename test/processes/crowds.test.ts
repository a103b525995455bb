/*
 * A crowd at one cold key, spread over processes: one load, also when its holder dies or falls asleep in the middle of it.
 *
 * Waiting callers are told of the fill by the channel; where there is none (a cluster has none) they look now and then. How
 * long they wait beyond the load is measured: `LARDER_REPORT=file` keeps it.
 */

import { appendFileSync } from 'node:fs'
import { type ClusterServers, type RedisServer, startCluster, startRedis } from '@larder/testing/servers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Fleet, type Worker } from './fleet.ts'
import type { Answered, Opening, Part } from './orders.ts'
import { type Program, program } from './program.ts'

const PROCESSES = 4
const CALLERS = 250
/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000
/** ms, of core: a lease that nobody renews. */
const LEASE = 3_000

let made: Program
let server: RedisServer
let truth: RedisServer
let cluster: ClusterServers
let prefixes = 0

beforeAll(async () => {
  made = await program()
  server = await startRedis()
  truth = await startRedis()
  cluster = await startCluster({ replicas: 0 })
}, PATIENCE)
afterAll(async () => {
  made.remove()
  await Promise.all([server.stop(), truth.stop(), cluster.stop()])
})

interface Where {
  readonly name: string
  readonly url: () => string
  readonly without: readonly Part[]
}

const places: readonly Where[] = [
  { name: 'with a channel', url: () => server.url, without: [] },
  { name: 'without a channel', url: () => server.url, without: ['channel'] },
  {
    name: 'on a cluster',
    url: () => `redis+cluster://${cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(',')}`,
    without: [],
  },
]

const opening = ({ url, without }: Where): Opening => ({
  url: url(),
  truth: truth.port,
  prefix: `crowd-${++prefixes}`,
  without,
  deadline: 2_000,
})

const loadsOf = async (key: string): Promise<number> => Number(await truth.command('GET', `loads:${key}`))

/** The crowd of each process, begun at once; and who loads first. */
function gather(
  workers: readonly Worker[],
  key: string,
  loadMs: number,
): { readonly crowds: readonly Promise<readonly Answered[]>[]; readonly holder: Promise<Worker> } {
  const holder = Promise.race(workers.map((worker) => worker.loading(key)))
  return { holder, crowds: workers.map((worker) => worker.ask('crowd', { key, callers: CALLERS, loadMs })) }
}

/** How long after the end of the load those were answered who had not loaded. */
function waits(holder: Worker, workers: readonly Worker[], bys: readonly (readonly Answered[])[]): string {
  const late = workers
    .flatMap((worker, n) => (worker === holder ? [] : (bys[n] ?? [])))
    .map(({ value, at }) => at - value.at)
    .sort((a, b) => a - b)
  const middle = late[Math.floor(late.length / 2)] ?? 0
  return `${late.length} callers of other processes waited beyond the load: p50 ${middle.toFixed(1)} ms, max ${(late.at(-1) ?? 0).toFixed(1)} ms`
}

function tell(what: string): void {
  const { LARDER_REPORT: file } = process.env
  if (file !== undefined) appendFileSync(file, `${what}\n`)
}

describe.for(places)('a crowd $name', { timeout: PATIENCE }, (place) => {
  // All before any test: processes that start take the time of those that work.
  let killed: readonly Worker[] = []
  let asleep: readonly Worker[] = []
  const fleet = new Fleet(() => made.file)
  beforeAll(async () => {
    killed = await fleet.addMany(PROCESSES, opening(place))
    asleep = await fleet.addMany(PROCESSES, opening(place))
  }, PATIENCE)
  afterAll(() => fleet.end())

  test('of four processes with 250 callers each: one load', async () => {
    const workers = killed
    const key = `cold ${place.name}`

    const { crowds, holder } = gather(workers, key, 300)
    const bys = await Promise.all(crowds)

    const answers = bys.flat()
    expect(answers).toHaveLength(PROCESSES * CALLERS)
    expect(new Set(answers.map(({ value }) => value.by)).size).toBe(1)
    expect(await loadsOf(key)).toBe(1)
    tell(`${place.name}: ${waits(await holder, workers, bys)}`)
  })

  // These two mostly wait for a lease to end, so they wait together.
  test.concurrent('whose loader is killed in the middle of its load: one more load', async () => {
    const workers = killed
    const key = `killed ${place.name}`

    const { crowds, holder } = gather(workers, key, 500)
    const settled = Promise.allSettled(crowds)
    await (await holder).kill()
    const bys = (await settled).flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))

    expect(bys).toHaveLength(PROCESSES - 1)
    expect(bys.flat()).toHaveLength((PROCESSES - 1) * CALLERS)
    expect(new Set(bys.flat().map(({ value }) => value.by)).size).toBe(1)
    expect(await loadsOf(key)).toBe(2)
  })

  test.concurrent('whose loader sleeps for longer than its lease: one more load, and what the sleeper brings is not kept', async () => {
    const workers = asleep
    const key = `asleep ${place.name}`

    const { crowds, holder } = gather(workers, key, 300)
    const sleeper = await holder
    const began = performance.now()
    sleeper.signal('SIGSTOP')
    const bys = await Promise.all(crowds.filter((_, n) => workers[n] !== sleeper))
    expect(performance.now() - began).toBeGreaterThan(LEASE - 500)
    sleeper.signal('SIGCONT')
    const slept = await crowds[workers.indexOf(sleeper)]

    // Who asked the sleeper gets what it brings at last; it is nobody else's.
    const winner = bys[0]?.[0]?.value
    expect(new Set(slept?.map(({ value }) => value.by))).toEqual(new Set([sleeper.pid]))
    expect(new Set(bys.flat().map(({ value }) => value.by))).toEqual(new Set([winner?.by]))
    expect(winner?.by).not.toBe(sleeper.pid)
    expect(await loadsOf(key)).toBe(2)
    // Once it has nothing more to say, its fill has been refused.
    await sleeper.ask('close', {})
    for (const worker of workers) {
      if (worker !== sleeper) expect(await worker.ask('get', { keys: [key] })).toEqual([winner])
    }
  })
})

describe('many keys', { timeout: PATIENCE }, () => {
  const fleet = new Fleet(() => made.file)
  afterEach(() => fleet.end())
  const keys = (what: string): string[] => Array.from({ length: 100 }, (_, n) => `${what} ${n}`)
  const allLoads = async (names: readonly string[]): Promise<readonly number[]> =>
    Promise.all(names.map(loadsOf))
  const here = { name: '', url: () => server.url, without: [] }

  test('a thousand callers of a hundred keys in one process: one load of each', async () => {
    const worker = await fleet.add(opening(here))
    const names = keys('one')

    const { answers, strangers } = await worker.ask('many', {
      keys: names,
      callers: 1_000,
      each: 'one',
      loadMs: 50,
    })

    expect([answers, strangers]).toEqual([1_000, 0])
    expect(new Set(await allLoads(names))).toEqual(new Set([1]))
  })

  test('the same in four processes: one load of each', async () => {
    const workers = await fleet.addMany(PROCESSES, opening(here))
    const names = keys('four')

    const all = await Promise.all(
      workers.map((worker) => worker.ask('many', { keys: names, callers: 1_000, each: 'one', loadMs: 300 })),
    )

    expect(all).toEqual(workers.map(() => ({ answers: 1_000, strangers: 0 })))
    expect(new Set(await allLoads(names))).toEqual(new Set([1]))
  })

  test('asked for all at once by callers in four processes: one load of each', async () => {
    const workers = await fleet.addMany(PROCESSES, opening(here))
    const names = keys('bulk')

    const all = await Promise.all(
      workers.map((worker) => worker.ask('many', { keys: names, callers: 10, each: 'all', loadMs: 300 })),
    )

    expect(all).toEqual(workers.map(() => ({ answers: 1_000, strangers: 0 })))
    expect(new Set(await allLoads(names))).toEqual(new Set([1]))
  })
})
