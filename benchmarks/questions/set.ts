/*
 * What does a write with a ttl cost?
 *
 * Existing keys are overwritten, with an object made for each write (all candidates make it, in the loop) and with a
 * text. Ours is awaited, lru-cache answers at once; so there is also lru-cache inside an async function, which shows
 * how much of the difference is the promise. Ours freezes the object and estimates its size; `share: 'trust'` only
 * estimates it, and lru-cache does neither. What that is for larger values is asked too.
 */
import { createCache, type ICache } from '@larder/core'
import { memory, type MemoryOptions } from '@larder/memory'
import { LRUCache } from 'lru-cache'
import type { Candidate, Case, Goal, Question } from '../harness/question.ts'
import { inMemory } from '../rivals/all.ts'
import { type Contender, HOUR, type MemoryPlace, neverLoads } from '../rivals/rival.ts'

const MINUTE = 60_000

const open = (keys: readonly string[], options: MemoryOptions, ttl?: number): ICache<object | string> => {
  const store = memory({ maxEntries: keys.length + 1, maxBytes: '4gb', ...options })
  return createCache<object | string>(ttl === undefined ? { store } : { store, ttl })
}

const larder = (name: string, options: MemoryOptions, ttl: 'of the call' | 'of the cache'): Candidate => ({
  name,
  package: '@larder/core',
  how:
    ttl === 'of the call'
      ? 'await cache.set(key, value, { ttl: 60000 })'
      : 'ttl of the cache; await cache.set(key, value)',
  waits: true,
  open(keys) {
    const cache = open(keys, options, ttl === 'of the cache' ? MINUTE : undefined)
    const operation =
      ttl === 'of the call'
        ? (key: string, value: unknown) => cache.set(key, value as string, { ttl: MINUTE })
        : (key: string, value: unknown) => cache.set(key, value as string)
    return { operation, read: (key) => cache.peek(key), close: () => cache.close() }
  },
})

const lru = (name: string, ttl: 'of the call' | 'of the cache' | 'awaited'): Candidate => ({
  name,
  package: 'lru-cache',
  how: {
    'of the call': 'lru.set(key, value, { ttl: 60000 })',
    'of the cache': 'ttl of the cache; lru.set(key, value)',
    awaited: 'async set(key, value, ttl) { lru.set(key, value, { ttl }) }, awaited',
  }[ttl],
  waits: ttl === 'awaited',
  open(keys) {
    const max = keys.length + 1
    const cache = new LRUCache<string, object | string>(
      ttl === 'of the cache' ? { max, ttl: MINUTE } : { max },
    )
    const set = async (key: string, value: unknown): Promise<void> => {
      cache.set(key, value as string, { ttl: MINUTE })
    }
    const operation = {
      'of the call': (key: string, value: unknown) => cache.set(key, value as string, { ttl: MINUTE }),
      'of the cache': (key: string, value: unknown) => cache.set(key, value as string),
      awaited: set,
    }[ttl]
    return { operation, read: (key) => cache.get(key) }
  },
})

const goal = (what: string, against: string): Goal => ({
  says: `set with a ttl ≤ 1.0 × lru-cache + ttl: ${what}, to ${against}`,
  what,
  against,
  limit: 1,
  means: 'at most',
})

const writing = (name: string, writes: string): Case => ({
  name,
  keys: 8_192,
  writes,
  baseline: 'lru-cache + ttl',
  candidates: [
    lru('lru-cache + ttl', 'of the call'),
    lru('lru-cache + ttl of the cache', 'of the cache'),
    lru('lru-cache + ttl, awaited', 'awaited'),
    larder('larder', {}, 'of the call'),
    larder('larder, ttl of the cache', {}, 'of the cache'),
    larder("larder, share: 'trust'", { share: 'trust' }, 'of the cache'),
    larder("larder, eviction: 'lru'", { eviction: 'lru' }, 'of the cache'),
  ],
  goals: [
    goal('larder', 'lru-cache + ttl'),
    goal('larder, ttl of the cache', 'lru-cache + ttl'),
    goal("larder, share: 'trust'", 'lru-cache + ttl'),
    goal("larder, eviction: 'lru'", 'lru-cache + ttl'),
    goal('larder', 'lru-cache + ttl, awaited'),
  ],
})

/** A contender as it takes part elsewhere; who cannot get reads by loading nothing. */
const setting = ({ name, packages, how, waits, open: opened }: Contender<MemoryPlace>): Candidate => ({
  name,
  package: packages,
  how,
  waits,
  async open(keys) {
    const place = { room: keys.length + 1, load: neverLoads, ttl: HOUR }
    const { set: operation, get, getOrSet, close } = await opened(place)
    const read = get ?? getOrSet
    return { operation, ...(read !== undefined && { read }), ...(close !== undefined && { close }) }
  },
})

const everybody: Case = {
  name: 'a fresh object, 8,192 keys, everybody',
  keys: 8_192,
  writes: '{ id: at, name: key, on: true }',
  baseline: 'hand-written',
  candidates: inMemory.map(setting),
  goals: [],
}

const BYTES_OF_ORDER = 43
const BY_SIZE = ['layered-loader + ttl', 'cacheable', 'bentocache']

/** Of so many bytes as JSON: an array of orders, each of which is frozen. */
const ofSize = (bytes: number): Case => ({
  name: `a fresh value of ${bytes.toLocaleString('en')} B`,
  // Of large values fewer, so that collecting garbage takes no longer than what is timed.
  keys: Math.max(16, Math.min(1_024, 100_000 / bytes)),
  batch: Math.max(10, Math.min(1_000, 100_000 / bytes)),
  value: (key) =>
    Array.from({ length: Math.round(bytes / BYTES_OF_ORDER) }, (_, i) => ({
      sku: key,
      pieces: i,
      price: 1.5,
    })),
  writes: 'values[at].map(({ sku, pieces, price }) => ({ sku, pieces, price }))',
  baseline: 'lru-cache + ttl, awaited',
  candidates: [
    lru('lru-cache + ttl, awaited', 'awaited'),
    larder('larder', {}, 'of the cache'),
    larder("larder, share: 'clone'", { share: 'clone' }, 'of the cache'),
    larder("larder, share: 'trust'", { share: 'trust' }, 'of the cache'),
    ...inMemory.filter(({ name }) => BY_SIZE.includes(name)).map(setting),
  ],
  goals: [],
})

const set: Question = {
  name: 'set',
  asks: 'What does a write with a ttl cost?',
  cases: [
    writing('a fresh object, 8,192 keys', '{ id: at, name: key, on: true }'),
    writing('a text, 8,192 keys', 'key'),
    everybody,
    ...[100, 1_000, 10_000, 100_000].map(ofSize),
  ],
}

export default set
