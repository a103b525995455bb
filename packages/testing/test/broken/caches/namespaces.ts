/* Caches with a mistake in what they do about namespaces. */

import { type ICache, type Key, type Policy } from '@larder/core'
import type { CacheTools } from '@larder/testing'
import { type How, type Open, WRITTEN, altered, broken, goodCache, namespaced } from './seams.ts'

export const brokenNamespaces: Readonly<Record<string, Open>> = {
  'a namespace is a prefix': namespaced((good, name) => {
    const under = (key: Key): Key => (typeof key === 'string' ? `${name}:${key}` : key)
    return altered(good, {} as CacheTools, () => ({
      get: (key) => good.get(under(key)),
      getMany: (keys) => good.getMany(keys.map(under)),
      set: (key, value, how) => good.set(under(key), value, how),
      setMany: (entries, how) =>
        good.setMany(
          [...entries].map(([key, value]) => [under(key), value] as const),
          how,
        ),
      delete: (...keys) => good.delete(...keys.map(under)),
      getOrSet: (key, load, how) => good.getOrSet(under(key), load, how),
      async clear() {
        await good.deleteMatching(`${name}:*`)
        return WRITTEN
      },
    }))
  }),
  'names are taken as they are': namespaced((good, name, how) =>
    name
      .split('/')
      .filter((part) => part !== '')
      .reduce((cache, part) => cache.namespace(part, how), good.namespace('x')),
  ),
  'names are lower case': namespaced((good, name, how) =>
    good.namespace(name.toLowerCase().trim() || ' ', how),
  ),
  'each handle is a cache of its own': (tools) => {
    let n = 0
    const inside = (good: ICache): ICache =>
      altered(good, tools, () => ({
        namespace: ((name: string, how?: Policy) =>
          inside(good.namespace(`${name}${n++}`, how))) as ICache['namespace'],
      }))
    return inside(goodCache(tools))
  },
  'a namespace has no policy': namespaced((good, name) => good.namespace(name)),
  'clear does not go inside': broken((good) => ({
    async clear() {
      for await (const key of good.keys()) await good.delete(key)
      return WRITTEN
    },
  })),
  'clear takes what is around too': (tools) => {
    const root = goodCache(tools)
    return altered(root, tools, (good) => ({ clear: async () => (await good.clear(), root.clear()) }))
  },
  'clear forgets only what is known to be open': (tools) => {
    const inside = (good: ICache): ICache => {
      const open: ICache[] = []
      return altered(good, tools, () => ({
        namespace: ((name: string, how?: Policy) => {
          const space = inside(good.namespace(name, how))
          if (name !== 'n') open.push(space)
          return space
        }) as ICache['namespace'],
        async clear() {
          for await (const key of good.keys()) await good.delete(key)
          for (const each of open) await each.clear()
          return WRITTEN
        },
      }))
    }
    return inside(goodCache(tools))
  },
  'a cleared namespace stays empty': broken((good) => {
    let isCleared = false
    return {
      clear: () => {
        isCleared = true
        return good.clear()
      },
      set: (key, value, how) => (isCleared ? good.delete(key) : good.set(key, value, how)),
    }
  }),
  'tags reach everything': (tools) => {
    const root = goodCache(tools)
    return altered(root, tools, (good) => ({
      invalidateTags: async (...tags) => (await good.invalidateTags(...tags), root.invalidateTags(...tags)),
    }))
  },
  'tags do not go inside': (tools) => {
    const own = (good: ICache, tag: string): string =>
      typeof tag === 'string' && tag !== '' ? `${good.name} ${tag}` : tag
    const named = (good: ICache, how: How): How =>
      Array.isArray(how?.tags) ? { ...how, tags: (how.tags as string[]).map((tag) => own(good, tag)) } : how
    return altered(goodCache(tools), tools, (good) => ({
      set: (key, value, how) => good.set(key, value, named(good, how as How) as never),
      getOrSet: (key, load, how) => good.getOrSet(key, load, named(good, how as How) as never),
      invalidateTags: (...tags) => good.invalidateTags(...tags.map((tag) => own(good, tag))),
    }))
  },
  'one name for all': broken(() => ({ name: 'larder' })),
  'keys of all namespaces': (tools) => {
    const root = goodCache(tools)
    return altered(root, tools, () => ({
      keys: (match) => root.keys(match),
      deleteMatching: (match) => root.deleteMatching(match),
    }))
  },
}
