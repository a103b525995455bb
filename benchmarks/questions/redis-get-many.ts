/*
 * What does it cost to get a hundred values from Redis in one call?
 */
import type { Candidate, Question } from '../harness/question.ts'
import { aboutServer, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { clients, onRedis } from '../rivals/all.ts'
import { ableTo, askingForMany, MANY, manyOf } from '../rivals/candidate.ts'
import { ioredis } from '../rivals/ioredis.ts'
import { larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import { nodeRedis } from '../rivals/node-redis.ts'
import { type Contender, HOUR, neverLoads } from '../rivals/rival.ts'

const account = accountOf(100)

const getMany = ({ name, packages, how, open }: Contender): Candidate => ({
  name,
  package: packages,
  how,
  waits: true,
  async open(ring) {
    const place = {
      url: await ownUrl(),
      room: ring.length * MANY,
      load: neverLoads,
      ttl: HOUR,
      isCrowded: false,
    }
    return askingForMany(await open(place), ring, account)
  },
})

const redisGetMany: Question = {
  name: 'redis-get-many',
  asks: 'What does it cost to get a hundred values from Redis in one call?',
  cases: [
    {
      name: 'getMany of 100 values of 100 B, one call at a time',
      keys: 64,
      value: (key) => manyOf(key).map(account),
      concurrency: 1,
      batch: 50,
      needs: aboutServer,
      baseline: ioredis.name,
      candidates: [...clients, larderOnRedis, larderOnNodeRedis, ...ableTo('getMany', onRedis(false))].map(
        getMany,
      ),
      goals: [
        [larderOnRedis, ioredis],
        [larderOnNodeRedis, nodeRedis],
      ].map(([ours, theirs]) => ({
        says: `getMany(100) ≤ 1.1 × MGET of ${theirs?.name}: ${ours?.name}`,
        what: ours?.name ?? '',
        against: theirs?.name ?? '',
        limit: 1.1,
        means: 'at most',
      })),
    },
  ],
}

export default redisGetMany
