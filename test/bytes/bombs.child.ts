/*
 * Reads bombs in a process that has little memory: each must end as a miss. Prints what became of them, and the most
 * memory that the process ever had. Imports nothing that is large itself.
 */
import * as zlib from 'node:zlib'
import { brotli, gzip, hasZstd, lz4, zstd } from '@larder/codecs'
import { codec, type Compressor, encoded, entryOf, termsOf } from '@larder/core'
import { forged } from './forged.ts'

const MB = 1_048_576
const before = process.resourceUsage().maxRSS

/** 256 MB of zeros, by brotli at its best. Made beforehand: that takes half a minute. */
const BROTLI =
  'z///f/gnAOKxQCD3/p/////wTwDEYQGA7v0/////4Z8AiMMiAN37f/7//8M/ARCHBQC69//8//+HfwIgDgsAdO//+f//D/8EQBwW' +
  'AOje//P//x/+CYA4LADQvf/n//8//BMAcVgAoHv/z///f/gnAOKwAED3/p/////wTwDEYQGA7v0/////4Z8AiMMCAN37f/7//8M/' +
  'ARCHBQC69//8//+HfwIgDgsAdO//+f//D/8EQBwWAOje//P//x/+CYA4LADQvf/P//9//BMAcVgAoHv/Dw=='

interface Bomb {
  readonly name: string
  readonly compressor: Compressor
  readonly payload: Uint8Array
}

const { zstdCompressSync } = zlib as unknown as { zstdCompressSync: (bytes: Uint8Array) => Uint8Array }
const zeros = Buffer.alloc(MB)
const times = (count: number, part: Uint8Array): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, () => part))

const block = (claim: number): Uint8Array => {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt32LE(claim, 0)
  return bytes
}

const bombs = (rawSize: number): readonly Bomb[] => [
  { name: 'lz4: 6 bytes for 4 GB', compressor: lz4(), payload: block(0xfffffff0) },
  { name: 'lz4: 6 bytes for what the head says', compressor: lz4(), payload: block(rawSize) },
  { name: 'brotli: 211 bytes for 256 MB', compressor: brotli(), payload: Buffer.from(BROTLI, 'base64') },
  { name: 'gzip: 256 members of a megabyte', compressor: gzip(), payload: times(256, zlib.gzipSync(zeros)) },
  ...(hasZstd
    ? [
        {
          name: 'zstd: 256 frames of a megabyte',
          compressor: zstd(),
          payload: times(256, zstdCompressSync(zeros)),
        },
        // Magic, no size, a window of 2^27, one block that repeats one byte.
        {
          name: 'zstd: a window of 128 MB',
          compressor: zstd(),
          payload: Buffer.from('28b52ffd008803001061', 'hex'),
        },
      ]
    : []),
]

const ends: { name: string; rawSize: number; end: string }[] = []
for (const rawSize of [1_000, 8 * MB, 256 * MB, 0xffffffff]) {
  for (const { name, compressor, payload } of bombs(rawSize)) {
    const kept = new Map<string, Uint8Array>()
    const store = encoded(
      {
        name: 'bytes',
        get: (key) => kept.get(key),
        set: (key, bytes) => void kept.set(key, bytes),
        delete: (key) => void kept.delete(key),
      },
      codec({ compressor }),
    )
    await store.set('k', entryOf('x', Infinity, termsOf(0, 0, [])), Infinity)
    kept.set(
      'k',
      forged(kept.get('k') ?? new Uint8Array(0), { flags: 1 | (compressor.id << 3), rawSize, payload }),
    )
    const found: unknown = await store.get('k')
    const why: unknown =
      typeof found === 'object' && found !== null && 'refused' in found ? found.refused : 'a value'
    ends.push({ name, rawSize, end: String(why) })
  }
}
console.log(JSON.stringify({ ends, before: before / 1_024, most: process.resourceUsage().maxRSS / 1_024 }))
