/* Caches with a mistake in what they do about staleness. */

import { type Key, type Loader, type Policy } from '@larder/core'
import { type Open, WRITTEN, altered, broken, goodCache, loading, withHow } from './seams.ts'

export const brokenStaleness: Readonly<Record<string, Open>> = {
  'get serves what is stale': (tools) => {
    const last = new Map<string, unknown>()
    return altered(goodCache(tools), tools, (good) => ({
      set: (key, value, how) => {
        last.set(JSON.stringify(key), value)
        return good.set(key, value, how)
      },
      get: async (key) =>
        (await good.get(key)) ??
        (tools.staleWhileRevalidate === undefined ? undefined : last.get(JSON.stringify(key))),
    }))
  },
  'stale while revalidate is for ever': withHow((how) => ({
    ...how,
    ...(how.staleWhileRevalidate !== undefined && { staleWhileRevalidate: '7d' }),
  })),
  'stale if error is for ever': withHow((how) => ({
    ...how,
    ...(how.staleIfError !== undefined && { staleIfError: '7d' }),
  })),
  'stale if error is stale while revalidate': withHow((how) => ({
    ...how,
    ...(how.staleIfError !== undefined && { staleWhileRevalidate: how.staleIfError }),
  })),
  'a window that nobody asked for': withHow((how) => ({ staleIfError: '1h', ...how })),
  'a failed refresh deletes': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      good.getOrSet(
        key,
        typeof load === 'function'
          ? async (context) => {
              try {
                return await load(context)
              } catch (error) {
                await good.delete(key)
                throw error
              }
            }
          : load,
        how,
      ),
  })),
  'deleting is expiring': broken((good) => ({ delete: (...keys) => good.expire(...keys) })),
  'expiring anew lengthens': broken((good) => {
    const seen = new Map<string, unknown>()
    return {
      set: (key, value, how) => {
        seen.set(JSON.stringify(key), value)
        return good.set(key, value, how)
      },
      async expire(...keys) {
        for (const key of keys) {
          const value = seen.get(JSON.stringify(key))
          if (value !== undefined) await good.set(key, value)
        }
        return good.expire(...keys)
      },
    }
  }),
  'no soft timeout': withHow((how) => ({
    ...how,
    ...(how.loadTimeout &&
      typeof how.loadTimeout === 'object' && { loadTimeout: { ...how.loadTimeout, soft: undefined } }),
  })),
  'the soft timeout is hard': withHow((how) => ({
    ...how,
    ...(how.loadTimeout?.soft !== undefined && { loadTimeout: { hard: how.loadTimeout.soft } }),
  })),
  'the hard timeout comes late': withHow((how) => ({
    ...how,
    ...(typeof how.loadTimeout?.hard === 'number' && {
      loadTimeout: { ...how.loadTimeout, hard: how.loadTimeout.hard * 10 },
    }),
  })),
  'the soft timeout counts for all': (tools) => {
    const under = new Map<string, Promise<unknown>>()
    return altered(goodCache(tools), tools, (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        const name = JSON.stringify(key)
        const known = under.get(name)
        if (known !== undefined && tools.loadTimeout?.soft !== undefined) return known as Promise<T>
        const asked = good.getOrSet(key, load, how)
        under.set(name, asked)
        return asked
      },
    }))
  },
  'what comes after the hard timeout is kept': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
      good.getOrSet(
        key,
        typeof load === 'function'
          ? async (context) => {
              const value = await load(context)
              if (context.signal.aborted) void good.set(key, value)
              return value
            }
          : load,
        how,
      ),
  })),
  'loaders are shown nothing stale': loading(() => ({ stale: undefined })),
  'loaders are shown what was invalidated': (tools) => {
    const last = new Map<string, unknown>()
    return altered(goodCache(tools), tools, (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> =>
        good.getOrSet(
          key,
          typeof load === 'function'
            ? async (context) => {
                const known = last.get(JSON.stringify(key))
                const value = await load(
                  known === undefined || context.stale !== undefined
                    ? context
                    : ({ ...context, key, stale: { value: known, age: 0 } } as never),
                )
                last.set(JSON.stringify(key), value)
                return value
              }
            : load,
          how,
        ),
    }))
  },
  'remarks are lost': loading(() => ({ meta: () => {} })),
  'keeping loses tags': loading(({ keep, stale }) => ({
    keep: () =>
      (stale as { value: unknown } | undefined) === undefined
        ? (keep as () => unknown)()
        : (stale as { value: unknown }).value,
  })),
  'keeping nothing is undefined': loading(({ keep, stale }) => ({
    keep: () => (stale === undefined ? 1 : (keep as () => unknown)()),
  })),
  'skipping does nothing': loading(() => ({ skip: () => {} })),
  'skipping skips all': loading(({ skip }) => ({ skip: () => (skip as () => void)() })),
  'tags of loads are lost': loading(() => ({ tags: () => {} })),
  'ttl of loads is lost': loading(() => ({ ttl: () => {} })),
  'a set does not replace what is stale': broken((good) => ({
    set: async (key, value, how) => {
      const { found } = await good.explain(key)
      return found === 'stale' ? WRITTEN : good.set(key, value, how)
    },
  })),
}
