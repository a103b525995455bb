/*
 * What do tags cost a get from Redis, and what does it cost to invalidate a tag of ten entries, and of ten thousand?
 *
 * The second with Redis ten milliseconds away, in round trips. Before and after it is timed, all entries are filled, and
 * invalidated; some of them, from the first to the last, must be found before that and be gone after it: who looks up a tag for one
 * entry after the other would take minutes for all. While it is timed they are not filled again, which only helps those who would
 * have more to do for more entries.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis-6'
import type { Candidate, Case, Question } from '../harness/question.ts'
import { aboutServer, farUrl, ownUrl } from '../redis/server.ts'
import { larder, type Tagged, type Tagging, taggings } from '../redis/tagged.ts'
import { accountOf } from '../redis/values.ts'

const WAY = 5
/** Entries of a tag: few, and many. */
const FEW = 10
const MANY = 10_000
const AT_ONCE = 1_000
/** Entries that are looked for, at most. */
const LOOKED_FOR = 100

const account = accountOf(100)

type TagsOf = (key: string) => string[]

const none: TagsOf = () => []
const one: TagsOf = () => ['users']
const three: TagsOf = (key) => ['users', `team:${key.at(-1)}`, `city:${key.at(-2)}`]

const getting = ({ name, package: from, how, open }: Tagging, what: string, tagsOf: TagsOf): Candidate => ({
  name: `${name}, ${what}`,
  package: from,
  how,
  waits: true,
  async open(keys) {
    const { set, get, close } = await open(await ownUrl())
    const all = new Map(keys.map((key) => [key, tagsOf(key)]))
    for (const [key, tags] of all) await set(key, account(key), tags)
    return { operation: (key) => get(key, all.get(key) ?? []), close }
  },
})

const gets = (concurrency: number): Case => ({
  name: `get, ${concurrency} at once, 100 B`,
  keys: 1_024,
  value: account,
  concurrency,
  // There is who takes half a millisecond for each, however many ask.
  ...(concurrency > 1 && { batch: 1_024 }),
  needs: aboutServer,
  baseline: 'larder, untagged',
  candidates: [
    getting(larder, 'untagged', none),
    ...taggings.map((each) => getting(each, '1 tag', one)),
    getting(larder, '3 tags', three),
  ],
  goals: ['1 tag', '3 tags'].map((tags) => ({
    says: `a tagged get ≤ 1.2 × an untagged one, ${concurrency} at once: ${tags}`,
    what: `larder, ${tags}`,
    against: 'larder, untagged',
    limit: 1.2,
    means: 'at most',
  })),
})

const entriesOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `user:${at}`)

/** Evenly over all of them. */
const someOf = (count: number): string[] =>
  entriesOf(count).filter((_, at) => at % Math.ceil(count / LOOKED_FOR) === 0)

/** How many of them are looked for. */
export const lookedFor = (count: number): number => someOf(count).length

const inParts = async (
  entries: readonly string[],
  run: (key: string) => Promise<unknown>,
): Promise<unknown[]> => {
  const results: unknown[] = []
  for (let at = 0; at < entries.length; at += AT_ONCE)
    results.push(...(await Promise.all(entries.slice(at, at + AT_ONCE).map(run))))
  return results
}

/** The operation invalidates; the check fills, finds those it looks for, invalidates, finds none, and fills again. */
export const invalidating = (
  { name, package: from, how, open }: Tagging,
  count: number,
  where: () => Promise<string>,
): Candidate => ({
  name,
  package: from,
  how,
  waits: true,
  async open() {
    const cache: Tagged = await open(await where())
    const fill = (tag: string) => inParts(entriesOf(count), (key) => cache.set(key, account(key), [tag]))
    const found = async (tag: string): Promise<number> =>
      (await inParts(someOf(count), (key) => cache.get(key, [tag]))).filter((value) => value !== undefined)
        .length
    return {
      async operation(tag) {
        await cache.invalidate(tag)
        return true
      },
      async read(tag) {
        // Who tells times by the millisecond takes what is set in that of an invalidation for invalid.
        await sleep(2)
        await fill(tag)
        const before = await found(tag)
        await cache.invalidate(tag)
        const after = await found(tag)
        await sleep(2)
        await fill(tag)
        return { before, after }
      },
      close: cache.close,
    }
  },
})

const trip = (count: number): Candidate => ({
  name: 'one round trip',
  package: 'ioredis-6',
  how: 'PING',
  waits: true,
  async open() {
    const client = new Redis(await farUrl(WAY))
    return {
      operation: () => client.ping(),
      read: () => ({ before: lookedFor(count), after: 0 }),
      close: () => client.disconnect(),
    }
  },
})

const invalidation = (count: number): Case => ({
  name: `invalidating a tag of ${count.toLocaleString('en')} entries, Redis ${2 * WAY} ms away`,
  keys: 1,
  value: () => ({ before: lookedFor(count), after: 0 }),
  concurrency: 1,
  // Nothing but waiting for the network, which takes as long every time.
  batch: 1,
  needs: aboutServer,
  baseline: 'one round trip',
  candidates: [
    trip(count),
    ...taggings.map((each) => invalidating(each, count, async () => ownUrl(await farUrl(WAY)))),
  ],
  goals: [
    {
      says: `invalidating a tag of ${count.toLocaleString('en')} entries costs one round trip`,
      what: larder.name,
      against: 'one round trip',
      limit: 1.2,
      means: 'at most',
    },
  ],
})

const redisTags: Question = {
  name: 'redis-tags',
  asks: 'What do tags cost a get from Redis, and what does it cost to invalidate a tag of ten entries, and of ten thousand?',
  cases: [gets(256), gets(1), invalidation(FEW), invalidation(MANY)],
}

export default redisTags
