/*
 * Sealing: who has a key reads, nobody else reads or makes, and the key is seen nowhere.
 */
import { inspect } from 'node:util'
import { sealed } from '@larder/codecs'
import { describe, expect, test } from 'vitest'
import { xaesKey, xaesOpen, xaesSeal } from '../src/xaes.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const key = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const payload = new TextEncoder().encode('{"secret":42}')
const bound = [new TextEncoder().encode('head'), new TextEncoder().encode('"app:k"')]

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

describe('XAES-256-GCM', () => {
  const nonce = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWX')
  const text = new TextEncoder().encode('XAES-256-GCM')

  // Both ways through the doubling of CMAC: with the first bit of the block set, and without.
  test.each([
    [1, '', 'ce546ef63c9cc60765923609', 'b33a9a1974e96e52daf2fcf7075e2271'],
    [3, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a17943', '7fd083bf3fdb41abd740a21f71eb769d'],
  ])('is as specified: vector with keys of %i', (n, aad, wanted, tag) => {
    const with_ = new TextEncoder().encode(aad)
    const by = xaesKey(key(n))

    expect(xaesSeal(by, nonce, text, with_).map(hex)).toEqual([wanted, tag])
    expect(xaesOpen(by, nonce, Buffer.from(wanted, 'hex'), Buffer.from(tag, 'hex'), with_)).toEqual(
      Buffer.from(text),
    )
  })

  test('a tag of fewer than 16 bytes is none', () => {
    const by = xaesKey(key(1))
    const [body, tag] = xaesSeal(by, nonce, text, bound[0] ?? text)

    expect(() => xaesOpen(by, nonce, body, tag.subarray(0, 4), bound[0] ?? text)).toThrow(
      'Invalid authentication tag length',
    )
  })
})

describe('a sealed payload', () => {
  const sealer = sealed({ keys: { k1: key(1), k2: key(2) }, current: 'k1' })
  const seal = (): Uint8Array => joined(sealer.seal(payload, bound))

  test('is opened with what it is bound to, and says nothing of its contents', () => {
    const sealedBytes = seal()

    expect(sealer.open(sealedBytes, bound)).toEqual(Buffer.from(payload))
    expect(sealedBytes.length).toBe(1 + 2 + 24 + payload.length + 16)
    expect(hex(sealedBytes)).not.toContain(hex(payload.subarray(2, 8)))
  })

  test('is not opened with anything else', () => {
    const sealedBytes = seal()
    const other = new TextEncoder().encode('"app:l"')

    expect(sealer.open(sealedBytes, [bound[0] ?? other, other])).toBe('not-authentic')
    expect(sealer.open(sealedBytes, [other, bound[1] ?? other])).toBe('not-authentic')
  })

  test('of which one bit was changed, is not authentic', () => {
    const sealedBytes = seal()

    for (let bit = 0; bit < sealedBytes.length * 8; bit++) {
      const changed = sealedBytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(['not-authentic', 'unknown-key-id']).toContain(sealer.open(changed, bound))
    }
    for (let length = 0; length < sealedBytes.length; length++) {
      expect(['not-authentic', 'unknown-key-id']).toContain(
        sealer.open(sealedBytes.subarray(0, length), bound),
      )
    }
  })

  test('names its key; that of another ring is unknown', () => {
    expect(sealed({ keys: { k2: key(2) }, current: 'k2' }).open(seal(), bound)).toBe('unknown-key-id')
    expect(sealed({ keys: { k2: key(1) }, current: 'k2' }).open(seal(), bound)).toBe('unknown-key-id')
    expect(sealed({ keys: { k1: key(2) }, current: 'k1' }).open(seal(), bound)).toBe('not-authentic')
  })

  test('may be empty, and may be large', () => {
    for (const length of [0, 1, 5_000_000]) {
      const raw = new Uint8Array(length).fill(3)
      const opened = sealer.open(joined(sealer.seal(raw, bound)), bound)
      expect(typeof opened === 'string' ? opened : Buffer.from(opened).equals(raw)).toBe(true)
    }
  })
})

test('no nonce comes twice, nor does either half of one', () => {
  const sealer = sealed({ keys: { k1: key(1) }, current: 'k1' })
  const count = 20_000 * Number(process.env['LARDER_RUNS'] ?? 1)
  const halves = [new Set<string>(), new Set<string>()] as const

  for (let i = 0; i < count; i++) {
    const [, nonce = new Uint8Array(0)] = sealer.seal(payload, bound)
    halves[0].add(hex(nonce.subarray(0, 12)))
    halves[1].add(hex(nonce.subarray(12)))
  }

  expect(halves.map(({ size }) => size)).toEqual([count, count])
})

describe('keys', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 200)
  const forms: readonly (readonly [string, Uint8Array | string])[] = [
    ['bytes', bytes],
    ['a Buffer', Buffer.from(bytes)],
    ['hex', hex(bytes)],
    ['HEX', hex(bytes).toUpperCase()],
    ['base64', Buffer.from(bytes).toString('base64')],
    ['base64url', Buffer.from(bytes).toString('base64url')],
  ]

  test.each(forms)('are taken as %s', (_, given) => {
    const parts = sealed({ keys: { k: bytes }, current: 'k' }).seal(payload, bound)

    expect(sealed({ keys: { k: given }, current: 'k' }).open(joined(parts), bound)).toEqual(
      Buffer.from(payload),
    )
  })

  test('are copied: changing the bytes that were given changes nothing', () => {
    const mine = bytes.slice()
    const sealer = sealed({ keys: { k: mine }, current: 'k' })
    const before = joined(sealer.seal(payload, bound))
    mine.fill(0)

    expect(sealer.open(before, bound)).toEqual(Buffer.from(payload))
  })

  const canary = 'c0ffee'.repeat(11).slice(0, 64)
  const mistakes: readonly (readonly [string, unknown])[] = [
    ['no options', undefined],
    ['no keys', { keys: {}, current: 'k1' }],
    ['a key in the place of the keyring', { keys: canary, current: 'k1' }],
    ['a list of keys', { keys: [canary], current: 'k1' }],
    ['a key in the place of its id', { keys: { [canary]: 'k1' }, current: 'k1' }],
    ['a key in the place of the current id', { keys: { k1: canary }, current: canary }],
    ['a key that is too short', { keys: { k1: canary.slice(2) }, current: 'k1' }],
    ['a key that is too long', { keys: { k1: `${canary}00` }, current: 'k1' }],
    ['bytes that are too few', { keys: { k1: Buffer.from(canary.slice(2), 'hex') }, current: 'k1' }],
    [
      'an id that is __proto__',
      { keys: JSON.parse(`{"__proto__":"${canary}"}`) as unknown, current: '__proto__' },
    ],
    ['no current id', { keys: { k1: canary } }],
    ['a current id that is no key', { keys: { k1: canary }, current: 'k2' }],
    ['a current id that every object has', { keys: { k1: canary }, current: 'constructor' }],
  ]

  test.each(mistakes)('misuse: %s, told without a word of the key', (_, options) => {
    const error = (() => {
      try {
        return sealed(options as never)
      } catch (thrown) {
        return thrown
      }
    })()

    expect(error).toBeInstanceOf(TypeError)
    expect(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}`).not.toContain('c0ffeec0ffee')
  })

  test('are shown by nothing that one prints', () => {
    const sealer = sealed({ keys: { k1: canary, k2: Buffer.from(canary, 'hex') }, current: 'k1' })
    const printed = [
      inspect(sealer, { depth: 9, showHidden: true }),
      JSON.stringify(sealer),
      inspect(sealer.seal(payload, bound)),
    ].join()

    expect(printed).not.toContain('c0ffee')
    expect(printed).not.toContain('c0 ff ee')
    expect(printed).not.toContain('192, 255, 238')
  })
})
