/*
 * What does it cost to get a value from Redis, when many ask at once, and when one does?
 *
 * Small values for what the client and the cache do; a larger one for JSON.parse, which everybody pays.
 */
import type { Case, Goal, Question } from '../harness/question.ts'
import { aboutServer } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { clients, limits, onRedis } from '../rivals/all.ts'
import { ableTo, byGet, storing } from '../rivals/candidate.ts'
import { larderOnNodeRedis, larderOnNodeRedis5, larderOnRedis } from '../rivals/larder.ts'

const CLIENTS = clients.map(({ name }) => name)

/** Rivals take part with the smallest values and with the largest: what lies between them tells nothing else. */
const BETWEEN = [1_000, 10_000]

const gets = (concurrency: number, bytes: number, baseline: string, goals: readonly Goal[]): Case => {
  const value = accountOf(bytes)
  const isCrowded = concurrency > 1
  const all = [
    ...clients,
    ...limits,
    larderOnRedis,
    larderOnNodeRedis,
    larderOnNodeRedis5,
    ...(BETWEEN.includes(bytes) ? [] : ableTo('get', onRedis(isCrowded))),
  ]
  return {
    name: `${concurrency} at once, ${bytes} B`,
    // Of large values fewer, so that all of them together find room.
    keys: bytes > 1_000 ? 128 : 2_048,
    ...(bytes > 1_000 && { batch: bytes > 10_000 ? 32 : 128 }),
    value,
    concurrency,
    needs: aboutServer,
    baseline,
    candidates: all.map((each) => storing(each, byGet, { value, isCrowded })),
    goals,
  }
}

const redisGet: Question = {
  name: 'redis-get',
  asks: 'What does it cost to get a value from Redis, when many ask at once, and when one does?',
  cases: [
    gets(256, 100, 'ioredis, autopipelining', [
      {
        says: '256 gets of 100 B at once ≥ 1.6 × as many as ioredis with autopipelining',
        what: 'larder',
        against: 'ioredis, autopipelining',
        limit: 1.6,
        means: 'times faster',
      },
      {
        says: '256 gets of 100 B at once over node-redis ≥ 1.7 × as many as the best client',
        what: 'larder on node-redis',
        against: CLIENTS,
        limit: 1.7,
        means: 'times faster',
      },
    ]),
    gets(
      32,
      1_000,
      'ioredis, autopipelining',
      ['larder', 'larder on node-redis'].map((what) => ({
        says: `32 gets of 1 KB at once no slower than the best client: ${what}`,
        what,
        against: CLIENTS,
        limit: 1,
        means: 'at most',
      })),
    ),
    gets(32, 100, 'ioredis, autopipelining', []),
    gets(32, 10_000, 'ioredis, autopipelining', []),
    gets(32, 100_000, 'ioredis, autopipelining', []),
    gets(1, 100, 'ioredis', [
      {
        says: 'one get of 100 B at a time ≤ 1.15 × ioredis',
        what: 'larder',
        against: 'ioredis',
        limit: 1.15,
        means: 'at most',
      },
    ]),
  ],
}

export default redisGet
