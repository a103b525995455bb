/*
 * Records of every released version and codec, kept for ever, decoded in every run. None is ever written again: if this
 * test fails, the reader is wrong, or the version must be a new one.
 *
 *   LARDER_WRITE_FIXTURES=1 vitest run test/bytes/fixtures     adds those that are missing
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotli, gzip, hasZstd, lz4, msgpack, sealed, zstd } from '@larder/codecs'
import {
  codec,
  type Codec,
  type Compressor,
  describe as described,
  json,
  type Sealer,
  type Serializer,
  type Terms,
  termsOf,
} from '@larder/core'
import { describe, expect, test } from 'vitest'
import { clock, KEY, keyring, place, TERMS } from './bench.ts'
import { isSame, shown } from './same.ts'

const folder = new URL('../../packages/core/test/bytes/fixtures/v1/', import.meta.url)

interface Fixture {
  readonly name: string
  readonly value: unknown
  readonly terms?: Terms
  readonly serializer?: Serializer
  readonly compressor?: () => Compressor
  readonly sealer?: Sealer
}

const plain = { id: 42, name: 'Ada Lovelace', tags: ['a', 'b'], active: true, score: 0.5, none: null }
const rich = {
  at: new Date(86_400_000),
  never: new Date(Number.NaN),
  map: new Map<unknown, unknown>([
    ['k', 1n],
    [{ x: 1 }, undefined],
  ]),
  set: new Set(['a', -0]),
  bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
  buffer: Buffer.from('héllo'),
  url: new URL('https://larder.dev/a?b=c#d'),
  numbers: [Number.NaN, Infinity, -Infinity, -0, 2 ** 53],
  text: '🧀\ud800\0',
  undefined,
  bare: Object.assign(Object.create(null) as object, { $date: 'no date' }),
  form: { $map: [] },
  '\udfff': 1,
}
const large = Array.from({ length: 40 }, (_, i) => ({ ...plain, id: i, at: new Date(i * 1_000) }))
const smallZstd = (): Compressor => zstd({ above: 1 })
const sealer = sealed({ keys: keyring, current: 'k1' })

const fixtures: readonly Fixture[] = [
  { name: 'json-plain', value: plain },
  { name: 'json-rich', value: rich },
  { name: 'json-text', value: '' },
  { name: 'json-null', value: null },
  { name: 'json-no-terms', value: plain, terms: termsOf(0, 0, []) },
  {
    name: 'json-for-ever-with-meta',
    value: plain,
    terms: termsOf(Infinity, Infinity, TERMS.stamps, { etag: 'W/"7"', n: Number.NaN }, 12.5),
  },
  { name: 'json-lz4', value: large, compressor: lz4 },
  { name: 'json-zstd', value: large, compressor: smallZstd },
  { name: 'json-gzip', value: large, compressor: gzip },
  { name: 'json-brotli', value: large, compressor: brotli },
  { name: 'json-sealed', value: rich, sealer },
  { name: 'json-lz4-sealed', value: large, compressor: lz4, sealer },
  { name: 'msgpack-plain', value: plain, serializer: msgpack() },
  { name: 'msgpack-rich', value: rich, serializer: msgpack() },
  { name: 'msgpack-lz4', value: large, serializer: msgpack(), compressor: lz4 },
  { name: 'msgpack-zstd', value: large, serializer: msgpack(), compressor: smallZstd },
  { name: 'msgpack-sealed', value: rich, serializer: msgpack(), sealer },
]

const codecOf = ({ serializer = json(), compressor, sealer: by }: Fixture): Codec =>
  codec({ serializer, ...(compressor && { compressor: compressor() }), ...(by && { sealer: by }) })

interface Expected {
  readonly value: string
  readonly description: unknown
}

const expectedFile = new URL('expected.json', folder)
const expected = (existsSync(expectedFile) ? JSON.parse(readFileSync(expectedFile, 'utf8')) : {}) as Record<
  string,
  Expected
>

/** As JSON has it: Infinity and NaN as texts. */
const ofJson = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
    ),
  )

if (process.env['LARDER_WRITE_FIXTURES'] === '1') {
  mkdirSync(folder, { recursive: true })
  for (const fixture of fixtures) {
    const file = new URL(`${fixture.name}.bin`, folder)
    if (existsSync(file) || (fixture.compressor === smallZstd && !hasZstd)) continue
    const bytes = await place(codecOf(fixture)).write(fixture.value, KEY, fixture.terms ?? TERMS)
    writeFileSync(file, bytes)
    expected[fixture.name] = { value: shown(fixture.value), description: ofJson(described(bytes)) }
  }
  writeFileSync(expectedFile, `${JSON.stringify(expected, undefined, 2)}\n`)
}

const bytesOf = (name: string): Uint8Array => readFileSync(new URL(`${name}.bin`, folder))

test('every fixture is there, and tested', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.bin'))

  expect(files.map((file) => file.slice(0, -4)).toSorted()).toEqual(
    fixtures.map(({ name }) => name).toSorted(),
  )
  expect(Object.keys(expected).toSorted()).toEqual(fixtures.map(({ name }) => name).toSorted())
})

describe.each(fixtures)('$name', (fixture) => {
  const { name, value, terms = TERMS, compressor } = fixture
  const isKnown = compressor !== smallZstd || hasZstd

  test('describes itself', () => {
    expect(ofJson(described(bytesOf(name)))).toEqual(expected[name]?.description)
  })

  test.runIf(isKnown)('is decoded', async () => {
    const found = await place(codecOf(fixture)).read(bytesOf(name))

    if (typeof found === 'string') expect.fail(found)
    expect(shown(found.value)).toBe(expected[name]?.value)
    expect(isSame(found.value, value)).toBe(true)
    expect(found.freshUntil).toBe(clock.now() + 300_000)
    expect(found.terms).toEqual(terms)
  })

  // What is sealed never looks the same twice, and a compressor may learn; all else is written as it ever was.
  test.runIf(fixture.sealer === undefined && compressor === undefined)(
    'is what is still written',
    async () => {
      expect(Buffer.from(await place(codecOf(fixture)).write(value, KEY, terms)).equals(bytesOf(name))).toBe(
        true,
      )
    },
  )
})
