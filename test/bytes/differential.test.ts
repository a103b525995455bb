/*
 * Whatever value there is: all serializers refuse it, or it comes back the same through all of them.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codecs, place, RUNS } from './bench.ts'
import { isSame, shown } from './same.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'a', '$', '"') }),
)

const name = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.constantFrom(
    '$date',
    '$map',
    '$',
    '$bare',
    '$names',
    '$undefined',
    '__proto__',
    'constructor',
    'toJSON',
    '0',
  ),
)

const rare = fc.oneof(
  fc.webUrl().map((url) => new URL(url)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.constantFrom<unknown>(undefined, -0, Number.NaN, -Infinity, 2n ** 64n, new Date(Number.NaN)),
  fc.date({ noInvalidDate: false }),
)

const anything = fc.anything({
  maxDepth: 4,
  key: name,
  values: [text, fc.double(), fc.integer(), fc.bigInt(), fc.boolean(), fc.constant(null), rare],
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
})

/** Mostly such as are kept. */
const kept = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    rare,
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(name, tie('value')),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((pairs) => new Map(pairs)),
    fc.array(tie('value')).map((list) => new Set(list)),
  ),
})).value

// A compressor and a sealer take bytes; what they do to them does not hang on the value. So: two of each.
const judges = codecs.filter(({ name: of }) =>
  ['json', 'msgpack', 'json + lz4', 'msgpack + gzip + sealed'].includes(of),
)

test.each([
  ['anything', anything, 1_000],
  ['a value of the table', kept, 1_500],
] as const)(
  '%s is refused by all serializers, or the same after a way through each',
  { timeout: 60_000 * RUNS },
  async (_, values, runs) => {
    let refusals = 0
    let returns = 0
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const ends = await Promise.all(
          judges.map(async ({ codec }) => {
            const { write, read } = place(codec)
            const bytes = await write(value).catch(() => 'refused' as const)
            if (bytes === 'refused') return bytes
            const found = await read(bytes)
            if (typeof found === 'string') return found
            return isSame(found.value, value) ? 'same' : shown(found.value)
          }),
        )
        expect(new Set(ends).size, ends.join(' | ')).toBe(1)
        expect(['same', 'refused']).toContain(ends[0])
        if (ends[0] === 'same') returns++
        else refusals++
      }),
      { numRuns: runs * RUNS },
    )
    // Neither side of the rule is tried on nothing.
    expect(returns).toBeGreaterThan(runs / 20)
    expect(refusals + returns).toBeGreaterThanOrEqual(runs)
  },
)
