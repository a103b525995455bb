/*
 * What a whole cache makes of records that are not what they should be: a miss, an event that says why, and the value
 * from the source. Never an error, never somebody else's value.
 */
import { msgpack, sealed } from '@larder/codecs'
import {
  type CacheEvent,
  type Codec,
  codec,
  createCache,
  encoded,
  type ICache,
  type Store,
} from '@larder/core'
import { manualClock } from '@larder/testing'
import { describe, expect, test } from 'vitest'
import { codecs, keyring, NOW } from './bench.ts'

interface Scene {
  readonly cache: ICache
  readonly kept: Map<string, Uint8Array>
  readonly refused: { readonly key: string; readonly why: string }[]
}

/** A cache of another process each time: nothing but the records is shared. */
function scene(
  by: Codec,
  kept: Map<string, Uint8Array> = new Map(),
  route = (key: string): string => key,
): Scene {
  const store: Store<Uint8Array> = {
    name: 'bytes',
    get: async (key) => kept.get(route(key)),
    set: async (key, bytes) => void kept.set(key, bytes),
    delete: async (key) => void kept.delete(key),
    async add(key, bytes) {
      const there = kept.get(key)
      if (there === undefined) kept.set(key, bytes)
      return there
    },
  }
  const clock = manualClock({ start: NOW })
  const cache = createCache({ name: 'app', store: encoded(store, by, { clock }), clock, ttl: '5m' })
  const refused: { key: string; why: string }[] = []
  cache.on((event: CacheEvent) => {
    if (event.type === 'refused') refused.push({ key: event.key, why: event.why })
  })
  return { cache, kept, refused }
}

const user = (id: number): unknown => ({ id, at: new Date(id), name: `user ${id}` })

const at = (kept: Map<string, Uint8Array>, key: string): Uint8Array => kept.get(key) ?? new Uint8Array(0)

describe.each(codecs)('$name, where others write in another way', ({ codec: by }) => {
  test.each(codecs)('keeps and finds its own beside $name', async ({ codec: others }) => {
    const before = scene(others)
    await before.cache.set('a', user(1), { tags: ['t'] })

    const { cache } = scene(by, before.kept)
    await cache.set('b', user(2), { tags: ['t'] })

    expect(await cache.get('b')).toEqual(user(2))
    await before.cache.invalidateTags('t')
    expect(await scene(by, before.kept).cache.get('b')).toBe(undefined)
  })
})

describe.each(codecs)('$name', ({ codec: by }) => {
  const seal = by.sealer !== undefined

  test('a value comes back equal in another process', async () => {
    const { cache, kept } = scene(by)
    await cache.set('a', user(1), { tags: ['t'] })

    const other = scene(by, kept)

    expect(await other.cache.get('a')).toEqual(user(1))
    expect(other.refused).toEqual([])
  })

  test('a reply that was meant for another key is a miss', async () => {
    const { cache, kept } = scene(by)
    await cache.set('a', user(1))
    await cache.set('b', user(2))

    const lost = scene(by, kept, (key) => (key === 'app:a' ? 'app:b' : key))

    expect(await lost.cache.get('a')).toBe(undefined)
    expect(lost.refused).toEqual([{ key: 'a', why: 'another-key' }])
  })

  test('records of two keys, or of two namespaces, that were swapped are misses', async () => {
    const { cache, kept } = scene(by)
    await cache.set('a', user(1))
    await cache.namespace('one').set('a', user(2))
    await cache.namespace('two').set('a', user(3))
    const keys = ['app:a', 'app/one:a', 'app/two:a'].filter((key) => kept.has(key))
    const places = keys.length === 3 ? keys : [...kept.keys()].filter((key) => key.endsWith(':a'))
    expect(places.length).toBe(3)
    const records = places.map((key) => at(kept, key))
    places.forEach((key, i) => kept.set(key, records[(i + 1) % 3] ?? new Uint8Array(0)))

    const other = scene(by, kept)

    expect(await other.cache.get('a')).toBe(undefined)
    expect(await other.cache.namespace('one').get('a')).toBe(undefined)
    expect(await other.cache.namespace('two').get('a')).toBe(undefined)
    expect(other.refused.map(({ why }) => why)).toEqual(['another-key', 'another-key', 'another-key'])
  })

  test.each([
    ['empty', 'not-a-frame', () => new Uint8Array(0)],
    ['of something else', 'not-a-frame', () => Buffer.from('{"id":1}')],
    [
      'of a later version',
      'unknown-version',
      (bytes: Uint8Array) => bytes.map((each, i) => (i === 2 ? 2 : each)),
    ],
    [
      'with an unknown flag',
      'unknown-flag',
      (bytes: Uint8Array) => bytes.map((each, i) => (i === 3 ? each | 0x80 : each)),
    ],
    ['cut off in its head', 'truncated', (bytes: Uint8Array) => bytes.subarray(0, 40)],
    [
      'cut off in its payload',
      seal ? 'not-authentic' : 'corrupt',
      (bytes: Uint8Array) => bytes.subarray(0, -1),
    ],
    [
      'with a flipped bit in its head',
      'corrupt',
      (bytes: Uint8Array) => bytes.map((each, i) => (i === 24 ? each ^ 1 : each)),
    ],
    [
      'with a flipped bit in its payload',
      seal ? 'not-authentic' : 'corrupt',
      (bytes: Uint8Array) => bytes.map((each, i) => (i === bytes.length - 1 ? each ^ 1 : each)),
    ],
  ] as const)('a record %s is a miss (%s), and the next load replaces it', async (_, why, damage) => {
    const { cache, kept } = scene(by)
    await cache.set('a', user(1))
    kept.set('app:a', damage(at(kept, 'app:a')))

    const other = scene(by, kept)

    expect(await other.cache.get('a')).toBe(undefined)
    expect(other.refused).toEqual([{ key: 'a', why }])
    expect(await other.cache.getOrSet('a', () => user(9))).toEqual(user(9))
    expect(await scene(by, kept).cache.get('a')).toEqual(user(9))
  })

  test('what is no bytes at all is a miss', async () => {
    const { cache, kept } = scene(by)
    await cache.set('a', user(1))
    kept.set('app:a', 'text' as never)

    const other = scene(by, kept)

    expect(await other.cache.get('a')).toBe(undefined)
    expect(other.refused).toEqual([{ key: 'a', why: 'not-bytes' }])
  })
})

const reads = async (written: Codec, read: Codec, value = user(1)): Promise<unknown> => {
  const { cache, kept } = scene(written)
  await cache.set('a', value)
  const other = scene(read, kept)
  const found = await other.cache.get('a')
  return found === undefined ? other.refused[0]?.why : found
}

/** Worth compressing. */
const list = Array.from({ length: 20 }, (_, i) => user(i))

const plain = codecs.filter(({ codec: { sealer } }) => sealer === undefined)

describe('a codec is changed over existing data', () => {
  test('compression is switched on', async () => {
    for (const { codec: to } of plain) {
      expect(await reads(codec({ serializer: to.serializer }), to, list)).toEqual(list)
    }
  })

  test('compression and serializer are switched, where the reader knows the old ones', async () => {
    const parts = plain.flatMap(({ codec: { serializer, compressor } }) =>
      compressor ? [serializer, compressor] : [serializer],
    )
    for (const { codec: from } of plain) {
      for (const { codec: to } of plain) {
        const tolerant = codec({
          serializer: to.serializer,
          ...(to.compressor && { compressor: to.compressor }),
          alsoReads: parts,
        })
        expect(await reads(from, tolerant, list)).toEqual(list)
      }
    }
  })

  test('what the reader does not know is a miss that says so', async () => {
    const packed = plain.filter(({ codec: { compressor } }) => compressor !== undefined)

    for (const { codec: from } of packed) {
      expect(await reads(from, codec({ serializer: msgpack() }), 'x'.repeat(100))).toBe('unknown-compressor')
    }
    expect(await reads(codec({ serializer: msgpack() }), codec())).toBe('unknown-serializer')
  })
})

describe('keys are rotated', () => {
  const by = (ids: readonly ('k1' | 'k2')[], current: string): Codec =>
    codec({ sealer: sealed({ keys: Object.fromEntries(ids.map((id) => [id, keyring[id]])), current }) })

  test('old records are read, new ones are written with the new key, a retired key is a miss', async () => {
    const { cache, kept } = scene(by(['k1'], 'k1'))
    await cache.set('a', user(1))

    const both = scene(by(['k1', 'k2'], 'k2'), kept)
    expect(await both.cache.get('a')).toEqual(user(1))
    await both.cache.set('b', user(2))

    // The marks of the cache are records too, and as old as the cache: with their key it loses all it had, once.
    const retired = scene(by(['k2'], 'k2'), kept)
    expect(await retired.cache.get('a')).toBe(undefined)
    expect(retired.refused.map(({ why }) => why)).toContain('unknown-key-id')
    expect(await retired.cache.getOrSet('a', () => user(3))).toEqual(user(3))
    expect(await scene(by(['k2'], 'k2'), kept).cache.get('a')).toEqual(user(3))
  })

  test('another key under the same id opens nothing', async () => {
    expect(
      await reads(by(['k1'], 'k1'), codec({ sealer: sealed({ keys: { k1: keyring.k2 }, current: 'k1' }) })),
    ).toBe('not-authentic')
  })

  test('sealed and unsealed records are not taken for one another', async () => {
    expect(await reads(codec(), by(['k1'], 'k1'))).toBe('not-sealed')
    expect(await reads(by(['k1'], 'k1'), codec())).toBe('sealed')
  })
})

test('what was set last is what is kept, even where an earlier value takes longer to pack', async () => {
  const slow = codecs.filter(({ codec: { compressor } }) => compressor !== undefined)
  for (const {
    codec: { serializer, compressor },
  } of slow) {
    if (compressor === undefined) continue
    const large = 'x'.repeat(3_000_000)
    const { cache, kept } = scene(codec({ serializer, compressor }))

    const first = cache.set('a', large)
    const second = cache.set('a', 'small')
    await Promise.all([first, second])

    expect(await scene(codec({ serializer, compressor }), kept).cache.get('a')).toBe('small')
  }
})

test('a value of more than maxValueBytes is refused when written, and not unpacked when read', async () => {
  for (const {
    codec: { serializer, compressor },
  } of plain) {
    const parts = { serializer, ...(compressor && { compressor }) }
    const small = codec({ ...parts, maxValueBytes: '1kb' })

    await expect(scene(small).cache.set('a', 'x'.repeat(1_100))).rejects.toMatchObject({
      code: 'VALUE_REFUSED',
    })
    const { cache, kept } = scene(codec(parts))
    await cache.set('a', 'x'.repeat(1_100))
    const other = scene(small, kept)

    expect(await other.cache.get('a')).toBe(undefined)
    expect(other.refused).toEqual([{ key: 'a', why: 'too-large' }])
  }
})
