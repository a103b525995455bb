/*
 * How much heap does a small entry take beyond its key and its value?
 *
 * The third tool of the suite, with `leaks`. Each candidate is filled in a process of its own with keys `user:N` and values
 * `{ id, on }`. What keys and values take is measured first, in two plain arrays, and taken off: they are what one would keep anyway.
 * Who keeps values as text keeps them a second time, and pays for it here. No candidate may have lost one of them.
 */
import { isDeepStrictEqual } from 'node:util'
import { fileURLToPath } from 'node:url'
import { createCache } from '@larder/core'
import type { MemoryOptions } from '@larder/memory'
import { numberOf } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult, GoalResult } from '../harness/result.ts'
import { collectGarbage } from '../harness/rounds.ts'
import { rowsOf } from '../harness/row.ts'
import { atMost, spreadOf } from '../harness/spread.ts'
import { inMemory } from '../rivals/all.ts'
import { memoryOf } from '../rivals/larder.ts'
import { type Contender, HOUR, type MemoryPlace, neverLoads } from '../rivals/rival.ts'

const ENTRIES = 200_000
const ROOM = ENTRIES + 1
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
  readonly packages: readonly string[]
  readonly how: string
  readonly isOurs?: boolean
  readonly open: () => Filled | Promise<Filled>
}

const keeperOf = ({ name, packages, how, open }: Contender<MemoryPlace>): Keeper => ({
  name,
  packages,
  how,
  ...(name === 'larder' && { isOurs: true }),
  async open() {
    const { set, get, getOrSet } = await open({ room: ROOM, load: neverLoads, ttl: HOUR })
    const read = get ?? getOrSet
    if (read === undefined) throw new Error(`${name} cannot be read`)
    return { set, get: read }
  },
})

const larder = (
  name: string,
  how: string,
  inside: readonly string[],
  tags: (at: number) => readonly string[],
  options: MemoryOptions = {},
): Keeper => ({
  name,
  packages: ['@larder/core'],
  how,
  isOurs: true,
  open() {
    const root = createCache<Small>({ store: memoryOf(ROOM, options), ttl: HOUR })
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
  ...inMemory.map(keeperOf),
  larder("larder, eviction: 'lru'", 'ttl', [], none, { eviction: 'lru' }),
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
  const { set, get } = await keeper.open()
  for (const [at, key] of keys.entries()) await set(key, values[at] as Small, at)
  for (const [at, key] of keys.entries())
    if (!isDeepStrictEqual(await get(key), values[at])) throw new Error(`${keeper.name} lost ${key}`)
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

/** All keepers in turn, `rounds` times. */
function measureHeap(rounds: number): CaseResult {
  const bytes = new Map<string, number[]>(keepers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const keeper of keepers)
      bytes.get(keeper.name)?.push(numberOf(new URL(import.meta.url), keeper.name))
  }
  const of = (name: string): number[] => bytes.get(name) ?? []
  return {
    name: `${ENTRIES.toLocaleString('en')} entries`,
    baseline: 'lru-cache + ttl',
    rounds,
    rows: rowsOf(keepers, of, 'lru-cache + ttl'),
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
  seconds: 110,
  cases: async (isQuick) => [measureHeap(isQuick ? 1 : 3)],
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
