/* Caches with a mistake in what they do about many. */

import { type ICache, type Key, type ManyLoader, type Policy } from '@larder/core'
import { type Open, broken, turns } from './seams.ts'

export const brokenMany: Readonly<Record<string, Open>> = {
  'getMany backwards': broken((good) => ({
    getMany: (keys) => good.getMany(Array.isArray(keys) ? keys.toReversed() : keys),
  })),
  'getMany without duplicates': broken((good) => ({
    getMany: (keys) => good.getMany(Array.isArray(keys) ? [...new Set(keys)] : keys),
  })),
  'getOrSetMany key by key': broken((good) => ({
    getOrSetMany: (async (keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) => {
      if (!Array.isArray(keys)) throw new TypeError('keys')
      return Promise.all(
        keys.map((key) =>
          good.getOrSet(
            key,
            async (context) => {
              const values = await load([key], context)
              return values instanceof Map ? (values as Map<Key, unknown>).get(key) : (values as unknown[])[0]
            },
            how,
          ),
        ),
      )
    }) as ICache['getOrSetMany'],
  })),
  'getOrSetMany loads by itself': broken((good) => ({
    getOrSetMany: (async (keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) => {
      const found = await good.getMany(keys)
      const missing = keys.filter((_, i) => found[i] === undefined)
      if (missing.length === 0) return found
      const values = (await load(missing, {
        signal: new AbortController().signal,
        ttl() {},
        tags() {},
        skip() {},
      })) as unknown[]
      await good.setMany(
        missing.map((key, i) => [key, values[i]] as const),
        how,
      )
      return keys.map((key, i) => found[i] ?? values[missing.indexOf(key)])
    }) as ICache['getOrSetMany'],
  })),
  'loads all when one is missing': broken((good) => ({
    getOrSetMany: (async (keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) => {
      if (Array.isArray(keys)) await good.delete(...(keys as Key[]))
      return good.getOrSetMany(keys, load, how)
    }) as ICache['getOrSetMany'],
  })),
  'any shape will do': broken((good) => ({
    getOrSetMany: ((keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) =>
      good.getOrSetMany(
        keys,
        typeof load === 'function'
          ? async (missing, context) => {
              const values = (await load(missing, context)) as unknown
              return Array.isArray(values)
                ? missing.map((_, i) => values[i] as unknown)
                : values instanceof Map
                  ? values
                  : missing.map(() => values)
            }
          : load,
        how,
      )) as ICache['getOrSetMany'],
  })),
  'an empty list is loaded': broken((good) => ({
    getOrSetMany: (async (keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) => {
      if (Array.isArray(keys) && keys.length === 0) await load([], {} as never)
      return good.getOrSetMany(keys, load, how)
    }) as ICache['getOrSetMany'],
  })),
  'what is undefined among many is null': broken((good) => ({
    getOrSetMany: (async (keys: readonly Key[], load: ManyLoader<unknown>, how?: Policy) =>
      (await good.getOrSetMany(keys, load, how)).map((each) => each ?? null)) as ICache['getOrSetMany'],
  })),
  'loaders get the list of the caller': broken((good) => ({
    getOrSetMany: ((keys: Key[], load: ManyLoader<unknown>, how?: Policy) =>
      good.getOrSetMany(
        keys,
        typeof load === 'function' ? (_, context) => load(keys, context) : load,
        how,
      )) as ICache['getOrSetMany'],
  })),
  'the list of keys is read late': broken((good) => ({
    getOrSetMany: (async (keys: Key[], load: ManyLoader<unknown>, how?: Policy) => {
      await turns(1)
      return good.getOrSetMany(keys, load, how)
    }) as ICache['getOrSetMany'],
  })),
  'maps are read by identity': broken((good) => ({
    getOrSetMany: ((keys: Key[], load: ManyLoader<unknown>, how?: Policy) =>
      good.getOrSetMany(
        keys,
        typeof load === 'function'
          ? async (missing, context) => {
              const values = await load(missing, context)
              return values instanceof Map
                ? missing.map((key) => (values as Map<Key, unknown>).get(key))
                : values
            }
          : load,
        how,
      )) as ICache['getOrSetMany'],
  })),
}
