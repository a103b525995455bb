/*
 * The codec: what the bytes of an entry look like. Three parts, each one idea, put together by `codec`:
 *
 *   serializer   value ⇄ bytes             json (here), msgpack …
 *   compressor   bytes ⇄ fewer bytes       lz4, zstd, gzip, brotli; only above a size, and only if it got smaller
 *   sealer       bytes ⇄ unreadable bytes  AES-GCM; replaces the checksum
 *
 * Every record says in its header how it was written, so each part can be changed over existing data. What a reader
 * does not know, or cannot verify, is a miss with a reason: never an error, never a guess.
 */

import { kindOf } from '../duration.ts'
import { misuse } from '../errors.ts'
import { type ByteSize, checkOptions, isBytes, readBytes } from '../options.ts'
import type { Awaitable } from '../store/store.ts'
import { json } from './json.ts'

/**
 * Values as bytes. `serializerOf` makes one of a format for plain data.
 *
 * @example
 * const utf8: Serializer = {
 *   id: 200,
 *   name: 'text',
 *   serialize: (value) => new TextEncoder().encode(String(value)),
 *   deserialize: (bytes) => new TextDecoder().decode(bytes),
 * }
 */
export interface Serializer {
  /** 1 to 7; written into every record, so it never changes its meaning. 1 is json, 2 msgpack; 5 to 7 are yours. */
  readonly id: number
  readonly name: string
  /** Throws `valueRefused` for what would not come back as it was. */
  serialize(value: unknown): Uint8Array
  /** Throws on anything that `serialize` has not made. Creates plain data and the types of the table in docs/codecs.md only. */
  deserialize(bytes: Uint8Array): unknown
  /** Like `serialize`, with `room` bytes free in front of it for a head, which saves a copy. */
  serializeBehind?(room: number, value: unknown): Uint8Array
  /** Like `deserialize`, of what begins at `from`, which saves a view. */
  deserializeFrom?(bytes: Uint8Array, from: number): unknown
}

/**
 * Bytes as fewer bytes.
 *
 * @example
 * const none: Compressor = { id: 200, name: 'none', above: 0, compress: (raw) => raw, decompress: (bytes) => bytes }
 * const plain = codec({ compressor: none })
 */
export interface Compressor {
  /** 1 to 7. 1 is lz4, 2 zstd, 3 gzip, 4 brotli; 5 to 7 are yours. */
  readonly id: number
  readonly name: string
  /** Smaller payloads are left as they are. */
  readonly above: number
  compress(raw: Uint8Array): Awaitable<Uint8Array>
  /** `size` is that of the raw bytes: already found acceptable, and to be met exactly. */
  decompress(bytes: Uint8Array, size: number): Awaitable<Uint8Array>
}

/**
 * Bytes that only the holders of a key can read or make.
 *
 * @example
 * const sealer: Sealer = sealed({ keys: { k2: process.env['KEY_2'] ?? '', k1: process.env['KEY_1'] ?? '' }, current: 'k2' })
 * const secret = codec({ sealer })
 */
export interface Sealer {
  readonly name: string
  /** In parts, which are put together as they are. `bound` is authenticated with them, and needed again to open them. */
  seal(payload: Uint8Array, bound: readonly Uint8Array[]): readonly Uint8Array[]
  /** The payload, or why not: 'unknown-key-id' or 'not-authentic'. */
  open(sealed: Uint8Array, bound: readonly Uint8Array[]): Uint8Array | 'unknown-key-id' | 'not-authentic'
}

/**
 * What `codec` takes.
 *
 * @example
 * const options: CodecOptions = { compressor: lz4(), alsoReads: [gzip()], maxValueBytes: '8mb' }
 * const small = codec(options) // writes lz4, still reads what was written with gzip
 */
export interface CodecOptions {
  /** Makes text or bytes of a value. Default: json. */
  readonly serializer?: Serializer
  /** Makes fewer bytes of many. Default: none. */
  readonly compressor?: Compressor
  /** Makes records unreadable for whoever has no key. Default: none. Sealed and unsealed records are not taken for one another. */
  readonly sealer?: Sealer
  /** What else is understood when reading, written by an earlier configuration. */
  readonly alsoReads?: readonly (Serializer | Compressor)[]
  /** Larger values are refused when writing, and not unpacked when reading. Default: '8mb'. */
  readonly maxValueBytes?: ByteSize
}

/**
 * How values become bytes, and bytes values: a serializer, perhaps a compressor, perhaps a sealer.
 *
 * @example
 * const sealedAndSmall: Codec = codec({ serializer: msgpack(), compressor: lz4() })
 * const entries = encoded(bytesStore, sealedAndSmall)
 */
export interface Codec {
  readonly serializer: Serializer
  readonly compressor: Compressor | undefined
  readonly sealer: Sealer | undefined
  readonly serializers: ReadonlyMap<number, Serializer>
  readonly compressors: ReadonlyMap<number, Compressor>
  readonly maxValueBytes: number
}

/**
 * Puts a codec together.
 *
 * @example
 * const store = encoded(bytes, codec({ serializer: msgpack(), compressor: lz4() }))
 */
export function codec(options: CodecOptions = {}): Codec {
  checkOptions('codec', options, {
    serializer: (value) =>
      isSerializer(value) ? undefined : `must be a serializer, such as json(), not ${kindOf(value)}`,
    compressor: (value) =>
      isCompressor(value) ? undefined : `must be a compressor, such as lz4(), not ${kindOf(value)}`,
    sealer: (value) =>
      isSealer(value) ? undefined : `must be a sealer, such as sealed(…), not ${kindOf(value)}`,
    alsoReads: (value) =>
      Array.isArray(value) && value.every((each) => isSerializer(each) || isCompressor(each))
        ? undefined
        : 'must be an array of serializers and compressors',
    maxValueBytes: isBytes,
  })
  const { serializer = json(), compressor, sealer, alsoReads = [], maxValueBytes = '8mb' } = options
  const serializers = [serializer, ...alsoReads.filter(isSerializer), json()]
  const compressors = [...(compressor === undefined ? [] : [compressor]), ...alsoReads.filter(isCompressor)]
  return {
    serializer,
    compressor,
    sealer,
    serializers: byId(serializers),
    compressors: byId(compressors),
    maxValueBytes: Number(readBytes(maxValueBytes)),
  }
}

/** The first of an id counts. */
function byId<P extends { readonly id: number; readonly name: string }>(
  parts: readonly P[],
): ReadonlyMap<number, P> {
  const known = new Map<number, P>()
  for (const part of parts) {
    if (!Number.isInteger(part.id) || part.id < 1 || part.id > 7) {
      throw misuse('codec', [`the id of ${part.name} must be from 1 to 7, not ${part.id}`])
    }
    const other = known.get(part.id)
    if (other !== undefined && other.name !== part.name) {
      throw misuse('codec', [`${other.name} and ${part.name} have one id, ${part.id}`])
    }
    if (other === undefined) known.set(part.id, part)
  }
  return known
}

function has(value: unknown, ...methods: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function')
}

const isSerializer = (value: unknown): value is Serializer => has(value, 'serialize', 'deserialize')
const isCompressor = (value: unknown): value is Compressor => has(value, 'compress', 'decompress')
const isSealer = (value: unknown): value is Sealer => has(value, 'seal', 'open')
