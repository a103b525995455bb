import { Passing } from '../src/engine/passing.ts'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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

  test.each([0, 1])('keeps nothing alive that has gone, and a Map does; while %i stays', (staying) => {
    // A full collection that comes in between hides what a Map keeps, and what is left of other tests may be in the figure.
    const tries = Array.from({ length: 5 }, () => [
      grownBy(new Passing(), staying),
      grownBy(new Map(), staying),
    ])
    const passing = Math.min(...tries.map(([grown = 0]) => grown))
    const map = Math.max(...tries.map(([, grown = 0]) => grown))
    expect(passing).toBeLessThan(map / 3)
  })
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (how?: { readonly type: 'minor' }) => void

/** By how many bytes the heap has grown when 8 MB have come and gone, without a full collection. */
function grownBy(
  map: Pick<Passing<number, unknown>, 'set'> & { delete(key: number): unknown },
  staying: number,
): number {
  const collectYoung = (times: number): void => {
    for (let i = 0; i < times; i++) collect({ type: 'minor' })
  }
  for (let i = 0; i < staying; i++) map.set(-2 - i, 'stays')
  map.set(-1, 'comes first')
  map.delete(-1)
  // Idle for so long that its table is old.
  collect()
  collectYoung(4)
  const { heapUsed } = process.memoryUsage()
  for (let i = 0; i < 20_000; i++) {
    map.set(
      i,
      Array.from({ length: 50 }, () => i + 0.5),
    )
    map.delete(i)
    if (i % 200 === 0) collectYoung(1)
  }
  collectYoung(2)
  return process.memoryUsage().heapUsed - heapUsed
}
