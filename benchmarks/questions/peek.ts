/*
 * What does our part of a hit cost, with no promise and no await around it?
 *
 * `peek` is all that a hit does (key, lookup, fresh, valid, counted) and nothing else, so this is where a change to
 * the engine shows first. lru-cache's own `get` does the lookup only.
 */
import { type Question, userOf } from '../harness/question.ts'
import { byGet, keeping } from '../rivals/candidate.ts'
import { larderFor } from '../rivals/larder.ts'
import { lru, lruWithTtl } from '../rivals/lru-cache.ts'
import { map } from '../rivals/map.ts'

const peek: Question = {
  name: 'peek',
  asks: 'What does our part of a hit cost, with no promise and no await around it?',
  cases: [
    {
      name: 'peek, 8,192 keys',
      keys: 8_192,
      baseline: 'lru-cache',
      candidates: [
        ...[lru, lruWithTtl, ...(map.memory ?? [])].map((each) => keeping(each, byGet)),
        {
          name: 'larder',
          package: '@larder/core',
          how: 'store: memory(), ttl; cache.peek(key)',
          waits: false,
          async open(keys) {
            const cache = larderFor(keys)
            for (const key of keys) await cache.set(key, userOf(key))
            return { operation: (key) => cache.peek(key), close: () => cache.close() }
          },
        },
        {
          name: "larder, eviction: 'lru'",
          package: '@larder/core',
          how: "store: memory({ eviction: 'lru' }), ttl; cache.peek(key)",
          waits: false,
          async open(keys) {
            const cache = larderFor(keys, { eviction: 'lru' })
            for (const key of keys) await cache.set(key, userOf(key))
            return { operation: (key) => cache.peek(key), close: () => cache.close() }
          },
        },
      ],
      goals: [
        {
          says: 'peek ≤ 1.5 × raw lru-cache get',
          what: 'larder',
          against: 'lru-cache',
          limit: 1.5,
          means: 'at most',
        },
        {
          says: "peek ≤ 1.5 × raw lru-cache get, eviction: 'lru'",
          what: "larder, eviction: 'lru'",
          against: 'lru-cache',
          limit: 1.5,
          means: 'at most',
        },
      ],
    },
  ],
}

export default peek
