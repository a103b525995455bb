/* Caches with a mistake in what they do about tags. */

import { type Key, type Loader, type Policy } from '@larder/core'
import { type Open, altered, broken, goodCache, withHow } from './seams.ts'

export const brokenTags: Readonly<Record<string, Open>> = {
  'tags are never written anew': (tools) => {
    const dead = new Set<string>()
    return altered(goodCache(tools), tools, (good) => ({
      async invalidateTags(...tags) {
        for (const tag of tags) dead.add(tag)
        return good.invalidateTags(...tags)
      },
      set: (key, value, how) =>
        dead.size > 0 && tools.tags !== undefined ? good.delete(key) : good.set(key, value, how),
    }))
  },
  'tags of a key only grow': (tools) => {
    const tagsOf = new Map<string, string[]>()
    return altered(goodCache(tools), tools, (good) => ({
      set: <T>(key: Key, value: T, how?: Policy<T>) => {
        const name = JSON.stringify(key)
        const mine = Array.isArray(how?.tags) ? (how.tags as string[]) : []
        const all = [...(tagsOf.get(name) ?? []), ...mine]
        tagsOf.set(name, all)
        return good.set(key, value, all.length > 0 && Array.isArray(how?.tags) ? { ...how, tags: all } : how)
      },
    }))
  },
  'functions of tags are not asked': withHow((how) => ({
    ...how,
    ...(typeof how.tags === 'function' && { tags: [] }),
  })),
  'late tags are known too late': broken((good) => ({
    getOrSet: <T>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> => {
      let named: string[] | undefined
      const asked = good.getOrSet(
        key,
        typeof load === 'function'
          ? (context) =>
              load({
                key,
                stale: context.stale,
                get signal() {
                  return context.signal
                },
                ttl: (ttl: never) => context.ttl(ttl),
                meta: (meta: never) => context.meta(meta),
                keep: () => context.keep(),
                skip: () => context.skip(),
                tags: (...tags: string[]) => {
                  if (tags.some((tag) => typeof tag !== 'string')) return context.tags(...tags)
                  named = tags
                },
              })
          : load,
        how,
      )
      return asked.then(async (value) => {
        if (named !== undefined) await good.set(key, value, { ...how, tags: named })
        return value
      })
    },
  })),
}
