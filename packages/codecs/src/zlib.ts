/*
 * The compressors of node:zlib, which differ in name only. Output is bounded by what the record says, which the frame
 * has bounded before: a few bytes that unpack to gigabytes end when they reach that size.
 */

import type { Compressor } from '@larder/core'

type Work<O> = (bytes: Uint8Array, options: O) => Uint8Array
type AsyncWork<O> = (
  bytes: Uint8Array,
  options: O,
  done: (error: Error | null, result: Uint8Array) => void,
) => void

export interface Zlib<C, D> {
  readonly id: number
  readonly name: string
  readonly above: number
  readonly asyncAbove: number
  readonly compressing: C
  readonly decompressing: D
  readonly compressSync: Work<C>
  readonly compress: AsyncWork<C>
  readonly decompressSync: Work<D & { maxOutputLength: number }>
  readonly decompress: AsyncWork<D & { maxOutputLength: number }>
}

export function zlibCompressor<C, D>(of: Zlib<C, D>): Compressor {
  const { id, name, above, asyncAbove, compressing, decompressing } = of
  return {
    id,
    name,
    above,
    compress: (raw) =>
      raw.length < asyncAbove ? of.compressSync(raw, compressing) : later(of.compress, raw, compressing),
    decompress(bytes, size) {
      const options = { ...decompressing, maxOutputLength: Math.max(1, size) }
      return size < asyncAbove ? of.decompressSync(bytes, options) : later(of.decompress, bytes, options)
    },
  }
}

async function later<O>(work: AsyncWork<O>, bytes: Uint8Array, options: O): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    work(bytes, options, (error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    })
  })
}
