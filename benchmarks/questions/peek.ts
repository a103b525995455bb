/*
 * What does our part of a hit cost, with no promise and no await around it?
 *
 * `peek` is all that a hit does (key, lookup, fresh, valid, counted) and nothing else, so this is where a change to
 * the engine shows first. lru-cache's own `get` does the lookup only.
 */
import { filledLarder, filledLru } from '../candidates.ts'
import type { Question } from '../harness/question.ts'

const HOUR = 3_600_000

const peek: Question = {
  name: 'peek',
  asks: 'What does our part of a hit cost, with no promise and no await around it?',
  cases: [
    {
      name: 'peek, 8,192 keys',
      keys: 8_192,
      baseline: 'lru-cache',
      candidates: [
        {
          name: 'lru-cache',
          package: 'lru-cache',
          how: 'lru.get(key), no ttl',
          waits: false,
          open(keys) {
            const lru = filledLru(keys)
            return { operation: (key) => lru.get(key) }
          },
        },
        {
          name: 'lru-cache + ttl',
          package: 'lru-cache',
          how: 'lru.get(key), ttl',
          waits: false,
          open(keys) {
            const lru = filledLru(keys, HOUR)
            return { operation: (key) => lru.get(key) }
          },
        },
        {
          name: 'larder',
          package: '@larder/core',
          how: 'store: memory(), ttl; cache.peek(key)',
          waits: false,
          async open(keys) {
            const cache = await filledLarder(keys)
            return { operation: (key) => cache.peek(key), close: () => cache.close() }
          },
        },
        {
          name: "larder, eviction: 's3-fifo'",
          package: '@larder/core',
          how: "store: memory({ eviction: 's3-fifo' }), ttl; cache.peek(key)",
          waits: false,
          async open(keys) {
            const cache = await filledLarder(keys, { eviction: 's3-fifo' })
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
          says: "peek ≤ 1.5 × raw lru-cache get, eviction: 's3-fifo'",
          what: "larder, eviction: 's3-fifo'",
          against: 'lru-cache',
          limit: 1.5,
          means: 'at most',
        },
      ],
    },
  ],
}

export default peek
