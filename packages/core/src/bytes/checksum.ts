/*
 * Two checks on a record: a CRC-32 over its bytes (one flipped bit would otherwise be a wrong value in most cases), and
 * a 64-bit hash of the key it belongs to (a reply that reaches the wrong caller would otherwise be somebody else's
 * value). Neither protects against an attacker who writes records; `sealed` of @larder/codecs does.
 */

type Crc32 = (bytes: Uint8Array, before: number) => number

const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
const zlib = process?.getBuiltinModule?.('node:zlib') as { crc32?: Crc32 } | undefined

/** The runtime's own where it has one: some five times as fast. */
export const crc32: Crc32 = zlib?.crc32 ?? crc32ByTable

let table: Uint32Array | undefined

export function crc32ByTable(bytes: Uint8Array, before: number): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let remainder = n
    for (let bit = 0; bit < 8; bit++)
      remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
    return remainder
  })
  let crc = ~before
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return ~crc >>> 0
}

/**
 * Two 32-bit halves of a hash of a text, by its UTF-16 units. Each step turns, mixes in and multiplies, so that every
 * bit of every unit reaches all others; at the end both halves go into both.
 */
export function keyHash(text: string): readonly [high: number, low: number] {
  let a = 0x9e3779b9
  let b = 0x41c6ce57 ^ text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ unit, 0x85ebca6b)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ unit, 0xc2b2ae35)
  }
  a = mixed(a)
  b = mixed(b ^ a)
  return [mixed(a ^ b) >>> 0, b >>> 0]
}

/** The finish of MurmurHash3: one to one, and every bit out depends on every bit in. */
function mixed(half: number): number {
  let h = half
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
