/*
 * Two checks on a record: a CRC-32 over its bytes (one flipped bit would otherwise be a wrong value in most cases), and
 * a 64-bit hash of the key it belongs to (a reply that reaches the wrong caller would otherwise be somebody else's
 * value). Neither protects against an attacker who writes records; `sealed` of @larder/codecs does.
 */

import { i32, putU32, u8 } from './numbers.ts'

type Crc32 = (bytes: Uint8Array, before: number) => number

const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
const zlib = process?.getBuiltinModule?.('node:zlib') as { crc32?: Crc32 } | undefined

/** Below this many bytes the way to the runtime's own function costs more than it saves. */
const SHORT = 160

/**
 * The CRC-32 of the bytes from `from` up to `to`, continued from that of what lies before. With a sign, like all sums here: V8 keeps
 * what is larger than 31 bits in a box of its own.
 */
export function crc32(
  bytes: Uint8Array,
  before: number,
  from: number = 0,
  to: number = bytes.length,
): number {
  if (zlib?.crc32 === undefined || to - from < SHORT) return crc32ByTable(bytes, before, from, to)
  return zlib.crc32(bytes.subarray(from, to), before >>> 0) | 0
}

/** Four tables: what a byte does that is followed by none, one, two or three others. */
let tables: Int32Array | undefined

function makeTables(): Int32Array {
  const made = new Int32Array(4 * 256)
  for (let n = 0; n < 256; n++) {
    let remainder = n
    for (let bit = 0; bit < 8; bit++)
      remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
    made[n] = remainder
  }
  for (let n = 0; n < 3 * 256; n++) {
    const one = made[n] ?? 0
    made[n + 256] = (one >>> 8) ^ (made[one & 0xff] ?? 0)
  }
  return made
}

const word = (table: Int32Array, i: number): number => table[i] as number

/** Four bytes at a time. */
export function crc32ByTable(
  bytes: Uint8Array,
  before: number,
  from: number = 0,
  to: number = bytes.length,
): number {
  const table = (tables ??= makeTables())
  let crc = ~before
  let i = from
  for (; i < to - 3; i += 4) {
    crc ^= u8(bytes, i) | (u8(bytes, i + 1) << 8) | (u8(bytes, i + 2) << 16) | (u8(bytes, i + 3) << 24)
    crc =
      word(table, 768 + (crc & 0xff)) ^
      word(table, 512 + ((crc >>> 8) & 0xff)) ^
      word(table, 256 + ((crc >>> 16) & 0xff)) ^
      word(table, crc >>> 24)
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ word(table, (crc ^ u8(bytes, i)) & 0xff)
  return ~crc
}

/**
 * Two 32-bit halves of a hash of a text, by its UTF-16 units. Each step turns, mixes in and multiplies, so that every
 * bit of every unit reaches all others; at the end both halves go into both.
 */
function hash(text: string): void {
  let a = 0x9e3779b9 | 0
  let b = 0x41c6ce57 ^ text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(((a << 5) | (a >>> 27)) ^ unit, 0x85ebca6b)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ unit, 0xc2b2ae35)
  }
  a = mixed(a)
  low = mixed(b ^ a)
  high = mixed(a ^ low)
}

/** Of the last text: a pair would have to be allocated for every record. */
let high = 0
let low = 0

/** Writes the hash of a key into its 8 bytes. */
export function putKeyHash(bytes: Uint8Array, at: number, key: string): void {
  hash(key)
  putU32(bytes, at, high)
  putU32(bytes, at + 4, low)
}

/** Whether those 8 bytes are the hash of a key. */
export function isKeyHash(bytes: Uint8Array, at: number, key: string): boolean {
  hash(key)
  return i32(bytes, at) === high && i32(bytes, at + 4) === low
}

/** The finish of MurmurHash3: one to one, and every bit out depends on every bit in. */
function mixed(half: number): number {
  let h = half
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
