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
import { type Entry, entryOf, type Stamp, termsOf } from '../engine/entry.ts'
import { valueRefused } from '../errors.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import { crc32, keyHash } from './checksum.ts'
import type { Codec } from './codec.ts'
import { json } from './json.ts'
import { bytesOfText, textOfBytes } from './text.ts'

const MAGIC = 0x4c61
const VERSION = 1
const HEAD = 56
const SEALED = 0x40
const UNKNOWN_FLAGS = 0x80
const HEAD_SUM_AT = 4
const SUMMED_FROM = 8
const PAYLOAD_SUM_AT = 48
const LONGEST = 0xffff
/** A compressed payload has to be paid for at every read: it must save at least a tenth. */
const WORTH = 0.9

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
  const whole = (packed?: Uint8Array): Uint8Array => {
    const isWorth = packed !== undefined && packed.length < raw.length * WORTH
    const head = headOf(entry, key, now + offset, entry.freshUntil - now, raw.length)
    head[3] = codec.serializer.id | (isWorth ? (compressor?.id ?? 0) << 3 : 0)
    return assemble(head, isWorth ? packed : raw, key, codec)
  }
  if (compressor === undefined || raw.length < compressor.above) return whole()
  const packed = compressor.compress(raw)
  return isPending(packed) ? packed.then(whole) : whole(packed)
}

/** The head but for its flags and sums. */
function headOf(
  { terms }: Entry,
  key: string,
  written: number,
  freshFor: number,
  rawSize: number,
): Uint8Array {
  const stamps = stampsBlock(terms.stamps)
  const meta = terms.meta === undefined ? NOTHING : json().serialize(terms.meta)
  if (stamps.length > LONGEST || meta.length > LONGEST)
    throw valueRefused('its tags or meta data take more than 64 kB')
  const head = new Uint8Array(HEAD + stamps.length + meta.length)
  const view = viewOf(head)
  view.setUint16(0, MAGIC)
  view.setUint8(2, VERSION)
  const [high, low] = keyHash(key)
  view.setUint32(8, high)
  view.setUint32(12, low)
  view.setFloat64(16, written)
  view.setFloat64(24, freshFor)
  view.setFloat32(32, terms.staleFor)
  view.setFloat32(36, terms.keptFor)
  view.setFloat32(40, terms.cost)
  view.setUint32(44, rawSize)
  view.setUint16(52, stamps.length)
  view.setUint16(54, meta.length)
  head.set(stamps, HEAD)
  head.set(meta, HEAD + stamps.length)
  return head
}

/** The only copy of the payload is the one into the frame. */
function assemble(head: Uint8Array, payload: Uint8Array, key: string, { sealer }: Codec): Uint8Array {
  const view = viewOf(head)
  if (sealer === undefined) view.setUint32(PAYLOAD_SUM_AT, crc32(payload, 0))
  else head[3] = (head[3] ?? 0) | SEALED
  view.setUint32(HEAD_SUM_AT, headSum(head))
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

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Over everything but the place of the sum itself. */
function headSum(head: Uint8Array): number {
  return crc32(head.subarray(SUMMED_FROM), crc32(head.subarray(0, HEAD_SUM_AT), 0))
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

/** The bytes of the head, if they are those of a head of this version; else why not. */
function headIn(frame: Uint8Array): Uint8Array | Refusal {
  if (frame.length < 4) return 'not-a-frame'
  const view = viewOf(frame)
  if (view.getUint16(0) !== MAGIC) return 'not-a-frame'
  if (view.getUint8(2) !== VERSION) return 'unknown-version'
  if ((view.getUint8(3) & UNKNOWN_FLAGS) !== 0) return 'unknown-flag'
  if (frame.length < HEAD) return 'truncated'
  const length = HEAD + view.getUint16(52) + view.getUint16(54)
  return frame.length < length ? 'truncated' : frame.subarray(0, length)
}

const isIntact = (head: Uint8Array): boolean => viewOf(head).getUint32(HEAD_SUM_AT) === headSum(head)

/** What a head says. Looks at nothing behind it. */
function read(head: Uint8Array): Head | 'corrupt' {
  const view = viewOf(head)
  const metaAt = HEAD + view.getUint16(52)
  const stamps = readStamps(head.subarray(HEAD, metaAt))
  const meta = readMeta(head.subarray(metaAt))
  if (stamps === undefined || meta === null) return 'corrupt'
  const flags = view.getUint8(3)
  const said: Head = {
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
    payloadAt: head.length,
  }
  const { written, freshFor, staleFor, keptFor, cost } = said
  const isSound =
    Number.isFinite(written) && !Number.isNaN(freshFor) && staleFor >= 0 && keptFor >= 0 && cost >= 0
  return isSound ? said : 'corrupt'
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
    const meta = json().deserialize(bytes)
    return typeof meta === 'object' && meta !== null && !Array.isArray(meta) ? (meta as Meta) : null
  } catch {
    return null
  }
}

/** The header of a frame, or why it is none. Needs the head only, and believes it by its own sum. */
export function readHead(frame: Uint8Array): Head | Refusal {
  const head = headIn(frame)
  if (typeof head === 'string') return head
  return isIntact(head) ? read(head) : 'corrupt'
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
  const headBytes = headIn(frame)
  if (typeof headBytes === 'string') return headBytes
  if (!isIntact(headBytes)) return 'corrupt'
  const view = viewOf(headBytes)
  const [high, low] = keyHash(key)
  if (view.getUint32(8) !== high || view.getUint32(12) !== low) return 'another-key'
  const payload = verified(frame, headBytes, key, codec)
  if (typeof payload === 'string') return payload
  const head = read(headBytes)
  if (head === 'corrupt') return head
  if (head.rawSize > codec.maxValueBytes) return 'too-large'
  const serializer = codec.serializers.get(head.serializer)
  if (serializer === undefined) return 'unknown-serializer'
  const finish = (raw: Uint8Array): Entry | Refusal => {
    if (raw.length !== head.rawSize) return 'undecodable'
    const value = serializer.deserialize(raw)
    return value === undefined ? 'undecodable' : entryIn(head, value, offset, now)
  }
  if (head.compressor === 0) return finish(payload)
  const compressor = codec.compressors.get(head.compressor)
  if (compressor === undefined) return 'unknown-compressor'
  const raw = compressor.decompress(payload, head.rawSize)
  return isPending(raw) ? raw.then(finish) : finish(raw)
}

/** The payload, once the sum or the seal has been found right. */
function verified(frame: Uint8Array, head: Uint8Array, key: string, { sealer }: Codec): Uint8Array | Refusal {
  const payload = frame.subarray(head.length)
  const isSealed = ((head[3] ?? 0) & SEALED) !== 0
  if (!isSealed) {
    if (sealer !== undefined) return 'not-sealed'
    return crc32(payload, 0) === viewOf(head).getUint32(PAYLOAD_SUM_AT) ? payload : 'corrupt'
  }
  return sealer === undefined ? 'sealed' : sealer.open(payload, boundTo(head, key))
}

function entryIn(head: Head, value: unknown, offset: number, now: number): Entry {
  // The clocks of writer and reader may differ; neither can make it live longer than it was given.
  const age = Math.max(0, now + offset - head.written)
  const terms = termsOf(head.staleFor, head.keptFor, head.stamps, head.meta, head.cost)
  return entryOf(value, now + head.freshFor - age, terms)
}

const SERIALIZERS: readonly string[] = ['none', 'json', 'msgpack']
const COMPRESSORS: readonly string[] = ['none', 'lz4', 'zstd', 'gzip', 'brotli']

/** What the header of a record says, for tools and people. */
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
 * console.log(describe(await redis.getBuffer('larder:users:42')))
 */
export function describe(frame: Uint8Array): Description | Refusal {
  const bytes = headIn(frame)
  if (typeof bytes === 'string') return bytes
  const head = read(bytes)
  if (head === 'corrupt') return head
  const { stamps, payloadAt, serializer, compressor, ...rest } = head
  const payload = frame.subarray(payloadAt)
  const isPayloadIntact = head.isSealed
    ? undefined
    : crc32(payload, 0) === viewOf(bytes).getUint32(PAYLOAD_SUM_AT)
  return {
    version: VERSION,
    serializer: SERIALIZERS[serializer] ?? String(serializer),
    compressor: COMPRESSORS[compressor] ?? String(compressor),
    ...rest,
    bytes: frame.length,
    payloadBytes: payload.length,
    stamps: stamps.map(({ tag, token }) => ({ mark: tag, token })),
    intact: isIntact(bytes) && isPayloadIntact,
  }
}
