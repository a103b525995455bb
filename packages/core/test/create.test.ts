import { createCache, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { manualClock, settled } from '@larder/testing'
import { describe, expect, test } from 'vitest'

describe('createCache refuses at once', () => {
  test.for([
    [{}, "store is missing; for example store: memory() from '@larder/memory'"],
    [{ store: 'memory' }, 'store must be a store, such as memory(), not a string'],
    [{ store: null }, 'store must be a store, such as memory(), not null'],
    [{ store: { get() {} } }, 'it has no set, no delete'],
    [{ store: new Map() }, 'it has no name'],
    [{ store: createCache({ store: memory() }) }, 'not a cache'],
    [memory(), 'the store is an option: createCache({ store })'],
    [{ store: memory(), clock: Date }, 'clock must be a clock, such as manualClock() of @larder/testing'],
    [{ store: memory(), clock: {} }, 'clock must be a clock'],
    [{ store: memory(), name: '' }, "name must be a non-empty text, not ''"],
    [{ store: memory(), storeTimeout: 0 }, 'storeTimeout must be more than 0'],
    [{ store: memory(), signal: new AbortController().signal }, "unknown option 'signal'"],
    [undefined, 'not undefined'],
  ] as const)('%o', ([options, said]) => {
    expect(() => createCache(options as never)).toThrow(TypeError)
    expect(() => createCache(options as never)).toThrow(said)
    expect(() => createCache(options as never)).toThrow(/^createCache: /)
  })
})

describe('a cache', () => {
  test('is called larder unless it has a name', () => {
    expect(createCache({ store: memory() }).name).toBe('larder')
    expect(createCache({ store: memory(), name: 'shop' }).name).toBe('shop')
  })

  test('may have any name: what separates names and keys is written as codes', async () => {
    const store = memory()
    const odd = createCache({ store, name: 'a/b:c#%' })
    const other = createCache({ store, name: 'a' })
    await odd.set('k', 1)
    expect(odd.name).toBe('a%2fb%3ac%23%25')
    expect(await other.namespace('b:c#%').get('k')).toBe(undefined)
    await other.clear()
    expect(await odd.get('k')).toBe(1)
  })

  test('waits for its store as long as it is told', async () => {
    const clock = manualClock()
    const never = new Promise<never>(() => {})
    const store: Store<Entry> = { name: 'hung', get: () => never, set: () => never, delete: () => never }
    const cache = createCache({ store, clock, storeTimeout: '5s' })
    let answered = false
    const read = cache.get('k').then((value) => {
      answered = true
      return value
    })
    await settled()
    await clock.advance(4_900)
    expect(answered).toBe(false)
    await clock.advance(200)
    expect(await read).toBe(undefined)
  })

  test('is let go of at the end of a block', async () => {
    let outside: { get(key: string): Promise<unknown> } | undefined
    {
      await using cache = createCache({ store: memory() })
      outside = cache
      await cache.set('k', 1)
    }
    await expect(outside?.get('k')).rejects.toMatchObject({ code: 'CACHE_CLOSED' })
  })
})
