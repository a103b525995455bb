/*
 * How many round trips does a miss cost, beside the load?
 *
 * Redis is ten milliseconds away, so that nothing but round trips is seen; the load is one of them, on a connection of
 * its own, and is taken off all others. Every key is asked for once.
 */
import { Redis } from 'ioredis-6'
import type { Candidate, Case, Question } from '../harness/question.ts'
import { aboutServer, farUrl, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { inTiers, onRedis } from '../rivals/all.ts'
import { ioredis } from '../rivals/ioredis.ts'
import { inTiers as larderInTiers, larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import { type Contender, HOUR } from '../rivals/rival.ts'

const WAY = 5
/** For all that is ever asked for. */
const ROOM = 10_000

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

const missing = ({ name, packages, how, open }: Contender): Candidate => ({
  name,
  package: packages,
  how,
  waits: true,
  async open() {
    const { load, close } = await loader()
    const url = await ownUrl(await farUrl(WAY))
    const { getOrSet, close: closeCache } = await open({ url, room: ROOM, load, ttl: HOUR, isCrowded: false })
    let asks = 0
    return {
      operation: (key) => getOrSet?.(`${key}/${asks++}`),
      async close() {
        await closeCache?.()
        close()
      },
    }
  },
})

const LOAD = 'the load'
const TRIP = 'one round trip'

const cold = (name: string, ours: readonly Contender[], others: readonly Contender[]): Case => ({
  name: `${name}, Redis ${2 * WAY} ms away`,
  keys: 16,
  value: account,
  concurrency: 1,
  // Nothing but waiting for the network, which takes as long every time.
  batch: 1,
  needs: aboutServer,
  baseline: TRIP,
  without: LOAD,
  candidates: [
    theLoad(LOAD, 'PING', 1),
    theLoad(TRIP, 'PING, after another one that is the load', 2),
    ...[...ours, ...others].map(missing),
  ],
  goals: ours.map(({ name: what }) => ({
    says: `a miss costs the caller the load and one round trip: ${what}`,
    what,
    against: TRIP,
    limit: 1.2,
    means: 'at most',
  })),
})

const byHand: Contender = { ...ioredis, name: 'ioredis, by hand', how: 'GET, the load, SET' }

const redisMiss: Question = {
  name: 'redis-miss',
  asks: 'How many round trips does a miss cost, beside the load?',
  cases: [
    cold('a cold key', [larderOnRedis, larderOnNodeRedis], [byHand, ...onRedis(false)]),
    cold('a cold key in tiers', [{ ...larderInTiers, name: 'larder in tiers' }], inTiers),
  ],
}

export default redisMiss
