/*
 * What protects is taken out, and the row that it is for must break. A matrix that does not notice proves nothing.
 */

import { describe, expect, test, vi } from 'vitest'
import { type Lack, program } from './agents.ts'
import { broken } from './invariants.ts'
import { live } from './life.ts'
import { matrix } from './matrix.ts'

const PATIENCE = 120_000
// Most of a life is waiting.
vi.setConfig({ maxConcurrency: 8 })

interface Ablation {
  readonly what: string
  readonly lacks: readonly Lack[]
  readonly row: string
  readonly breaks: RegExp
}

const ablations: readonly Ablation[] = [
  {
    what: 'the deadline of a question to the store, and that of a call of the link',
    lacks: [
      {
        find: 'if (this.ms === Infinity) return Promise.resolve(answer)',
        replace: 'return Promise.resolve(answer)',
      },
      { find: 'if (call.ms === Infinity) return', replace: 'if (call.ms !== 0) return' },
    ],
    row: 'C4',
    breaks: /^I1: /,
  },
  {
    what: 'the breaker',
    lacks: [
      { find: `if (this.#state === 'closed') return this.#generation`, replace: 'return this.#generation' },
    ],
    row: 'C6 behind',
    breaks: /^I1: a cold getOrSet, later took/,
  },
  {
    what: 'the time until which a value may be written',
    lacks: [
      { find: 'isLate = now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[1])', replace: 'isLate = false' },
    ],
    row: 'C6 late',
    breaks: /^I5: late was answered with 0/,
  },
  {
    what: 'the deletions that are owed',
    lacks: [{ find: 'if (said.owes || lane.owing) this.#owe(lane, key)', replace: '' }],
    row: 'C5',
    breaks: /^I6: the other process|^I5: /,
  },
  {
    what: 'the write barrier',
    lacks: [{ find: 'if (this.#space.writes.size !== 0) {', replace: 'if (this.#space.writes.size < 0) {' }],
    row: 'S8',
    breaks: /^I5: /,
  },
  {
    what: 'saying again what a server that was replaced had acknowledged',
    lacks: [{ find: 'listener.replaced?.()', replace: 'void 0' }],
    row: 'S14',
    breaks: /^I5: lost was answered with 0, after 1$/,
  },
  {
    what: 'what catches what ioredis throws',
    lacks: [{ find: `redis.on('connect', () => catchWhatIsThrown(redis))`, replace: '' }],
    row: 'C8 nothing',
    breaks: /^I2: |the agent has ended/,
  },
]

describe.concurrent('without it the matrix fails:', () => {
  test.each(ablations)('$what', { timeout: PATIENCE }, async ({ lacks, row: id, breaks }) => {
    const row = matrix.find((each) => each.id === id)
    if (row === undefined) throw new Error(`there is no row ${id}`)
    const lacking = await program(lacks)
    try {
      // What may go wrong need not do so each time.
      const problems: string[] = []
      for (let left = 6; left > 0 && !problems.some((each) => breaks.test(each)); left--)
        problems.push(...broken(await live(row, lacking)))
      expect(
        problems.filter((each) => breaks.test(each)),
        problems.join('\n'),
      ).not.toEqual([])
    } finally {
      lacking.remove()
    }
  })
})
