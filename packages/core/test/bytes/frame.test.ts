/*
 * The frame, byte by byte: what docs/frame.md says, and what its readers rely on.
 */
import { crc32 as crc32OfNode } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { describe as group, expect, test } from 'vitest'
import { type Codec, codec, type Sealer, type Serializer } from '../../src/bytes/codec.ts'
import { crc32, crc32ByTable, putKeyHash } from '../../src/bytes/checksum.ts'
import { decode, describe, encode, type Head, readHead } from '../../src/bytes/frame.ts'
import { type Entry, entryOf, termsOf } from '../../src/engine/entry.ts'

function keyHash(key: string): readonly [high: number, low: number] {
  const bytes = Buffer.alloc(8)
  putKeyHash(bytes, 0, key)
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4)]
}

const NOW = 1_000
const OFFSET = 1_800_000_000_000
const STAMPS = [{ tag: 'app#=user', token: 'q7w1.4', live: true }]
const TERMS = termsOf(60_000, 3_600_000, STAMPS, { etag: 'W/"7"' }, 12.5)
const entry = (value: unknown = { id: 42 }, freshUntil = NOW + 5_000): Entry =>
  entryOf(value, freshUntil, TERMS)

const write = (what: Entry = entry(), by: Codec = codec(), key = 'k'): Uint8Array =>
  encode(what, key, OFFSET, NOW, by) as Uint8Array

test('lies as documented', () => {
  const frame = Buffer.from(write())

  expect(frame.toString('latin1', 0, 2)).toBe('La')
  expect([frame[2], frame[3]]).toEqual([1, 1])
  expect(frame.readUInt32BE(4)).toBe(crc32OfNode(frame.subarray(8, 92), crc32OfNode(frame.subarray(0, 4))))
  expect([frame.readUInt32BE(8), frame.readUInt32BE(12)]).toEqual(keyHash('k'))
  expect(frame.readDoubleBE(16)).toBe(OFFSET + NOW)
  expect(frame.readDoubleBE(24)).toBe(5_000)
  expect([frame.readFloatBE(32), frame.readFloatBE(36), frame.readFloatBE(40)]).toEqual([
    60_000, 3_600_000, 12.5,
  ])
  expect(frame.readUInt32BE(44)).toBe('{"id":42}'.length)
  expect(frame.readUInt32BE(48)).toBe(crc32OfNode('{"id":42}'))
  expect([frame.readUInt16BE(52), frame.readUInt16BE(54)]).toEqual([18, 18])
  expect(frame.toString('latin1', 56, 74)).toBe('\0\tapp#=user\x06q7w1.4')
  expect(frame.toString('latin1', 74, 92)).toBe(String.raw`{"etag":"W/\"7\""}`)
  expect(frame.toString('latin1', 92)).toBe('{"id":42}')
})

group('what it says is read from its head alone', () => {
  test('without a byte of the payload', () => {
    const frame = write()
    const whole = readHead(frame) as Head

    const head = readHead(frame.subarray(0, whole.payloadAt)) as Head

    expect(head).toEqual(whole)
    expect(head).toMatchObject({
      freshFor: 5_000,
      staleFor: 60_000,
      keptFor: 3_600_000,
      stamps: STAMPS,
      meta: { etag: 'W/"7"' },
    })
  })

  test('and is believed only if its own sum is right', () => {
    const frame = write()
    const { payloadAt } = readHead(frame) as Head

    for (let at = 4; at < payloadAt; at++) {
      const damaged = frame.slice(0, payloadAt)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      expect(['corrupt', 'truncated']).toContain(readHead(damaged))
    }
  })
})

group('time', () => {
  const read = (frame: Uint8Array, offset: number, now: number): Entry =>
    decode(frame, 'k', offset, now, codec()) as Entry

  test('the freshness that is left is what a reader gets, by its own clock', () => {
    const found = read(write(), OFFSET - 7_000, NOW + 7_000 + 2_000)

    expect(found.freshUntil - (NOW + 9_000)).toBe(3_000)
  })

  test('a reader whose clock runs behind gives no more than was given', () => {
    const found = read(write(), OFFSET - 3_600_000, NOW)

    expect(found.freshUntil).toBe(NOW + 5_000)
  })

  test('for ever is for ever', () => {
    const found = read(write(entryOf(1, Infinity, termsOf(Infinity, Infinity, []))), OFFSET, NOW)

    expect([found.freshUntil, found.terms.staleFor, found.terms.keptFor]).toEqual([
      Infinity,
      Infinity,
      Infinity,
    ])
  })

  test('what was stale when it was written is stale', () => {
    expect(read(write(entry(1, NOW - 500)), OFFSET, NOW).freshUntil).toBe(NOW - 500)
  })
})

group('copies', () => {
  test('the payload is copied once, whatever is done to it', () => {
    const payload = new Uint8Array(100_000).fill(7)
    const text: Serializer = { id: 7, name: 'fixed', serialize: () => payload, deserialize: (bytes) => bytes }
    const sealer: Sealer = {
      name: 'none',
      seal: (bytes) => [Uint8Array.of(9), bytes],
      open: (bytes) => bytes.subarray(1),
    }

    for (const by of [codec({ serializer: text }), codec({ serializer: text, sealer })]) {
      const copied = countCopied(() => write(entry(), by))
      const frame = write(entry(), by)
      expect(copied.filter((length) => length === payload.length)).toEqual([payload.length])
      // And not at all when it is read.
      const found = decode(frame, 'k', OFFSET, NOW, by) as Entry
      expect((found.value as Uint8Array).buffer).toBe(frame.buffer)
    }
  })
})

/** The lengths of everything that is put into a Uint8Array meanwhile. */
function countCopied(work: () => unknown): number[] {
  const lengths: number[] = []
  const real = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'set')
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as { set: typeof Uint8Array.prototype.set }
  const set = prototype.set
  prototype.set = function counted(this: Uint8Array, from, at) {
    lengths.push(from.length)
    set.call(this, from, at)
  }
  try {
    work()
  } finally {
    if (real !== undefined) Object.defineProperty(prototype, 'set', real)
  }
  return lengths
}

group('what cannot be written is refused', () => {
  test('a value that is too large', () => {
    expect(() => write(entry('x'.repeat(2_000)), codec({ maxValueBytes: '1kb' }))).toThrow(
      'it takes 2002 bytes, and maxValueBytes is 1024',
    )
  })

  test('more than 64 kB of tags or of meta data', () => {
    const tag = { tag: 'x'.repeat(40_000), token: 't', live: true }

    expect(() => write(entryOf(1, 1, termsOf(0, 0, [tag, tag])))).toThrow('more than 64 kB')
    expect(() => write(entryOf(1, 1, termsOf(0, 0, [{ ...tag, tag: 'x'.repeat(70_000) }])))).toThrow(
      'longer than 64 kB',
    )
    expect(() => write(entryOf(1, 1, termsOf(0, 0, [], { text: 'x'.repeat(70_000) })))).toThrow(
      'more than 64 kB',
    )
  })
})

group('parts that are not ours', () => {
  const throwing: Serializer = {
    id: 7,
    name: 'throwing',
    serialize: () => Uint8Array.of(1),
    deserialize() {
      throw new Error('no')
    },
  }
  const lazy: Codec = codec({
    serializer: { ...throwing, serialize: () => new Uint8Array(100), deserialize: () => 1 },
    compressor: {
      id: 7,
      name: 'lazy',
      above: 1,
      compress: async () => new Uint8Array(1),
      decompress: async () => Promise.reject(new Error('no')),
    },
  })

  test('that throw, make a miss', async () => {
    const sealer: Sealer = {
      name: 'broken',
      seal: (bytes) => [bytes],
      open() {
        throw new Error('no')
      },
    }

    expect(
      decode(
        write(entry(), codec({ serializer: throwing })),
        'k',
        OFFSET,
        NOW,
        codec({ serializer: throwing }),
      ),
    ).toBe('undecodable')
    expect(decode(write(entry(), codec({ sealer })), 'k', OFFSET, NOW, codec({ sealer }))).toBe('undecodable')
    const frame = await encode(entry(), 'k', OFFSET, NOW, lazy)
    expect(await decode(frame, 'k', OFFSET, NOW, lazy)).toBe('undecodable')
  })

  test('that unpack to another size than was packed, make a miss', async () => {
    const short: Codec = {
      ...lazy,
      compressors: new Map([
        [7, { id: 7, name: 'short', above: 1, compress: (raw) => raw, decompress: () => new Uint8Array(99) }],
      ]),
    }
    const frame = await encode(entry(), 'k', OFFSET, NOW, lazy)

    expect(decode(frame, 'k', OFFSET, NOW, short)).toBe('undecodable')
  })

  test('whose ids are none, or are taken, are misuse', () => {
    expect(() => codec({ serializer: { ...throwing, id: 8 } })).toThrow(
      'the id of throwing must be from 1 to 7, not 8',
    )
    expect(() => codec({ serializer: { ...throwing, id: 1 } })).toThrow('throwing and json have one id, 1')
    expect(() =>
      codec({
        serializer: {} as never,
        compressor: 1 as never,
        sealer: 'x' as never,
        alsoReads: [1] as never,
        maxValueBytes: 0,
      }),
    ).toThrow('5 problems')
  })
})

group('describe', () => {
  test('says what is in the head, and whether it is whole', () => {
    expect(describe(write())).toEqual({
      version: 1,
      serializer: 'json',
      compressor: 'none',
      isSealed: false,
      written: OFFSET + NOW,
      freshFor: 5_000,
      staleFor: 60_000,
      keptFor: 3_600_000,
      cost: 12.5,
      rawSize: 9,
      meta: { etag: 'W/"7"' },
      bytes: 101,
      payloadBytes: 9,
      stamps: [{ mark: 'app#=user', token: 'q7w1.4' }],
      intact: true,
    })
  })

  test('describes what is damaged, and says so', () => {
    const inHead = write()
    inHead[20] = (inHead[20] ?? 0) ^ 1
    const inPayload = write()
    inPayload[100] = (inPayload[100] ?? 0) ^ 1

    expect(describe(inHead)).toMatchObject({ intact: false })
    expect(describe(inPayload)).toMatchObject({ freshFor: 5_000, intact: false })
    expect(describe(new Uint8Array(3))).toBe('not-a-frame')
    expect(describe(inHead.subarray(0, 30))).toBe('truncated')
  })

  test('cannot tell without the keys whether a sealed payload is whole', () => {
    const sealer: Sealer = { name: 's', seal: (bytes) => [bytes], open: (bytes) => bytes }

    expect(describe(write(entry(), codec({ sealer })))).toMatchObject({ isSealed: true, intact: undefined })
  })
})

group('sums and hashes', () => {
  test('the CRC of the runtime and that by table are one', () => {
    for (let length = 0; length < 300; length += 7) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff)
      expect(crc32ByTable(bytes, 5)).toBe(crc32(bytes, 5))
      expect(crc32ByTable(bytes, 0)).toBe(crc32OfNode(bytes) | 0)
    }
  })

  test('no two of 300,000 keys have one hash, also those that differ in one unit only', () => {
    const seen = new Set<string>()
    const keys = Array.from({ length: 100_000 }, (_, i) => [
      `users:${i}`,
      `${i}:users`,
      `k${String.fromCharCode(i & 0xffff)}${i >> 16}`,
    ]).flat()

    for (const key of keys) seen.add(keyHash(key).join())

    expect(seen.size).toBe(new Set(keys).size)
    // Each half is a good hash by itself: about n²/2³³ of them meet by chance.
    const halves = new Set(keys.map((key) => keyHash(key)[0]))
    expect(new Set(keys).size - halves.size).toBeLessThan(40)
  })

  test('the hash is the one that is in all records', () => {
    expect(['', 'k', 'app:users:42', '\ud800', '🧀'].map((key) => keyHash(key))).toEqual(HASHES)
  })
})

const HASHES = JSON.parse(
  readFileSync(new URL('fixtures/v1/hashes.json', import.meta.url), 'utf8'),
) as unknown
