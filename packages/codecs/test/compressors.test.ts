/*
 * Compressors: from which size, only if it is worth it, and without holding up the event loop.
 */
import { brotli, type CompressorOptions, gzip, hasZstd, lz4, zstd } from '@larder/codecs'
import {
  codec,
  type Compressor,
  describe as described,
  type Description,
  encoded,
  entryOf,
  isPending,
  termsOf,
} from '@larder/core'
import { describe, expect, test } from 'vitest'

const makers: readonly (readonly [name: string, make: (options?: CompressorOptions) => Compressor])[] = [
  ['lz4', lz4],
  ['gzip', gzip],
  ['brotli', brotli],
  ...(hasZstd ? [['zstd', zstd] as const] : []),
]

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 97 + ((i * i) % 7))
const noise = (length: number): string => {
  let state = 1
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return String.fromCharCode(33 + ((state >>> 8) % 90))
  }).join('')
}

async function recordOf(value: unknown, compressor: Compressor): Promise<Description> {
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
  await store.set('k', entryOf(value, Infinity, termsOf(0, 0, [])), Infinity)
  const said = described(kept.get('k') ?? new Uint8Array(0))
  if (typeof said === 'string') throw new Error(said)
  return said
}

describe.each(makers)('%s', (name, make) => {
  test.each([1, 2, 100, 4_095, 4_096, 100_000, 1_000_000])(
    '%i bytes come back as they were',
    async (length) => {
      const compressor = make()
      const raw = text(length)

      const packed = await compressor.compress(raw)

      expect(Buffer.from(await compressor.decompress(packed, length)).equals(raw)).toBe(true)
    },
  )

  test('a small value is left alone, from `above` on it is packed', async () => {
    const compressor = make({ above: '1kb' })

    expect(await recordOf('x'.repeat(1_021), compressor)).toMatchObject({
      compressor: 'none',
      rawSize: 1_023,
    })
    expect(await recordOf('x'.repeat(1_022), compressor)).toMatchObject({ compressor: name, rawSize: 1_024 })
  })

  test('what does not get smaller is kept as it is', async () => {
    const said = await recordOf(noise(20_000), make({ above: 1 }))

    // Ninety signs in eight bits: entropy coding has something to save, matching has not.
    if (name === 'lz4') expect(said).toMatchObject({ compressor: 'none' })
    expect(said.payloadBytes).toBeLessThanOrEqual(said.rawSize)
    expect(await recordOf(noise(3), make({ above: 1 }))).toMatchObject({ compressor: 'none' })
  })

  test('what is small is done at once, what is large by another thread', async () => {
    const compressor = make({ asyncAbove: '64kb' })
    const small = compressor.compress(text(65_535))
    const large = compressor.compress(text(65_536))

    expect([isPending(small), isPending(large)]).toEqual([false, true])
    const packed = [await small, await large] as const
    const back = [compressor.decompress(packed[0], 65_535), compressor.decompress(packed[1], 65_536)]
    expect(back.map(isPending)).toEqual([false, true])
    await Promise.all(back)
  })

  test('while a large value is packed and unpacked, the event loop turns', async () => {
    const compressor = make()
    const raw = text(8_000_000)
    let turns = 0
    const count = setInterval(() => turns++, 1)

    const packed = await compressor.compress(raw)
    const back = await compressor.decompress(packed, raw.length)
    clearInterval(count)

    expect(back.length).toBe(raw.length)
    expect(turns).toBeGreaterThan(0)
  })

  test('another size than was said is refused', async () => {
    const compressor = make()
    const raw = text(10_000)
    const packed = await compressor.compress(raw)

    for (const said of [0, 1, 9_999, 10_001, 1_000_000]) {
      const outcome = await attempt(async () => compressor.decompress(packed, said))
      // An exact length is the frame's to judge; never more than was said.
      expect(outcome === 'refused' || outcome.length <= said || outcome.length === raw.length).toBe(true)
      if (said < raw.length) expect(outcome).toBe('refused')
    }
  })

  test('damaged bytes are refused, for small and for large', async () => {
    for (const asyncAbove of [1, Infinity]) {
      const compressor = make({ asyncAbove })

      expect(await attempt(async () => compressor.decompress(text(100), 1_000))).toBe('refused')
    }
  })

  test('options are checked', () => {
    expect(() => make({ above: 0 })).toThrow(`${name}: above must be a number of bytes`)
    expect(() => make({ asyncabove: 5 } as never)).toThrow("did you mean 'asyncAbove'?")
  })
})

async function attempt(act: () => Promise<Uint8Array>): Promise<Uint8Array | 'refused'> {
  try {
    return await act()
  } catch {
    return 'refused'
  }
}

test('levels are checked', () => {
  expect(() => gzip({ level: 10 })).toThrow('gzip: level must be a whole number from 1 to 9, not 10')
  expect(() => brotli({ quality: 'high' as never })).toThrow(
    'brotli: quality must be a whole number from 0 to 11, not a string',
  )
})

test.runIf(hasZstd)('levels of zstd are checked', () => {
  expect(() => zstd({ level: 22 })).toThrow('zstd: level must be a whole number from 1 to 19, not 22')
})

test.skipIf(hasZstd)('a runtime without zstd says so, and what to do', () => {
  expect(() => zstd()).toThrow(
    /^zstd: this runtime \(Node 2\d.+\) has no zstd: use Node 22\.15, 23\.8 or newer, or another compressor/,
  )
})

test('a higher level makes less of it', async () => {
  const raw = text(50_000).map((byte, i) => byte ^ (i % 251))

  expect((await gzip({ level: 9 }).compress(raw)).length).toBeLessThan(
    (await gzip({ level: 1 }).compress(raw)).length,
  )
  expect((await brotli({ quality: 9 }).compress(raw)).length).toBeLessThan(
    (await brotli({ quality: 0 }).compress(raw)).length,
  )
})
