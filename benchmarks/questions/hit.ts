/*
 * What does a hit in this process cost, through the whole stack, awaited, with the counters on?
 *
 * Every candidate is asked for one key after the other, each answer awaited before the next question. The floor is an
 * async function around lru-cache: no ttl, no counters, no tags, no single flight.
 */
import type { Case, Goal, Question } from '../harness/question.ts'
import { inMemory } from '../rivals/all.ts'
import { ableTo, byGet, byGetOrSet, keeping } from '../rivals/candidate.ts'

const goals: readonly Goal[] = [
  {
    says: "≤ 1.0 × layered-loader's async get",
    what: 'larder',
    against: 'layered-loader',
    limit: 1,
    means: 'at most',
  },
  {
    says: "≤ 1.0 × layered-loader's async get, where entries expire there too",
    what: 'larder',
    against: 'layered-loader + ttl',
    limit: 1,
    means: 'at most',
  },
  {
    says: '≤ 1.5 × a hand-written lru + await',
    what: 'larder',
    against: 'hand-written',
    limit: 1.5,
    means: 'at most',
  },
  {
    says: 'at least 10 × faster than bentocache',
    what: 'larder',
    against: 'bentocache',
    limit: 10,
    means: 'times faster',
  },
  {
    says: 'at least 4 × faster than cacheable',
    what: 'larder',
    against: 'cacheable',
    limit: 4,
    means: 'times faster',
  },
  {
    says: 'at least 3 × faster than cache-manager',
    what: 'larder',
    against: 'cache-manager',
    limit: 3,
    means: 'times faster',
  },
]

/** Where there are many entries, only those that a goal is about: all caches of a case are full at the same time. */
const FEW = ['larder', ...goals.flatMap(({ against }) => against)]
const fewIfMany = (keys: number) => inMemory.filter(({ name }) => keys < 100_000 || FEW.includes(name))

const gets = (name: string, keys: number): Case => ({
  name,
  keys,
  baseline: 'hand-written',
  candidates: ableTo('get', fewIfMany(keys)).map((each) => keeping(each, byGet)),
  goals,
})

const getsOrSets = (name: string, keys: number): Case => ({
  name,
  keys,
  baseline: 'hand-written',
  candidates: ableTo('getOrSet', fewIfMany(keys)).map((each) => keeping(each, byGetOrSet)),
  goals,
})

const hit: Question = {
  name: 'hit',
  asks: 'What does a hit in this process cost, through the whole stack, awaited, with the counters on?',
  cases: [
    gets('get, 8,192 keys', 8_192),
    getsOrSets('getOrSet, 8,192 keys', 8_192),
    gets('get, 100,000 keys', 100_000),
    getsOrSets('getOrSet, 100,000 keys', 100_000),
  ],
}

export default hit
