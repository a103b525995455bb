/*
 * gzip: for records that other programs read too. For new data `zstd` is smaller and several times as fast where the
 * runtime has it, and `lz4` faster still.
 */

import * as zlib from 'node:zlib'
import type { Compressor } from '@larder/core'
import { type CompressorOptions, isLevel, sizesOf } from './compressor.ts'
import { zlibCompressor } from './zlib.ts'

export type { CompressorOptions } from './compressor.ts'

/**
 * What `gzip` takes.
 *
 * @example
 * const small = codec({ compressor: gzip({ level: 6, above: '8kb' }) })
 */
export interface GzipOptions extends CompressorOptions {
  /** 1 (fast) to 9 (small). Default: 1. */
  readonly level?: number
}

/**
 * Compresses with gzip, of Node itself.
 *
 * @example
 * codec({ compressor: gzip({ level: 6 }) })
 */
export function gzip(options: GzipOptions = {}): Compressor {
  const { level = 1 } = options
  const asyncAbove = level <= 3 ? 32_768 : 8_192
  const sizes = sizesOf('gzip', options, { above: 4_096, asyncAbove }, { level: isLevel(1, 9) })
  return zlibCompressor({
    id: 3,
    name: 'gzip',
    ...sizes,
    compressing: { level },
    decompressing: {},
    compressSync: zlib.gzipSync,
    compress: zlib.gzip,
    decompressSync: zlib.gunzipSync,
    decompress: zlib.gunzip,
  })
}
