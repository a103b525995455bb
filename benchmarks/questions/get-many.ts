/*
 * What does it cost to get a hundred values in this process in one call?
 */
import { type Candidate, type Question, userOf } from '../harness/question.ts'
import { inMemory } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import { type Contender, fill, HOUR, type MemoryPlace, neverLoads } from '../rivals/rival.ts'

const MANY = 100

/** The hundred keys that are asked for by one key of the ring. */
const keysOf = (key: string): string[] => Array.from({ length: MANY }, (_, at) => `${key}${100 + at}`)

const getMany = ({ name, packages, how, waits, open }: Contender<MemoryPlace>): Candidate => ({
  name,
  package: packages,
  how,
  waits,
  async open(ring) {
    const groups = new Map(ring.map((key) => [key, keysOf(key)]))
    const asked = await open({ room: ring.length * MANY + 1, load: neverLoads, ttl: HOUR })
    await fill(asked, [...groups.values()].flat(), userOf)
    const operation = (key: string): unknown => asked.getMany?.(groups.get(key) ?? [])
    return { operation, ...(asked.close !== undefined && { close: asked.close }) }
  },
})

const many: Question = {
  name: 'get-many',
  asks: 'What does it cost to get a hundred values in this process in one call?',
  cases: [
    {
      name: `getMany of ${MANY}, ${(64 * MANY).toLocaleString('en')} keys`,
      keys: 64,
      value: (key) => keysOf(key).map(userOf),
      batch: 50,
      baseline: 'hand-written',
      candidates: ableTo('getMany', inMemory).map(getMany),
      goals: [],
    },
  ],
}

export default many
