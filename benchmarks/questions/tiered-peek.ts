/*
 * What does our part of a near hit cost, with no promise and no await around it?
 *
 * As `peek` is for memory: where a change to what keeps copies honest shows first.
 */
import type { Question } from '../harness/question.ts'
import { aboutServer } from '../redis/server.ts'
import { filledMemory, filledTiers } from '../redis/tiers.ts'
import { OURS } from '../rivals/larder.ts'

const MEMORY = 'larder, memory only'
const TIERS = 'larder, near'

const tieredPeek: Question = {
  name: 'tiered-peek',
  asks: 'What does our part of a near hit cost, with no promise and no await around it?',
  cases: [
    {
      name: 'peek, 8,192 keys',
      keys: 8_192,
      needs: aboutServer,
      baseline: MEMORY,
      candidates: [
        {
          name: MEMORY,
          package: '@larder/core',
          how: 'store: memory(); cache.peek(key)',
          waits: false,
          async open(keys) {
            const { cache, close } = await filledMemory(keys)
            return { operation: (key) => cache.peek(key), close }
          },
        },
        {
          name: TIERS,
          package: '@larder/tiered',
          how: `store: ${OURS}; cache.peek(key)`,
          waits: false,
          async open(keys) {
            const { cache, close } = await filledTiers(keys)
            return { operation: (key) => cache.peek(key), close }
          },
        },
      ],
      goals: [
        {
          says: 'a near peek costs a peek of memory ± 15 %',
          what: TIERS,
          against: MEMORY,
          limit: 1.15,
          means: 'at most',
        },
      ],
    },
  ],
}

export default tieredPeek
