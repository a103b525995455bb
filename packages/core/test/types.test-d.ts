import {
  createCache,
  type Entry,
  type ICache,
  type Key,
  openCache,
  refreshEvery,
  type StandardSchema,
  type Store,
  warm,
} from '@larder/core'
import { describe, expectTypeOf, test } from 'vitest'

interface User {
  readonly id: string
  readonly name: string
}

declare const store: Store<Entry>
declare const user: User
declare const schema: StandardSchema<User>
const cache = createCache({ store })

describe('getOrSet', () => {
  test('knows what its loader brings', () => {
    expectTypeOf(cache.getOrSet('k', () => user)).resolves.toEqualTypeOf<User>()
    expectTypeOf(cache.getOrSet('k', async () => user)).resolves.toEqualTypeOf<User>()
    expectTypeOf(cache.getOrSet('k', () => null)).resolves.toEqualTypeOf<null>()
    expectTypeOf(cache.getOrSet('k', async (): Promise<User | undefined> => user)).resolves.toEqualTypeOf<
      User | undefined
    >()
  })

  test('tells its loader what is kept', () => {
    void cache.getOrSet<User>('k', (context) => {
      expectTypeOf(context.stale).toEqualTypeOf<
        | {
            readonly value: User
            readonly age: number
            readonly meta?: Readonly<Record<string, string | number | boolean | null>>
          }
        | undefined
      >()
      expectTypeOf(context.keep()).toEqualTypeOf<User>()
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(context.key).toEqualTypeOf<Key>()
      return user
    })
  })

  test('asks functions of tags with the value', () => {
    void cache.getOrSet('k', () => user, { tags: ({ id }) => [id] })
    // @ts-expect-error -- a user has no such field
    void cache.getOrSet('k', () => user, { tags: ({ email }) => [email] })
  })

  test('of a typed cache takes only loaders of its type', () => {
    const users = cache.namespace<User>('users')
    expectTypeOf(users.getOrSet('k', () => user)).resolves.toEqualTypeOf<User>()
    // @ts-expect-error -- no user
    void users.getOrSet('k', () => 5)
  })
})

describe('getOrSetMany', () => {
  test('knows what its loader brings, in an array or a map', () => {
    expectTypeOf(cache.getOrSetMany(['a'], (missing) => missing.map(() => user))).resolves.items.toExtend<
      User | undefined
    >()
    expectTypeOf(cache.getOrSetMany(['a'], () => new Map([['a', user]]))).resolves.items.toExtend<
      User | undefined
    >()
  })

  test('hands the keys to the loader as they were', () => {
    void cache.getOrSetMany(['a', 'b'], (missing) => {
      expectTypeOf(missing).items.toExtend<string>()
      return missing.map(() => 1)
    })
  })
})

describe('a namespace', () => {
  test('has the type that it is told', () => {
    const users = cache.namespace<User>('users')
    expectTypeOf(users).toEqualTypeOf<ICache<User>>()
    expectTypeOf(users.get('k')).resolves.toEqualTypeOf<User | undefined>()
    expectTypeOf(users.getMany(['k'])).resolves.toEqualTypeOf<(User | undefined)[]>()
    expectTypeOf(users.peek('k')).toEqualTypeOf<User | undefined>()
    // @ts-expect-error -- no user
    void users.set('k', 5)
    void users.set('k', user)
  })

  test('has the type of its schema', () => {
    expectTypeOf(cache.namespace('users', { schema })).toEqualTypeOf<ICache<User>>()
    expectTypeOf(createCache({ store, schema })).toEqualTypeOf<ICache<User>>()
  })

  test('of a typed cache has its type, or one of its kind', () => {
    const users = cache.namespace<User>('users')
    expectTypeOf(users.namespace('old')).toEqualTypeOf<ICache<User>>()
    // @ts-expect-error -- a number is no user
    users.namespace<number>('n')
  })
})

describe('wrap', () => {
  test('keeps the arguments and the result of the function', () => {
    const wrapped = cache.wrap(async (id: string, depth: number) => ({ id, depth, user }), {
      key: (id, depth) => ['user', id, depth],
    })
    expectTypeOf(wrapped).parameters.toEqualTypeOf<[id: string, depth: number]>()
    expectTypeOf(wrapped('a', 1)).resolves.toEqualTypeOf<{ id: string; depth: number; user: User }>()
    expectTypeOf(
      cache.wrap(function plain(n: number) {
        return n
      })(1),
    ).resolves.toEqualTypeOf<number>()
  })
})

describe('what does not fit is refused', () => {
  test('a store of bytes is no store of a cache: it must be encoded', () => {
    const bytes = null as unknown as Store<Uint8Array>
    // @ts-expect-error -- encoded(bytes, …) makes it one
    createCache({ store: bytes })
  })

  test('durations that are none', () => {
    // @ts-expect-error -- no unit
    void cache.set('k', 1, { ttl: '5' })
    // @ts-expect-error -- no such unit
    void cache.set('k', 1, { ttl: '5 minutes' })
    void cache.set('k', 1, { ttl: '5m' })
    void cache.set('k', 1, { ttl: Infinity })
  })

  test('keys that are none', () => {
    // @ts-expect-error -- a number is a part of a key, not a key
    void cache.get(5)
    // @ts-expect-error -- a date has no one text
    void cache.get(['at', new Date()])
    void cache.get(['user', 42, { locale: 'de', deep: [null, 1n, undefined, true] }])
  })

  test('a signal for longer than a call', () => {
    const { signal } = new AbortController()
    // @ts-expect-error -- it belongs to a call
    createCache({ store, signal })
    // @ts-expect-error -- it belongs to a call
    cache.namespace('n', { signal })
    void cache.getOrSet('k', () => 1, { signal })
  })

  test('unknown options', () => {
    // @ts-expect-error -- ttl
    createCache({ store, tll: '5m' })
  })
})

describe('nothing is any', () => {
  test('not what is read without a type', () => {
    expectTypeOf(cache).toEqualTypeOf<ICache>()
    expectTypeOf(cache.get('k')).resolves.not.toBeAny()
    expectTypeOf(cache.get('k')).resolves.toBeUnknown()
    expectTypeOf(cache.peek('k')).toBeUnknown()
    expectTypeOf(cache.getMany(['k'])).resolves.toEqualTypeOf<unknown[]>()
  })

  test('not what is opened by name', () => {
    expectTypeOf(openCache()).resolves.toEqualTypeOf<ICache>()
  })

  test('not what events, explanations and writes say', () => {
    cache.on((event) => expectTypeOf(event).not.toBeAny())
    expectTypeOf(cache.explain('k')).resolves.not.toBeAny()
    expectTypeOf(cache.set('k', 1)).resolves.toEqualTypeOf<{ readonly far: 'applied' | 'queued' | 'none' }>()
    expectTypeOf(cache.keys()).not.toBeAny()
  })
})

describe('patterns', () => {
  const users = createCache<User>({ store })

  test('take a cache of one kind of value, and nothing else into it', () => {
    expectTypeOf(refreshEvery(users, 'u', () => user, '1m').get()).resolves.toEqualTypeOf<User>()
    void warm(users, ['a', 'b'], () => user)
    // @ts-expect-error: it keeps users
    void warm(users, ['a', 'b'], () => 'no user')
    // @ts-expect-error: it keeps users
    refreshEvery(users, 'u', () => 'no user', '1m')
  })
})
