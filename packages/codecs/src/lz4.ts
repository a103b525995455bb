/*
 * lz4: the fastest there is, in both directions; about half the size. The block format of lz4-napi: four bytes with
 * the raw size, little-endian, then one block.
 *
 * lz4-napi believes those four bytes and asks the system for as much memory: six bytes can ask for 4 GB. So they must
 * say what the header of the frame says, which is bounded, and which one block can reach at all.
 */

import { compress, compressSync, uncompress, uncompressSync } from 'lz4-napi'
import type { Compressor } from '@larder/core'
import { type CompressorOptions, sizesOf } from './compressor.ts'

export type { CompressorOptions } from './compressor.ts'

/** No byte of a block stands for more than 255. */
const BEST = 255

/**
 * When to compress, and from which size on in another thread.
 *
 * @example
 * const options: Lz4Options = { above: '4kb' }
 * const small = codec({ compressor: lz4(options) })
 */
export type Lz4Options = CompressorOptions

/**
 * Compresses with lz4.
 *
 * @example
 * codec({ compressor: lz4({ above: '4kb' }) })
 */
export function lz4(options: Lz4Options = {}): Compressor {
  const { above, asyncAbove } = sizesOf('lz4', options, { above: 2_048, asyncAbove: 131_072 })
  return {
    id: 1,
    name: 'lz4',
    above,
    compress: (raw) => (raw.length < asyncAbove ? compressSync(bufferOf(raw)) : compress(raw)),
    decompress(bytes, size) {
      const buffer = bufferOf(bytes)
      if (buffer.length < 5 || buffer.readUInt32LE(0) !== size || size > buffer.length * BEST) {
        throw new Error('the sizes of a block contradict one another')
      }
      return size < asyncAbove ? uncompressSync(buffer) : uncompress(buffer)
    },
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
