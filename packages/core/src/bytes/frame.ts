/*
 * The frame: how an entry lies in bytes. Version 1; numbers are big-endian.
 *
 *    0  2  magic: "La"                          32  4  ms of staleFor, float32
 *    2  1  version: 1                           36  4  ms of keptFor, float32
 *    3  1  flags: 0-2 serializer,               40  4  ms its load took, float32
 *          3-5 compressor, 6 sealed, 7 zero     44  4  bytes of the raw payload
 *    4  4  CRC-32 of all the rest               48  2  bytes of the stamps
 *    8  8  hash of namespace and key            50  2  bytes of the meta data
 *   16  8  written, ms since 1970, float64      52  n  stamps: (u16 length, mark, u8 length, token)*
 *   24  8  ms it is fresh from then, float64    +   m  meta data, JSON
 *                                               +   …  payload
 *
 * Freshness and stamps are read without touching the payload. A sealed frame has no CRC (zero); its header, stamps,
 * meta data and key are authenticated with the payload.
 *
 * A frame is fresh for no longer than it was when written, whatever the clock of the reader: one that runs behind
 * gives it no second life.
 *
 * Rules for readers: an unknown magic, version, flag or part, another key's hash, a wrong sum, lengths that do not fit:
 * a refusal, in this order, before anything is allocated by what the record says. Never throws.
 */

import type { Meta } from '../cache.ts'
import { type Entry, entryOf, type Stamp, termsOf } from '../engine/entry.ts'
import { valueRefused } from '../errors.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import { crc32, keyHash } from './checksum.ts'
import type { Codec } from './codec.ts'
import { bytesOfText, textOfBytes } from './text.ts'

const MAGIC = 0x4c61
const VERSION = 1
export const HEAD = 52
const SEALED = 0x40
const UNKNOWN_FLAGS = 0x80
const SUM_AT = 4
const LONGEST = 0xffff

/** Why a record is not believed. */
export type Refusal =
  | 'not-a-frame'
  | 'unknown-version'
  | 'unknown-flag'
  | 'truncated'
  | 'another-key'
  | 'corrupt'
  | 'unknown-serializer'
  | 'unknown-compressor'
  | 'not-sealed'
  | 'sealed'
  | 'unknown-key-id'
  | 'not-authentic'
  | 'too-large'
  | 'undecodable'

/** What the header says. Times as they were written. */
export interface Head {
  readonly serializer: number
  readonly compressor: number
  readonly isSealed: boolean
  readonly written: number
  readonly freshFor: number
  readonly staleFor: number
  readonly keptFor: number
  readonly cost: number
  readonly rawSize: number
  readonly stamps: readonly Stamp[]
  readonly meta: Meta | undefined
  /** Where the payload begins. */
  readonly payloadAt: number
}

/** `offset`: what to add to the clock of the entry for the time of the place, in ms since 1970. */
export function encode(
  entry: Entry,
  key: string,
  offset: number,
  now: number,
  codec: Codec,
): Awaitable<Uint8Array> {
  const raw = codec.serializer.serialize(entry.value)
  if (raw.length > codec.maxValueBytes) {
    throw valueRefused(`it takes ${raw.length} bytes, and maxValueBytes is ${codec.maxValueBytes}`)
  }
  const { compressor } = codec
  if (compressor === undefined || raw.length < compressor.above)
    return assemble(entry, key, offset, now, codec, raw, raw, 0)
  const compressed = compressor.compress(raw)
  const go = (packed: Uint8Array): Uint8Array =>
    packed.length < raw.length
      ? assemble(entry, key, offset, now, codec, raw, packed, compressor.id)
      : assemble(entry, key, offset, now, codec, raw, raw, 0)
  return isPending(compressed) ? compressed.then(go) : go(compressed)
}

function assemble(
  entry: Entry,
  key: string,
  offset: number,
  now: number,
  codec: Codec,
  raw: Uint8Array,
  payload: Uint8Array,
  compressor: number,
): Uint8Array {
  const { staleFor, keptFor, cost, meta } = entry.terms
  const stamps = stampsBlock(entry.terms.stamps)
  const metaBytes = meta === undefined ? NOTHING : bytesOfText(JSON.stringify(meta))
  if (stamps.length > LONGEST || metaBytes.length > LONGEST)
    throw valueRefused('its tags or meta data take more than 64 kB')
  const headLength = HEAD + stamps.length + metaBytes.length
  const { sealer } = codec
  const head = new Uint8Array(sealer === undefined ? headLength + payload.length : headLength)
  const view = new DataView(head.buffer)
  view.setUint16(0, MAGIC)
  view.setUint8(2, VERSION)
  view.setUint8(3, codec.serializer.id | (compressor << 3) | (sealer === undefined ? 0 : SEALED))
  const [high, low] = keyHash(key)
  view.setUint32(8, high)
  view.setUint32(12, low)
  view.setFloat64(16, now + offset)
  view.setFloat64(24, entry.freshUntil - now)
  view.setFloat32(32, staleFor)
  view.setFloat32(36, keptFor)
  view.setFloat32(40, cost)
  view.setUint32(44, raw.length)
  view.setUint16(48, stamps.length)
  view.setUint16(50, metaBytes.length)
  head.set(stamps, HEAD)
  head.set(metaBytes, HEAD + stamps.length)
  if (sealer === undefined) {
    head.set(payload, headLength)
    view.setUint32(SUM_AT, sumOf(head))
    return head
  }
  const sealed = sealer.seal(payload, [head, bytesOfText(key)])
  const frame = new Uint8Array(headLength + sealed.length)
  frame.set(head)
  frame.set(sealed, headLength)
  return frame
}

const NOTHING = new Uint8Array(0)

/** Over everything but the place of the sum itself. */
function sumOf(frame: Uint8Array): number {
  return crc32(frame.subarray(SUM_AT + 4), crc32(frame.subarray(0, SUM_AT), 0))
}

function stampsBlock(stamps: readonly Stamp[]): Uint8Array {
  if (stamps.length === 0) return NOTHING
  const texts = stamps.map(({ tag, token }) => [bytesOfText(tag), bytesOfText(token)] as const)
  const block = new Uint8Array(texts.reduce((sum, [tag, token]) => sum + 3 + tag.length + token.length, 0))
  let at = 0
  for (const [tag, token] of texts) {
    if (tag.length > LONGEST || token.length > 0xff)
      throw valueRefused('one of its tags is longer than 64 kB')
    block[at++] = tag.length >> 8
    block[at++] = tag.length & 0xff
    block.set(tag, at)
    at += tag.length
    block[at++] = token.length
    block.set(token, at)
    at += token.length
  }
  return block
}

/** The header of a frame, or why it is none. Looks at nothing behind it. */
export function readHead(frame: Uint8Array): Head | Refusal {
  if (frame.length < 4) return 'not-a-frame'
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint16(0) !== MAGIC) return 'not-a-frame'
  if (view.getUint8(2) !== VERSION) return 'unknown-version'
  const flags = view.getUint8(3)
  if ((flags & UNKNOWN_FLAGS) !== 0) return 'unknown-flag'
  if (frame.length < HEAD) return 'truncated'
  const stampsLength = view.getUint16(48)
  const metaLength = view.getUint16(50)
  const payloadAt = HEAD + stampsLength + metaLength
  if (frame.length < payloadAt) return 'truncated'
  const stamps = readStamps(frame.subarray(HEAD, HEAD + stampsLength))
  const meta = readMeta(frame.subarray(HEAD + stampsLength, payloadAt))
  if (stamps === undefined || meta === null) return 'corrupt'
  const head: Head = {
    serializer: flags & 7,
    compressor: (flags >> 3) & 7,
    isSealed: (flags & SEALED) !== 0,
    written: view.getFloat64(16),
    freshFor: view.getFloat64(24),
    staleFor: view.getFloat32(32),
    keptFor: view.getFloat32(36),
    cost: view.getFloat32(40),
    rawSize: view.getUint32(44),
    stamps,
    meta,
    payloadAt,
  }
  const times = [head.written, head.freshFor, head.staleFor, head.keptFor, head.cost]
  return times.some(Number.isNaN) ? 'corrupt' : head
}

function readStamps(block: Uint8Array): readonly Stamp[] | undefined {
  const stamps: Stamp[] = []
  for (let at = 0; at < block.length;) {
    const tagEnd = at + 2 + (((block[at] ?? 0) << 8) | (block[at + 1] ?? 0))
    const tokenEnd = tagEnd + 1 + (block[tagEnd] ?? 0)
    if (tokenEnd > block.length) return undefined
    const tag = textOfBytes(block.subarray(at + 2, tagEnd))
    const token = textOfBytes(block.subarray(tagEnd + 1, tokenEnd))
    stamps.push({ tag, token, live: true })
    at = tokenEnd
  }
  return stamps
}

/** null if it is not readable. */
function readMeta(bytes: Uint8Array): Meta | undefined | null {
  if (bytes.length === 0) return undefined
  try {
    const meta: unknown = JSON.parse(textOfBytes(bytes))
    return typeof meta === 'object' && meta !== null ? (meta as Meta) : null
  } catch {
    return null
  }
}

/** The entry in a frame, or why it is not believed. */
export function decode(
  frame: Uint8Array,
  key: string,
  offset: number,
  now: number,
  codec: Codec,
): Awaitable<Entry | Refusal> {
  const head = readHead(frame)
  if (typeof head === 'string') return head
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const [high, low] = keyHash(key)
  if (view.getUint32(8) !== high || view.getUint32(12) !== low) return 'another-key'
  const payload = verified(frame, head, key, view.getUint32(SUM_AT), codec)
  if (typeof payload === 'string') return payload
  if (head.rawSize > codec.maxValueBytes) return 'too-large'
  const serializer = codec.serializers.get(head.serializer)
  if (serializer === undefined) return 'unknown-serializer'
  const finish = (raw: Uint8Array): Entry | Refusal => {
    if (raw.length !== head.rawSize) return 'undecodable'
    try {
      const value = serializer.deserialize(raw)
      return value === undefined ? 'undecodable' : entryIn(head, value, offset, now)
    } catch {
      return 'undecodable'
    }
  }
  if (head.compressor === 0) return finish(payload)
  const compressor = codec.compressors.get(head.compressor)
  if (compressor === undefined) return 'unknown-compressor'
  try {
    const raw = compressor.decompress(payload, head.rawSize)
    return isPending(raw) ? raw.then(finish, () => 'undecodable' as const) : finish(raw)
  } catch {
    return 'undecodable'
  }
}

/** The payload, once the sum or the seal has been found right. */
function verified(
  frame: Uint8Array,
  head: Head,
  key: string,
  sum: number,
  { sealer }: Codec,
): Uint8Array | Refusal {
  const payload = frame.subarray(head.payloadAt)
  if (!head.isSealed) {
    if (sealer !== undefined) return 'not-sealed'
    return sumOf(frame) === sum ? payload : 'corrupt'
  }
  if (sealer === undefined) return 'sealed'
  if (sum !== 0) return 'corrupt'
  return sealer.open(payload, [frame.subarray(0, head.payloadAt), bytesOfText(key)])
}

function entryIn(head: Head, value: unknown, offset: number, now: number): Entry {
  // The clocks of writer and reader may differ; neither can make it live longer than it was given.
  const age = Math.max(0, now + offset - head.written)
  const terms = termsOf(head.staleFor, head.keptFor, head.stamps, head.meta, head.cost)
  return entryOf(value, now + head.freshFor - age, terms)
}

/** What the header of a record says, for tools and people; or why it is no frame. */
export interface Description extends Omit<Head, 'stamps' | 'payloadAt'> {
  readonly version: number
  readonly bytes: number
  readonly payloadBytes: number
  readonly stamps: readonly { readonly mark: string; readonly token: string }[]
  /** The sum is right, as far as that can be told without keys: undefined for sealed frames. */
  readonly intact: boolean | undefined
}

/**
 * Reads the header of a record without knowing its key or codec.
 *
 * @example
 * console.log(describe(await redis.getBuffer('larder:users:42')))
 */
export function describe(frame: Uint8Array): Description | Refusal {
  const head = readHead(frame)
  if (typeof head === 'string') return head
  const { stamps, payloadAt, ...rest } = head
  const sum = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(SUM_AT)
  return {
    ...rest,
    version: VERSION,
    bytes: frame.length,
    payloadBytes: frame.length - payloadAt,
    stamps: stamps.map(({ tag, token }) => ({ mark: tag, token })),
    intact: head.isSealed ? undefined : sum === sumOf(frame),
  }
}
