/*
 * What does getOrSet cost where the value is there, beside a get that could not load it?
 */
import type { Case, Question } from '../harness/question.ts'
import { larder, larderOnNodeRedis, rivalsFor } from '../redis/caches.ts'
import { clients, pipelining } from '../redis/clients.ts'
import { type Contender, reading } from '../redis/contender.ts'
import { aboutServer } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'

const value = accountOf(100)

const getting = (contender: Contender) => reading({ ...contender, name: `${contender.name}: get` }, value)

const loading = (contender: Contender) => reading(contender, value, ({ getOrSet }) => getOrSet)

const hits = (concurrency: number): Case => ({
  name: `${concurrency} at once, 100 B`,
  keys: 2_048,
  value,
  concurrency,
  needs: aboutServer,
  baseline: `${larder.name}: get`,
  candidates: [
    getting(larder),
    loading(larder),
    getting(larderOnNodeRedis),
    loading(larderOnNodeRedis),
    ...clients.filter(({ name }) => name === pipelining.name).map(loading),
    ...rivalsFor(concurrency).map(loading),
  ],
  goals: [larder, larderOnNodeRedis].map(({ name }) => ({
    says: `a hit of getOrSet ≤ 1.2 × get, ${concurrency} at once: ${name}`,
    what: name,
    against: `${name}: get`,
    limit: 1.2,
    means: 'at most',
  })),
})

const redisGetOrSet: Question = {
  name: 'redis-get-or-set',
  asks: 'What does getOrSet cost where the value is there, beside a get that could not load it?',
  cases: [hits(256), hits(32), hits(1)],
}

export default redisGetOrSet
