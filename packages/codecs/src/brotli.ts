/*
 * brotli: small and, at low qualities, as fast as gzip at its fastest. Where the runtime has zstd, that unpacks faster.
 */

import * as zlib from 'node:zlib'
import type { Compressor } from '@larder/core'
import { type CompressorOptions, isLevel, sizesOf } from './compressor.ts'
import { zlibCompressor } from './zlib.ts'

export type { CompressorOptions } from './compressor.ts'

/**
 * What `brotli` takes.
 *
 * @example
 * const small = codec({ compressor: brotli({ quality: 4, above: '8kb' }) })
 */
export interface BrotliOptions extends CompressorOptions {
  /** 0 (fast) to 11 (small, and a hundred times as slow). Default: 1. */
  readonly quality?: number
}

/**
 * Compresses with brotli, of Node itself.
 *
 * @example
 * codec({ compressor: brotli({ quality: 4 }) })
 */
export function brotli(options: BrotliOptions = {}): Compressor {
  const { quality = 1 } = options
  const asyncAbove = quality <= 2 ? 65_536 : 16_384
  const sizes = sizesOf('brotli', options, { above: 4_096, asyncAbove }, { quality: isLevel(0, 11) })
  return zlibCompressor({
    id: 4,
    name: 'brotli',
    ...sizes,
    compressing: { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: quality } },
    decompressing: {},
    compressSync: zlib.brotliCompressSync,
    compress: zlib.brotliCompress,
    decompressSync: zlib.brotliDecompressSync,
    decompress: zlib.brotliDecompress,
  })
}
