/* Caches with a mistake in what they do about loads. */

import { type Awaitable, type ICache, type Key, type Loader, type Policy } from '@larder/core'
import {
  type Open,
  altered,
  broken,
  byHand,
  goodCache,
  loading,
  namespaced,
  outcome,
  sharedBlindly,
} from './seams.ts'

export const brokenLoads: Readonly<Record<string, Open>> = {
  'by hand': byHand,
  'loads are shared blindly': sharedBlindly,
  'a value is loaded at every turn': broken((good) => ({
    getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      await good.delete(key)
      return good.getOrSet(key, load, how)
    },
  })),
  'errors are wrapped': broken(
    outcome((asked) =>
      asked.catch((error: unknown) => {
        throw new Error('the load failed', { cause: error })
      }),
    ),
  ),
  'errors are kept for a while': broken((good) => {
    const failed = new Map<string, unknown>()
    return {
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        const name = JSON.stringify(key)
        if (failed.has(name)) return Promise.reject(failed.get(name))
        return good.getOrSet(key, load, how).catch((error: unknown) => {
          failed.set(name, error)
          throw error
        })
      },
    }
  }),
  'who asks for what is being touched waits for the clock': broken((good, { clock }) => {
    const touched = new Set<string>()
    return {
      touch(key, ttl) {
        touched.add(JSON.stringify(key))
        return good.touch(key, ttl)
      },
      async getOrSet<T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> {
        if (touched.has(JSON.stringify(key)))
          await new Promise<void>((resume) => void clock.after(20, resume))
        return good.getOrSet(key, load, how)
      },
    }
  }),
  'who shares a failing load tries again': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      good.getOrSet(key, load, how).catch((error: unknown) => {
        if (error instanceof Error && /again|down/u.test(error.message)) return load({ key } as never)
        throw error
      }),
  })),
  'one load at a time, of all keys': (tools) => {
    let last: Promise<unknown> = Promise.resolve()
    return altered(goodCache(tools), tools, (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        const mine = last.then(() => good.getOrSet(key, load, how))
        last = mine.catch(() => {})
        return mine
      },
    }))
  },
  'reads wait for loads': (tools) => {
    const under = new Map<string, Promise<unknown>>()
    return altered(goodCache(tools), tools, (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        const asked = good.getOrSet(key, load, how)
        under.set(
          JSON.stringify(key),
          asked.catch(() => {}),
        )
        return asked
      },
      get: async (key) => {
        await under.get(JSON.stringify(key))
        return good.get(key)
      },
    }))
  },
  'a loader is told the text of its key': loading(({ key }) => ({ key: String(key) })),
  'recursion is not noticed': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      good.getOrSet(key, load, how).catch((error: unknown) => {
        if (error instanceof Error && /wait for itself/u.test(error.message)) return new Promise<T>(() => {})
        throw error
      }),
  })),
  'a namespace is the same cache for recursion': namespaced((good) => good),
  'joining inside a load fails': (tools) => {
    let depth = 0
    return altered(goodCache(tools), tools, (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        if (depth > 0) return Promise.reject(new Error('a load inside a load'))
        return good.getOrSet(
          key,
          typeof load === 'function'
            ? (context): Awaitable<T> => {
                depth++
                try {
                  return load(context)
                } finally {
                  depth--
                }
              }
            : load,
          how,
        )
      },
    }))
  },
  'a wrapped function is not wrapped': broken((good) => ({
    wrap: (fn: never, how: never) => {
      good.wrap(fn, how)
      return fn
    },
  })),
  'arguments are joined': broken((good) => ({
    wrap: ((fn: (...args: unknown[]) => unknown, how?: object) =>
      good.wrap(fn as never, { key: (...args: unknown[]) => `f${args.join('')}`, ...how })) as ICache['wrap'],
  })),
  'keys of wrapped functions throw': broken((good) => ({
    wrap: ((fn: never, how?: { key?: (...args: unknown[]) => Key }) => {
      const cached = good.wrap(fn, how) as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        how?.key?.(...args)
        return cached(...args)
      }
    }) as ICache['wrap'],
  })),
  'signals abort the load of all': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      how?.signal?.addEventListener?.('abort', () => void good.delete(key))
      return good.getOrSet(key, load, how)
    },
  })),
  'a caller who leaves is told another reason': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      good.getOrSet(key, load, how).catch((error: unknown) => {
        throw how?.signal?.aborted === true ? new Error('aborted') : error
      }),
    getOrSetMany: ((keys: Key[], load: never, how?: Policy) =>
      good.getOrSetMany(keys, load, how as never).catch((error: unknown) => {
        throw how?.signal?.aborted === true ? new Error('aborted') : error
      })) as ICache['getOrSetMany'],
  })),
  'the signal of a load is never aborted': loading(() => ({ signal: new AbortController().signal })),
  "the signal of a load is its caller's": broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      good.getOrSet(
        key,
        typeof load === 'function'
          ? (context) => load(how?.signal === undefined ? context : { ...context, key, signal: how.signal })
          : load,
        how,
      ),
  })),
  'a signal that is aborted late deletes': broken((good) => ({
    getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      const value = await good.getOrSet(key, load, how)
      how?.signal?.addEventListener?.('abort', () => void good.delete(key))
      return value
    },
  })),
  'who has left before causes a load': broken((good) => ({
    getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      if (how?.signal?.aborted === true) await load({ key } as never)
      return good.getOrSet(key, load, how)
    },
  })),
}
