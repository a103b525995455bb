/*
 * What does it cost in this process to find nothing?
 *
 * First to be told so; then to load what is missing and keep it, where the source answers at once and something else has to go:
 * every key is asked for that nobody has named before, in a cache that is full.
 */
import type { Candidate, Case, Question } from '../harness/question.ts'
import { inMemory } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import { type Contender, fill, HOUR, type MemoryPlace } from '../rivals/rival.ts'

const KEYS = 8_192

const found = (key: string): unknown => ({ of: key })
const load = async (key: string): Promise<unknown> => found(key)

const opened = async ({ open }: Contender<MemoryPlace>, keys: readonly string[]) => {
  const asked = await open({ room: keys.length, load, ttl: HOUR })
  await fill(asked, keys, found)
  return asked
}

/** Whether it says of a key that nobody has that there is nothing. */
const telling = (contender: Contender<MemoryPlace>): Candidate => ({
  name: contender.name,
  package: contender.packages,
  how: contender.how,
  waits: true,
  async open(keys) {
    const { get, close } = await opened(contender, keys)
    const absent = new Map(keys.map((key) => [key, `no ${key}`]))
    return {
      operation: async (key) => (await get?.(absent.get(key) ?? key)) === undefined,
      ...(close !== undefined && { close }),
    }
  },
})

const loading = (contender: Contender<MemoryPlace>): Candidate => ({
  name: contender.name,
  package: contender.packages,
  how: contender.how,
  waits: true,
  async open(keys) {
    const { getOrSet, close } = await opened(contender, keys)
    let asks = 0
    return {
      operation: (key) => getOrSet?.(`${key}/${asks++}`),
      read: async (key) => {
        const value: unknown = await getOrSet?.(key)
        return value
      },
      ...(close !== undefined && { close }),
    }
  },
})

/** These load what they are asked for. */
const ALWAYS_LOAD = ['layered-loader', 'async-cache-dedupe']

const told: Case = {
  name: 'get of what is not there',
  keys: KEYS,
  value: () => true,
  baseline: 'hand-written',
  candidates: ableTo('get', inMemory)
    .filter(({ packages: [itself = ''] }) => !ALWAYS_LOAD.includes(itself))
    .map(telling),
  goals: [],
}

const loaded: Case = {
  name: `getOrSet of what is not there, room for ${KEYS.toLocaleString('en')}`,
  keys: KEYS,
  value: found,
  baseline: 'hand-written',
  candidates: ableTo('getOrSet', inMemory)
    .filter(({ name }) => name !== 'cache-manager on a Map')
    .map(loading),
  goals: [],
}

const miss: Question = {
  name: 'miss',
  asks: 'What does it cost in this process to find nothing?',
  cases: [told, loaded],
}

export default miss
