import { Passing } from '../src/engine/passing.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const change = fc.record({ key: fc.integer({ min: 0, max: 20 }), isIn: fc.boolean() })

describe('what passes', () => {
  test('is a map, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 600, maxLength: 800, size: 'max' }), (changes) => {
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
          const isSame =
            passing.get(key) === map.get(key) &&
            passing.has(key) === map.has(key) &&
            passing.size === map.size
          if (!isSame) throw new Error(`they differ in ${key} after ${i} changes`)
        }
        expect(new Map(passing.entries())).toEqual(map)
        expect(new Set(passing.keys())).toEqual(new Set(map.keys()))
        expect(new Set(passing.values())).toEqual(new Set(map.values()))
      }),
      { numRuns: 30, endOnFailure: true },
    )
  })
})
