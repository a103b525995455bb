/*
 * The byte layer runs where there is no Node: no Buffer, no node:zlib. What is written there is read here, and the
 * other way round.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { codec } from '../../src/bytes/codec.ts'
import { decode, encode } from '../../src/bytes/frame.ts'
import { type Entry, entryOf, termsOf } from '../../src/engine/entry.ts'

interface Elsewhere {
  readonly codec: typeof codec
  readonly encode: typeof encode
  readonly decode: typeof decode
}

const value = {
  text: 'é🧀\0\ud800',
  bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
  at: new Date(5),
  map: new Map([['k', -0]]),
}
const entry = entryOf<unknown>(
  value,
  1_000,
  termsOf(1, 2, [{ tag: 'app#=é', token: 'k.1', live: true }], { a: 'é' }),
)

let elsewhere: Elsewhere

beforeEach(async () => {
  vi.resetModules()
  const { process } = globalThis
  vi.stubGlobal('Buffer', undefined)
  vi.stubGlobal('process', { ...process, getBuiltinModule: undefined })
  try {
    elsewhere = {
      ...(await import('../../src/bytes/codec.ts')),
      ...(await import('../../src/bytes/frame.ts')),
    }
  } finally {
    vi.unstubAllGlobals()
  }
})
afterEach(() => vi.resetModules())

test('the bytes are the same ones', () => {
  const there = elsewhere.encode(entry, 'kéy', 0, 0, elsewhere.codec()) as Uint8Array
  const here = encode(entry, 'kéy', 0, 0, codec()) as Uint8Array

  expect(there.constructor).toBe(Uint8Array)
  expect([...there]).toEqual([...here])
})

test('records are read on both sides', () => {
  const frame = encode(entry, 'kéy', 0, 0, codec()) as Uint8Array

  for (const found of [
    decode(frame, 'kéy', 0, 0, codec()),
    elsewhere.decode(frame, 'kéy', 0, 0, elsewhere.codec()),
  ]) {
    expect((found as Entry).value).toStrictEqual(value)
    expect((found as Entry).terms).toEqual(entry.terms)
  }
})

test('damage is seen on both sides, and a Buffer is bytes where there is none', () => {
  const frame = encode(
    entryOf({ b: Buffer.from([1, 2]) }, 1, termsOf(0, 0, [])),
    'k',
    0,
    0,
    codec(),
  ) as Uint8Array
  const found = elsewhere.decode(frame, 'k', 0, 0, elsewhere.codec()) as Entry

  expect(found.value).toStrictEqual({ b: Uint8Array.of(1, 2) })
  for (let at = 0; at < frame.length; at++) {
    const damaged = frame.slice()
    damaged[at] = (damaged[at] ?? 0) ^ 4
    expect(typeof elsewhere.decode(damaged, 'k', 0, 0, elsewhere.codec())).toBe('string')
  }
})
