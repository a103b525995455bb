/*
 * The table of values: what comes back as it was, and what is refused, through every serializer. docs/codecs.md shows
 * it row by row, and a test holds the two against each other.
 */

export interface Row {
  /** As in the documentation. */
  readonly title: string
  readonly verdict: 'kept' | 'refused'
  readonly values: readonly unknown[]
}

class Point {
  readonly x = 1
}
class LateDate extends Date {}
class List extends Array<unknown> {}

const nested = (depth: number): unknown => {
  let value: unknown = 'deep'
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { in: value }
  return value
}

const cycle = (): unknown => {
  const list: unknown[] = [1]
  list.push({ list })
  return list
}

const bare = (record: object): object => Object.assign(Object.create(null) as object, record)

const all = Uint8Array.from({ length: 256 }, (_, i) => i)

export const table: readonly Row[] = [
  { title: '`null`, `true`, `false`', verdict: 'kept', values: [null, true, false] },
  {
    title: 'numbers',
    verdict: 'kept',
    values: [
      0,
      1,
      -1,
      127,
      128,
      255,
      256,
      65_535,
      65_536,
      2 ** 31,
      -(2 ** 31),
      2 ** 32,
      2 ** 53,
      0.1 + 0.2,
      5e-324,
      -1.5,
      1e308,
    ],
  },
  { title: '`-0`', verdict: 'kept', values: [-0, [-0], { a: -0 }] },
  { title: '`NaN`', verdict: 'kept', values: [Number.NaN, [Number.NaN]] },
  { title: '`Infinity`, `-Infinity`', verdict: 'kept', values: [Infinity, -Infinity, { a: Infinity }] },
  { title: '`bigint`', verdict: 'kept', values: [0n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 200n), [10n]] },
  {
    title: 'texts',
    verdict: 'kept',
    values: ['', 'a', 'é', '🧀\0\n"\\', '{"$date":1}', 'x'.repeat(70_000), '中'.repeat(40), '__proto__'],
  },
  {
    title: 'texts with half a surrogate pair',
    verdict: 'kept',
    values: ['\ud800', 'a\udc00b', ['\ud83e'], { '\ud800': '\udfff', b: 1 }],
  },
  { title: 'arrays', verdict: 'kept', values: [[], [1, [2, [3]]], Array.from({ length: 70_000 }, () => 1)] },
  {
    title: 'plain objects',
    verdict: 'kept',
    values: [
      {},
      { a: { b: {} } },
      { 2: 'b', 1: 'a', z: 'z' },
      { '': 1 },
      Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
    ],
  },
  {
    title: 'names of methods (`toString`, `constructor`, `toJSON`) that hold data',
    verdict: 'kept',
    values: [
      { toString: 1, toJSON: 2, constructor: 3, length: 4, valueOf: null },
      { constructor: { prototype: { x: 1 } } },
    ],
  },
  {
    title: 'objects that look like a form (`{ $date: … }`)',
    verdict: 'kept',
    values: [
      { $date: '2026' },
      { $date: new Date(1) },
      { $: { $: -0 } },
      { $map: [[1, -0]] },
      { $unknown: 1n },
      { $bare: -0 },
    ],
  },
  {
    title: 'objects without a prototype',
    verdict: 'kept',
    values: [bare({}), bare({ a: 1, b: bare({ c: 2n }) }), { in: [bare({ $date: 1 })] }],
  },
  {
    title: '`undefined` inside',
    verdict: 'kept',
    values: [[undefined], { a: undefined, b: 1 }, new Map([[undefined, undefined]])],
  },
  {
    title: '`Date`, also an invalid one',
    verdict: 'kept',
    values: [new Date(0), new Date(-1), new Date(8.64e15), new Date(Number.NaN), { at: [new Date(5)] }],
  },
  {
    title: '`Map`, in its order, with any keys',
    verdict: 'kept',
    values: [
      new Map(),
      new Map<unknown, unknown>([
        ['b', 1],
        ['a', new Map([[{ k: 1 }, new Set([1])]])],
        [1, -0],
        ['1', 2],
        ['__proto__', 3],
      ]),
    ],
  },
  {
    title: '`Set`, in its order',
    verdict: 'kept',
    values: [new Set(), new Set([3, 1, '1', null, undefined, new Set([2n])])],
  },
  {
    title: '`Uint8Array`',
    verdict: 'kept',
    values: [new Uint8Array(0), all, { b: all.subarray(3, 9) }, [new Uint8Array(70_000).fill(7)]],
  },
  {
    title: '`Buffer`',
    verdict: 'kept',
    values: [Buffer.alloc(0), Buffer.from(all), { b: Buffer.from('é') }],
  },
  {
    title: '`URL`',
    verdict: 'kept',
    values: [new URL('https://larder.dev/a?b=c#d'), { u: new URL('mailto:a@b.c') }],
  },
  {
    title: '100 levels of nesting',
    verdict: 'kept',
    values: [nested(100), [nested(99), new Date(1)], nested(499)],
  },
  {
    title: 'more than 500 levels of nesting',
    verdict: 'refused',
    values: [nested(502), [nested(502), new Date(1)], nested(100_000)],
  },
  { title: 'cycles', verdict: 'refused', values: [cycle()] },
  { title: '`undefined` as the value itself', verdict: 'refused', values: [undefined] },
  {
    title: 'functions',
    verdict: 'refused',
    values: [() => {}, { f() {} }, [Point], new Map([['f', Math.max]])],
  },
  {
    title: 'symbols, as values and as names',
    verdict: 'refused',
    values: [Symbol('a'), [Symbol.iterator], { [Symbol('a')]: 1 }, new Set([Symbol('b')])],
  },
  {
    title: 'instances of classes',
    verdict: 'refused',
    values: [
      new Point(),
      { p: new Point() },
      new LateDate(1),
      List.from([1]),
      Object.create({ inherited: 1 }),
    ],
  },
  { title: '`RegExp`', verdict: 'refused', values: [/a+b/giu, [/x/]] },
  { title: '`Error`', verdict: 'refused', values: [new RangeError('out'), { cause: new Error('in') }] },
  {
    title: 'other typed arrays, `ArrayBuffer`, `DataView`',
    verdict: 'refused',
    values: [
      new Float64Array(2),
      new Int8Array(1),
      new BigUint64Array(1),
      new ArrayBuffer(2),
      new DataView(new ArrayBuffer(2)),
      new Uint8ClampedArray(1),
    ],
  },
  {
    title: '`WeakMap`, `Promise`, boxed values and the like',
    verdict: 'refused',
    values: [
      new WeakMap(),
      [Promise.resolve(1)],
      Object(1),
      Object('a'),
      Object(1n),
      [Object(Symbol('s'))],
      new URLSearchParams('a=b'),
      Math,
    ],
  },
  {
    title: 'arrays with holes',
    verdict: 'refused',
    values: [Array.from({ length: 3 }).concat(holes()), holes(), { a: holes() }],
  },
  {
    title: 'what a regular expression matched, with its `index`',
    verdict: 'refused',
    values: ['xay'.match(/a/)],
  },
  {
    title: '`__proto__` as a name',
    verdict: 'refused',
    values: [
      JSON.parse('{"__proto__":{"evil":true},"b":1}'),
      [JSON.parse('{"a":{"__proto__":1}}'), new Date(1)],
      bare(JSON.parse('{"\\u005f_proto__":1}') as object),
    ],
  },
]

function holes(): unknown[] {
  const list: unknown[] = [1]
  list[3] = 4
  return list
}
