import { keyOf, type KeyPart } from '@larder/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** Everything that may be a part of a key. Zero has no sign there, as in any map. */
const parts = fc.letrec<{ part: KeyPart }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', "'", '[', '[]', '"', '\\', '1', '1n', 'null', 'true', '__proto__', '{}', ','),
    fc.double({ noNaN: true }).map((number) => (number === 0 ? 0 : number)),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.array(tie('part'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('part'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).part

const keys = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.constantFrom("'", '[', '["a"]', '\'["a"]', '[1]', "''"),
  fc.array(parts, { minLength: 1, maxLength: 3 }),
)

/** Equality that is not made of texts. */
function areEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, i) => areEqual(each, b[i]))
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) || Array.isArray(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) =>
        Object.hasOwn(b, name) &&
        areEqual((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
    )
  )
}

describe('different keys never become the same text', () => {
  test('two keys have one text exactly if they are equal', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(areEqual(a, b))
      }),
      { numRuns: 5_000 },
    )
  })

  test('a key has the same text as its deep copy', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(keyOf(structuredClone(key))).toBe(keyOf(key))
      }),
    )
  })

  test('two keys that differ in one part differ', () => {
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 4 }), parts, fc.nat(), (key, part, at) => {
        const other = key.with(at % key.length, part)
        expect(keyOf(key) === keyOf(other)).toBe(areEqual(key, other))
      }),
      { numRuns: 2_000 },
    )
  })

  test.for([
    [['a', 'b'], ['a,b']],
    [[1], ['1']],
    [[1n], ['1n']],
    [[1n], [1]],
    [[null], ['null']],
    [[undefined], [null]],
    [['a'], [['a']]],
    [[{ a: undefined }], [{}]],
    [[['']], [[]]],
    ['["a"]', ['a']],
    ["'x", 'x'],
    ["'[", '['],
  ] as const)('%o: not the same', ([a, b]) => {
    expect(keyOf(a)).not.toBe(keyOf(b))
  })

  test('a hole in an array is no empty array', () => {
    expect(keyOf([Array.from({ length: 1 }), 'x'])).not.toBe(keyOf([[], 'x']))
    // oxlint-disable-next-line no-sparse-arrays -- the point
    expect(keyOf([[,], 'x'])).not.toBe(keyOf([[], 'x']))
  })
})

describe('what a key looks like', () => {
  test('a text is itself', () => {
    expect(keyOf('user:42')).toBe('user:42')
  })

  test('the order of names in an object does not matter', () => {
    expect(keyOf(['user', { a: 1, b: 2 }])).toBe(keyOf(['user', { b: 2, a: 1 }]))
  })

  test('zero has no sign', () => {
    expect(keyOf([-0])).toBe(keyOf([0]))
  })

  test('an object without a prototype is a plain one', () => {
    expect(keyOf([Object.assign(Object.create(null), { a: 1 })])).toBe(keyOf([{ a: 1 }]))
  })
})

describe('what is no key is refused at once, and the message says where', () => {
  test.for([
    ['', "not ''"],
    [[], 'not []'],
    [42, 'not a number'],
    [undefined, 'not undefined'],
    [null, 'not null'],
    [{ a: 1 }, 'not an object'],
    [[Number.NaN], 'key is NaN'],
    [['a', { b: [Number.NaN] }], 'b[0] is NaN'],
    [['user', new Date(0)], 'toISOString'],
    [[new Map()], 'no part of a key'],
    [[Symbol('x')], 'symbol'],
    [[() => 1], 'function'],
  ] as const)('%o', ([key, why]) => {
    expect(() => keyOf(key as never)).toThrow(TypeError)
    const where = why === 'key is NaN' ? /key(\[0\])? is NaN/ : why
    expect(() => keyOf(key as never)).toThrow(where)
  })
})
