/*
 * What does it cost to write a value to Redis, with a ttl, when many write at once?
 *
 * Ours does more than SET in the same step: it drops the lease of a load that is under way, so that the load cannot
 * overwrite the value, and tells the other processes. Of larger values most of it is JSON.stringify, which everybody pays.
 */
import type { Candidate, Case, Goal, Question } from '../harness/question.ts'
import { aboutServer, ownUrl } from '../redis/server.ts'
import { accountOf } from '../redis/values.ts'
import { clients, onRedis } from '../rivals/all.ts'
import { ioredis, pipelining } from '../rivals/ioredis.ts'
import { ableTo } from '../rivals/candidate.ts'
import { larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import { type Contender, HOUR, neverLoads } from '../rivals/rival.ts'

const ROOM = 2_048

const writing =
  (isCrowded: boolean) =>
  ({ name, packages, how, open }: Contender): Candidate => ({
    name,
    package: packages,
    how,
    waits: true,
    async open() {
      const place = { url: await ownUrl(), room: ROOM, load: neverLoads, ttl: HOUR, isCrowded }
      const { set, get, close } = await open(place)
      return {
        operation: set,
        ...(get !== undefined && { read: get }),
        ...(close !== undefined && { close }),
      }
    },
  })

/** Rivals take part with the smallest values and with the largest: what lies between them tells nothing else. */
const BETWEEN = [1_000, 10_000]

const sets = (concurrency: number, bytes: number, goals: Case['goals'] = []): Case => ({
  name: `${concurrency} at once, ${bytes} B`,
  // Of large values fewer, so that all of them together find room.
  keys: bytes > 1_000 ? 128 : ROOM,
  ...(bytes > 1_000 && { batch: bytes > 10_000 ? 32 : 128 }),
  value: accountOf(bytes),
  writes: 'values[at]',
  concurrency,
  needs: aboutServer,
  baseline: concurrency > 1 ? pipelining.name : ioredis.name,
  candidates: [
    ...clients,
    larderOnRedis,
    larderOnNodeRedis,
    ...(BETWEEN.includes(bytes) ? [] : ableTo('get', onRedis(concurrency > 1))),
  ].map(writing(concurrency > 1)),
  goals,
})

const asMany = (concurrency: number): Goal => ({
  says: `${concurrency} sets at once ≥ 1 × as many as ioredis with autopipelining`,
  what: larderOnRedis.name,
  against: pipelining.name,
  limit: 1,
  means: 'times faster',
})

const redisSet: Question = {
  name: 'redis-set',
  asks: 'What does it cost to write a value to Redis, with a ttl, when many write at once?',
  cases: [
    sets(256, 100, [asMany(256)]),
    sets(32, 100, [asMany(32)]),
    sets(32, 1_000),
    sets(32, 10_000),
    sets(32, 100_000),
    sets(1, 100),
  ],
}

export default redisSet
