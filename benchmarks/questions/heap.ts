/*
 * How much heap does a small entry take beyond its key and its value?
 *
 * Each candidate is filled in a process of its own with keys `user:N` and values `{ id, on }`. What keys and values
 * take is measured first, in two plain arrays, and taken off: they are what one would keep anyway. No candidate may
 * have lost one of them.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createCache } from '@larder/core'
import { memory, type MemoryOptions } from '@larder/memory'
import { Loader } from 'layered-loader'
import { LRUCache } from 'lru-cache'
import type { Measure } from '../harness/question.ts'
import { collectGarbage } from '../harness/rounds.ts'
import { atMost, ratioOf, spreadOf } from '../harness/spread.ts'
import type { CaseResult, GoalResult } from '../harness/result.ts'
import { versionOf } from '../harness/versions.ts'

const ENTRIES = 200_000
const ROOM = ENTRIES + 1
const HOUR = 3_600_000
const LIMIT = 120

interface Small {
  readonly id: number
  readonly on: boolean
}

interface Filled {
  readonly set: (key: string, value: Small, at: number) => unknown
  readonly get: (key: string) => unknown
}

interface Keeper {
  readonly name: string
  readonly package?: string
  readonly how: string
  readonly isOurs?: boolean
  readonly open: () => Filled
}

const larder = (
  name: string,
  how: string,
  inside: readonly string[],
  tags: (at: number) => readonly string[],
  options: MemoryOptions = {},
): Keeper => ({
  name,
  package: '@larder/core',
  how,
  isOurs: true,
  open() {
    const root = createCache<Small>({
      store: memory({ maxEntries: ROOM, maxBytes: '4gb', ...options }),
      ttl: HOUR,
    })
    const cache = inside.reduce((around, part) => around.namespace(part), root)
    return {
      set: (key, value, at) =>
        tags(at).length === 0 ? cache.set(key, value) : cache.set(key, value, { tags: tags(at) }),
      get: (key) => cache.peek(key),
    }
  },
})

const none = (): readonly string[] => []

const keepers: readonly Keeper[] = [
  {
    name: 'lru-cache',
    package: 'lru-cache',
    how: 'max',
    open() {
      const lru = new LRUCache<string, Small>({ max: ROOM })
      return { set: (key, value) => lru.set(key, value), get: (key) => lru.get(key) }
    },
  },
  {
    name: 'lru-cache + ttl',
    package: 'lru-cache',
    how: 'max, ttl',
    open() {
      const lru = new LRUCache<string, Small>({ max: ROOM, ttl: HOUR })
      return { set: (key, value) => lru.set(key, value), get: (key) => lru.get(key) }
    },
  },
  {
    name: 'layered-loader',
    package: 'layered-loader',
    how: 'lru-map, ttl',
    open() {
      const loader = new Loader<Small>({
        inMemoryCache: { cacheType: 'lru-map', maxItems: ROOM, ttlInMsecs: HOUR },
      })
      return {
        set: (key, value) => loader.forceSetValue(key, value),
        get: (key) => loader.getInMemoryOnly(key),
      }
    },
  },
  {
    name: 'Map',
    how: 'no bound, no ttl',
    open() {
      const map = new Map<string, Small>()
      return { set: (key, value) => map.set(key, value), get: (key) => map.get(key) }
    },
  },
  larder('larder', 'ttl', [], none),
  larder("larder, eviction: 's3-fifo'", 'ttl', [], none, { eviction: 's3-fifo' }),
  larder('larder, namespace', 'ttl, in a namespace', ['users'], none),
  larder('larder, 1 tag', 'ttl, one tag of all entries, given at each set', [], () => ['users']),
  larder('larder, 1 tag of 8', 'ttl, one tag of 8 entries in a row, given at each set', [], (at) => [
    `team:${at >> 3}`,
  ]),
  larder('larder, namespace, 1 tag', 'ttl, in a namespace, one tag of all entries', ['users'], () => [
    'users',
  ]),
]

/** Bytes per entry of one keeper, in this process. */
async function bytesOf(keeper: Keeper): Promise<number> {
  const empty = heap()
  const keys = Array.from({ length: ENTRIES }, (_, at) => Buffer.from(`user:${at}`).toString('latin1'))
  const values = keys.map((_, at): Small => ({ id: at, on: at % 2 === 0 }))
  const plain = heap() - empty
  const { set, get } = keeper.open()
  for (const [at, key] of keys.entries()) await set(key, values[at] as Small, at)
  const lost = keys.filter((key, at) => get(key) !== values[at]).length
  if (lost > 0) throw new Error(`${keeper.name} lost ${lost} entries`)
  const filled = heap() - empty
  // Both arrays are still there, and so is what they hold.
  if (keys.length !== values.length || plain <= 0) throw new Error('unreachable')
  return (filled - plain) / ENTRIES
}

/** What is live on the heap and beside it. */
function heap(): number {
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function inChild(keeper: Keeper): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), keeper.name],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`${keeper.name}: ${stderr}`)
  return Number(stdout)
}

/** All keepers in turn, `rounds` times. */
function measureHeap(rounds: number): CaseResult {
  const bytes = new Map<string, number[]>(keepers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const keeper of keepers) bytes.get(keeper.name)?.push(inChild(keeper))
  }
  const of = (name: string): number[] => bytes.get(name) ?? []
  return {
    name: `${ENTRIES.toLocaleString('en')} entries`,
    baseline: 'lru-cache + ttl',
    rounds,
    rows: keepers.map(({ name, how, package: from }) => ({
      name,
      version: versionOf(from),
      how,
      cost: spreadOf(of(name)),
      ratio: ratioOf(of(name), of('lru-cache + ttl')),
    })),
    goals: keepers
      .filter(({ isOurs }) => isOurs === true)
      .map(({ name }): GoalResult => {
        const measured = spreadOf(of(name))
        return {
          says: `≤ ${LIMIT} B of heap per small entry beyond key and value: ${name}`,
          goal: `≤ ${LIMIT} B`,
          measured,
          verdict: atMost(measured, LIMIT),
        }
      }),
  }
}

const heapQuestion: Measure = {
  name: 'heap',
  asks: 'How much heap does a small entry take beyond its key and its value?',
  unit: 'B',
  cases: async (isQuick) => [measureHeap(isQuick ? 1 : 5)],
}

export default heapQuestion

// As a program of its own: one keeper, measured here.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv[2]
  const keeper = keepers.find(({ name }) => name === wanted)
  if (keeper === undefined) throw new Error(`no keeper is called ${String(wanted)}`)
  process.stdout.write(String(await bytesOf(keeper)))
  process.exit(0)
}
