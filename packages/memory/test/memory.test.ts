/*
 * The memory store, with each policy of eviction: bounds, fairness, expiry, and the books of all that.
 */

import { createCache, entryOf, openCache, type RemovalCause, termsOf, type Entry } from '@larder/core'
import { type Eviction, memory as anyMemory, type MemoryOptions, type MemoryStore } from '@larder/memory'
import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const TERMS = termsOf(0, 0, [])
const entry = (value: unknown, freshUntil: number = Infinity): Entry => entryOf(value, freshUntil, TERMS)

function put(store: MemoryStore, key: string, value: unknown, freshUntil: number = Infinity): void {
  store.set(key, entry(value, freshUntil), Infinity)
}

async function keysOf(store: MemoryStore, prefix: string = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.keys(prefix)) keys.push(key)
  return keys
}

/** What a value of this size takes, as the store counts it. */
function sizeOf(value: unknown, key: string = 'k'): number {
  const store = anyMemory()
  put(store, key, value)
  return store.usage().bytes
}

function watched(store: MemoryStore): [string, RemovalCause][] {
  const told: [string, RemovalCause][] = []
  store.onRemoval((key, cause) => told.push([key, cause]))
  return told
}

describe('lru', () => {
  const memory = (options: MemoryOptions): MemoryStore => anyMemory({ eviction: 'lru', ...options })

  test('what was not used for the longest time goes first', () => {
    const store = memory({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) put(store, key, 1)
    store.get('a')
    put(store, 'b', 2)

    put(store, 'd', 1)
    put(store, 'e', 1)

    expect(['a', 'b', 'c', 'd', 'e'].filter((key) => store.get(key) !== undefined)).toEqual(['b', 'd', 'e'])
  })

  test('each namespace gives what it did not use for the longest time', async () => {
    const store = memory({ maxEntries: 200 })
    for (let n = 0; n < 100; n++) {
      put(store, `a:${n}`, n)
      put(store, `b:${n}`, n)
    }
    for (let n = 0; n < 20; n++) store.get(`a:${n}`)

    store.resize({ maxEntries: 60 })

    const kept = await keysOf(store, 'a:')
    expect(kept.length).toBeGreaterThan(20)
    for (let n = 0; n < 20; n++) expect(kept).toContain(`a:${n}`)
  })

  test('tells what the store throws out, with its namespace, its key and the cause', async () => {
    const clock = manualClock()
    const cache = createCache({
      store: memory({ maxEntries: 2, maxBytes: '1mb', clock }),
      clock,
      name: 'shop',
    })
    const told: unknown[] = []
    cache.on((event) => {
      if (event.type === 'evict') told.push([event.cache, event.key, event.cause])
    })
    const users = cache.namespace('users')

    await users.set('a', 1)
    await users.set('b', 1)
    await users.set('c', 1)
    await users.set('large', 'x'.repeat(600_000))
    await users.set('dies', 1, { ttl: 1_000 })
    await clock.advance('3m')

    expect(told).toEqual([
      ['shop/users', 'a', 'entries'],
      ['shop/users', 'large', 'oversized'],
      ['shop/users', 'b', 'entries'],
      ['shop/users', 'dies', 'expired'],
    ])
    expect(cache.stats().store).toMatchObject({
      entries: 1,
      removed: { entries: 2, oversized: 1, expired: 1 },
    })
  })
})

describe.each<Eviction>(['lru', 's3-fifo'])('%s', (eviction) => {
  const memory = (options: MemoryOptions = {}): MemoryStore => anyMemory({ eviction, ...options })

  describe('bounds', () => {
    test('the bound of bytes holds after every write', () => {
      const store = memory({ maxBytes: '16kb', maxEntries: 1_000_000 })

      for (let n = 0; n < 500; n++) {
        put(store, `k${n}`, 'x'.repeat((n * 37) % 3_000))
        expect(store.usage().bytes).toBeLessThanOrEqual(16_384)
      }

      expect(store.usage().entries).toBeGreaterThan(3)
      expect(store.usage().removed.bytes).toBeGreaterThan(0)
      expect(store.usage().removed.entries).toBe(0)
    })

    test.each([1, 2, 10])(
      'with room for %d, what was set last is there, whatever its namespace',
      (maxEntries) => {
        const store = memory({ maxEntries })

        for (let n = 0; n < 1_000; n++) {
          const key = `${(n * 7) % 5}:${(n * 37) % 11}`
          put(store, key, n)
          expect(store.get(key)?.value).toBe(n)
          expect(store.usage().entries).toBeLessThanOrEqual(maxEntries)
        }
      },
    )

    test('an overwrite by something larger takes from others, never beyond the bound', () => {
      const store = memory({ maxBytes: 4 * sizeOf('x'.repeat(1_000)), maxEntryBytes: '1mb' })
      for (const key of ['a', 'b', 'c', 'd']) put(store, key, 'x'.repeat(1_000))

      put(store, 'd', 'x'.repeat(2_500))

      expect(store.usage().bytes).toBeLessThanOrEqual(store.usage().maxBytes)
      expect(store.get('d')?.value).toBe('x'.repeat(2_500))
      expect(['a', 'b', 'c'].filter((key) => store.get(key) !== undefined).length).toBeLessThan(3)
    })

    test('what is too large is not taken in, throws nobody out, and does not leave an older value', () => {
      const store = memory({ maxBytes: '64kb', maxEntryBytes: '4kb' })
      for (let n = 0; n < 10; n++) put(store, `k${n}`, 'x'.repeat(1_000))
      const told = watched(store)

      put(store, 'k3', 'x'.repeat(10_000))
      put(store, 'new', 'x'.repeat(10_000))

      expect(store.usage()).toMatchObject({ entries: 9, removed: { oversized: 2, bytes: 0, entries: 0 } })
      expect([store.get('k3'), store.get('new')]).toEqual([undefined, undefined])
      expect(told).toEqual([
        ['k3', 'oversized'],
        ['new', 'oversized'],
      ])
    })

    test('one value takes no more than a quarter of the bytes, if nothing else is said', () => {
      const store = memory({ maxBytes: 40_000 })

      put(store, 'fits', 'x'.repeat(9_000))
      put(store, 'too large', 'x'.repeat(10_000))

      expect(store.get('fits')?.value).toHaveLength(9_000)
      expect(store.get('too large')).toBe(undefined)
    })

    test('smaller bounds are kept to at once, and larger ones give room', () => {
      const store = memory({ maxEntries: 100 })
      for (let n = 0; n < 100; n++) put(store, `k${n}`, n)
      const told = watched(store)

      store.resize({ maxEntries: 10 })
      expect(store.usage()).toMatchObject({ entries: 10, maxEntries: 10 })
      store.resize({ maxBytes: 5 * sizeOf(1, 'k99') })
      // Keys that a policy remembers take room as well.
      const left = store.usage().entries
      expect(left).toBe(eviction === 'lru' ? 5 : 4)
      store.resize({ maxEntries: 200, maxBytes: '1mb' })
      for (let n = 0; n < 300; n++) put(store, `l${n}`, n)

      expect(store.usage().entries).toBe(200)
      expect(told.slice(0, 100 - left).map(([, cause]) => cause)).toEqual([
        ...Array.from({ length: 90 }, () => 'entries'),
        ...Array.from({ length: 10 - left }, () => 'bytes'),
      ])
      expect(() => store.resize({ maxEntries: 0 })).toThrow(TypeError)
    })

    test('a million keys at random stay within the bounds', { timeout: 30_000 }, () => {
      const store = memory({ maxEntries: 5_000, maxBytes: '2mb' })
      let seed = 7
      const next = (below: number): number => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
        return seed % below
      }

      let most = 0
      let mostBytes = 0
      for (let n = 0; n < 1_000_000; n++) {
        put(store, `s${next(10)}:${next(200_000)}`, 'x'.repeat(next(500)))
        const { entries, bytes } = store.usage()
        if (entries > most) most = entries
        if (bytes > mostBytes) mostBytes = bytes
      }

      expect(most).toBeLessThanOrEqual(5_000)
      expect(mostBytes).toBeLessThanOrEqual(2 * 1_048_576)
      expect(store.usage().entries).toBeGreaterThan(1_000)
    })

    test('after any history the books agree with what is there', async () => {
      const step = fc.record({
        what: fc.constantFrom('set', 'set', 'set', 'delete', 'clear', 'resize', 'get'),
        key: fc.constantFrom('a:1', 'a:2', 'b:1', 'b:22', 'c', 'a:b:1'),
        size: fc.nat(2_000),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const store = memory({ maxEntries: 5, maxBytes: 6_000 })
          let gone = 0
          store.onRemoval(() => gone++)
          for (const { what, key, size } of steps) {
            if (what === 'set') put(store, key, 'x'.repeat(size))
            else if (what === 'delete') store.delete(key)
            else if (what === 'clear') store.clear(key.slice(0, 2))
            else if (what === 'get') store.get(key)
            else store.resize({ maxEntries: 1 + (size % 6) })
            const { entries, bytes, maxEntries, maxBytes } = store.usage()
            expect(entries).toBeLessThanOrEqual(maxEntries)
            expect(bytes).toBeLessThanOrEqual(maxBytes)
          }
          const { entries, removed } = store.usage()
          expect(await keysOf(store)).toHaveLength(entries)
          expect(removed.entries + removed.bytes + removed.oversized).toBe(gone)
          store.clear('')
          expect(store.usage()).toMatchObject({ entries: 0, bytes: 0 })
        }),
        { numRuns: 200 },
      )
    })

    test('options that are none are refused, all in one error', () => {
      const wrong = {
        maxEntries: 0,
        maxBytes: '64 megs',
        share: 'copy',
        eviction: 'fifo',
        maxEntires: 5,
      } as never

      expect(() => memory(wrong)).toThrow(/eviction.*'s3-fifo' or 'lru'/su)
      expect(() => memory({ maxEntries: 1.5 })).toThrow(TypeError)
      expect(() => memory({ maxEntryBytes: -1 })).toThrow(TypeError)
    })
  })

  describe('fair shares', () => {
    test('a busy namespace does not starve a quiet one', () => {
      const store = memory({ maxEntries: 1_000 })
      for (let n = 0; n < 100; n++) put(store, `quiet:${n}`, n)

      for (let n = 0; n < 1_900; n++) put(store, `busy:${n}`, n)

      const quiet = Array.from({ length: 100 }, (_, n) => store.get(`quiet:${n}`)).filter(
        (each) => each !== undefined,
      )
      expect(store.usage().entries).toBe(1_000)
      // Both give in proportion to what they hold. Of one common LRU list nothing quiet would be left.
      expect(quiet.length).toBeGreaterThan(20)
    })

    test('namespaces of one size give alike', async () => {
      const store = memory({ maxEntries: 900 })
      const names = ['a', 'b', 'c']

      for (let n = 0; n < 9_000; n++) put(store, `${names[n % 3]}:${n}`, n)

      for (const name of names) {
        const kept = await keysOf(store, `${name}:`)
        expect(kept.length).toBeGreaterThan(200)
        expect(kept.length).toBeLessThan(400)
      }
    })

    test('ten thousand namespaces that have come and gone leave nothing', () => {
      const store = memory({ maxEntries: 100 })

      for (let n = 0; n < 10_000; n++) {
        const view = store.within(`tenant${n}:`)
        view.set('k', entry(n), Infinity)
        if (n % 2 === 0) view.delete('k')
      }

      expect(store.usage().entries).toBeLessThanOrEqual(100)
      store.clear('')
      expect(store.usage()).toMatchObject({ entries: 0, bytes: 0 })
    })
  })

  describe('expiry', () => {
    test('what has died is swept within some minutes, without being asked for, and told as expired', async () => {
      const clock = manualClock()
      const store = memory({ maxEntries: 10_000, clock })
      const told = watched(store)
      for (let n = 0; n < 5_000; n++) put(store, `dies:${n}`, n, clock.now() + 1_000)
      for (let n = 0; n < 50; n++) put(store, `lives:${n}`, n)

      await clock.advance('2m')

      expect(store.usage()).toMatchObject({ entries: 50, removed: { expired: 5_000 } })
      expect(told).toHaveLength(5_000)
      expect(told.every(([key, cause]) => key.startsWith('dies:') && cause === 'expired')).toBe(true)
    })

    test('what may still be served stale is not swept', async () => {
      const clock = manualClock()
      const store = memory({ clock })
      store.set('k', entryOf(1, clock.now() + 1_000, termsOf(0, 600_000, [])), Infinity)

      await clock.advance('5m')
      const before = store.get('k')
      await clock.advance('10m')

      expect(before?.value).toBe(1)
      expect(store.get('k')).toBe(undefined)
    })

    test('nothing is timed while nothing can die, and no longer once all is gone', async () => {
      const clock = manualClock()
      const store = memory({ clock })
      put(store, 'forever', 1)
      const none = clock.pending
      put(store, 'dies', 1, clock.now() + 1_000)
      const one = clock.pending
      store.delete('forever')

      await clock.advance('3m')

      expect([none, one, clock.pending]).toEqual([0, 1, 0])
    })

    test('a sweep meets what was changed since it began', async () => {
      const clock = manualClock()
      const store = memory({ maxEntries: 10_000, clock })
      for (let n = 0; n < 6_000; n++) put(store, `a:${n}`, n, clock.now() + 1_000)
      await clock.advance('2s')
      store.clear('a:')
      for (let n = 0; n < 100; n++) put(store, `b:${n}`, n, clock.now() + 1_000)

      await clock.advance('3m')

      expect(store.usage()).toMatchObject({ entries: 0, bytes: 0 })
    })

    test('closing lets go of everything, timers too', () => {
      const clock = manualClock()
      const store = memory({ clock })
      put(store, 'k', 1, clock.now() + 1_000)

      store.close()

      expect(clock.pending).toBe(0)
      expect(store.usage()).toMatchObject({ entries: 0, bytes: 0 })
    })
  })

  describe('a cache in memory', () => {
    test('clear gives back the space of the namespace and of those inside, at once', async () => {
      const store = memory()
      const cache = createCache({ store })
      const users = cache.namespace('users')
      await users.set('a', 1)
      await users.namespace('vip').set('b', 1)
      await cache.set('c', 1)

      await users.clear()

      expect(store.usage().entries).toBe(1)
    })

    test('a thousand caches of different names on one store share its bounds', async () => {
      const store = memory({ maxEntries: 500 })
      const caches = Array.from({ length: 1_000 }, (_, i) => createCache({ store, name: `tenant ${i}` }))

      for (const cache of caches) await cache.set('k', 1)

      expect(store.usage().entries).toBe(500)
    })
  })
})

test('what goes first may be said in a URL', async () => {
  const isLeftByAScan = async (url: string): Promise<boolean> => {
    const cache = await openCache(url)
    const ask = (key: string): Promise<number> => cache.getOrSet(key, () => 1)
    for (let turn = 0; turn < 3; turn++) for (let n = 0; n < 20; n++) await ask(`hot${n}`)
    for (let n = 0; n < 500; n++) await ask(`scan${n}`)
    return cache.peek('hot7') === 1
  }

  expect(await isLeftByAScan('memory:?maxEntries=50')).toBe(true)
  expect(await isLeftByAScan('memory:?maxEntries=50&eviction=lru')).toBe(false)
  await expect(openCache('memory:?eviction=fifo')).rejects.toThrow(/eviction must be 's3-fifo' or 'lru'/u)
})
