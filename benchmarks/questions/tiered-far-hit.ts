/*
 * What does a hit in the far tier cost, beside a hit in a cache that has Redis only?
 *
 * There are many keys and hardly any room near, so that every value comes from far, is kept near, and throws out another one:
 * the dearest that keeping copies can be.
 */
import type { Candidate, Case, Question } from '../harness/question.ts'
import { larder } from '../redis/caches.ts'
import { ioredis } from '../redis/clients.ts'
import { type Contender, reading } from '../redis/contender.ts'
import { aboutServer } from '../redis/server.ts'
import { openedTiers, OURS } from '../redis/tiers.ts'
import { accountOf } from '../redis/values.ts'

const ROOM = 16
let opened = 0

const tiers: Contender = {
  name: 'larder, far',
  package: '@larder/tiered',
  how: `store: ${OURS}, room for ${ROOM} near`,
  async open(url, load) {
    const cache = await openedTiers(url, { room: ROOM, prefix: `far-${++opened}` })
    return {
      get: (key) => cache.get(key),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.getOrSet(key, () => load(key)),
      close: () => cache.close(),
    }
  },
}

const ONLY = 'larder, Redis only'
const only: Contender = { ...larder, name: ONLY }

type How = 'get' | 'getOrSet'

const hits = (how: How, concurrency: number, bytes: number): Case => {
  const value = accountOf(bytes)
  const asked = (contender: Contender): Candidate => reading(contender, value, (cache) => cache[how])
  return {
    name: `${how}, ${concurrency} at once, ${bytes} B`,
    keys: 2_048,
    value,
    concurrency,
    needs: aboutServer,
    baseline: ONLY,
    candidates: [asked(only), asked(tiers), asked(ioredis)],
    goals: [
      {
        says: `a far hit costs a get from Redis + 10 %: ${how}, ${concurrency} at once, ${bytes} B`,
        what: tiers.name,
        against: ONLY,
        limit: 1.1,
        means: 'at most',
      },
    ],
  }
}

const tieredFarHit: Question = {
  name: 'tiered-far-hit',
  asks: 'What does a hit in the far tier cost, beside a hit in a cache that has Redis only?',
  cases: [hits('get', 1, 100), hits('get', 32, 1_000), hits('get', 256, 100), hits('getOrSet', 1, 100)],
}

export default tieredFarHit
