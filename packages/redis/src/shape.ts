/*
 * The shape: what entries look like in bytes, chosen by name or made by hand.
 *
 * Every record says how it was written, and all that is known by name is read, whatever is written now: so compression and
 * serializer can be changed over existing data.
 */

import { brotli } from '@larder/codecs/brotli'
import { gzip } from '@larder/codecs/gzip'
import { lz4 } from '@larder/codecs/lz4'
import { msgpack } from '@larder/codecs/msgpack'
import { hasZstd, zstd } from '@larder/codecs/zstd'
import {
  type ByteSize,
  type Check,
  type Codec,
  codec,
  type Compressor,
  isBytes,
  json,
  type OptionTable,
  type Sealer,
  type Serializer,
} from '@larder/core'

/**
 * Those of @larder/codecs.
 *
 * @example
 * const compress: CompressorName = 'zstd'
 * const store = redis('redis://localhost:6379', { compress })
 */
export type CompressorName = 'lz4' | 'zstd' | 'gzip' | 'brotli'
/**
 * The one of core, and that of @larder/codecs.
 *
 * @example
 * const serializer: SerializerName = 'json'
 * const store = redis('redis://localhost:6379', { serializer })
 */
export type SerializerName = 'json' | 'msgpack'

/**
 * How records look.
 *
 * @example
 * const shape: ShapeOptions = { serializer: 'msgpack', compress: 'lz4', alsoReads: [gzip()], maxValueBytes: '8mb' }
 * const store = redis('redis://localhost:6379', shape)
 */
export interface ShapeOptions {
  /** By name, or one of your own. Default: 'json'. */
  readonly serializer?: SerializerName | Serializer
  /** By name, or one of your own; each has a size below which it leaves values as they are. Default: none. */
  readonly compress?: CompressorName | Compressor
  /** Makes records unreadable for whoever has no key, such as `sealed(…)` of @larder/codecs. Default: none. */
  readonly sealer?: Sealer
  /** Serializers and compressors of your own that older records were written with. */
  readonly alsoReads?: readonly (Serializer | Compressor)[]
  /** Larger values are refused before anything is sent, and not unpacked when read. Default: '8mb'. */
  readonly maxValueBytes?: ByteSize
}

const COMPRESSORS: Readonly<Record<CompressorName, () => Compressor>> = { lz4, zstd, gzip, brotli }
const SERIALIZERS: Readonly<Record<SerializerName, () => Serializer>> = { json, msgpack }

const has = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof Reflect.get(value, name) === 'function')

const isSerializer = (value: unknown): value is Serializer => has(value, 'serialize', 'deserialize')
const isCompressor = (value: unknown): value is Compressor => has(value, 'compress', 'decompress')

const isNamed =
  (names: readonly string[], isOwn: (value: unknown) => boolean): Check =>
  (value) =>
    names.includes(value as string) || isOwn(value)
      ? undefined
      : `must be ${names.map((name) => `'${name}'`).join(' or ')}, or one of your own`

const isCompression: Check = (value) =>
  value === 'zstd' && !hasZstd
    ? "cannot be 'zstd', which this Node has not: use Node 22.15, 23.8 or newer, or 'lz4'"
    : isNamed(Object.keys(COMPRESSORS), isCompressor)(value)

export const SHAPE_OPTIONS: OptionTable = {
  serializer: isNamed(Object.keys(SERIALIZERS), isSerializer),
  compress: isCompression,
  sealer: (value) => (has(value, 'seal', 'open') ? undefined : 'must be a sealer, such as sealed(…)'),
  alsoReads: (value) =>
    Array.isArray(value) && value.every((each) => isSerializer(each) || isCompressor(each))
      ? undefined
      : 'must be an array of serializers and compressors',
  maxValueBytes: isBytes,
}

export function shapeOf({
  serializer = 'json',
  compress,
  sealer,
  alsoReads = [],
  maxValueBytes,
}: ShapeOptions): Codec {
  const known = [msgpack(), lz4(), gzip(), brotli(), ...(hasZstd ? [zstd()] : [])]
  const compressor = typeof compress === 'string' ? COMPRESSORS[compress]() : compress
  return codec({
    serializer: typeof serializer === 'string' ? SERIALIZERS[serializer]() : serializer,
    ...(compressor !== undefined && { compressor }),
    ...(sealer !== undefined && { sealer }),
    alsoReads: [...alsoReads, ...known],
    ...(maxValueBytes !== undefined && { maxValueBytes }),
  })
}
