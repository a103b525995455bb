/*
 * What does it cost to get a hundred values in this process in one call?
 */
import { type Candidate, type Question, userOf } from '../harness/question.ts'
import { inMemory } from '../rivals/all.ts'
import { ableTo, askingForMany, MANY, manyOf } from '../rivals/candidate.ts'
import { type Contender, HOUR, type MemoryPlace, neverLoads } from '../rivals/rival.ts'

const getMany = ({ name, packages, how, waits, open }: Contender<MemoryPlace>): Candidate => ({
  name,
  package: packages,
  how,
  waits,
  async open(ring) {
    const asked = await open({ room: ring.length * MANY + 1, load: neverLoads, ttl: HOUR })
    return askingForMany(asked, ring, userOf)
  },
})

const many: Question = {
  name: 'get-many',
  asks: 'What does it cost to get a hundred values in this process in one call?',
  cases: [
    {
      name: `getMany of ${MANY}, ${(64 * MANY).toLocaleString('en')} keys`,
      keys: 64,
      value: (key) => manyOf(key).map(userOf),
      batch: 50,
      baseline: 'hand-written',
      candidates: ableTo('getMany', inMemory).map(getMany),
      goals: [],
    },
  ],
}

export default many
