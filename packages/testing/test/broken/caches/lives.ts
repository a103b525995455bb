/* Caches with a mistake in what they do about time. */

import { entryOf, type Key, type Loader, type Policy } from '@larder/core'
import { type Open, broken, onStore, withHow } from './seams.ts'

export const brokenLives: Readonly<Record<string, Open>> = {
  'a ttl is a millisecond longer': onStore((store) => ({
    set: (key, { value, freshUntil, terms }, ttl) =>
      store.set(key, entryOf(value, freshUntil + 1, terms), ttl + 1),
  })),
  'a ttl is a millisecond shorter': onStore((store) => ({
    set: (key, { value, freshUntil, terms }, ttl) =>
      store.set(key, entryOf(value, freshUntil - 1, terms), ttl),
  })),
  'a ttl counts in 32 bits': onStore((store, { clock }) => ({
    set: (key, entry, ttl) =>
      store.set(
        key,
        ttl !== Infinity && ttl > 2 ** 31 - 1 ? entryOf(entry.value, clock.now() + 1, entry.terms) : entry,
        ttl,
      ),
  })),
  'forever is a day': onStore((store, { clock }) => ({
    set: (key, { value, freshUntil, terms }, ttl) =>
      store.set(
        key,
        entryOf(value, freshUntil === Infinity ? clock.now() + 86_400_000 : freshUntil, terms),
        ttl,
      ),
  })),
  'what is written in the future is dropped': onStore((store, { clock }) => {
    let last = 0
    return {
      get(key) {
        if (clock.now() < last) return undefined
        last = clock.now()
        return store.get(key)
      },
    }
  }),
  'chance makes a ttl longer': onStore((store, { clock }) => ({
    set: (key, { value, freshUntil, terms }, ttl) =>
      store.set(key, entryOf(value, freshUntil + (clock.random() > 0.4 ? 10_000 : 0), terms), ttl + 10_000),
  })),
  'an infinite ttl is shortened': onStore((store, { clock }) => ({
    set: (key, { value, freshUntil, terms }, ttl) =>
      store.set(
        key,
        entryOf(value, clock.random() > 0 && freshUntil === Infinity ? 1e12 : freshUntil, terms),
        ttl,
      ),
  })),
  'minutes are seconds': withHow((how) => ({
    ...how,
    ...(typeof how.ttl === 'string' && { ttl: how.ttl.replace(/(?<=\d)[mhd]$/u, 's') }),
  })),
  'ttl counts from the beginning': broken((good) => {
    const ttls = new Map<string, number | undefined>()
    return {
      async ttl(key) {
        const left = await good.ttl(key)
        const name = JSON.stringify(key)
        if (!ttls.has(name)) ttls.set(name, left)
        return left === undefined ? undefined : ttls.get(name)
      },
    }
  }),
  'has is whether there is something truthy': broken((good) => ({
    has: async (key) => Boolean(await good.get(key)),
  })),
  'touch only lengthens': broken((good) => ({
    async touch(key, ttl) {
      const left = await good.ttl(key)
      return typeof ttl === 'string' && ttl === '5s' && left !== undefined ? true : good.touch(key, ttl)
    },
  })),
  'touch wakes the dead': broken((good) => ({
    touch: async (key, ttl) => (await good.touch(key, ttl)) || true,
  })),
  'touch loses tags': broken((good) => ({
    async touch(key, ttl) {
      const value = await good.get(key)
      const done = await good.touch(key, ttl)
      if (done) await good.set(key, value, { ttl })
      return done
    },
  })),
  'touch of nothing is nothing, and of wrong ttls too': broken((good) => ({
    async touch(key, ttl) {
      if (ttl === 0) await good.delete(key)
      return good.touch(key, ttl)
    },
  })),
  'always refreshed early': broken((good) => ({
    getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      const found = (await good.get(key)) as T | undefined
      if (found === undefined) return good.getOrSet(key, load, how)
      await good.set(key, await load({ key } as never), how)
      return found
    },
  })),
  'each early hit loads': broken((good, { clock }) => ({
    getOrSet: async <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      const found = (await good.get(key)) as T | undefined
      if (found !== undefined && clock.random() > 0.99) void load({ key } as never)
      return good.getOrSet(key, load, how)
    },
  })),
}
