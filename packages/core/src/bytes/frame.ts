/*
 * The frame: how an entry lies in bytes. Version 1; numbers are big-endian.
 *
 *    0  2  magic: "La"                          32  4  ms of staleFor, float32
 *    2  1  version: 1                           36  4  ms of keptFor, float32
 *    3  1  flags: 0-2 serializer,               40  4  ms its load took, float32
 *          3-5 compressor, 6 sealed, 7 zero     44  4  bytes of the raw payload
 *    4  4  CRC-32 of the head, which is         48  4  CRC-32 of the payload; zero if it is sealed
 *          0 to 4 and 8 to the payload          52  2  bytes of the stamps
 *    8  8  hash of namespace and key            54  2  bytes of the meta data
 *   16  8  written, ms since 1970, float64      56  n  stamps: (u16 length, mark, u8 length, token)*
 *   24  8  ms it is fresh from then, float64    +   m  meta data, JSON
 *                                               +   …  payload
 *
 * The head has a sum of its own, so that freshness and stamps are read, and believed, without the payload. In a sealed
 * frame the head and the key are authenticated with the payload as well.
 *
 * A frame is fresh for no longer than it was when written, whatever the clock of the reader: one that runs behind
 * gives it no second life.
 *
 * Rules for readers: an unknown magic, version or flag, lengths that do not fit, a wrong sum of the head, another key's
 * hash, sealed or not against expectation, a payload that is not verified, too large, of an unknown codec, or not to be
 * decoded: a refusal, in this order, and nothing is parsed or allocated by what the record says before it is verified.
 * Never throws. docs/frame.md is the same for people, and for readers in other languages.
 */

import type { Meta } from '../cache.ts'
import { type Entry, entryOf, type Stamp, type Terms, termsOf } from '../engine/entry.ts'
import { valueRefused } from '../errors.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import { crc32, isKeyHash, putKeyHash } from './checksum.ts'
import type { Codec, Serializer } from './codec.ts'
import { json } from './json.ts'
import { f32, f64, i32, putF32, putF64, putU16, putU32, u16, u32, u8 } from './numbers.ts'
import { bytesOfText, textOfBytes } from './text.ts'

const MAGIC = 0x4c61
const VERSION = 1
const HEAD = 56
const SEALED = 0x40
const UNKNOWN_FLAGS = 0x80
const HEAD_SUM_AT = 4
const SUMMED_FROM = 8
const KEY_HASH_AT = 8
const PAYLOAD_SUM_AT = 48
const LONGEST = 0xffff
/** A compressed payload has to be paid for at every read: it must save at least a tenth. */
export const WORTH = 0.9
/** As much as a serializer can leave free, but for one. */
const MOST_ROOM = 254

/**
 * Why a record is not believed.
 *
 * @example
 * const said = describe(frame)
 * if (said === 'unknown-key-id') console.warn('sealed with a key that this process does not have')
 */
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

/**
 * What the header says. Times as they were written.
 *
 * @example
 * const said = describe(frame)
 * if (typeof said !== 'string') console.log(`fresh for ${said.freshFor} ms from ${new Date(said.written)}`)
 */
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
  const { compressor, sealer, serializer } = codec
  const { terms } = entry
  const stamps = stampsBlock(terms.stamps)
  const meta = terms.meta === undefined ? NOTHING : json().serialize(terms.meta)
  const length = HEAD + stamps.length + meta.length
  if (stamps.length > LONGEST || meta.length > LONGEST)
    throw valueRefused('its tags or meta data take more than 64 kB')
  // The payload is written behind the place of the head, so that it need not be copied; or stands alone.
  const frame = length > MOST_ROOM ? undefined : serializer.serializeBehind?.(length, entry.value)
  const raw = frame === undefined ? serializer.serialize(entry.value) : undefined
  const rawSize = raw === undefined ? (frame?.length ?? 0) - length : raw.length
  if (rawSize > codec.maxValueBytes) {
    throw valueRefused(`it takes ${rawSize} bytes, and maxValueBytes is ${codec.maxValueBytes}`)
  }
  const head = frame ?? new Uint8Array(length)
  writeHead(head, terms, key, now + offset, entry.freshUntil - now, rawSize)
  writeBlocks(head, stamps, meta)
  const payload = (): Uint8Array => raw ?? head.subarray(length)
  const whole = (packed?: Uint8Array): Uint8Array => {
    const isWorth = packed !== undefined && packed.length < rawSize * WORTH
    head[3] = serializer.id | (isWorth ? (compressor?.id ?? 0) << 3 : 0)
    if (frame === undefined || isWorth || sealer !== undefined)
      return assemble(head.subarray(0, length), isWorth ? packed : payload(), key, codec)
    putU32(frame, PAYLOAD_SUM_AT, crc32(frame, 0, length))
    putU32(frame, HEAD_SUM_AT, headSum(frame, length))
    return frame
  }
  if (compressor === undefined || rawSize < compressor.above) return whole()
  const packed = compressor.compress(payload())
  return isPending(packed) ? packed.then(whole) : whole(packed)
}

/** The head but for its flags and sums, which are written last. */
function writeHead(
  head: Uint8Array,
  terms: Terms,
  key: string,
  written: number,
  freshFor: number,
  rawSize: number,
): void {
  putU16(head, 0, MAGIC)
  head[2] = VERSION
  putKeyHash(head, KEY_HASH_AT, key)
  putF64(head, 16, written)
  putF64(head, 24, freshFor)
  putF32(head, 32, terms.staleFor)
  putF32(head, 36, terms.keptFor)
  putF32(head, 40, terms.cost)
  putU32(head, 44, rawSize)
  putU32(head, PAYLOAD_SUM_AT, 0)
}

function writeBlocks(head: Uint8Array, stamps: Uint8Array, meta: Uint8Array): void {
  putU16(head, 52, stamps.length)
  putU16(head, 54, meta.length)
  head.set(stamps, HEAD)
  if (meta.length > 0) head.set(meta, HEAD + stamps.length)
}

/** The only copy of the payload is the one into the frame. */
function assemble(head: Uint8Array, payload: Uint8Array, key: string, { sealer }: Codec): Uint8Array {
  if (sealer === undefined) putU32(head, PAYLOAD_SUM_AT, crc32(payload, 0))
  else head[3] = (head[3] ?? 0) | SEALED
  putU32(head, HEAD_SUM_AT, headSum(head, head.length))
  const parts = sealer === undefined ? [payload] : sealer.seal(payload, boundTo(head, key))
  const frame = new Uint8Array(parts.reduce((length, part) => length + part.length, head.length))
  frame.set(head)
  let at = head.length
  for (const part of parts) {
    frame.set(part, at)
    at += part.length
  }
  return frame
}

/** What a sealed payload belongs to. The key as JSON: UTF-8 would make one of all texts with half a surrogate pair. */
const boundTo = (head: Uint8Array, key: string): readonly Uint8Array[] => [
  head,
  bytesOfText(JSON.stringify(key)),
]

const NOTHING = new Uint8Array(0)

/** Over everything but the place of the sum itself. */
function headSum(frame: Uint8Array, length: number): number {
  return crc32(frame, crc32(frame, 0, 0, HEAD_SUM_AT), SUMMED_FROM, length)
}

/** Entries in a row mostly have the same stamps, which never change but for being live. */
let lastBlock: { readonly stamps: readonly Stamp[]; readonly block: Uint8Array } | undefined

function stampsBlock(stamps: readonly Stamp[]): Uint8Array {
  if (stamps.length === 0) return NOTHING
  if (lastBlock?.stamps === stamps) return lastBlock.block
  const block = blockOf(stamps)
  lastBlock = { stamps, block }
  return block
}

function blockOf(stamps: readonly Stamp[]): Uint8Array {
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

/** The length of the head, if it is one of this version; else why not. */
function headIn(frame: Uint8Array): number | Refusal {
  if (frame.length < 4) return 'not-a-frame'
  if (u16(frame, 0) !== MAGIC) return 'not-a-frame'
  if (u8(frame, 2) !== VERSION) return 'unknown-version'
  if ((u8(frame, 3) & UNKNOWN_FLAGS) !== 0) return 'unknown-flag'
  if (frame.length < HEAD) return 'truncated'
  const length = HEAD + u16(frame, 52) + u16(frame, 54)
  return frame.length < length ? 'truncated' : length
}

const isIntact = (frame: Uint8Array, length: number): boolean =>
  i32(frame, HEAD_SUM_AT) === headSum(frame, length)

/** The terms in a head of `length` bytes, if they and its times make sense. Looks at nothing behind it. */
function termsIn(frame: Uint8Array, length: number): Terms | undefined {
  const metaAt = HEAD + u16(frame, 52)
  const stamps = stampsIn(frame, metaAt)
  const meta = metaAt === length ? undefined : readMeta(frame.subarray(metaAt, length))
  const staleFor = f32(frame, 32)
  const keptFor = f32(frame, 36)
  const cost = f32(frame, 40)
  const isSound =
    Number.isFinite(f64(frame, 16)) &&
    !Number.isNaN(f64(frame, 24)) &&
    staleFor >= 0 &&
    keptFor >= 0 &&
    cost >= 0
  if (stamps === undefined || meta === null || !isSound) return undefined
  const last = lastTerms
  const isLast =
    stamps === last.stamps &&
    staleFor === last.staleFor &&
    keptFor === last.keptFor &&
    cost === last.cost &&
    meta === last.meta
  return isLast ? last : (lastTerms = termsOf(staleFor, keptFor, stamps, meta, cost))
}

/** Records in a row mostly have the same, and then share one object. */
let lastTerms: Terms = termsOf(0, 0, [])

/** What a head says. */
function read(frame: Uint8Array, length: number): Head | 'corrupt' {
  const terms = termsIn(frame, length)
  if (terms === undefined) return 'corrupt'
  const { stamps, meta, staleFor, cost } = terms
  const flags = u8(frame, 3)
  return {
    serializer: flags & 7,
    compressor: (flags >> 3) & 7,
    isSealed: (flags & SEALED) !== 0,
    written: f64(frame, 16),
    freshFor: f64(frame, 24),
    staleFor,
    keptFor: f32(frame, 36),
    cost,
    rawSize: u32(frame, 44),
    stamps,
    meta,
    payloadAt: length,
  }
}

/**
 * Most entries of a namespace have the same stamps, so the last blocks that were read are remembered. Found by the end
 * of a token, which is random.
 */
const REMEMBERED = 256
const remembered: ({ readonly block: Uint8Array; readonly stamps: readonly Stamp[] } | undefined)[] = []
const NO_STAMPS: readonly Stamp[] = []

/** The stamps of a head, which end at `end`. */
function stampsIn(frame: Uint8Array, end: number): readonly Stamp[] | undefined {
  if (end === HEAD) return NO_STAMPS
  const place = (u8(frame, end - 1) * 31 + u8(frame, end - 4) * 7 + u8(frame, end - 5) + end) % REMEMBERED
  const known = remembered[place]
  if (known !== undefined && isSame(known.block, frame, HEAD, end)) return known.stamps
  const stamps = readStamps(frame, HEAD, end)
  if (stamps !== undefined) remembered[place] = { block: frame.slice(HEAD, end), stamps }
  return stamps
}

function isSame(block: Uint8Array, frame: Uint8Array, from: number, to: number): boolean {
  if (block.length !== to - from) return false
  for (let i = 0; i < block.length; i++) {
    if (block[i] !== frame[from + i]) return false
  }
  return true
}

function readStamps(frame: Uint8Array, from: number, end: number): readonly Stamp[] | undefined {
  const stamps: Stamp[] = []
  for (let at = from; at < end;) {
    if (at + 2 > end) return undefined
    const tagEnd = at + 2 + u16(frame, at)
    if (tagEnd >= end) return undefined
    const tokenEnd = tagEnd + 1 + u8(frame, tagEnd)
    if (tokenEnd > end) return undefined
    const tag = textOfBytes(frame.subarray(at + 2, tagEnd))
    const token = textOfBytes(frame.subarray(tagEnd + 1, tokenEnd))
    stamps.push({ tag, token, live: true })
    at = tokenEnd
  }
  return stamps
}

/** null if it is not readable. */
function readMeta(bytes: Uint8Array): Meta | undefined | null {
  if (bytes.length === 0) return undefined
  try {
    const meta = json().deserialize(bytes)
    return typeof meta === 'object' && meta !== null && !Array.isArray(meta) ? (meta as Meta) : null
  } catch {
    return null
  }
}

/** The header of a frame, or why it is none. Needs the head only, and believes it by its own sum. */
export function readHead(frame: Uint8Array): Head | Refusal {
  const length = headIn(frame)
  if (typeof length === 'string') return length
  return isIntact(frame, length) ? read(frame, length) : 'corrupt'
}

/** The entry in a frame, or why it is not believed. */
export function decode(
  frame: Uint8Array,
  key: string,
  offset: number,
  now: number,
  codec: Codec,
): Awaitable<Entry | Refusal> {
  // What parts that are not ours throw is one more way of not being decodable.
  try {
    const entry = believed(frame, key, offset, now, codec)
    return isPending(entry) ? entry.then(undefined, () => 'undecodable' as const) : entry
  } catch {
    return 'undecodable'
  }
}

function believed(
  frame: Uint8Array,
  key: string,
  offset: number,
  now: number,
  codec: Codec,
): Awaitable<Entry | Refusal> {
  const length = headIn(frame)
  if (typeof length === 'string') return length
  if (!isIntact(frame, length)) return 'corrupt'
  if (!isKeyHash(frame, KEY_HASH_AT, key)) return 'another-key'
  const opened = verified(frame, length, key, codec)
  if (typeof opened === 'string') return opened
  const terms = termsIn(frame, length)
  if (terms === undefined) return 'corrupt'
  const rawSize = u32(frame, 44)
  if (rawSize > codec.maxValueBytes) return 'too-large'
  const flags = u8(frame, 3)
  const serializer = codec.serializers.get(flags & 7)
  if (serializer === undefined) return 'unknown-serializer'
  const freshUntil = untilIn(frame, offset, now)
  const compression = (flags >> 3) & 7
  if (compression === 0) {
    return opened === undefined
      ? entryIn(frame, length, rawSize, serializer, freshUntil, terms)
      : entryIn(opened, 0, rawSize, serializer, freshUntil, terms)
  }
  const compressor = codec.compressors.get(compression)
  if (compressor === undefined) return 'unknown-compressor'
  const raw = compressor.decompress(opened ?? frame.subarray(length), rawSize)
  return isPending(raw)
    ? raw.then((bytes) => entryIn(bytes, 0, rawSize, serializer, freshUntil, terms))
    : entryIn(raw, 0, rawSize, serializer, freshUntil, terms)
}

/** Of the raw payload, which begins at `from`. */
function entryIn(
  bytes: Uint8Array,
  from: number,
  rawSize: number,
  serializer: Serializer,
  freshUntil: number,
  terms: Terms,
): Entry | Refusal {
  if (bytes.length - from !== rawSize) return 'undecodable'
  const value =
    serializer.deserializeFrom === undefined
      ? serializer.deserialize(from === 0 ? bytes : bytes.subarray(from))
      : serializer.deserializeFrom(bytes, from)
  return value === undefined ? 'undecodable' : entryOf(value, freshUntil, terms)
}

/** The clocks of writer and reader may differ; neither can make it live longer than it was given. */
function untilIn(frame: Uint8Array, offset: number, now: number): number {
  // Whole ms, as entries have them everywhere else: a field that has seen a fraction costs more ever after.
  return now + f64(frame, 24) - Math.max(0, Math.ceil(now + offset - f64(frame, 16)))
}

/** Whether the sum or the seal is right: why not, or what was sealed; undefined where the payload is as it stands. */
function verified(
  frame: Uint8Array,
  length: number,
  key: string,
  { sealer }: Codec,
): Uint8Array | Refusal | undefined {
  const isSealed = (u8(frame, 3) & SEALED) !== 0
  if (!isSealed) {
    if (sealer !== undefined) return 'not-sealed'
    return crc32(frame, 0, length) === i32(frame, PAYLOAD_SUM_AT) ? undefined : 'corrupt'
  }
  if (sealer === undefined) return 'sealed'
  return sealer.open(frame.subarray(length), boundTo(frame.subarray(0, length), key))
}

const SERIALIZERS: readonly string[] = ['none', 'json', 'msgpack']
const COMPRESSORS: readonly string[] = ['none', 'lz4', 'zstd', 'gzip', 'brotli']

/**
 * What the header of a record says, for tools and people.
 *
 * @example
 * const said: Description | Refusal = describe(frame)
 * if (typeof said !== 'string') console.log(said.serializer, said.compressor, said.payloadBytes, said.intact)
 */
export interface Description extends Omit<Head, 'stamps' | 'payloadAt' | 'serializer' | 'compressor'> {
  readonly version: number
  /** 'json', 'msgpack', or the number of one that is not Larder's. */
  readonly serializer: string
  /** 'none', 'lz4', 'zstd', 'gzip', 'brotli', or the number of one that is not Larder's. */
  readonly compressor: string
  /** All bytes that are there. */
  readonly bytes: number
  readonly payloadBytes: number
  readonly stamps: readonly { readonly mark: string; readonly token: string }[]
  /** Whether both sums are right; undefined where that of the head is, and the payload is sealed. */
  readonly intact: boolean | undefined
}

/**
 * Reads the header of a record without knowing its key or codec; says why if it is no frame. What is damaged is
 * described as it is found, with `intact: false`.
 *
 * @example
 * const frame = await client.getBuffer('larder:users:42') // of ioredis
 * if (frame !== null) console.log(describe(frame))
 */
export function describe(frame: Uint8Array): Description | Refusal {
  const length = headIn(frame)
  if (typeof length === 'string') return length
  const head = read(frame, length)
  if (head === 'corrupt') return head
  const { stamps, payloadAt, serializer, compressor, ...rest } = head
  const payload = frame.subarray(payloadAt)
  const isPayloadIntact = head.isSealed ? undefined : crc32(payload, 0) === i32(frame, PAYLOAD_SUM_AT)
  return {
    version: VERSION,
    serializer: SERIALIZERS[serializer] ?? String(serializer),
    compressor: COMPRESSORS[compressor] ?? String(compressor),
    ...rest,
    bytes: frame.length,
    payloadBytes: payload.length,
    stamps: stamps.map(({ tag, token }) => ({ mark: tag, token })),
    intact: isIntact(frame, length) && isPayloadIntact,
  }
}
