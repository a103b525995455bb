/*
 * What all tests of the byte layer stand on: every codec there is, and a place where records can be looked at and
 * tampered with.
 */
import { brotli, gzip, hasZstd, lz4, msgpack, sealed, zstd } from '@larder/codecs'
import {
  type Clock,
  type Codec,
  codec,
  type Compressor,
  encoded,
  type Entry,
  entryOf,
  isPending,
  json,
  type Sealer,
  type Serializer,
  type Terms,
  termsOf,
} from '@larder/core'
import { type ManualClock, manualClock } from '@larder/testing'

/** How many times as much is tried. */
export const RUNS = Number(process.env['LARDER_RUNS'] ?? 1)

const serializers: readonly Serializer[] = [json(), msgpack()]

const every = { above: 1 } as const
const compressors: readonly (Compressor | undefined)[] = [
  undefined,
  lz4(every),
  ...(hasZstd ? [zstd(every)] : []),
  gzip(every),
  brotli(every),
]

export const keyring = { k1: '11'.repeat(32), k2: '22'.repeat(32) }
const sealers: readonly (Sealer | undefined)[] = [undefined, sealed({ keys: keyring, current: 'k1' })]

export interface Named {
  readonly name: string
  readonly codec: Codec
}

function named(serializer: Serializer, compressor?: Compressor, sealer?: Sealer): Named {
  const name = [serializer.name, compressor?.name, sealer?.name]
    .filter((each) => each !== undefined)
    .join(' + ')
  return { name, codec: codec({ serializer, ...(compressor && { compressor }), ...(sealer && { sealer }) }) }
}

/** Every serializer with every compressor, sealed and not. */
export const codecs: readonly Named[] = serializers.flatMap((serializer) =>
  compressors.flatMap((compressor) => sealers.map((sealer) => named(serializer, compressor, sealer))),
)

export const NOW = 1_800_000_000_000

/** The time of fixtures and of tests. */
export const clock: ManualClock = manualClock({ start: NOW })

export const KEY = 'app:users:42'

export const TERMS: Terms = termsOf(60_000, 3_600_000, [
  { tag: 'app#:', token: 'k3v9x2.1', live: true },
  { tag: 'app#=user', token: 'q7w1e5.4', live: true },
])

export interface Place {
  /** What is kept for a value. */
  readonly write: (value: unknown, key?: string, terms?: Terms) => Promise<Uint8Array>
  /** What is found where these bytes are kept; or why nothing. */
  readonly read: (bytes: Uint8Array, key?: string) => Entry | string | Promise<Entry | string>
}

const judged = (found: unknown): Entry | string => {
  if (typeof found === 'object' && found !== null && 'refused' in found) return String(found.refused)
  return found as Entry
}

export function place(by: Codec, at: Clock = clock): Place {
  const kept = new Map<string, Uint8Array>()
  const store = encoded(
    {
      name: 'bytes',
      get: (key) => kept.get(key),
      set: (key, bytes) => void kept.set(key, bytes),
      delete: (key) => void kept.delete(key),
    },
    by,
    { clock: at },
  )
  return {
    async write(value, key = KEY, terms = TERMS) {
      await store.set(key, entryOf(value, at.now() + 300_000, terms), Infinity)
      return kept.get(key) ?? new Uint8Array(0)
    },
    read(bytes, key = KEY) {
      kept.set(key, bytes)
      const found = store.get(key)
      return isPending(found) ? Promise.resolve(found.then(judged)) : judged(found)
    },
  }
}
