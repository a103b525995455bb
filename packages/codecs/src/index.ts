/*
 * The public surface of @larder/codecs: every part by name. Each also has an entry point of its own.
 */

export { brotli, type BrotliOptions } from './brotli.ts'
export type { CompressorOptions } from './compressor.ts'
export { gzip, type GzipOptions } from './gzip.ts'
export { lz4, type Lz4Options } from './lz4.ts'
export { msgpack } from './msgpack.ts'
export { sealed, type SealedOptions } from './sealed.ts'
export { hasZstd, zstd, type ZstdOptions } from './zstd.ts'
