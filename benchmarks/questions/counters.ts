/*
 * What do the counters of a hit cost, which are always on, and what does somebody who listens?
 *
 * Core is built twice from its sources: as it is, and without the lines that count a hit and time one in 256. Everything else is
 * the same, so the difference within a round is what they cost.
 * `peek` is the strictest: there is nothing around it in which a nanosecond could hide.
 */
import { type Candidate, type Case, type Question, userOf } from '../harness/question.ts'
import { type Edit, variant, type Variant } from '../variants.ts'

const HOUR = 3_600_000

const COUNTING: Edit = {
  file: 'engine/reader.ts',
  find: 'if ((++counts.hits & (HITS_PER_TIMING - 1)) === 0 && this.space.sync) this.#timeHit(name)',
  replace: 'void counts; void HITS_PER_TIMING; void this.#timeHit',
}

type How = 'get' | 'peek'

const candidate = (
  name: string,
  what: string,
  how: How,
  edits: readonly Edit[],
  watch: (made: Variant, cache: ReturnType<Variant['createCache']>) => void = () => undefined,
): Candidate => ({
  name,
  package: '@larder/core',
  how: `cache.${how}(key); ${what}`,
  waits: how === 'get',
  async open(keys) {
    const made = await variant(edits)
    const store = made.memory({ maxEntries: keys.length + 1, maxBytes: '4gb' })
    const cache = made.createCache({ store, ttl: HOUR })
    for (const key of keys) await cache.set(key, userOf(key))
    watch(made, cache)
    const operation = how === 'get' ? (key: string) => cache.get(key) : (key: string) => cache.peek(key)
    return { operation, close: () => cache.close() }
  },
})

const LIMIT = 3

const asked = (how: How): Case => ({
  name: `${how}, 8,192 keys`,
  keys: 8_192,
  baseline: 'no counters',
  candidates: [
    candidate('no counters', 'without the lines that count and time', how, [COUNTING]),
    candidate('larder', 'as it is', how, []),
    candidate('an observer', 'cache.on(() => {})', how, [], (_, cache) => cache.on(() => undefined)),
    candidate('hotKeys', 'hotKeys(cache)', how, [], (made, cache) => made.hotKeys(cache)),
  ],
  goals: [
    {
      says: `the counters cost ≤ ${LIMIT} ns per hit`,
      what: 'larder',
      against: 'no counters',
      limit: LIMIT,
      means: 'at most ns more',
    },
  ],
})

const counters: Question = {
  name: 'counters',
  asks: 'What do the counters of a hit cost, which are always on, and what does somebody who listens?',
  cases: [asked('get'), asked('peek')],
}

export default counters
