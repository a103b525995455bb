/*
 * What do tags cost a hit?
 *
 * An entry with tags is valid only while no tag of it was invalidated since. Asked with `get`, as people do, and with
 * `peek`, where no promise hides the difference.
 */
import { type Candidate, type Case, type Question, userOf } from '../harness/question.ts'
import { larderFor } from '../rivals/larder.ts'

const tagged = (name: string, how: 'get' | 'peek', tagsOf: (at: number) => readonly string[]): Candidate => ({
  name,
  package: '@larder/core',
  how: `cache.set(key, value, { tags }), cache.${how}(key)`,
  waits: how === 'get',
  async open(keys) {
    const cache = larderFor(keys)
    for (const [at, key] of keys.entries()) await cache.set(key, userOf(key), { tags: tagsOf(at) })
    const operation = how === 'get' ? (key: string) => cache.get(key) : (key: string) => cache.peek(key)
    return { operation, close: () => cache.close() }
  },
})

const all = (how: 'get' | 'peek'): readonly Candidate[] => [
  tagged('untagged', how, () => []),
  tagged('1 tag of all entries', how, () => ['users']),
  tagged('1 tag of 8 entries', how, (at) => [`team:${at >> 3}`]),
  tagged('3 tags', how, (at) => ['users', `team:${at >> 3}`, `city:${at >> 8}`]),
]

const asked = (how: 'get' | 'peek'): Case => ({
  name: `${how}, 8,192 keys`,
  keys: 8_192,
  baseline: 'untagged',
  candidates: all(how),
  goals:
    how === 'peek'
      ? []
      : ['1 tag of all entries', '1 tag of 8 entries', '3 tags'].map((what) => ({
          says: `tagged hit ≤ 1.2 × untagged: ${what}`,
          what,
          against: 'untagged',
          limit: 1.2,
          means: 'at most',
        })),
})

const tags: Question = {
  name: 'tags',
  asks: 'What do tags cost a hit?',
  cases: [asked('get'), asked('peek')],
}

export default tags
