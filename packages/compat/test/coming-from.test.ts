/*
 * What the pages of docs/coming-from say of other libraries is so: each claim that a page rests on is tried on the library
 * itself, and beside it what Larder does. When a new version of a library fails here, its page is out of date.
 */
import { cachified, type Cache as CachifiedCache } from '@epic-web/cachified'
import { createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import { held } from '@larder/testing'
import { createCache as createDedupe } from 'async-cache-dedupe'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { createCache as createCacheManager } from 'cache-manager'
import { Cacheable } from 'cacheable'
import { Keyv } from 'keyv'
import { LRUCache } from 'lru-cache'
import { describe, expect, test } from 'vitest'

const down = new Error('the source is down')
const fail = async (): Promise<never> => Promise.reject(down)
const larder = (): ICache => createCache({ store: memory() })
const bento = (options: object = {}): BentoCache<{ memory: ReturnType<typeof bentostore> }> =>
  new BentoCache({
    default: 'memory',
    stores: { memory: bentostore().useL1Layer(memoryDriver({})) },
    ...options,
  })

describe('keyv', () => {
  test('writes JSON also in memory, so a Date comes back as a text', async () => {
    const born = new Date('1815-12-10')
    const [keyv, cache] = [new Keyv(), larder()]
    await keyv.set('born', born)
    await cache.set('born', born)
    expect(await keyv.get('born')).toBe('1815-12-10T00:00:00.000Z')
    expect(await cache.get('born')).toEqual(born)
  })

  test('keeps as much in memory as it is given', async () => {
    const keyv = new Keyv()
    for (let i = 0; i < 20_000; i++) await keyv.set(String(i), i)
    expect(await keyv.get('0')).toBe(0)
  })

  test('knows null', async () => {
    const keyv = new Keyv()
    await keyv.set('nobody', null)
    expect(await keyv.get('nobody')).toBe(null)
  })

  test('says whether there was something to delete', async () => {
    const keyv = new Keyv()
    await keyv.set('k', 1)
    expect([await keyv.delete('k'), await keyv.delete('k')]).toEqual([true, false])
  })
})

describe('cacheable', () => {
  test('answers undefined when the loader fails, and tells of it in an event', async () => {
    const cacheable = new Cacheable()
    const errors: unknown[] = []
    cacheable.on('error', (error: unknown) => errors.push(error))
    expect(await cacheable.getOrSet('k', fail)).toBe(undefined)
    expect(errors).toEqual([down])
    await expect(larder().getOrSet('k', fail)).rejects.toBe(down)
  })

  test('shares a load among those who ask at the same time, and hands out copies', async () => {
    const cacheable = new Cacheable()
    let loads = 0
    const load = async (): Promise<number[]> => [++loads]
    await Promise.all([1, 2, 3].map(async () => cacheable.getOrSet('k', load)))
    expect(loads).toBe(1)
    const list = await cacheable.get<number[]>('k')
    list?.push(2)
    expect(await cacheable.get('k')).toEqual([1])
  })

  test('keeps as much in memory as it is given', async () => {
    const cacheable = new Cacheable()
    for (let i = 0; i < 20_000; i++) await cacheable.set(String(i), i)
    expect(await cacheable.get('0')).toBe(0)
  })
})

describe('lru-cache', () => {
  test('does not bring back what is deleted while it is fetched: the fetch is called off', async () => {
    const source = held<string, unknown[]>('old')
    const cache = new LRUCache<string, string>({ max: 10, fetchMethod: source.load })
    const first = cache.fetch('k')
    await source.started
    cache.delete('k')
    source.release()
    expect(await first.catch((error: unknown) => String(error))).toBe('Error: deleted')
    expect(cache.get('k')).toBe(undefined)
  })

  test('shares a fetch, and a failing one', async () => {
    let fetches = 0
    const cache = new LRUCache<string, string>({
      max: 10,
      fetchMethod: async () => {
        fetches++
        return fail()
      },
    })
    const all = await Promise.allSettled([cache.fetch('k'), cache.fetch('k')])
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(fetches).toBe(1)
  })

  test('hands out the very value; Larder a frozen one', async () => {
    const lru = new LRUCache<string, number[]>({ max: 10 })
    lru.set('list', [3, 1])
    lru.get('list')?.sort()
    expect(lru.get('list')).toEqual([1, 3])
    const cache = larder()
    await cache.set('list', [3, 1])
    expect(Object.isFrozen(await cache.get('list'))).toBe(true)
  })
})

describe('bentocache', () => {
  test('runs a failing factory once for every caller, one after the other', async () => {
    let calls = 0
    const load = async (): Promise<never> => {
      calls++
      return fail()
    }
    const cache = bento()
    await Promise.allSettled([1, 2, 3, 4].map(async () => cache.getOrSet({ key: 'k', factory: load })))
    expect(calls).toBe(4)

    calls = 0
    const ours = larder()
    await Promise.allSettled([1, 2, 3, 4].map(async () => ours.getOrSet('k', load)))
    expect(calls).toBe(1)
  })

  test('wraps the error of a factory in one of its own', async () => {
    const error: unknown = await bento()
      .getOrSet({ key: 'k', factory: fail })
      .catch((each: unknown) => each)
    expect(error).not.toBe(down)
    expect(error).toMatchObject({ code: 'E_FACTORY_ERROR', cause: down })
  })

  test('serves within its grace what was invalidated by a tag; Larder does not', async () => {
    const cache = bento({ grace: '1h', ttl: '1h' })
    await cache.getOrSet({ key: 'k', tags: ['t'], factory: async () => 'old' })
    await cache.deleteByTag({ tags: ['t'] })
    expect(await cache.getOrSet({ key: 'k', tags: ['t'], factory: async () => 'new' })).toBe('old')

    const ours = createCache({ store: memory(), ttl: '1h', staleWhileRevalidate: '1h', tags: ['t'] })
    await ours.getOrSet('k', async () => 'old')
    await ours.invalidateTags('t')
    expect(await ours.getOrSet('k', async () => 'new')).toBe('new')
  })

  test('keeps text in memory, so a Date comes back as one', async () => {
    const cache = bento()
    await cache.set({ key: 'born', value: new Date('1815-12-10') })
    expect(await cache.get({ key: 'born' })).toBe('1815-12-10T00:00:00.000Z')
  })

  test('refuses undefined', async () => {
    await expect(bento().getOrSet({ key: 'k', factory: async () => undefined })).rejects.toThrow()
    expect(await larder().getOrSet('k', async () => undefined)).toBe(undefined)
  })
})

describe('async-cache-dedupe', () => {
  test('clear with an argument that is 0 clears all of the function', async () => {
    let loads = 0
    const cache = createDedupe({ ttl: 60 }).define('f', async (n: number) => {
      loads++
      return n
    })
    await cache.f(0)
    await cache.f(1)
    await cache.clear('f', 0)
    await cache.f(1)
    expect(loads).toBe(3)
  })

  test('without a ttl keeps nothing', async () => {
    let loads = 0
    const cache = createDedupe({}).define('f', async () => ++loads)
    expect([await cache.f(), await cache.f()]).toEqual([1, 2])
  })

  test('a ttl that is no whole number of seconds is refused', () => {
    expect(() => createDedupe({ ttl: 0.5 })).toThrow('positive integer')
  })
})

describe('cachified', () => {
  test('shares a load, and hands out the very value', async () => {
    const cache: CachifiedCache = new Map()
    let loads = 0
    const read = async (): Promise<number[]> =>
      cachified({
        key: 'k',
        cache,
        getFreshValue: async () => {
          loads++
          return [3, 1]
        },
      })
    const [list] = await Promise.all([read(), read()])
    expect(loads).toBe(1)
    list?.reverse()
    expect(await read()).toEqual([1, 3])
  })

  test('brings back what was deleted while it was loaded', async () => {
    const cache: CachifiedCache = new Map()
    const source = held<string, unknown[]>('old')
    const first = cachified({ key: 'k', cache, getFreshValue: source.load })
    await source.started
    await cache.delete('k')
    source.release()
    await first
    expect(await cachified({ key: 'k', cache, getFreshValue: async () => 'new' })).toBe('old')
  })
})

describe('cache-manager', () => {
  test('keeps as much in memory as it is given', async () => {
    const cache = createCacheManager()
    for (let i = 0; i < 20_000; i++) await cache.set(String(i), i)
    expect(await cache.get('0')).toBe(0)
  })
})

describe('a Map by hand', () => {
  test('of promises keeps a failure for ever', async () => {
    const map = new Map<string, Promise<string>>()
    let isUp = false
    const read = async (): Promise<string> => {
      const known = map.get('k') ?? (isUp ? Promise.resolve('v') : fail())
      map.set('k', known)
      return known
    }
    await expect(read()).rejects.toBe(down)
    isUp = true
    await expect(read()).rejects.toBe(down)
  })

  test('of values brings back what was deleted while it was loaded', async () => {
    const map = new Map<string, string>()
    const source = held<string, []>('old')
    const load = async (): Promise<string> => {
      const value = await source.load()
      map.set('k', value)
      return value
    }
    const first = load()
    map.delete('k')
    source.release()
    await first
    expect(map.get('k')).toBe('old')
  })
})
