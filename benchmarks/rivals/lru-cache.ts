/*
 * lru-cache: a bounded memory, alone; with a ttl; with `fetch`, its own way to load; and inside the few lines of async functions
 * that most programs have around it. Those are the floor of all who answer with promises: no counters, no tags.
 */
import { LRUCache } from 'lru-cache'
import type { Contender, Load, MemoryPlace, Rival } from './rival.ts'

type Lru = LRUCache<string, object>

/** It takes objects only, and everything here is one. */
const object = (value: unknown): object => value as object

function opened(options: { readonly max: number; readonly ttl?: number }): Lru {
  return new LRUCache<string, object>(options.ttl === undefined ? { max: options.max } : options)
}

/** The value, or the load that is under way, or a load. */
export function flights(lru: Lru, load: Load): (key: string) => Promise<unknown> {
  const loads = new Map<string, Promise<unknown>>()
  const loaded = async (key: string): Promise<unknown> => {
    try {
      const value = await load(key)
      lru.set(key, object(value))
      return value
    } finally {
      loads.delete(key)
    }
  }
  return async (key) => {
    const hit = lru.get(key)
    if (hit !== undefined) return hit
    const open = loads.get(key)
    if (open !== undefined) return open
    const load_ = loaded(key)
    loads.set(key, load_)
    return load_
  }
}

/** Everything in a promise, as all others do it. */
export const handWritten: Contender<MemoryPlace> = {
  name: 'hand-written',
  packages: ['lru-cache'],
  how: 'async functions around lru-cache, no ttl, and a Map of loads under way',
  waits: true,
  open({ room, load }) {
    const lru = opened({ max: room })
    return {
      get: async (key) => lru.get(key),
      set: async (key, value) => lru.set(key, object(value)),
      getOrSet: flights(lru, load),
      getMany: async (keys) => keys.map((key) => lru.get(key)),
      delete: async (key) => lru.delete(key),
    }
  },
}

const plain = (name: string, hasTtl: boolean): Contender<MemoryPlace> => ({
  name,
  packages: ['lru-cache'],
  how: `lru.get(key)${hasTtl ? ', ttl' : ', no ttl'}`,
  waits: false,
  lacks: ['getOrSet'],
  open({ room, ttl }) {
    const lru = opened(hasTtl ? { max: room, ttl } : { max: room })
    return {
      get: (key) => lru.get(key),
      set: (key, value) => lru.set(key, object(value)),
      getMany: (keys) => keys.map((key) => lru.get(key)),
      delete: (key) => lru.delete(key),
    }
  },
})

export const lru = plain('lru-cache', false)
export const lruWithTtl = plain('lru-cache + ttl', true)

const fetching: Contender<MemoryPlace> = {
  name: 'lru-cache, fetch',
  packages: ['lru-cache'],
  how: 'fetchMethod, ttl, ignoreFetchAbort, allowStale where it may be stale; await lru.fetch(key)',
  waits: true,
  hasStale: true,
  lacks: ['get', 'getMany', 'delete'],
  open({ room, load, ttl, stale }) {
    const cache = new LRUCache<string, object>({
      max: room,
      ttl,
      allowStale: stale !== undefined,
      // Otherwise a set while it loads rejects those who wait.
      ignoreFetchAbort: true,
      fetchMethod: async (key) => object(await load(key)),
    })
    return {
      set: async (key, value) => cache.set(key, object(value)),
      getOrSet: (key) => cache.fetch(key),
    }
  },
}

export const lruCache: Rival = {
  name: 'lru-cache',
  packages: ['lru-cache'],
  memory: [handWritten, lru, lruWithTtl, fetching],
}
