/* Caches with a mistake in what they do about watching. */

import { type CacheEvent } from '@larder/core'
import { type Open, altered, broken, counting, explaining, goodCache, idle, telling } from './seams.ts'

export const brokenWatching: Readonly<Record<string, Open>> = {
  ...Object.fromEntries(
    (
      [
        'hits',
        'misses',
        'joins',
        'loads',
        'loadFailures',
        'fenced',
        'sets',
        'deletes',
        'invalidations',
        'observerErrors',
        'loading',
      ] as const
    ).map((name) => [`${name} are counted twice`, counting((stats) => ({ [name]: stats[name] * 2 }))]),
  ),
  'has counts': broken((good) => ({ has: async (key) => (await good.get(key)) !== undefined })),
  'stale is not told apart': counting(({ stale }) => ({
    stale: Object.freeze({
      refreshing: stale.refreshing + stale.slowLoad,
      slowLoad: 0,
      failedLoad: stale.failedLoad * 2,
    }),
  })),
  'a ratio of hits and misses upside down': counting(({ hitRatio }) => ({
    hitRatio: hitRatio === undefined ? 0 : 1 - hitRatio,
  })),
  'stats are alive': broken((good) => ({
    stats: () =>
      new Proxy(good.stats(), {
        get: (_, name) => Reflect.get(good.stats(), name) as unknown,
      }),
  })),
  'stats can be changed': broken((good) => ({ stats: () => ({ ...good.stats() }) })),
  'stats of the whole cache': (tools) => {
    const root = goodCache(tools)
    return altered(root, tools, () => ({ stats: () => root.stats() }))
  },
  'stats of a namespace are not in those around': broken((good) => ({
    stats: () => Object.freeze({ ...good.stats(), hits: good.name.includes('/') ? good.stats().hits : 0 }),
  })),
  'no events': telling(() => undefined),
  'events without caches': telling((event) => ({ ...event, cache: '' })),
  'events of failed loads with a text': telling((event) =>
    event.type === 'load-failed' ? { ...event, error: String(event.error) } : event,
  ),
  'background is not told': telling((event) =>
    'background' in event ? { ...event, background: false } : event,
  ),
  'whys are all the same': telling((event) =>
    event.type === 'unstored'
      ? { ...event, why: 'skipped' }
      : event.type === 'stale'
        ? { ...event, why: 'refreshing' }
        : event,
  ),
  'observers are never let go': broken((good) => ({
    on(observer) {
      good.on(observer)
      return () => {}
    },
  })),
  'observers hear everything': (tools) => {
    const root = goodCache(tools)
    return altered(root, tools, () => ({ on: (observer) => root.on(observer) }))
  },
  'observers are felt': broken((good) => {
    const observers: ((event: CacheEvent) => void)[] = []
    return {
      on(observer) {
        if (typeof observer === 'function') observers.push(observer)
        return good.on(observer)
      },
      set(key, value, how) {
        for (const each of observers) each({ type: 'set', cache: good.name, key: 'k' })
        return good.set(key, value, how)
      },
    }
  }),
  'explain says it is fresh': explaining({ found: 'fresh', served: true, because: 'it is' }),
  'explain says nothing of tags': explaining({ tags: undefined, because: 'for reasons' }),
  'explain sees no loads': explaining({ loading: false }),
  'explain always sees loads': explaining({ loading: true }),
  'explain touches': broken((good) => ({
    async explain(key) {
      if (await good.has(key)) await good.set(key, await good.get(key), { ttl: '1h' })
      return good.explain(key)
    },
  })),
  'always ill': broken((good) => ({
    health: async () => ({ ...(await good.health()), status: 'degraded' as const }),
  })),
  'patterns are regular expressions': broken((good) => ({
    async *keys(match = '*') {
      if (match.split('*').length > 20) await new Promise(() => {}) // as long as it would take
      const pattern = new RegExp(`^${match.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su')
      for await (const key of good.keys())
        if (pattern.test(typeof key === 'string' ? key : JSON.stringify(key))) yield key
    },
  })),
  'patterns match the beginning': broken((good) => ({
    keys: (match) => good.keys(match === undefined ? match : `${match}*`),
  })),
  'keys are listed as they are stored': broken((good) => ({
    async *keys(match) {
      for await (const key of good.keys(match)) yield Array.isArray(key) ? JSON.stringify(key) : key
    },
  })),
  'deleteMatching counts nothing': broken((good) => ({
    deleteMatching: async (match) => (await good.deleteMatching(match)) - 1,
  })),
  'deleteMatching is exact': broken((good) => ({
    deleteMatching: (match) =>
      good.deleteMatching(typeof match === 'string' ? match.replaceAll('*', '?') : match),
  })),
  'writes answer true': broken((good) => ({
    set: async (key, value, how) => (await good.set(key, value, how), true as never),
  })),
  'peek is empty': idle('peek', () => undefined),
  'peek answers null': broken((good) => ({ peek: (key) => good.peek(key) ?? null })),
  'peek waits': broken((good) => ({ peek: (key) => good.get(key) })),
}
