/*
 * What does getOrSet cost where the value is there, beside a get that could not load it?
 */
import type { Case, Question } from '../harness/question.ts'
import { aboutServer } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { onRedis } from '../rivals/all.ts'
import { byGet, byGetOrSet, storing } from '../rivals/candidate.ts'
import { pipelining } from '../rivals/ioredis.ts'
import { larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import type { Contender } from '../rivals/rival.ts'

const value = accountOf(100)

const hits = (concurrency: number, others: readonly Contender[]): Case => {
  const filling = { value, isCrowded: concurrency > 1 }
  return {
    name: `${concurrency} at once, 100 B`,
    keys: 2_048,
    value,
    concurrency,
    needs: aboutServer,
    baseline: `${larderOnRedis.name}: get`,
    candidates: [
      ...[larderOnRedis, larderOnNodeRedis].flatMap((each) => [
        storing({ ...each, name: `${each.name}: get` }, byGet, filling),
        storing(each, byGetOrSet, filling),
      ]),
      ...[pipelining, ...others].map((each) => storing(each, byGetOrSet, filling)),
    ],
    goals: [larderOnRedis, larderOnNodeRedis].map(({ name }) => ({
      says: `a hit of getOrSet ≤ 1.2 × get, ${concurrency} at once: ${name}`,
      what: name,
      against: `${name}: get`,
      limit: 1.2,
      means: 'at most',
    })),
  }
}

const redisGetOrSet: Question = {
  name: 'redis-get-or-set',
  asks: 'What does getOrSet cost where the value is there, beside a get that could not load it?',
  // Rivals where it is most different for them.
  cases: [hits(256, onRedis(true)), hits(32, []), hits(1, onRedis(false))],
}

export default redisGetOrSet
