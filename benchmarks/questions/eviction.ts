/*
 * What does the policy of eviction cost, with no engine around it?
 *
 * The stores are asked as the engine asks them, for ready-made entries. lru-cache holds the same entries: no ttl, no sizes, no
 * namespaces, the floor for the policy that stands on it.
 */
import { type Entry, entryOf, type Store, termsOf } from '@larder/core'
import { type Eviction, memory } from '@larder/memory'
import { LRUCache } from 'lru-cache'
import type { Candidate, Case, Question } from '../harness/question.ts'
import { userOf } from '../harness/question.ts'

const TERMS = termsOf(0, 0, [])
const entryFor = (key: string): Entry => entryOf(userOf(key), Infinity, TERMS)

function storeFor(eviction: Eviction, maxEntries: number): Store<Entry> {
  return memory({ eviction, maxEntries, maxBytes: '4gb', share: 'trust' }).within('all:')
}

/** Room for all keys, or for a tenth of them. */
const roomFor = (keys: readonly string[], isTight: boolean): number =>
  isTight ? Math.ceil(keys.length / 10) : keys.length + 1

const lruCache = (reads: boolean, isTight: boolean): Candidate => ({
  name: 'lru-cache',
  package: 'lru-cache',
  how: reads ? 'max; lru.get(key)' : 'max; lru.set(key, entry)',
  waits: false,
  open(keys) {
    const lru = new LRUCache<string, Entry>({ max: roomFor(keys, isTight) })
    for (const key of keys) lru.set(key, entryFor(key))
    if (reads) return { operation: (key) => lru.get(key)?.value }
    return {
      operation: (key, entry) => lru.set(key, entry as Entry),
      read: (key) => lru.get(key),
    }
  },
})

const larder = (eviction: Eviction, reads: boolean, isTight: boolean): Candidate => ({
  name: `larder, eviction: '${eviction}'`,
  package: '@larder/memory',
  how: reads ? 'store.get(key)' : "share: 'trust'; store.set(key, entry, ttl)",
  waits: false,
  open(keys) {
    const store = storeFor(eviction, roomFor(keys, isTight))
    for (const key of keys) void store.set(key, entryFor(key), Infinity)
    const get = (key: string): Entry | undefined => store.get(key) as Entry | undefined
    if (reads) return { operation: (key) => get(key)?.value }
    return { operation: (key, entry) => store.set(key, entry as Entry, Infinity), read: get }
  },
})

const all = (reads: boolean, isTight = false): readonly Candidate[] => [
  lruCache(reads, isTight),
  larder('lru', reads, isTight),
  larder('s3-fifo', reads, isTight),
]

const reading = (keys: number): Case => ({
  name: `a hit, ${keys.toLocaleString('en')} keys`,
  keys,
  baseline: 'lru-cache',
  candidates: all(true),
  goals: [
    {
      says: "a hit with 's3-fifo' costs no more than with 'lru'",
      what: "larder, eviction: 's3-fifo'",
      against: "larder, eviction: 'lru'",
      limit: 1,
      means: 'at most',
    },
  ],
})

const writing = (name: string, isTight: boolean): Case => ({
  name,
  keys: 100_000,
  value: entryFor,
  writes: 'values[at]',
  baseline: 'lru-cache',
  candidates: all(false, isTight),
  goals: [],
})

const eviction: Question = {
  name: 'eviction',
  asks: 'What does the policy of eviction cost, with no engine around it?',
  cases: [
    reading(1_000),
    reading(10_000),
    reading(100_000),
    writing('an overwrite, 100,000 keys', false),
    writing('a write that evicts, 100,000 keys into 10,000 places', true),
  ],
}

export default eviction
