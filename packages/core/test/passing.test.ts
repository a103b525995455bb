import { Passing } from '../src/engine/passing.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const change = fc.record({ key: fc.integer({ min: 0, max: 20 }), isIn: fc.boolean() })

describe('what passes', () => {
  test('is a map, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 500, maxLength: 1500, size: 'max' }), (changes) => {
        const passing = new Passing<number, number>()
        const map = new Map<number, number>()
        for (const [i, { key, isIn }] of changes.entries()) {
          if (isIn) {
            passing.set(key, i)
            map.set(key, i)
          } else {
            passing.delete(key)
            map.delete(key)
          }
          expect(passing.get(key)).toBe(map.get(key))
          expect(passing.has(key)).toBe(map.has(key))
          expect(passing.size).toBe(map.size)
        }
        expect(new Map(passing.entries())).toEqual(map)
        expect(new Set(passing.keys())).toEqual(new Set(map.keys()))
        expect(passing.values().toSorted((a, b) => a - b)).toEqual(
          [...map.values()].toSorted((a, b) => a - b),
        )
      }),
      { numRuns: 30 },
    )
  })
})
