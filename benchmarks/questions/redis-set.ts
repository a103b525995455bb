/*
 * What does it cost to write a value to Redis, with a ttl, when many write at once?
 *
 * Ours does more than SET in the same step: it drops the lease of a load that is under way, so that the load cannot
 * overwrite the value, and tells the other processes.
 */
import { type Candidate, type Case, type Question } from '../harness/question.ts'
import { larder, larderOnNodeRedis, rivalsFor } from '../redis/caches.ts'
import { clients, pipelining } from '../redis/clients.ts'
import { type Contender, neverLoads } from '../redis/contender.ts'
import { aboutServer, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'

const writing = ({ name, package: from, how, open }: Contender): Candidate => ({
  name,
  package: from,
  how,
  waits: true,
  async open() {
    const { set, get, close } = await open(await ownUrl(), neverLoads)
    return { operation: set, read: get, close }
  },
})

const sets = (concurrency: number): Case => ({
  name: `${concurrency} at once, 100 B`,
  keys: 2_048,
  value: accountOf(100),
  writes: 'values[at]',
  concurrency,
  needs: aboutServer,
  baseline: pipelining.name,
  candidates: [...clients, larder, larderOnNodeRedis, ...rivalsFor(concurrency)].map(writing),
  goals: [
    {
      says: `${concurrency} sets at once ≥ 1 × as many as ioredis with autopipelining`,
      what: larder.name,
      against: pipelining.name,
      limit: 1,
      means: 'times faster',
    },
  ],
})

const redisSet: Question = {
  name: 'redis-set',
  asks: 'What does it cost to write a value to Redis, with a ttl, when many write at once?',
  cases: [sets(256), sets(32)],
}

export default redisSet
