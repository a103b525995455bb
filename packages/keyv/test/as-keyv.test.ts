/*
 * A Larder cache as a storage adapter: by Keyv's own test suite, in both majors of Keyv, and by hand.
 */
import { keyvApiTests, keyvIteratorTests, keyvNamespaceTest, keyvValueTests } from '@keyv/test-suite'
import { createCache, type ICache } from '@larder/core'
import { asKeyv, keyv } from '@larder/keyv'
import { memory } from '@larder/memory'
import { faulty, manualClock } from '@larder/testing'
import Keyv5 from 'keyv'
import Keyv6, { detectKeyvStorage } from 'keyv-6'
import * as vitest from 'vitest'

const { describe, expect, test } = vitest

/** The suite moves the time of Date, so the cache has to go by it, too. */
const wallClock = { ...manualClock(), now: () => Date.now(), epoch: () => Date.now() }

describe.each([
  ['in memory', createCache({ store: memory({ clock: wallClock }), clock: wallClock })],
  ['on a Keyv store', createCache({ store: keyv({ store: new Map(), clock: wallClock }), clock: wallClock })],
])("a cache %s passes Keyv's own tests", (_, cache) => {
  const store = (): unknown => asKeyv(cache)
  keyvApiTests(vitest, Keyv5, store)
  keyvValueTests(vitest, Keyv5, store)
  keyvNamespaceTest(vitest, Keyv5, store)
  keyvIteratorTests(vitest, Keyv5, store)
})

const values = [null, 0, '', false, 'text', [1, null], { a: { b: [true] } }, Buffer.from('bytes')] as const

async function entriesOf(all: AsyncIterable<unknown> | undefined): Promise<unknown[]> {
  const list: unknown[] = []
  for await (const entry of all ?? []) list.push(entry)
  return list
}

interface Either {
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  get(key: string): Promise<unknown>
  getMany(keys: string[]): Promise<unknown[]>
  delete(key: string | string[]): Promise<unknown>
  has(key: string): Promise<boolean>
  clear(): Promise<void>
  iterator?(namespace?: unknown): AsyncIterable<unknown>
}

describe.each([
  [
    'Keyv 5',
    (cache: ICache, namespace?: string): Either =>
      new Keyv5({ store: asKeyv(cache), ...(namespace !== undefined && { namespace }) }),
  ],
  ['Keyv 6', (cache: ICache, namespace?: string): Either => new Keyv6({ store: asKeyv(cache), namespace })],
])('%s on a cache', (_, open) => {
  test('gives back what it was given', async () => {
    const instance = open(createCache({ store: memory() }))

    for (const [i, value] of values.entries()) expect(await instance.set(`k${i}`, value)).toBe(true)

    for (const [i, value] of values.entries()) expect(await instance.get(`k${i}`)).toEqual(value)
    expect(await instance.getMany(['k1', 'absent', 'k4'])).toEqual([0, undefined, 'text'])
    expect(await instance.has('k1')).toBe(true)
    expect(await instance.has('absent')).toBe(false)
  })

  test('keeps it for the ttl it names', async () => {
    const clock = manualClock({ start: Date.now() })
    const cache = createCache({ store: memory({ clock }), clock, ttl: '1h' })
    const instance = open(cache)
    await instance.set('short', 1, 60_000)
    await instance.set('usual', 1)

    await clock.advance('61s')
    expect(await instance.get('short')).toBe(undefined)
    expect(await instance.get('usual')).toBe(1)
    await clock.advance('1h')
    expect(await instance.get('usual')).toBe(undefined)
  })

  test('clears its namespace and no stranger', async () => {
    const cache = createCache({ store: memory() })
    const [a, b] = [open(cache, 'a'), open(cache, 'b')]
    await cache.set('k', 'ours')
    for (const each of [a, b]) await each.set('k', 1)

    await a.clear()

    expect(await a.get('k')).toBe(undefined)
    expect(await b.get('k')).toBe(1)
    expect(await cache.get('k')).toBe('ours')
  })

  test('lists its entries by the keys it was given', async () => {
    const cache = createCache({ store: memory() })
    const [a, b] = [open(cache, 'a'), open(cache, 'b')]
    await a.set('k:1', 'one')
    await a.set('k:2', { two: 2 })
    await b.set('k:3', 3)

    expect(new Map((await entriesOf(a.iterator?.('a'))) as [string, unknown][])).toEqual(
      new Map<string, unknown>([
        ['k:1', 'one'],
        ['k:2', { two: 2 }],
      ]),
    )
  })

  test('deletes one and many', async () => {
    const instance = open(createCache({ store: memory() }))
    for (const key of ['a', 'b', 'c']) await instance.set(key, 1)

    expect(await instance.delete('a')).toBe(true)
    expect(await instance.delete('a')).toBe(false)
    await instance.delete(['b', 'c'])

    expect(await instance.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined])
  })

  test('takes a failing store for one that has nothing, and says what was not kept', async () => {
    const store = faulty(keyv({ store: new Map() }))
    const instance = open(createCache({ store, storeTimeout: '1s' }))
    await instance.set('k', 1)
    store.fail()

    expect(await instance.get('k')).toBe(undefined)
    expect(await instance.set('k', 2)).toBe(false)
    store.heal()
  })
})

describe('the adapter', () => {
  test('is taken for a whole storage adapter by Keyv 6', () => {
    expect(detectKeyvStorage(asKeyv(createCache({ store: memory() }))).store).toBe('keyvStorage')
  })

  test('forgets what is set to undefined, or for a time that is over', async () => {
    const adapter = asKeyv(createCache({ store: memory() }))
    for (const [value, ttl] of [[undefined], [1, -5], [1, Number.NaN]] as const) {
      await adapter.set('k', 'before')
      await adapter.set('k', value, ttl)

      expect(await adapter.get('k')).toBe(undefined)
    }
  })

  test('has a ttl of its own for what Keyv sets without one', async () => {
    const cache = createCache({ store: memory(), ttl: '1h' })
    const adapter = asKeyv(cache, { ttl: '1m' })
    await adapter.setMany([
      { key: 'usual', value: 1 },
      { key: 'own', value: 1, ttl: 5_000_000 },
    ])

    expect(await cache.ttl('usual')).toBeLessThanOrEqual(60_000)
    expect(await cache.ttl('own')).toBeGreaterThan(4_000_000)
    expect(() => asKeyv(cache, { tll: 5 } as never)).toThrow("did you mean 'ttl'")
  })

  test('leaves the cache open', async () => {
    const cache = createCache({ store: memory() })
    await new Keyv5({ store: asKeyv(cache) }).disconnect()

    expect(await cache.getOrSet('k', () => 1)).toBe(1)
  })

  test('there and back again: a cache on Keyv on a cache', async () => {
    const inner = createCache({ store: memory() })
    const outer = createCache({ store: keyv({ store: new Keyv5({ store: asKeyv(inner) }) }) })
    await outer.set('k', { at: new Date(5) }, { tags: ['t'] })

    expect(await outer.get('k')).toEqual({ at: new Date(5) })
    await outer.invalidateTags('t')
    expect(await outer.get('k')).toBe(undefined)
  })
})
