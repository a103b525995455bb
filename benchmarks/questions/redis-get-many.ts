/*
 * What does it cost to get a hundred values from Redis in one call?
 */
import { type Candidate, type Question } from '../harness/question.ts'
import { larder, larderOnNodeRedis, rivalsFor } from '../redis/caches.ts'
import { clients, ioredis, nodeRedis } from '../redis/clients.ts'
import { type Contender, fill, neverLoads } from '../redis/contender.ts'
import { aboutServer, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'

const MANY = 100

const account = accountOf(100)

/** The hundred keys that are asked for by one key of the ring. */
const keysOf = (key: string): string[] => Array.from({ length: MANY }, (_, at) => `${key}${100 + at}`)

const getMany = ({ name, package: from, how, open }: Contender): Candidate => ({
  name,
  package: from,
  how,
  waits: true,
  async open(ring) {
    const asked = await open(await ownUrl(), neverLoads)
    const groups = new Map(ring.map((key) => [key, keysOf(key)]))
    await fill(asked, [...groups.values()].flat(), account)
    return { operation: (key) => asked.getMany?.(groups.get(key) ?? []), close: asked.close }
  },
})

/** These have no call for many, and are asked one by one, all at once: it is their getMany. */
const HAVE_NONE = ['bentocache', 'async-cache-dedupe']

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
      candidates: [
        ...clients,
        larder,
        larderOnNodeRedis,
        ...rivalsFor(1).filter(({ name }) => !HAVE_NONE.includes(name)),
      ].map(getMany),
      goals: [
        [larder, ioredis],
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
