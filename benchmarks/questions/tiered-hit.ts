/*
 * What does a hit in the near tier cost, beside a hit in a cache that has memory only?
 *
 * It may not cost more: the same lookup, and one comparison of times that says whether the copy may be believed. The far tier
 * is a real Redis whose heartbeat is answered between the turns. With tags and in a namespace too, where a copy carries more
 * marks, and beside the rivals with two tiers.
 */
import type { ICache } from '@larder/core'
import type { Candidate, Case, Goal, Question } from '../harness/question.ts'
import { aboutServer } from '../redis/server.ts'
import { filledMemory, filledTiers, type Filling, PLAIN } from '../redis/tiers.ts'
import { inTiers as rivalsInTiers } from '../rivals/all.ts'
import { ableTo, byGet, byGetOrSet, storing } from '../rivals/candidate.ts'
import { OURS } from '../rivals/larder.ts'
import { neverLoads } from '../rivals/rival.ts'

type How = 'get' | 'getOrSet'

const asking = (cache: ICache, how: How) =>
  how === 'get'
    ? (key: string) => cache.get(key)
    : (key: string) => cache.getOrSet(key, () => neverLoads(key))

const callOf = (how: How): string => (how === 'get' ? 'cache.get(key)' : 'cache.getOrSet(key, load)')

const inMemory = (name: string, how: How, filling: Filling = PLAIN): Candidate => ({
  name,
  package: '@larder/core',
  how: `store: memory(); await ${callOf(how)}`,
  waits: true,
  async open(keys) {
    const { cache, close } = await filledMemory(keys, filling)
    return { operation: asking(cache, how), close }
  },
})

const inTiers = (name: string, how: How, filling: Filling = PLAIN): Candidate => ({
  name,
  package: '@larder/tiered',
  how: `store: ${OURS}; await ${callOf(how)}`,
  waits: true,
  async open(keys) {
    const { cache, close } = await filledTiers(keys, filling)
    return { operation: asking(cache, how), close }
  },
})

const MEMORY = 'larder, memory only'
const TIERS = 'larder, near'

const asMemory = (what: string, against: string): Goal => ({
  says: `a near hit costs a memory hit ± 15 %: ${what}`,
  what,
  against,
  limit: 1.15,
  means: 'at most',
})

const beside = (how: How): Case => ({
  name: `${how}, 8,192 keys`,
  keys: 8_192,
  needs: aboutServer,
  baseline: MEMORY,
  candidates: [
    inMemory(MEMORY, how),
    inTiers(TIERS, how),
    ...ableTo(how, rivalsInTiers).map((each) => storing(each, how === 'get' ? byGet : byGetOrSet)),
  ],
  goals: [asMemory(TIERS, MEMORY)],
})

const FILLINGS: Readonly<Record<string, Filling>> = {
  '1 tag': { tags: ['users'], path: [] },
  '3 tags': { tags: ['users', 'team', 'city'], path: [] },
  'in a namespace': { tags: [], path: ['users'] },
}

const marked: Case = {
  name: 'get, tagged and in a namespace, 8,192 keys',
  keys: 8_192,
  needs: aboutServer,
  baseline: MEMORY,
  candidates: [
    inMemory(MEMORY, 'get'),
    ...Object.entries(FILLINGS).flatMap(([what, filling]) => [
      inMemory(`${MEMORY}, ${what}`, 'get', filling),
      inTiers(`${TIERS}, ${what}`, 'get', filling),
    ]),
  ],
  goals: Object.keys(FILLINGS).map((what) => asMemory(`${TIERS}, ${what}`, `${MEMORY}, ${what}`)),
}

const tieredHit: Question = {
  name: 'tiered-hit',
  asks: 'What does a hit in the near tier cost, beside a hit in a cache that has memory only?',
  cases: [beside('get'), beside('getOrSet'), marked],
}

export default tieredHit
