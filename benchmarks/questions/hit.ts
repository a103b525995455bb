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

/**
 * Those that a goal is about. All caches of a case are full at the same time, and share the compiler: the more there are in a
 * process, the dearer is whoever touches more memory. So everybody has cases of his own, without goals.
 */
const FEW = ['larder', ...goals.flatMap(({ against }) => against)]
const few = inMemory.filter(({ name }) => FEW.includes(name))

const gets = (name: string, keys: number, who: typeof inMemory = few, what = goals): Case => ({
  name,
  keys,
  baseline: 'hand-written',
  candidates: ableTo('get', who).map((each) => keeping(each, byGet)),
  goals: what,
})

const getsOrSets = (name: string, keys: number, who: typeof inMemory = few, what = goals): Case => ({
  name,
  keys,
  baseline: 'hand-written',
  candidates: ableTo('getOrSet', who).map((each) => keeping(each, byGetOrSet)),
  goals: what,
})

const hit: Question = {
  name: 'hit',
  asks: 'What does a hit in this process cost, through the whole stack, awaited, with the counters on?',
  cases: [
    gets('get, 8,192 keys', 8_192),
    getsOrSets('getOrSet, 8,192 keys', 8_192),
    gets('get, 100,000 keys', 100_000),
    getsOrSets('getOrSet, 100,000 keys', 100_000),
    gets('get, 8,192 keys, everybody', 8_192, inMemory, []),
    getsOrSets('getOrSet, 8,192 keys, everybody', 8_192, inMemory, []),
  ],
}

export default hit
