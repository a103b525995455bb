/*
 * zstd: the smallest for its speed. Node has it from 22.15 and 23.8 on; where it is missing, `zstd()` says so at once,
 * and `hasZstd` says so before.
 *
 * A zstd frame names the window its reader must keep, up to 128 MB in a few bytes. Levels up to 19 need 8 MB, and no
 * more is granted.
 */

import * as zlib from 'node:zlib'
import type { Compressor } from '@larder/core'
import { type CompressorOptions, isLevel, sizesOf } from './compressor.ts'
import { type Zlib, zlibCompressor } from './zlib.ts'

export type { CompressorOptions } from './compressor.ts'

const WINDOW_LOG = 23

/**
 * What `zstd` takes.
 *
 * @example
 * const small = codec({ compressor: zstd({ level: 3, above: '8kb' }) })
 */
export interface ZstdOptions extends CompressorOptions {
  /** 1 (fast) to 19 (small). Default: 1. */
  readonly level?: number
}

interface Params {
  readonly params: Readonly<Record<number, number>>
}

/** The part of node:zlib that not every supported Node has. */
interface ZstdOfNode {
  readonly zstdCompressSync?: Zlib<Params, Params>['compressSync']
  readonly zstdCompress?: Zlib<Params, Params>['compress']
  readonly zstdDecompressSync?: Zlib<Params, Params>['decompressSync']
  readonly zstdDecompress?: Zlib<Params, Params>['decompress']
  readonly constants: {
    readonly ZSTD_c_compressionLevel?: number
    readonly ZSTD_d_windowLogMax?: number
  }
}

/**
 * Whether this runtime has zstd.
 *
 * @example
 * const small = codec({ compressor: hasZstd ? zstd() : gzip() })
 */
export const hasZstd: boolean = 'zstdCompressSync' in zlib

/**
 * Compresses with zstd, of Node itself. Throws a TypeError where the runtime has none.
 *
 * @example
 * codec({ compressor: hasZstd ? zstd() : lz4() })
 */
export function zstd(options: ZstdOptions = {}): Compressor {
  const { level = 1 } = options
  const asyncAbove = level <= 3 ? 131_072 : 32_768
  const sizes = sizesOf('zstd', options, { above: 4_096, asyncAbove }, { level: isLevel(1, 19) })
  const { zstdCompressSync, zstdCompress, zstdDecompressSync, zstdDecompress, constants } =
    zlib as unknown as ZstdOfNode
  const { ZSTD_c_compressionLevel: LEVEL, ZSTD_d_windowLogMax: WINDOW } = constants
  if (!zstdCompressSync || !zstdCompress || !zstdDecompressSync || !zstdDecompress || !LEVEL || !WINDOW) {
    throw new TypeError(
      `zstd: ${runtime()} has no zstd: use Node 22.15, 23.8 or newer, or another compressor (lz4, brotli)`,
    )
  }
  return zlibCompressor({
    id: 2,
    name: 'zstd',
    ...sizes,
    compressing: { params: { [LEVEL]: level } },
    decompressing: { params: { [WINDOW]: WINDOW_LOG } },
    compressSync: zstdCompressSync,
    compress: zstdCompress,
    decompressSync: zstdDecompressSync,
    decompress: zstdDecompress,
  })
}

const runtime = (): string => `this runtime (Node ${process.versions.node})`
