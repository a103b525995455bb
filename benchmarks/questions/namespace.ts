/*
 * Does a hit in a namespace build a text?
 *
 * It must not: the namespace is a list of its own, found once. The control does what other caches do: it writes the
 * name of the namespace in front of the key at each call. A namespaced hit should cost what a hit at the root costs,
 * and the control must show what was saved, or the question shows nothing.
 */
import { type Candidate, type Case, type Question, userOf } from '../harness/question.ts'
import { larderFor } from '../rivals/larder.ts'

type How = 'get' | 'peek'

const at = (name: string, how: How, path: readonly string[]): Candidate => ({
  name,
  package: '@larder/core',
  how: `cache${path.map((part) => `.namespace('${part}')`).join('')}.${how}(key)`,
  waits: how === 'get',
  async open(keys) {
    const root = larderFor(keys)
    const cache = path.reduce((around, part) => around.namespace(part), root)
    for (const key of keys) await cache.set(key, userOf(key))
    const operation = how === 'get' ? (key: string) => cache.get(key) : (key: string) => cache.peek(key)
    return { operation, close: () => root.close() }
  },
})

const control = (how: How): Candidate => ({
  name: 'control: builds a text',
  package: '@larder/core',
  how: `cache.${how}('users/' + key)`,
  waits: how === 'get',
  async open(keys) {
    const cache = larderFor(keys)
    for (const key of keys) await cache.set(`users/${key}`, userOf(key))
    const operation =
      how === 'get' ? (key: string) => cache.get(`users/${key}`) : (key: string) => cache.peek(`users/${key}`)
    return { operation, close: () => cache.close() }
  },
})

const asked = (how: How): Case => ({
  name: `${how}, 8,192 keys`,
  keys: 8_192,
  baseline: 'root',
  candidates: [
    at('root', how, []),
    at('namespace', how, ['users']),
    at('3 deep', how, ['a', 'b', 'c']),
    control(how),
  ],
  goals: [
    {
      says: 'a namespaced hit costs no string building: ≤ 1.1 × a hit at the root',
      what: 'namespace',
      against: 'root',
      limit: 1.1,
      means: 'at most',
    },
    {
      says: 'the same, three namespaces deep',
      what: '3 deep',
      against: 'root',
      limit: 1.1,
      means: 'at most',
    },
    {
      says: 'and less than the control that does build one',
      what: 'namespace',
      against: 'control: builds a text',
      limit: 1,
      means: 'at most',
    },
  ],
})

const namespace: Question = {
  name: 'namespace',
  asks: 'Does a hit in a namespace build a text?',
  cases: [asked('get'), asked('peek')],
}

export default namespace
