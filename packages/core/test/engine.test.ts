import {
  createCache,
  type Entry,
  entryOf,
  type Policy,
  type StandardSchema,
  type Store,
  termsOf,
} from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { describe, expect, test } from 'vitest'

/** A schema of texts, which are answered in capitals; at once or later. */
function capitals(slow: boolean): StandardSchema<string> {
  const validate = (value: unknown): { value: string } | { issues: { message: string }[] } =>
    typeof value === 'string' ? { value: value.toUpperCase() } : { issues: [{ message: 'no text' }] }
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => (slow ? Promise.resolve().then(() => validate(value)) : validate(value)),
    },
  }
}

const places = [
  ['in memory', () => memory()],
  ['in a store that takes its time', () => delayed(memory())],
] as const

describe.for(places.flatMap(([where, open]) => [false, true].map((slow) => [where, slow, open] as const)))(
  'a schema, %s, slow: %s',
  ([, slow, open]) => {
    const bench = (): {
      typed: ReturnType<typeof createCache<string>>
      raw: ReturnType<typeof createCache>
    } => {
      const store = open()
      const schema = capitals(slow)
      return {
        typed: createCache<string>({ store }).namespace('n', { schema }),
        raw: createCache({ store }).namespace('n'),
      }
    }

    test('is asked of what is set, and what it answers is kept', async () => {
      const { typed, raw } = bench()
      await typed.set('k', 'a')
      expect([await typed.get('k'), await raw.get('k')]).toEqual(['A', 'A'])
      await expect(typed.set('k', 5 as never)).rejects.toMatchObject({ code: 'LOAD_REFUSED' })
      await settled()
      expect(await typed.get('k')).toBe('A')
    })

    test('of several values refuses all if it refuses one', async () => {
      const { typed } = bench()
      await expect(
        typed.setMany([
          ['k', 'a'],
          ['l', 5 as never],
        ]),
      ).rejects.toMatchObject({ code: 'LOAD_REFUSED' })
      await settled()
      expect(await typed.getMany(['k', 'l'])).toEqual([undefined, undefined])
      await typed.setMany([
        ['k', 'a'],
        ['l', 'b'],
      ])
      expect(await typed.getMany(['k', 'l'])).toEqual(['A', 'B'])
    })

    test('is asked of what is loaded, and who waits for it is told', async () => {
      const { typed } = bench()
      expect(await typed.getOrSet('k', () => 'a')).toBe('A')
      await expect(typed.getOrSet('l', () => 5 as never)).rejects.toMatchObject({
        code: 'LOAD_REFUSED',
        key: 'l',
      })
      await expect(typed.getOrSetMany(['m', 'n'], () => ['a', 5 as never])).rejects.toMatchObject({
        key: 'n',
      })
      await settled()
      expect(await typed.getMany(['k', 'l', 'm', 'n'])).toEqual(['A', undefined, 'A', undefined])
    })

    test('is asked of what was kept without it; what it refuses is a miss', async () => {
      const { typed, raw } = bench()
      await raw.setMany([
        ['good', 'a'],
        ['bad', 5],
      ])
      expect([await typed.get('good'), await typed.get('bad')]).toEqual(['A', undefined])
      expect(await typed.getMany(['good', 'bad'])).toEqual(['A', undefined])
      expect([await typed.has('good'), await typed.has('bad')]).toEqual([true, false])
      expect(await typed.getOrSetMany(['good', 'bad'], () => ['b'])).toEqual(['A', 'B'])
      await settled()
      await raw.set('bad', 5)
      expect(await typed.getOrSet('bad', () => 'c')).toBe('C')
      expect(typed.stats().refused).toBeGreaterThan(2)
    })

    test('is not asked of a value that has satisfied it when it was kept', async () => {
      const store = open()
      let asked = 0
      const schema: StandardSchema<number> = {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) => (asked++, { value: value as number }),
        },
      }
      const cache = createCache<number>({ store, schema })
      await cache.set('k', 1)
      for (let i = 0; i < 5; i++) expect(await cache.get('k')).toBe(1)
      expect(asked).toBe(1)
    })
  },
)

test('peek of a value kept without the schema asks it, unless that would take time', async () => {
  const store = memory()
  const raw = createCache({ store })
  await raw.setMany([
    ['good', 'a'],
    ['bad', 5],
  ])
  const peeked = [false, true].map((slow) => {
    const typed = createCache<string>({ store, schema: capitals(slow) })
    return [typed.peek('good'), typed.peek('bad'), typed.peek('none')]
  })
  expect(peeked).toEqual([
    ['A', undefined, undefined],
    [undefined, undefined, undefined],
  ])
})

describe('a value that is replaced while the schema is asked about it', () => {
  test('is looked at again', async () => {
    const store = memory()
    const raw = createCache({ store })
    const typed = createCache<string>({ store, schema: capitals(true) })
    await raw.set('k', 5)
    let loads = 0
    const asked = typed.getOrSet('k', () => `loaded ${++loads}`)
    await raw.set('k', 'set')
    expect(await asked).toBe('SET')
    expect(loads).toBe(0)
  })
})

describe.for(places)('many keys, %s', ([, open]) => {
  test('keep their order and their doubles', async () => {
    const cache = createCache({ store: open() })
    await cache.set('b', 2)
    expect(await cache.getMany(['b', 'a', 'b'])).toEqual([2, undefined, 2])
    const missing: unknown[] = []
    const load = (keys: readonly unknown[]): number[] => (missing.push(...keys), keys.map(() => 1))
    expect(await cache.getOrSetMany(['a', 'b', 'a', ['c']], load)).toEqual([1, 2, 1, 1])
    expect(missing).toEqual(['a', ['c']])
  })

  test('that are none ask nobody', async () => {
    const cache = createCache({ store: open() })
    expect(await cache.getMany([])).toEqual([])
    expect(await cache.getOrSetMany([], () => expect.unreachable())).toEqual([])
    expect(await cache.setMany([])).toEqual(expect.objectContaining({ far: expect.any(String) as string }))
    expect(await cache.delete()).toBeDefined()
    expect(await cache.invalidateTags()).toBeDefined()
  })

  test('may be brought as a map, by key; what is not in it is not kept', async () => {
    const cache = createCache({ store: open() })
    const found = await cache.getOrSetMany(
      ['a', ['b', 1], 'c'],
      () =>
        new Map<never, number>([
          ['a' as never, 1],
          [['b', 1] as never, 2],
        ]),
    )
    expect(found).toEqual([1, 2, undefined])
    await settled()
    expect(await cache.getMany(['a', ['b', 1], 'c'])).toEqual([1, 2, undefined])
  })

  test('that are brought in another shape are refused, and say how it should be', async () => {
    const cache = createCache({ store: open() })
    for (const [brought, said] of [
      [[1], 'an array of 1'],
      [[1, 2, 3], 'an array of 3'],
      [{ a: 1 }, 'an object'],
      [undefined, 'undefined'],
    ] as const) {
      const asked = cache.getOrSetMany(['a', 'b'], () => brought as never)
      await expect(asked).rejects.toMatchObject({ code: 'LOAD_SHAPE' })
      await expect(asked).rejects.toThrow(`returned ${said}`)
    }
  })

  test('share the loads of single keys, and single keys theirs', async () => {
    const cache = createCache({ store: open() })
    const one = held(1)
    const many = held<number[], [readonly string[], unknown]>([2])
    const single = cache.getOrSet('a', one.load)
    await one.started
    const bulk = cache.getOrSetMany(['a', 'b'], many.load)
    const { args } = await many.started
    const joined = cache.getOrSet('b', () => expect.unreachable())
    await settled()
    one.release()
    many.release()
    expect(await Promise.all([single, bulk, joined])).toEqual([1, [1, 2], 2])
    expect(args[0]).toEqual(['b'])
  })

  test('can be skipped each, or all', async () => {
    const cache = createCache({ store: open() })
    await cache.getOrSetMany(['a', 'b'], (_, context) => (context.skip('a'), context.skip('a'), [1, 2]))
    await cache.getOrSetMany(['c', 'd'], (_, context) => (context.skip(), context.skip('c'), [1, 2]))
    await settled()
    expect(await cache.getMany(['a', 'b', 'c', 'd'])).toEqual([undefined, 2, undefined, undefined])
  })

  test('can be given a life and tags during the load', async () => {
    const cache = createCache({ store: open() })
    await cache.getOrSetMany(['a'], (_, context) => {
      context.ttl('1h')
      context.tags('t')
      expect(context.signal.aborted).toBe(false)
      return [1]
    })
    await settled()
    expect(await cache.ttl('a')).toBeLessThanOrEqual(3_600_000)
    await cache.invalidateTags('t')
    expect(await cache.get('a')).toBe(undefined)
  })

  test('of which some are stale are served at once, and refreshed together', async () => {
    const clock = manualClock()
    const cache = createCache({ store: open(), clock, ttl: 10, staleWhileRevalidate: '1h', jitter: 0 })
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ])
    await clock.advance(20)
    const calls: unknown[] = []
    const load = (keys: readonly unknown[]): number[] => (calls.push(keys), keys.map(() => 9))
    expect(await cache.getOrSetMany(['a', 'b', 'c'], load)).toEqual([1, 2, 9])
    for (let i = 0; i < 3; i++) await settled()
    expect(calls).toEqual([['a', 'b'], ['c']])
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([9, 9, 9])
  })
})

describe('a loader', () => {
  const open = (): ReturnType<typeof createCache<unknown>> => createCache({ store: memory() })

  test('may say how long, with which tags and what else its value is', async () => {
    const cache = open()
    await cache.getOrSet(['k', 1], (context) => {
      expect(context.key).toEqual(['k', 1])
      expect(context.stale).toBe(undefined)
      expect(context.signal.aborted).toBe(false)
      context.ttl('1h')
      context.tags('t', 'u')
      context.tags('t')
      context.meta({ etag: 'x' })
      return 1
    })
    expect(await cache.explain(['k', 1])).toMatchObject({
      meta: { etag: 'x' },
      tags: [
        { tag: 't', valid: true },
        { tag: 'u', valid: true },
      ],
    })
  })

  test('is told what is kept, how old it is and what was remembered of it, and may keep it', async () => {
    const clock = manualClock()
    const cache = createCache({ store: memory({ clock }), clock })
    const how = { ttl: 10, staleIfError: '1h' } as const
    await cache.getOrSet('k', (context) => (context.meta({ etag: 'x' }), 'old'), how)
    await clock.advance(15)
    const answer = await cache.getOrSet(
      'k',
      (context) => {
        expect(context.stale).toEqual({ value: 'old', age: 5, meta: { etag: 'x' } })
        return context.keep()
      },
      how,
    )
    expect(answer).toBe('old')
    expect(await cache.explain('k')).toMatchObject({ found: 'fresh', meta: { etag: 'x' } })
  })

  test.for<[string, (context: { [name: string]: (...given: unknown[]) => unknown }) => unknown, string]>([
    ['a ttl of nothing', (context) => context['ttl']?.(0), 'ttl must be more than 0'],
    [
      'a tag that is empty',
      (context) => context['tags']?.(''),
      'context.tags: tags must be an array of non-empty texts',
    ],
    ['meta that is none', (context) => context['meta']?.('x'), 'meta must be an object, not a string'],
    ['no meta at all', (context) => context['meta']?.(null), 'meta must be an object, not null'],
    [
      'keep where there is nothing',
      (context) => context['keep']?.(),
      'keep: there is no stale value to keep',
    ],
  ])('that says nonsense fails: %s', async ([, say, said]) => {
    const cache = open()
    await expect(cache.getOrSet('k', (context) => say(context as never))).rejects.toThrow(said)
    expect(await cache.get('k')).toBe(undefined)
  })

  test('must be a function, and the function of tags must answer tags', async () => {
    const cache = open()
    await expect(cache.getOrSet('k', 5 as never)).rejects.toThrow(
      'getOrSet: the loader must be a function, not a number',
    )
    await expect(cache.getOrSetMany(['k'], 5 as never)).rejects.toThrow(
      'getOrSetMany: the loader must be a function',
    )
    const how = { tags: () => 'x' } as never as Policy
    await expect(cache.getOrSet('k', () => 1, how)).rejects.toThrow(
      "tags: the function's answer must be an array",
    )
    await expect(cache.set('k', 1, how)).rejects.toThrow("tags: the function's answer must be an array")
  })

  test('is not called for a caller who has left before', async () => {
    const cache = open()
    const signal = AbortSignal.abort(new Error('gone'))
    await expect(cache.getOrSet('k', () => expect.unreachable(), { signal })).rejects.toThrow('gone')
    await expect(cache.getOrSetMany(['k'], () => expect.unreachable(), { signal })).rejects.toThrow('gone')
  })

  test('of null may have a life of its own', async () => {
    const clock = manualClock()
    const cache = createCache({ store: memory({ clock }), clock, ttl: '1h', nullTtl: 10 })
    expect(await cache.getOrSet('k', () => null)).toBe(null)
    expect([await cache.get('k'), await cache.ttl('k')]).toEqual([null, 10])
  })

  test('shortens each life by chance, by up to a tenth unless told otherwise; set does not', async () => {
    const clock = manualClock({ random: () => 0.5 })
    const cache = createCache({ store: memory({ clock }), clock, ttl: 1_000 })
    await cache.getOrSet('loaded', () => 1)
    await cache.getOrSet('widely', () => 1, { jitter: 1 })
    await cache.set('set', 1)
    expect(await Promise.all(['loaded', 'widely', 'set'].map((key) => cache.ttl(key)))).toEqual([
      950, 500, 1_000,
    ])
  })
})

describe('refreshing early', () => {
  test('the likelier the nearer the end and the dearer the load, and who asks is not kept waiting', async () => {
    for (const [chance, refreshes] of [
      [0, false],
      [0.5, false],
      [0.999, true],
    ] as const) {
      for (const store of [memory(), delayed(memory())]) {
        const clock = manualClock({ random: () => chance })
        const cache = createCache({ store, clock, ttl: 1_000, jitter: 0, refreshEarly: true })
        let loads = 0
        const load = async (): Promise<number> => {
          loads++
          clock.jump(clock.now() + 50) // what a load costs
          return loads
        }
        await cache.getOrSet('k', load)
        for (let i = 0; i < 3; i++) await settled()
        await clock.advance(800)
        expect(await cache.getOrSet('k', load)).toBe(1)
        for (let i = 0; i < 3; i++) await settled()
        expect(loads).toBe(refreshes ? 2 : 1)
        await cache.getOrSet('k', load, { refreshEarly: false })
        for (let i = 0; i < 3; i++) await settled()
        expect(loads).toBe(refreshes ? 2 : 1)
      }
    }
  })
})

describe('wrap', () => {
  test('keeps the results of a function by its arguments', async () => {
    const cache = createCache({ store: memory() })
    let calls = 0
    const add = cache.wrap(async function add(a: number, b: number) {
      calls++
      return a + b
    })
    expect([await add(1, 2), await add(1, 2), await add(2, 1)]).toEqual([3, 3, 3])
    expect(calls).toBe(2)
    expect(await cache.get(['add', 1, 2])).toBe(3)
  })

  test('by the key it is told, and with a policy', async () => {
    const clock = manualClock()
    const cache = createCache({ store: memory({ clock }), clock })
    const load = cache.wrap((id: string) => id.length, {
      key: (id) => ['length', id],
      ttl: 10,
      tags: ['t'],
      jitter: 0,
    })
    await load('abc')
    expect([await cache.get(['length', 'abc']), await cache.ttl(['length', 'abc'])]).toEqual([3, 10])
    await cache.invalidateTags('t')
    expect(await cache.get(['length', 'abc'])).toBe(undefined)
  })

  test('refuses what cannot work', async () => {
    const cache = createCache({ store: memory() })
    expect(() => cache.wrap(5 as never)).toThrow('wrap: ')
    expect(() => cache.wrap(() => 1)).toThrow('wrap: a function without a name needs the option key')
    expect(() => cache.wrap(() => 1, { key: 5 as never })).toThrow('key must be a function')
    expect(() => cache.wrap(() => 1, { key: () => 'k', tll: 1 } as never)).toThrow("did you mean 'ttl'?")
    const dated = cache.wrap(async (at: Date) => at, { key: (at) => ['at', at as never] })
    await expect(dated(new Date(0))).rejects.toThrow('toISOString')
  })
})

describe('keys and deleteMatching, for tools', () => {
  const listed = async (keys: AsyncIterable<unknown>): Promise<unknown[]> => {
    const all: unknown[] = []
    for await (const key of keys) all.push(key)
    return all
  }

  test.for(places)('list and delete the keys of this namespace that match, %s', async ([, open]) => {
    const cache = createCache({ store: open() })
    await cache.namespace('a').set('user:1', 1)
    await cache.setMany([
      ['user:1', 1],
      ['user:2', 2],
      [['user', 3], 3],
      ["'quoted", 4],
    ])
    expect(new Set(await listed(cache.keys()))).toEqual(new Set(['user:1', 'user:2', ['user', 3], "'quoted"]))
    expect(new Set(await listed(cache.keys('user:?')))).toEqual(new Set(['user:1', 'user:2']))
    expect(await cache.deleteMatching('user:*')).toBe(2)
    expect(await cache.getMany(['user:1', 'user:2', "'quoted"])).toEqual([undefined, undefined, 4])
    expect(await cache.namespace('a').get('user:1')).toBe(1)
  })

  test('cut the loads of keys that match', async () => {
    const cache = createCache({ store: memory() })
    const source = held('old')
    const [matching, other] = [cache.getOrSet('user:1', source.load), cache.getOrSet('post:1', source.load)]
    await settled()
    await cache.deleteMatching('user:*')
    source.release()
    source.release()
    await Promise.all([matching, other])
    expect(await cache.getMany(['user:1', 'post:1'])).toEqual([undefined, 'old'])
  })

  test('refuse an empty pattern, and say so where a store cannot list', async () => {
    const cache = createCache({ store: memory() })
    await expect(cache.deleteMatching('')).rejects.toThrow(
      'deleteMatching: the pattern must be a non-empty text',
    )
    await expect(listed(cache.keys(5 as never))).rejects.toThrow('keys: the pattern must be')
    const map = new Map<string, Entry>()
    const bare = createCache({
      store: {
        name: 'bare',
        get: (key) => map.get(key),
        set: (key, record) => void map.set(key, record),
        delete: (key) => void map.delete(key),
      },
    })
    await expect(bare.deleteMatching('*')).rejects.toMatchObject({ code: 'STORE_CANNOT' })
    await expect(listed(bare.keys())).rejects.toThrow('use tags')
  })
})

describe('misuse is refused at once', () => {
  test.for<[string, (cache: ReturnType<typeof createCache>) => Promise<unknown>, string]>([
    ['an undefined value', (cache) => cache.set('k', undefined), 'use null, or delete the key'],
    ['a promise as a value', (cache) => cache.set('k', Promise.resolve(1)), 'await it first'],
    ['undefined among many', (cache) => cache.setMany([['k', undefined]]), 'use null'],
    [
      'entries that are none',
      (cache) => cache.setMany({ k: 1 } as never),
      'such as Object.entries(…) or a Map',
    ],
    [
      'keys that are none',
      (cache) => cache.getMany('k' as never),
      'getMany: the keys must be an array, not a string',
    ],
    ['an empty key', (cache) => cache.get(''), 'a key must be a non-empty text'],
    ['a number as a key', (cache) => cache.delete(5 as never), "use ['user', 5] or '5'"],
    [
      'an empty tag',
      (cache) => cache.invalidateTags('a', ''),
      'invalidateTags: tags must be an array of non-empty texts',
    ],
    ['a ttl of nothing', (cache) => cache.touch('k', 0), 'touch: ttl must be more than 0'],
    [
      'an unknown option',
      (cache) => cache.getOrSet('k', () => 1, { tll: 1 } as never),
      "did you mean 'ttl'?",
    ],
  ])('%s', async ([, call, said]) => {
    for (const store of [memory(), delayed(memory())]) {
      const cache = createCache({ store })
      await expect(call(cache)).rejects.toThrow(said)
      await expect(call(cache)).rejects.toBeInstanceOf(TypeError)
    }
  })
})

describe('a store that breaks its word', () => {
  const rubbish: unknown[] = [
    null,
    7,
    'text',
    [],
    {},
    { value: 1, freshUntil: Number.NaN, terms: termsOf(0, 0, []) },
    { value: 1, freshUntil: Infinity },
    { value: 1, freshUntil: Infinity, terms: null },
    { value: 1, freshUntil: Infinity, terms: {} },
    { value: 1, freshUntil: Infinity, terms: { stamps: [], staleFor: 'x', keptFor: 0 } },
    { value: 1, freshUntil: Infinity, terms: { stamps: [], staleFor: 0, keptFor: 'x' } },
    { value: 1, freshUntil: Infinity, terms: { stamps: [null], staleFor: 0, keptFor: 0 } },
    { value: 1, freshUntil: Infinity, terms: { stamps: [{ tag: 1, token: 2 }], staleFor: 0, keptFor: 0 } },
    { value: undefined, freshUntil: Infinity, terms: termsOf(0, 0, []) },
  ]

  const isFreshButOdd = (record: unknown): boolean => (JSON.stringify(record) ?? '').includes('"x"')

  test.for([true, false])('by answering rubbish, has nothing; at once: %s', async (sync) => {
    // On the way of a hit in process only what a hit needs is looked at.
    for (const answer of sync ? rubbish.filter((each) => !isFreshButOdd(each)) : rubbish) {
      const store = { name: 'rubbish', sync, get: () => answer as never, set: () => {}, delete: () => {} }
      const cache = createCache({ store })
      expect(await cache.get('k'), JSON.stringify(answer)).toBe(undefined)
      expect(await cache.getMany(['k', 'l'])).toEqual([undefined, undefined])
      expect([await cache.has('k'), await cache.touch('k', 1)]).toEqual([false, false])
      expect(cache.peek('k')).toBe(undefined)
      expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
      await cache.expire('k')
      await cache.close()
    }
  })

  test('by answering too few records, has none of them', async () => {
    const store: Store<Entry> = { ...delayed(memory()), getMany: () => [] }
    const cache = createCache({ store })
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined])
  })

  test('by answering a promise though it is said to answer at once, is waited for where that can be', async () => {
    const map = new Map<string, Entry>()
    const store: Store<Entry> = {
      name: 'liar',
      sync: true,
      get: (key) => Promise.resolve(map.get(key)),
      set: async (key, record) => void map.set(key, record),
      delete: async (key) => void map.delete(key),
    }
    const cache = createCache({ store })
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.getOrSet('k', () => 2)).toBe(2)
    await cache.delete('k')
    expect(map.size).toBe(0)
  })

  test('by throwing at once though it takes its time, is a store that fails', async () => {
    const fail = (): never => {
      throw new Error('no')
    }
    const clock = manualClock()
    const cache = createCache({
      store: { name: 'thrower', get: fail, set: fail, delete: fail, clear: fail },
      clock,
    })
    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
    expect(await cache.set('k', 1)).toEqual({ far: 'queued' })
    expect(await cache.clear()).toEqual({ far: 'queued' })
    expect(cache.stats().storeFailures).toBeGreaterThan(3)
  })

  test('by failing to give back space, has forgotten all the same', async () => {
    for (const below of [memory(), delayed(memory())]) {
      const clock = manualClock()
      const store = faulty(below, clock)
      const cache = createCache({ store, clock })
      await cache.set('k', 1)
      store.fail({ on: ['clear'] })
      await cache.clear()
      expect(await cache.get('k')).toBe(undefined)
      expect(cache.stats().storeFailures).toBeGreaterThan(0)
    }
  })
})

test('when more is owed than can be kept in mind, the namespace as a whole is distrusted', async () => {
  const clock = manualClock({ random: () => 0.9 })
  const store = faulty(delayed(memory({ clock, maxEntries: 20_000 })), clock)
  const cache = createCache({ store, clock })
  await cache.set('never deleted', 'old')
  store.fail({ on: ['delete', 'clear'] })
  await cache.delete(...Array.from({ length: 10_001 }, (_, i) => `k${i}`))
  await settled()
  store.heal()

  expect(cache.stats().queued).toBeLessThan(10_000)
  expect(await cache.get('never deleted')).toBe(undefined)
})

test('hits are timed, one in 256', async () => {
  const cache = createCache({ store: memory() })
  await cache.set('k', 1)
  for (let i = 0; i < 1_000; i++) await cache.get('k')
  expect(cache.stats().latency.hit.count).toBe(3)
})

test('an entry of another program under the same key is not taken for ours', async () => {
  const store = delayed(memory())
  await store.set('larder:k', entryOf<unknown>('foreign', Infinity, termsOf(0, 0, [])), Infinity)
  expect(await createCache({ store }).get('k')).toBe(undefined)
})

/** A store in which the records of one key are written when the test says so. */
function slowly(clock: ReturnType<typeof manualClock>): {
  store: Store<Entry>
  written: ReturnType<typeof held<void, [what: string]>>
} {
  const written = held<void, [what: string]>()
  const wait = (what: string): Promise<void> =>
    what === 'set larder:k' ? written.load(what) : Promise.resolve()
  return { store: delayed(memory({ clock }), { wait }), written }
}

test('what a schema refuses while the key is being written is heard when it is its turn, and not before', async () => {
  const clock = manualClock()
  const { store, written } = slowly(clock)
  const schema = capitals(true)
  const cache = createCache({ store, clock })
  const first = cache.set('k', 'a')
  await written.started
  const others = [
    cache.set('k', 5 as never, { schema }),
    cache.setMany(
      [
        ['k', 6],
        ['l', 'b'],
      ],
      { schema },
    ),
  ].map((each) => expect(each).rejects.toMatchObject({ code: 'LOAD_REFUSED' }))
  // A rejection that nobody has heard by then fails the test run.
  await new Promise((resolve) => setImmediate(resolve))
  written.release()
  await first
  await Promise.all(others)
  expect(await cache.get('k')).toBe('a')
})

test('a peek does not wait for a schema, nor for its failure', async () => {
  const cache = createCache({ store: memory() })
  await cache.set('k', 1)
  const schema: StandardSchema = {
    '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('no')) },
  }
  const inner = cache.namespace('n')
  await inner.set('k', 1)
  expect(cache.namespace('n', { schema }).peek('k')).toBe(undefined)
  await new Promise((resolve) => setImmediate(resolve))
})

test('a value that has waited for longer than it lives is not written any more', async () => {
  const clock = manualClock()
  const { store, written } = slowly(clock)
  const lives: number[] = []
  const watched: Store<Entry> = {
    ...store,
    set: (key, entry, ttl) => {
      lives.push(ttl)
      return store.set(key, entry, ttl)
    },
  }
  const cache = createCache({ store: watched, clock, storeTimeout: 1_000, ttl: 50 })
  const first = cache.set('k', 1)
  await written.started
  const second = cache.set('k', 2)
  await clock.advance(100)
  written.release()
  expect([await first, await second]).toEqual([{ far: 'applied' }, { far: 'applied' }])
  expect(Math.min(...lives)).toBeGreaterThan(0)
  expect(await cache.get('k')).toBe(undefined)
})

test('what is no pair is refused by name', async () => {
  const cache = createCache({ store: memory() })
  for (const wrong of [null, {}, 'kv'])
    await expect(cache.setMany([wrong as never])).rejects.toThrow('each entry must be a pair [key, value]')
})
