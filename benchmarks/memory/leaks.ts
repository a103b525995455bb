/*
 * Does anything stay behind?
 *
 * The third tool of the suite, with `heap`: that one says what an entry takes, this one whether a bounded cache stays bounded.
 * Millions of keys that nobody has named before, in a cache with room for a thousand: loaded, overwritten, deleted. What stays is
 * the slope of the heap over the operations, in bytes for each. An entry takes a hundred bytes and more, so half a byte is nothing:
 * a leak of anything for each key is many times that.
 */
import { numberOf } from '../harness/child.ts'
import type { Measure } from '../harness/question.ts'
import type { CaseResult } from '../harness/result.ts'
import { rowsOf } from '../harness/row.ts'
import { atMost, spreadOf } from '../harness/spread.ts'
import { inMemory } from '../rivals/all.ts'

const LIMIT = 1
const OURS = 'larder'

const slopeOf = (name: string, operations: number): number =>
  numberOf(new URL('leak.child.ts', import.meta.url), name, String(operations))

function staying(operations: number, rounds: number): CaseResult {
  const slopes = new Map<string, number[]>(inMemory.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name } of inMemory) slopes.get(name)?.push(slopeOf(name, operations))
  }
  const of = (name: string): readonly number[] => slopes.get(name) ?? []
  const measured = spreadOf(of(OURS))
  return {
    name: `${operations.toLocaleString('en')} new keys, room for 1,000`,
    baseline: 'Map',
    counted: 'bytes that stay for each operation',
    rounds,
    rows: rowsOf(inMemory, of, 'Map'),
    goals: [
      {
        says: `≤ ${LIMIT} B stay for each operation: ${OURS}`,
        goal: `≤ ${LIMIT} B`,
        measured,
        verdict: atMost(measured, LIMIT),
      },
    ],
  }
}

const leaks: Measure = {
  name: 'leaks',
  asks: 'Does anything stay behind?',
  unit: 'B',
  seconds: 130,
  cases: async (isQuick) => [isQuick ? staying(40_000, 1) : staying(500_000, 2)],
}

export default leaks
