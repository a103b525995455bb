/*
 * What does a hit in the far tier cost, beside a hit in a cache that has Redis only?
 *
 * There are many keys and hardly any room near, so that every value comes from far, is kept near, and throws out another one:
 * the dearest that keeping copies can be.
 */
import type { Candidate, Case, Question } from '../harness/question.ts'
import { aboutServer } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { inTiers } from '../rivals/all.ts'
import { byGetOrSet, byGet, storing } from '../rivals/candidate.ts'
import { ioredis } from '../rivals/ioredis.ts'
import { inTiers as larderInTiers, larderOnRedis } from '../rivals/larder.ts'
import type { Contender } from '../rivals/rival.ts'

const ROOM = 16

const TIERS = 'larder, far'
const ONLY = 'larder, Redis only'

type How = 'get' | 'getOrSet'

const hits = (how: How, concurrency: number, bytes: number): Case => {
  const value = accountOf(bytes)
  const filling = { value, room: ROOM, isCrowded: concurrency > 1 }
  const asked = (contender: Contender): Candidate =>
    storing(contender, how === 'get' ? byGet : byGetOrSet, filling)
  return {
    name: `${how}, ${concurrency} at once, ${bytes} B`,
    keys: 2_048,
    value,
    concurrency,
    needs: aboutServer,
    baseline: ONLY,
    candidates: [
      asked({ ...larderOnRedis, name: ONLY }),
      asked({ ...larderInTiers, name: TIERS, how: `${larderInTiers.how}, room for ${ROOM} near` }),
      asked(ioredis),
      ...(how === 'getOrSet' ? inTiers.map(asked) : []),
    ],
    goals: [
      {
        says: `a far hit costs a get from Redis + 10 %: ${how}, ${concurrency} at once, ${bytes} B`,
        what: TIERS,
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
