/*
 * How many round trips does a miss cost, beside the load?
 *
 * Redis is ten milliseconds away, so that nothing but round trips is seen; the load is one of them, on a connection of
 * its own, and is taken off all others. Every key is asked for once.
 */
import { Redis } from 'ioredis-6'
import type { Candidate, Question } from '../harness/question.ts'
import { larder, larderOnNodeRedis, rivalsFor } from '../redis/caches.ts'
import { ioredis } from '../redis/clients.ts'
import type { Contender } from '../redis/contender.ts'
import { aboutServer, farUrl, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'

const WAY = 5

const account = accountOf(100)

/** `user:7/3` is the third time that `user:7` is asked for. */
const userIn = (key: string): string => key.slice(0, key.indexOf('/'))

async function loader() {
  const source = new Redis(await farUrl(WAY))
  return {
    load: async (key: string) => {
      await source.ping()
      return account(userIn(key))
    },
    close: () => source.disconnect(),
  }
}

const theLoad = (name: string, how: string, trips: 1 | 2): Candidate => ({
  name,
  package: 'ioredis-6',
  how,
  waits: true,
  async open() {
    const { load, close } = await loader()
    const once = (key: string) => load(`${key}/`)
    const twice = async (key: string) => {
      await once(key)
      return once(key)
    }
    return { operation: trips === 1 ? once : twice, close }
  },
})

const missing = ({ name, package: from, how, open }: Contender): Candidate => ({
  name,
  package: from,
  how,
  waits: true,
  async open() {
    const { load, close } = await loader()
    const asked = await open(await ownUrl(await farUrl(WAY)), load)
    let asks = 0
    return {
      operation: (key) => asked.getOrSet(`${key}/${asks++}`),
      async close() {
        await asked.close()
        close()
      },
    }
  },
})

const LOAD = 'the load'
const TRIP = 'one round trip'

const redisMiss: Question = {
  name: 'redis-miss',
  asks: 'How many round trips does a miss cost, beside the load?',
  cases: [
    {
      name: `a cold key, Redis ${2 * WAY} ms away`,
      keys: 16,
      value: account,
      concurrency: 1,
      batch: 4,
      needs: aboutServer,
      baseline: TRIP,
      without: LOAD,
      candidates: [
        theLoad(LOAD, 'PING', 1),
        theLoad(TRIP, 'PING, after another one that is the load', 2),
        missing(larder),
        missing(larderOnNodeRedis),
        missing({ ...ioredis, name: 'ioredis, by hand', how: 'GET, the load, SET' }),
        ...rivalsFor(1).map(missing),
      ],
      goals: [larder, larderOnNodeRedis].map(({ name }) => ({
        says: `a miss costs the caller the load and one round trip: ${name}`,
        what: name,
        against: TRIP,
        limit: 1.2,
        means: 'at most',
      })),
    },
  ],
}

export default redisMiss
