/*
 * Values that caches are known to alter: through JSON, by truthiness, by copying.
 */

export interface Awkward {
  readonly title: string
  readonly value: unknown
}

class Point {
  readonly x = 1
  readonly y = 2
}

/** Each comes back equal, or is refused; never altered. */
export const awkward: readonly Awkward[] = [
  { title: 'null', value: null },
  { title: '0', value: 0 },
  { title: '-0', value: -0 },
  { title: 'NaN', value: Number.NaN },
  { title: 'Infinity', value: Infinity },
  { title: 'an integer beyond 2^53', value: 2 ** 60 + 2 ** 12 },
  { title: 'a fraction', value: 0.1 + 0.2 },
  { title: "''", value: '' },
  { title: 'false', value: false },
  { title: 'a text of a number', value: '42' },
  { title: 'a text with emoji, NUL and a line break', value: '🧀\0\n' },
  { title: 'a lone surrogate', value: 'a\ud800b' },
  { title: 'a BigInt', value: 2n ** 80n },
  { title: 'a Date', value: new Date(86_400_000) },
  { title: 'an invalid Date', value: new Date(Number.NaN) },
  {
    title: 'a Map',
    value: new Map<unknown, unknown>([
      ['a', new Date(1)],
      [{ b: 1 }, new Set([1])],
    ]),
  },
  { title: 'a Set', value: new Set<unknown>([1, '1', null, undefined]) },
  { title: 'a Uint8Array', value: new Uint8Array([0, 1, 254, 255]) },
  { title: 'an empty Uint8Array', value: new Uint8Array(0) },
  { title: 'a URL', value: new URL('https://larder.dev/a?b=c#d') },
  { title: 'a RegExp', value: /a+b/giu },
  { title: 'an Error', value: new RangeError('out of it') },
  { title: 'a class instance', value: new Point() },
  { title: 'an object with an undefined property', value: { a: undefined, b: 1 } },
  { title: 'an array with undefined in it', value: [1, undefined, 3] },
  { title: 'an array with holes', value: sparse() },
  { title: 'an empty array', value: [] },
  { title: 'an empty object', value: {} },
  { title: 'an object without a prototype', value: Object.assign(Object.create(null) as object, { a: 1 }) },
  {
    title: 'properties with the names of methods',
    value: { toString: 1, toJSON: 2, constructor: 3, length: 4 },
  },
  { title: 'a property named __proto__', value: JSON.parse('{"__proto__":{"evil":true},"b":1}') as unknown },
  { title: 'properties that look like numbers', value: { 2: 'b', 1: 'a', z: 'z' } },
  {
    title: 'rich values deep inside',
    value: { at: new Date(5), in: [{ ids: new Set([1n]), by: new Map([['k', { u: undefined }]]) }] },
  },
]

function sparse(): unknown[] {
  const list: unknown[] = [1]
  list[3] = 4
  return list
}
