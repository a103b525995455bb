/*
 * The report: its advice follows from what real caches have done, and is silent where there is no reason for it.
 */

import { randomBytes } from 'node:crypto'
import { codec, type Compressor, createCache, encoded, type ICache, type Store, vitalsOf } from '@larder/core'
import { type Advice, report } from '@larder/metrics'
import { memory, type MemoryOptions } from '@larder/memory'
import { faulty, type ManualClock, manualClock, settled } from '@larder/testing'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'

const names = (cache: ICache): Advice['name'][] => report(cache).advice.map(({ name }) => name)

interface Made {
  readonly clock: ManualClock
  readonly cache: ICache
}

function open(options: MemoryOptions = {}): Made {
  const clock = manualClock()
  return { clock, cache: createCache({ store: memory({ ...options, clock }), clock, name: 'shop' }) }
}

/** `loads` of one key, each of which takes `ms`; between them the value is read once, and ends. */
async function loaded({ clock, cache }: Made, loads: number, ms: number, ttl: number): Promise<void> {
  for (let i = 0; i < loads; i++) {
    const load = (): Promise<number> => clock.advance(ms).then(() => i)
    await cache.getOrSet('k', load, { ttl, jitter: 0 })
    await cache.get('k')
    await clock.advance(ttl + 1)
  }
}

const gzip: Compressor = {
  id: 3,
  name: 'gzip',
  above: 100,
  compress: (raw) => gzipSync(raw),
  decompress: (bytes, size) => gunzipSync(bytes, { maxOutputLength: size }),
}

/** Bytes in a Map. */
function compressed(): ICache {
  const records = new Map<string, Uint8Array>()
  const bytes: Store<Uint8Array> = {
    name: 'map',
    get: (key) => records.get(key),
    set: (key, record) => void records.set(key, record),
    delete: (key) => void records.delete(key),
  }
  return createCache({ store: encoded(bytes, codec({ compressor: gzip })), name: 'shop' })
}

describe('advice', () => {
  test('of a ttl that is too short for the load, and not of one that is not', async () => {
    const short = open()
    await loaded(short, 120, 200, 1_000)
    const long = open()
    await loaded(long, 120, 200, 60_000)

    expect(names(short.cache)).toEqual(['ttl-too-short'])
    expect(report(short.cache).advice[0]).toMatchObject({
      cache: 'shop',
      finding: expect.stringContaining('fresh for 1.'),
    })
    expect(names(long.cache)).toEqual([])
  })

  test('of values that are too large, and not of small ones', async () => {
    const large = open({ maxBytes: '1gb' })
    const small = open()
    for (let i = 0; i < 110; i++) {
      await large.cache.set(['k', i], 'x'.repeat(200_000))
      await small.cache.set(['k', i], 'x'.repeat(100))
    }
    const tooLarge = open({ maxEntryBytes: 1_000 })
    await tooLarge.cache.set('k', 'x'.repeat(10_000))

    expect(names(large.cache)).toEqual(['values-too-large'])
    expect(names(tooLarge.cache)).toEqual(['values-too-large'])
    expect(names(small.cache)).toEqual([])
  })

  test('of the one namespace that is thrashing, and of none where all are read again', async () => {
    const { cache } = open({ maxEntries: 200 })
    const users = cache.namespace('users')
    const search = cache.namespace('search')
    for (let i = 0; i < 1_000; i++) {
      await users.getOrSet(`${i % 20}`, () => i)
      await search.getOrSet(`${i}`, () => i)
    }
    const { cache: calm } = open({ maxEntries: 2_000 })
    for (let i = 0; i < 1_000; i++) await calm.namespace('search').getOrSet(`${i % 100}`, () => i)

    expect(report(cache).advice.map(({ name, cache: of }) => [name, of])).toEqual([
      ['thrashing', 'shop/search'],
    ])
    expect(names(calm)).toEqual([])
  })

  test('of a memory that is too small for what is read', async () => {
    const run = async (maxEntries: number): Promise<ICache> => {
      const { cache } = open({ maxEntries })
      let seed = 1
      for (let i = 0; i < 4_000; i++) {
        seed ^= seed << 13
        seed ^= seed >>> 17
        seed ^= seed << 5
        await cache.getOrSet(`${(seed >>> 0) % 400}`, () => i)
      }
      return cache
    }

    expect(names(await run(200))).toEqual(['memory-too-small'])
    expect(names(await run(1_000))).toEqual([])
  })

  test('of compression that does not pay, and not of one that does', async () => {
    const noise = compressed()
    const text = compressed()
    for (let i = 0; i < 110; i++) {
      await noise.set(['k', i], randomBytes(400))
      await text.set(['k', i], 'the same words again and again; '.repeat(20))
    }

    expect(names(noise)).toEqual(['compression-does-not-pay'])
    expect(names(text)).toEqual([])
    expect(vitalsOf(text).place?.compression).toMatchObject({ tried: 110, smaller: 110 })
  })

  test('of loads that are overtaken, that fail, and of a store that is too late', async () => {
    const { cache: overtaken } = open()
    for (let i = 0; i < 110; i++)
      await overtaken.getOrSet(`${i}`, () => overtaken.delete(`${i}`).then(() => i))
    const { cache: failing } = open()
    for (let i = 0; i < 110; i++)
      await failing.getOrSet(`${i}`, () => Promise.reject(new Error('no'))).catch(() => 0)
    const clock = manualClock()
    const far = faulty(memory({ clock }))
    const late = createCache({ store: { ...far, sync: false }, clock, name: 'shop' })
    far.hang()
    for (let i = 0; i < 110; i++) {
      const got = late.get(`${i}`)
      await settled()
      await clock.advance(200)
      await got
    }

    expect(names(overtaken)).toEqual(['loads-overtaken'])
    expect(names(failing)).toEqual(['loads-fail'])
    expect(names(late)).toEqual(['too-late'])
  })

  test('of a cache of which little was seen is none', async () => {
    const made = open()
    await loaded(made, 50, 200, 1_000)

    expect(names(made.cache)).toEqual([])
  })
})

test('the text says what was done, and what to do, and shows no key', async () => {
  const made = open()
  await loaded(made, 120, 200, 1_000)
  await made.cache.namespace('users').get('secret')

  const { text } = report(made.cache)

  expect(text).toContain('shop: 50 % of what was asked was served')
  expect(text).toMatch(/loaded +120, 0 failed/)
  expect(text).toMatch(/a load +2\d\d ms at the median/)
  expect(text).toContain('Namespaces')
  expect(text).toContain('- shop: values take')
  expect(text).toContain('Try: a longer ttl')
  expect(text).not.toContain('secret')
  expect(report(createCache({ store: memory() })).text).toContain('Nothing to advise.')
})
