/*
 * How things lie in a place: keys, times, lists, and what is not ours.
 */
import { type Entry, entryOf, type Store, termsOf } from '@larder/core'
import { keyv } from '@larder/keyv'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'
import { describe, expect, test } from 'vitest'
import { sqlite } from './servers/sql.ts'

const entryWith = (value: unknown): Entry => entryOf(value, Infinity, termsOf(0, 0, []))

async function keysOf(store: Store<Entry>, prefix: string): Promise<string[]> {
  const list: string[] = []
  for await (const key of store.keys?.(prefix) ?? []) list.push(key)
  return list.toSorted()
}

/** Remembers what it was asked. */
function recorder(more: object = {}): { asked: unknown[][]; store: Map<string, unknown> } {
  const asked: unknown[][] = []
  const store = new Map<string, unknown>()
  const adapter = {
    get: async (key: string) => store.get(key),
    set: async (key: string, value: unknown, ttl?: number) => {
      asked.push(['set', key, ttl])
      store.set(key, value)
    },
    delete: async (key: string) => store.delete(key),
    getMany: async (keys: string[]) => {
      asked.push(['getMany', ...keys])
      return keys.map((key) => store.get(key))
    },
    setMany: async (entries: { key: string; value: unknown; ttl?: number; expires?: number }[]) => {
      asked.push(['setMany', ...entries.map(({ key, ttl, expires }) => [key, ttl, expires])])
      for (const { key, value } of entries) store.set(key, value)
    },
    deleteMany: async (keys: string[]) => {
      asked.push(['deleteMany', ...keys])
      for (const key of keys) store.delete(key)
    },
    ...more,
  }
  return { asked, store: adapter as never }
}

describe('times', () => {
  test('are whole milliseconds, and nothing at all for ever', async () => {
    const { asked, store } = recorder()
    const kept = keyv({ store })

    await kept.set('a', entryWith(1), 1_000.4)
    await kept.set('b', entryWith(1), Infinity)
    await kept.set('c', entryWith(1), 1e300)

    expect(asked).toEqual([
      ['set', 'a', 1_001],
      ['set', 'b', undefined],
      ['set', 'c', undefined],
    ])
  })

  test('are moments where the adapter says so, as those of Keyv 6 do', async () => {
    const { asked, store } = recorder({ capabilities: { expires: true } })
    const before = Date.now()

    await keyv({ store }).set('a', entryWith(1), 1_000)
    await keyv({ store }).setMany?.([['b', entryWith(1), 2_000]])

    const [[, , at], [, [, ttl, expires]]] = asked as [
      [string, string, number],
      [string, [string, number, number]],
    ]
    expect(at).toBeGreaterThanOrEqual(before + 1_000)
    expect(at).toBeLessThan(before + 11_000)
    expect(ttl).toBe(undefined)
    expect(expires).toBeGreaterThanOrEqual(before + 2_000)
  })

  test('are cut where the place would misunderstand them', async () => {
    class KeyvMemcache {
      readonly asked: unknown[] = []
      get = async (): Promise<unknown> => ({ value: undefined, expires: 0 }) // how it says "nothing"
      set = async (_key: string, _value: unknown, ttl?: number): Promise<void> => void this.asked.push(ttl)
      delete = async (): Promise<boolean> => true
    }
    const store = new KeyvMemcache()

    await keyv({ store }).set('a', entryWith(1), 90 * 86_400_000)
    await keyv({ store, maxTtl: '1h' }).set('a', entryWith(1), Infinity)

    expect(store.asked).toEqual([30 * 86_400_000, 3_600_000])
    expect(await keyv({ store }).get('a')).toBe(undefined)
  })

  test('of an instance go before its own default', async () => {
    const map = new Map<string, unknown>()
    const store = keyv({ store: new Keyv5(map, { ttl: 1_000 }) })

    await store.set('a', entryWith(1), Infinity)
    await store.set('b', entryWith(1), 5_000_000)

    const [a, b] = [...map.values()].map((text) => JSON.parse(String(text)) as { expires?: number })
    expect(a?.expires).toBe(undefined)
    expect(b?.expires).toBeGreaterThan(Date.now() + 1_000_000)
  })
})

describe('what is written', () => {
  test('is what Keyv would write, so that both find it', async () => {
    const map = new Map()
    await keyv({ store: map }).set('k', entryWith({ a: 1 }), 60_000)

    expect(JSON.parse(String(map.get('k')))).toEqual({
      value: expect.any(String),
      expires: expect.any(Number),
    })
    const instance = new Keyv5(map, { namespace: '' })
    expect(await keyv({ store: instance }).get('k')).toEqual(entryWith({ a: 1 }))
  })

  test('is found whether it was kept as text or as bytes', async () => {
    const map = new Map()
    const texts = keyv({ store: map })
    const bytes = keyv({ store: map, keeps: 'bytes' })
    await texts.set('text', entryWith(1), Infinity)
    await bytes.set('bytes', entryWith(2), Infinity)

    expect(map.get('bytes')).toBeInstanceOf(Uint8Array)
    expect(await bytes.get('text')).toEqual(entryWith(1))
    expect(await texts.get('bytes')).toEqual(entryWith(2))
  })

  test('goes through the serializer and the compression of an instance', async () => {
    const map = new Map<string, unknown>()
    const reverse = (text: string): string => text.split('').toReversed().join('')
    const instance = new Keyv6({
      store: map,
      compression: {
        compress: async (text: string) => reverse(text),
        decompress: async (text: string) => reverse(text),
      },
    })
    const store = keyv({ store: instance })
    await store.set('k', entryWith(1), Infinity)

    expect(JSON.stringify([...map.values()])).toContain('eulav') // "value", the other way round
    expect(await store.get('k')).toEqual(entryWith(1))
  })
})

describe('lists', () => {
  test('are asked for in pieces that the place takes, and each key once', async () => {
    const { asked, store } = recorder({ opts: { dialect: 'dynamo' } })
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
    const kept = keyv({ store })

    await kept.setMany?.(keys.map((key) => [key, entryWith(key), Infinity]))
    const found = await kept.getMany?.([...keys, 'k0', 'absent'])
    await kept.deleteMany?.(keys)

    expect(found?.slice(-3)).toEqual([entryWith('k29'), entryWith('k0'), undefined])
    expect(asked.map(([what, ...list]) => [what, list.length])).toEqual([
      ['setMany', 25],
      ['setMany', 5],
      ['getMany', 25],
      ['getMany', 6],
      ['deleteMany', 25],
      ['deleteMany', 5],
    ])
  })
})

describe('long keys', () => {
  const long = (n: number): string => `users:${'x'.repeat(500)}:${n}`

  test('are shortened to what the place says that it takes', async () => {
    const adapter = sqlite()
    const store = keyv({ store: adapter })
    await store.set(long(1), entryWith(1), Infinity)
    await store.set(long(2), entryWith(2), Infinity)
    await store.set('users:short', entryWith(3), Infinity)

    const written: string[] = []
    for await (const [key] of adapter.iterator()) written.push(key)

    expect(written.filter((key) => key.length > 255)).toEqual([])
    expect(await store.getMany?.([long(2), long(1), long(3)])).toEqual([
      entryWith(2),
      entryWith(1),
      undefined,
    ])
    expect(await keysOf(store, 'users:')).toEqual(['users:short'])
    await store.clear?.('users:')
    expect(await store.get(long(1))).toBe(undefined)
    expect(await store.get('users:short')).toBe(undefined)
  })

  test('end within a character never', async () => {
    const map = new Map()
    const store = keyv({ store: map, maxKeyBytes: 100 })

    await store.set('🧀'.repeat(40), entryWith(1), Infinity)

    const [key] = map.keys()
    expect(Buffer.byteLength(String(key))).toBeLessThanOrEqual(100)
    expect(String(key)).not.toContain('\uFFFD')
    expect(String(key)).toMatch(/^(🧀)+~[0-9a-f]{64}$/u)
  })

  test('two keys that meet are told apart by the record', async () => {
    const map = new Map()
    const store = keyv({ store: map, maxKeyBytes: 100 })
    await store.set(long(1), entryWith('secret'), Infinity)
    const [written = ''] = map.keys()

    expect(await store.get(String(written))).toEqual({ refused: 'another-key' })
  })
})

describe('what is not ours', () => {
  test.each([
    ['a Map', () => new Map()],
    ['Keyv 5', () => new Keyv5()],
    ['Keyv 6', () => new Keyv6()],
    ['SQLite', () => sqlite()],
  ])('stays when we clear: %s', async (_, open) => {
    const place = open() as Keyv5
    await place.set('stranger', 'kept')
    const store = keyv({ store: place })
    await store.set('larder:a', entryWith(1), Infinity)
    await store.set('larder:b', entryWith(2), Infinity)
    await store.set('larder2:a', entryWith(3), Infinity)

    expect(await keysOf(store, 'larder:')).toEqual(['larder:a', 'larder:b'])
    await store.clear?.('larder:')

    expect(await keysOf(store, 'larder')).toEqual(['larder2:a'])
    expect(await place.get('stranger')).toBe('kept')
  })

  test('namespaces that begin alike are told apart', async () => {
    const map = new Map()
    const [x, xy] = ['x', 'xy'].map((namespace) => keyv({ store: new Keyv5(map, { namespace }) }))
    await x?.set('larder:a', entryWith(1), Infinity)
    await xy?.set('larder:b', entryWith(2), Infinity)

    expect(x && (await keysOf(x, ''))).toEqual(['larder:a'])
    await x?.clear?.('')
    expect(await xy?.get('larder:b')).toEqual(entryWith(2))
  })
})
