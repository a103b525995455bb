/* Caches with a mistake in what they do about fences. */

import { type ICache, type Key, type Loader, type Policy } from '@larder/core'
import { type Open, altered, broken, goodCache, late, remembering, turns, unfenced } from './seams.ts'

export const brokenFences: Readonly<Record<string, Open>> = {
  ...Object.fromEntries(
    (['delete', 'set', 'setMany', 'expire', 'invalidateTags', 'clear', 'deleteMatching'] as const).map(
      (name) => [`${name} does not stop loads`, unfenced(name)],
    ),
  ),
  ...Object.fromEntries(
    (['delete', 'set', 'setMany', 'expire', 'invalidateTags', 'clear'] as const).map((name) => [
      `${name} comes late`,
      late(name),
    ]),
  ),
  ...Object.fromEntries(
    (['get', 'getMany', 'has', 'ttl', 'peek', 'touch', 'getOrSet', 'getOrSetMany'] as const).map((name) => [
      `${name} remembers`,
      remembering(name),
    ]),
  ),
  'touch brings back what it saw': broken((good) => ({
    async touch(key, ttl) {
      const seen = await good.get(key)
      const done = await good.touch(key, ttl)
      await turns(3)
      if (seen !== undefined) await good.set(key, seen, { ttl })
      return done
    },
  })),
  'longer values are set first': broken((good) => ({
    async set(key, value, how) {
      await turns(Math.max(0, 10 - String(value).length))
      return good.set(key, value, how)
    },
  })),
  'sets overtake each other': broken((good) => {
    let n = 0
    return {
      async set(key, value, how) {
        await turns(n++ % 2 === 0 ? 6 : 0)
        return good.set(key, value, how)
      },
    }
  }),
  'get brings back what it saw': broken((good) => ({
    async get(key) {
      const seen = await good.get(key)
      const ttl = seen === undefined ? undefined : await good.ttl(key)
      await turns(3)
      if (seen !== undefined) await good.set(key, seen, { ttl: ttl ?? 1_000 })
      return seen
    },
  })),
  'every change deletes everything that is loading': (tools) => {
    const under = new Set<readonly [ICache, Key]>()
    const drop = (): void => {
      for (const [cache, key] of under) void cache.delete(key)
    }
    return altered(goodCache(tools), tools, (good) => ({
      getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
        const mine = [good, key] as const
        under.add(mine)
        const asked = good.getOrSet(key, load, how)
        Promise.allSettled([asked]).then(
          () => under.delete(mine),
          () => {},
        )
        return asked
      },
      delete: (...keys) => {
        drop()
        return good.delete(...keys)
      },
      invalidateTags: (...tags) => {
        drop()
        return good.invalidateTags(...tags)
      },
    }))
  },
}
