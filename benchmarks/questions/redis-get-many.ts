/*
 * What does it cost to get a hundred values from Redis in one call?
 */
import type { Candidate, Question } from '../harness/question.ts'
import { aboutServer, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { clients, onRedis } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import { ioredis } from '../rivals/ioredis.ts'
import { larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import { nodeRedis } from '../rivals/node-redis.ts'
import { type Contender, fill, HOUR, neverLoads } from '../rivals/rival.ts'

const MANY = 100

const account = accountOf(100)

/** The hundred keys that are asked for by one key of the ring. */
const keysOf = (key: string): string[] => Array.from({ length: MANY }, (_, at) => `${key}${100 + at}`)

const getMany = ({ name, packages, how, open }: Contender): Candidate => ({
  name,
  package: packages,
  how,
  waits: true,
  async open(ring) {
    const groups = new Map(ring.map((key) => [key, keysOf(key)]))
    const place = {
      url: await ownUrl(),
      room: ring.length * MANY,
      load: neverLoads,
      ttl: HOUR,
      isCrowded: false,
    }
    const asked = await open(place)
    await fill(asked, [...groups.values()].flat(), account)
    const operation = (key: string): unknown => asked.getMany?.(groups.get(key) ?? [])
    return { operation, ...(asked.close !== undefined && { close: asked.close }) }
  },
})

const redisGetMany: Question = {
  name: 'redis-get-many',
  asks: 'What does it cost to get a hundred values from Redis in one call?',
  cases: [
    {
      name: 'getMany of 100 values of 100 B, one call at a time',
      keys: 64,
      value: (key) => keysOf(key).map(account),
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
