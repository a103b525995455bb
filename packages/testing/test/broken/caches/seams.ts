/*
 * Seams: places between a good cache and whoever holds it where something can be lost, and how to lose it there.
 */

import {
  type CacheEvent,
  createCache,
  type Entry,
  entryOf,
  type ICache,
  type Key,
  type Loader,
  type ManyLoader,
  type Policy,
  type Store,
} from '@larder/core'
import { memory } from '@larder/memory'
import type { CacheTools } from '@larder/testing'

export type Open = (tools: CacheTools) => ICache
type Methods = Partial<ICache>
export type Break = (good: ICache, tools: CacheTools) => Methods

export const goodCache: Open = ({ clock, ...options }) =>
  createCache({ ...options, clock, store: memory({ clock }) })

/** A good cache, and its namespaces, with other methods. */
export function altered(good: ICache, tools: CacheTools, alter: Break): ICache {
  const methods: Methods = {
    namespace: ((name: string, how?: Policy) =>
      altered(good.namespace(name, how), tools, alter)) as ICache['namespace'],
    ...alter(good, tools),
  }
  return new Proxy(good, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name)
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

export const broken =
  (alter: Break): Open =>
  (tools) =>
    altered(goodCache(tools), tools, alter)

/** On another store. */
export const onStore =
  (alter: (store: Store<Entry>, tools: CacheTools) => Partial<Store<Entry>>): Open =>
  ({ clock, ...options }) => {
    const store = memory({ clock })
    const bound: Store<Entry> = {
      name: store.name,
      sync: true,
      get: (key) => store.get(key),
      set: (key, record, ttl) => store.set(key, record, ttl),
      delete: (key) => store.delete(key),
      clear: (prefix) => store.clear(prefix),
      keys: (prefix) => store.keys(prefix),
      close: () => store.close(),
    }
    return createCache({
      ...options,
      clock,
      store: { ...bound, ...alter({ ...bound }, { clock, ...options }) },
    })
  }

/** What is kept is altered on its way in. */
export const altering = (alter: (value: unknown) => unknown): Open =>
  onStore((store) => ({
    set: (key, { value, freshUntil, terms }, ttl) =>
      store.set(key, entryOf(alter(value), freshUntil, terms), ttl),
  }))

export type How = Policy | undefined

/** Every policy is altered: that of the cache, of namespaces and of calls. */
export const withHow = (alter: (how: Policy) => unknown): Open => {
  const go = (how: How): How => (typeof how === 'object' && how !== null ? (alter(how) as Policy) : how)
  const inside =
    (tools: CacheTools) =>
    (good: ICache): ICache =>
      altered(good, tools, () => ({
        getOrSet: (key, load, how) => good.getOrSet(key, load, go(how as How) as typeof how),
        getOrSetMany: (keys, load, how) => good.getOrSetMany(keys, load, go(how as How) as typeof how),
        set: (key, value, how) => good.set(key, value, go(how as How) as typeof how),
        setMany: (entries, how) => good.setMany(entries, go(how)),
        namespace: ((name: string, how?: Policy) =>
          inside(tools)(good.namespace(name, go(how)))) as ICache['namespace'],
        wrap: ((fn: never, how?: Policy) => good.wrap(fn, go(how))) as ICache['wrap'],
      }))
  return (tools) => {
    const { clock, name, ...policy } = tools
    return inside(tools)(goodCache({ clock, name, ...go(policy) }))
  }
}

export const without = (option: keyof Policy): Open =>
  withHow((how) => Object.fromEntries(Object.entries(how).filter(([name]) => name !== option)))

/** Takes wrong options for none. */
export const forgiving = (option: string): Open =>
  withHow((how) => {
    try {
      createCache({
        store: memory(),
        ...Object.fromEntries(Object.entries(how).filter(([name]) => name === option)),
      })
      return how
    } catch {
      return Object.fromEntries(Object.entries(how).filter(([name]) => name !== option))
    }
  })

/** One method that does nothing but answer. */
export const idle = (name: keyof ICache, answer: (tools: CacheTools) => unknown): Open =>
  broken((_, tools) => ({ [name]: () => answer(tools) }))

/** One method that throws what it should reject, or takes anything. */
export const throwing = (name: keyof ICache): Open =>
  broken((good) => ({
    [name]: (...args: unknown[]) => {
      const method = good[name] as unknown as (...args: unknown[]) => Promise<unknown>
      const [key] = args
      if (key === '' || (Array.isArray(key) && key.length === 0)) throw new TypeError('no key')
      return method.apply(good, args)
    },
  }))

/** A wrong key, or one among several, is taken for a miss. */
export const lenient = (name: keyof ICache): Open =>
  broken((good) => ({
    [name]: async (...args: unknown[]) => {
      const method = good[name] as unknown as (...args: unknown[]) => Promise<unknown>
      try {
        return await method.apply(good, args)
      } catch (error) {
        if (error instanceof TypeError) return undefined
        throw error
      }
    },
  }))

export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

export const WRITTEN = { far: 'none' } as const

/** What was loading while `name` was called is written afterwards. */
export const unfenced = (
  name: 'delete' | 'set' | 'setMany' | 'expire' | 'invalidateTags' | 'clear' | 'deleteMatching',
): Open => {
  return (tools) => {
    let called = 0
    const make: Break = (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        const guarded: Loader<T> = async (context) => {
          const before = called
          const value = await load(context)
          if (called !== before)
            turns(2).then(
              () => good.set(key, value),
              () => {},
            )
          return value
        }
        return good.getOrSet(key, typeof load === 'function' ? guarded : load, how)
      },
      getOrSetMany: (async (keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) => {
        const guarded: ManyLoader<unknown> = async (missing, context) => {
          const before = called
          const values = await load(missing, context)
          if (called !== before && Array.isArray(values)) {
            turns(2).then(
              () => good.setMany(missing.map((key, i) => [key, values[i] as unknown] as const)),
              () => {},
            )
          }
          return values
        }
        return good.getOrSetMany(keys, typeof load === 'function' ? guarded : load, how)
      }) as ICache['getOrSetMany'],
      [name]: (...args: unknown[]) => {
        called++
        return (good[name] as (...args: unknown[]) => unknown).apply(good, args)
      },
    })
    return altered(goodCache(tools), tools, make)
  }
}

/** The effect comes a turn later than the call. */
export const late = (...names: readonly (keyof ICache)[]): Open =>
  broken((good) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        async (...args: unknown[]) => {
          await turns(4)
          return (good[name] as unknown as (...args: unknown[]) => unknown).apply(good, args)
        },
      ]),
    ),
  )

/** Loads are shared here, by a map that knows nothing of invalidations. */
export const sharedBlindly: Open = (tools) => {
  const under = new Map<string, Promise<unknown>>()
  return altered(goodCache(tools), tools, (good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      const name = `${good.name} ${JSON.stringify(key)}`
      const known = under.get(name)
      if (known !== undefined) return known as Promise<T>
      const asked = good.getOrSet(key, load, how)
      under.set(name, asked)
      Promise.allSettled([asked]).then(
        () => under.delete(name),
        () => {},
      )
      return asked
    },
  }))
}

/** Read, load, set: what people write by hand. */
export const byHand: Open = broken((good) => ({
  getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
    const found = (await good.get(key)) as T | undefined
    if (found !== undefined) return found
    const value = await load({ key, signal: new AbortController().signal, stale: undefined } as never)
    await good.set(key, value, how)
    return value
  },
}))

/** Reads of one kind find what was there when the cache was last asked for it by `get`. */
export const remembering = (
  name: 'get' | 'getMany' | 'has' | 'ttl' | 'peek' | 'touch' | 'getOrSet' | 'getOrSetMany',
): Open => {
  return broken((good) => {
    const seen = new Map<string, unknown>()
    const remember = (key: Key, value: unknown): void => {
      seen.set(JSON.stringify(key), value)
    }
    const find = (key: Key): unknown => seen.get(JSON.stringify(key))
    return {
      set: <T>(key: Key, value: T, how?: Policy<T>) => {
        remember(key, value)
        return good.set(key, value, how)
      },
      [name]: (given: Key | readonly Key[], ...rest: unknown[]) => {
        const method = good[name] as unknown as (...args: unknown[]) => unknown
        const honest = (): unknown => method.call(good, given, ...rest)
        if (name === 'getMany' || name === 'getOrSetMany') {
          const keys = given as readonly Key[]
          const all = Array.isArray(keys) && keys.every((key) => find(key) !== undefined)
          return all && keys.length > 0 ? Promise.resolve(keys.map(find)) : honest()
        }
        const value = find(given)
        if (value === undefined) return honest()
        if (name === 'has' || name === 'touch') return Promise.resolve(true)
        if (name === 'ttl') return Promise.resolve(60_000)
        return name === 'peek' ? value : Promise.resolve(value)
      },
    }
  })
}

/** Loaders are shown, or may do, something else. */
export const loading = (alter: (context: Record<string, unknown>) => Record<string, unknown>): Open => {
  const other = (context: object): never => {
    const all: Record<string, unknown> = {}
    for (const name of ['key', 'stale', 'ttl', 'tags', 'meta', 'keep', 'skip'])
      all[name] = Reflect.get(context, name)
    Object.defineProperty(all, 'signal', {
      get: () => Reflect.get(context, 'signal') as unknown,
      configurable: true,
    })
    const changed = alter(all)
    for (const [name, value] of Object.entries(changed)) {
      Object.defineProperty(all, name, { value, configurable: true })
    }
    return all as never
  }
  return broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>) =>
      good.getOrSet(key, typeof load === 'function' ? (context) => load(other(context)) : load, how),
    getOrSetMany: ((keys: Key[], load: ManyLoader<unknown>, how?: Policy) =>
      good.getOrSetMany(
        keys,
        typeof load === 'function' ? (missing, context) => load(missing, other(context)) : load,
        how,
      )) as ICache['getOrSetMany'],
  }))
}

export const outcome =
  (judge: (asked: Promise<unknown>, key: Key, good: ICache) => Promise<unknown>): Break =>
  (good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      judge(good.getOrSet(key, load, how), key, good) as Promise<T>,
  })

/** Events pass through something. */
export const telling = (alter: (event: CacheEvent) => CacheEvent | undefined): Open =>
  broken((good) => ({
    on: (observer) =>
      typeof observer === 'function'
        ? good.on((event) => {
            const changed = alter(event)
            if (changed !== undefined) observer(changed)
          })
        : good.on(observer),
  }))

export const counting = (alter: (stats: ReturnType<ICache['stats']>) => object): Open =>
  broken((good) => ({ stats: () => Object.freeze({ ...good.stats(), ...alter(good.stats()) }) as never }))

export const explaining = (more: object): Open =>
  broken((good) => ({ explain: async (key) => ({ ...(await good.explain(key)), ...more }) }))

export const flat = (key: Key): Key => (Array.isArray(key) ? key.join(':') || key : key)
export const keyed = (alter: (key: Key) => Key): Open =>
  broken((good) => ({
    get: (key) => good.get(alter(key)),
    getMany: (keys) => good.getMany(Array.isArray(keys) ? keys.map(alter) : keys),
    set: (key, value, how) => good.set(alter(key), value, how),
    setMany: (entries, how) =>
      good.setMany(
        [...entries].map(([key, value]) => [alter(key), value] as const),
        how,
      ),
    delete: (...keys) => good.delete(...keys.map(alter)),
    getOrSet: (key, load, how) => good.getOrSet(alter(key), load, how),
  }))

export const namespaced = (alter: (good: ICache, name: string, how?: Policy) => ICache): Open => {
  const inside = (good: ICache, tools: CacheTools): ICache =>
    altered(good, tools, () => ({
      namespace: ((name: string, how?: Policy) =>
        typeof name === 'string' && name !== ''
          ? inside(alter(good, name, how), tools)
          : good.namespace(name, how)) as ICache['namespace'],
    }))
  return (tools) => inside(goodCache(tools), tools)
}

export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
