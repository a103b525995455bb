import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { isSame } from '../src/engine/same.ts'

const circle = (): object => {
  const around: { inside?: object } = {}
  around.inside = { around }
  return around
}

describe('isSame', () => {
  test.each<[string, unknown, unknown]>([
    ['numbers', Number.NaN, Number.NaN],
    ['dates', new Date(5), new Date(5)],
    ['maps', new Map([[{ a: 1 }, 2]]), new Map([[{ a: 1 }, 2]])],
    ['sets', new Set([1, [2]]), new Set([1, [2]])],
    ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    ['buffers', Uint8Array.of(1).buffer, Uint8Array.of(1).buffer],
    ['addresses', new URL('http://a/b'), new URL('http://a/b')],
    ['names without a value', { a: 1, b: undefined }, { a: 1 }],
    ['circles', circle(), circle()],
  ])('%s of the same content are the same', (_, a, b) => {
    expect(isSame(a, b)).toBe(true)
  })

  test.each<[string, unknown, unknown]>([
    ['zeros', 0, -0],
    ['kinds', [], {}],
    ['null', null, {}],
    ['dates', new Date(5), new Date(6)],
    ['maps', new Map([[1, 2]]), new Map([[1, 3]])],
    ['sets', new Set([1]), new Set([1, 2])],
    ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
    ['lengths', [1], [1, 2]],
    ['patterns', /a/g, /a/i],
    ['names', { a: 1 }, { b: 1 }],
    ['more names', { a: 1 }, { a: 1, b: 2 }],
    ['inner values', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
  ])('%s of other content are not', (_, a, b) => {
    expect(isSame(a, b)).toBe(false)
    expect(isSame(b, a)).toBe(false)
  })

  test('says of no two JSON texts that they are the same if they are not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        if (isSame(a, b)) expect(JSON.stringify(sorted(a))).toBe(JSON.stringify(sorted(b)))
      }),
    )
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  )
}
