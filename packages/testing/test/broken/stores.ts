/*
 * A store that keeps the contract, written as plainly as can be, and ways to break it: one mistake each, of the kind
 * that adapters make.
 */

import { type Clock, type Entry, entryOf, type RemovalListener, type Store, type Usage } from '@larder/core'
import { type Hub, hubOf, plainChannel, plainLeases } from './hub.ts'

export const BOUND = 40

/** Manual clocks begin with their test. */
const SINCE_1970 = 1.7e12

export type Whole<R> = Required<Omit<Store<R>, 'check' | 'near' | 'onSized' | 'facts'>>

/** Bounded by entries, first in first out. Several with one hub are one store, as several processes see it. */
export function plainStore<R>(clock: Clock, hub: Hub<R> = hubOf<R>()): Whole<R> {
  const { records } = hub
  const self = Symbol('store')
  const listeners = new Set<RemovalListener>()
  const removed = { entries: 0, bytes: 0, expired: 0, oversized: 0 }
  const remove = (key: string, cause: 'entries' | 'expired'): void => {
    records.delete(key)
    removed[cause]++
    for (const listener of listeners) listener(key, cause)
  }
  const stopped = { sweep: (): void => {} }
  const sweep = (): void => {
    stopped.sweep = clock.after(10_000, () => {
      for (const [key, { endsAt }] of records) if (endsAt <= clock.now()) remove(key, 'expired')
      if ([...records.values()].some(({ endsAt }) => endsAt !== Infinity)) sweep()
    })
  }
  const store: Whole<R> = {
    name: 'plain',
    sync: true,
    get: (key) => records.get(key)?.record,
    set(key, record, ttl) {
      const kept = record instanceof Uint8Array ? (record.slice() as R) : record
      hub.leases.delete(key)
      records.set(key, { record: kept, endsAt: clock.now() + ttl })
      const [first] = records.keys()
      if (records.size > BOUND && first !== undefined) remove(first, 'entries')
      if (ttl !== Infinity) {
        stopped.sweep()
        sweep()
      }
      hub.tell({ what: 'changed', key, from: self })
    },
    delete(key) {
      hub.leases.delete(key)
      records.delete(key)
      hub.tell({ what: 'changed', key, from: self })
    },
    getMany: (keys) => keys.map((key) => records.get(key)?.record),
    setMany(all) {
      for (const [key, record, ttl] of all) store.set(key, record, ttl)
    },
    deleteMany(keys) {
      for (const key of keys) store.delete(key)
    },
    clear(prefix) {
      for (const key of records.keys()) if (key.startsWith(prefix)) records.delete(key)
    },
    async *keys(prefix) {
      for (const key of Array.from(records.keys())) if (key.startsWith(prefix)) yield key
    },
    within: (prefix) => viewOf(store, prefix),
    usage: (): Usage => ({
      entries: records.size,
      bytes: records.size * 100,
      maxEntries: BOUND,
      maxBytes: Infinity,
      removed: { ...removed },
    }),
    onRemoval(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    time: () => SINCE_1970 + clock.epoch(),
    partOf: (key) => (key.length % 2 === 0 ? 'even' : 'odd'),
    add(key, record, ttl) {
      const found = store.get(key)
      if (found === undefined) store.set(key, record, ttl)
      return found
    },
    prolong(keys, ttl) {
      for (const key of keys) {
        const found = records.get(key)
        if (found !== undefined) found.endsAt = Math.max(found.endsAt, clock.now() + ttl)
      }
    },
    leases: plainLeases(clock, hub, (key, record, ttl) => {
      records.set(key, { record, endsAt: clock.now() + ttl })
    }),
    channel: plainChannel(clock, hub, self),
    close() {
      stopped.sweep()
      records.clear()
    },
  }
  return store
}

function viewOf<R>(store: Whole<R>, prefix: string): Store<R> {
  return {
    name: store.name,
    sync: store.sync,
    get: (key) => store.get(prefix + key),
    set: (key, record, ttl) => store.set(prefix + key, record, ttl),
    delete: (key) => store.delete(prefix + key),
    getMany: (keys) => store.getMany(keys.map((key) => prefix + key)),
    clear: (rest) => store.clear(prefix + rest),
    async *keys(rest) {
      for await (const key of store.keys(prefix + rest)) yield key.slice(prefix.length)
    },
  }
}

/** What a mistake makes of a good store. */
export type Break = (good: Whole<unknown>, clock: Clock) => Partial<Store<unknown>>

/** Alters values on their way in. */
const altering =
  (alter: (value: unknown) => unknown): Break =>
  (good) => ({
    set(key, record, ttl) {
      const entry = record as Entry
      return good.set(
        key,
        record instanceof Uint8Array ? record : entryOf(alter(entry.value), entry.freshUntil, entry.terms),
        ttl,
      )
    },
  })

const bytes =
  (alter: (bytes: Uint8Array) => Uint8Array): Break =>
  (good) => ({
    set: (key, record, ttl) => good.set(key, record instanceof Uint8Array ? alter(record) : record, ttl),
  })

/** Alters keys on their way in. */
const keyed =
  (alter: (key: string) => string): Break =>
  (good) => ({
    get: (key) => good.get(alter(key)),
    set: (key, record, ttl) => good.set(alter(key), record, ttl),
    delete: (key) => good.delete(alter(key)),
    getMany: (keys) => good.getMany(keys.map(alter)),
  })

const globbed = (prefix: string): RegExp =>
  new RegExp(
    `^${prefix
      .replaceAll(/[.+^${}()|\\]/gu, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}`,
    'su',
  )

async function matching(good: Whole<unknown>, prefix: string): Promise<string[]> {
  const keys: string[] = []
  let pattern: RegExp
  try {
    pattern = globbed(prefix)
  } catch {
    return []
  }
  for await (const key of good.keys('')) if (pattern.test(key)) keys.push(key)
  return keys
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** A property less. */
const lossy = (value: unknown): unknown =>
  isPlain(value) ? Object.fromEntries(Object.entries(value).slice(0, -1)) : value

export const brokenStores: Readonly<Record<string, Break>> = {
  'a miss is null': (good) => ({ get: (key) => good.get(key) ?? null }),
  'JSON and back': altering((value) =>
    typeof value === 'bigint' ? Number(value) : (JSON.parse(JSON.stringify(value ?? null)) as unknown),
  ),
  structuredClone: altering((value) => structuredClone(value)),
  'a shallow copy': altering((value) => (typeof value === 'object' && value !== null ? { ...value } : value)),
  'what is falsy is not kept': (good) => ({
    set: (key, record, ttl) =>
      (record as Entry).value || record instanceof Uint8Array ? good.set(key, record, ttl) : undefined,
  }),
  'null is kept as a text': altering((value) => (value === null ? 'null' : value)),
  'texts are numbers': altering((value) =>
    typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value,
  ),
  'numbers are rounded': altering((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  'infinite is null': altering((value) => (value === Infinity ? null : value)),
  'texts are UTF-8': altering((value) =>
    typeof value === 'string' ? new TextDecoder().decode(new TextEncoder().encode(value)) : value,
  ),
  'texts end at NUL': altering((value) => (typeof value === 'string' ? value.split('\0')[0] : value)),
  'buffers lose their class': altering((value) => (ArrayBuffer.isView(value) ? Object.values(value) : value)),
  'an empty thing is null': altering((value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 0 &&
    (Array.isArray(value) || isPlain(value))
      ? null
      : value,
  ),
  'a property is lost': altering(lossy),
  'what is refused is kept as undefined': altering((value) => (value instanceof Map ? undefined : value)),
  'bytes are text': bytes((all) => new TextEncoder().encode(new TextDecoder().decode(all))),
  'the whole buffer is kept': bytes((part) => new Uint8Array(part.buffer)),
  'empty bytes are nothing': (good) => ({
    set: (key, record, ttl) => ((record as Uint8Array).length === 0 ? undefined : good.set(key, record, ttl)),
  }),
  'the first record stays': (good) => ({
    set: (key, record, ttl) => (good.get(key) === undefined ? good.set(key, record, ttl) : undefined),
  }),
  'nothing is kept twice': (good) => {
    const gone = new Set<string>()
    return {
      set: (key, record, ttl) => (gone.has(key) ? undefined : good.set(key, record, ttl)),
      delete(key) {
        gone.add(key)
        return good.delete(key)
      },
    }
  },
  'a read is a removal': (good) => ({
    get(key) {
      const record = good.get(key)
      good.delete(key)
      return record
    },
  }),
  'delete does nothing': () => ({ delete: () => {} }),
  'delete takes what begins alike': (good) => ({ delete: (key) => good.clear(key) }),
  'deleting what is absent fails': (good) => ({
    delete(key) {
      if (good.get(key) === undefined) throw new Error('no such key')
      return good.delete(key)
    },
  }),
  'an object as a map': () => {
    const records: Record<string, unknown> = {}
    return {
      get: (key) => records[key],
      set: (key, record) => void (records[key] = record),
      delete: (key) => void delete records[key],
    }
  },
  'keys are trimmed': keyed((key) => key.trim()),
  'keys are cut': keyed((key) => key.slice(0, 1_024)),
  'keys are UTF-8': keyed((key) => new TextDecoder().decode(new TextEncoder().encode(key))),
  'getMany in the order of the store': (good) => ({ getMany: (keys) => good.getMany(keys.toSorted()) }),
  'getMany without duplicates': (good) => ({ getMany: (keys) => good.getMany([...new Set(keys)]) }),
  'getMany without misses': (good) => ({
    async getMany(keys) {
      return (await good.getMany(keys)).filter((each) => each !== undefined)
    },
  }),
  'getMany of one answers no list': (good) => ({
    getMany: (keys) => (keys.length === 1 ? (good.get(keys[0] ?? '') as never) : good.getMany(keys)),
  }),
  'getMany splits keys at blanks': (good) => ({
    getMany: (keys) => good.getMany(keys.map((key) => key.split(' ')[0] ?? '')),
  }),
  'setMany keeps the first only': (good) => ({
    setMany: ([first]) => (first === undefined ? undefined : good.set(...first)),
  }),
  'setMany backwards': (good) => ({ setMany: (all) => good.setMany(all.toReversed()) }),
  'deleteMany stops at what is absent': (good) => ({
    deleteMany(keys) {
      for (const key of keys) {
        if (good.get(key) === undefined) return
        good.delete(key)
      }
    },
  }),
  'clear takes a prefix for a pattern': (good) => ({
    async clear(prefix) {
      for (const key of await matching(good, prefix)) await good.delete(key)
    },
  }),
  'clear takes everything': (good) => ({ clear: () => good.clear('') }),
  'clear looks for the prefix anywhere': (good) => ({
    async clear(prefix) {
      for await (const key of good.keys('')) if (key.includes(prefix)) await good.delete(key)
    },
  }),
  'clear leaves the prefix itself': (good) => ({
    async clear(prefix) {
      for await (const key of good.keys(prefix)) if (key !== prefix) await good.delete(key)
    },
  }),
  'clear of nothing fails': (good) => ({
    async clear(prefix) {
      for await (const key of good.keys(prefix)) if (key !== '') return good.clear(prefix)
      throw new Error('nothing to clear')
    },
  }),
  'keys takes a prefix for a pattern': (good) => ({
    async *keys(prefix) {
      yield* await matching(good, prefix)
    },
  }),
  'keys lists what is gone': (good) => {
    const seen = new Set<string>()
    return {
      set(key, record, ttl) {
        seen.add(key)
        return good.set(key, record, ttl)
      },
      async *keys(prefix) {
        for (const key of seen) if (key.startsWith(prefix)) yield key
      },
    }
  },
  'keys in pages by number': (good) => ({
    async *keys(prefix) {
      for (let at = 0; ; at += 10) {
        const all: string[] = []
        for await (const key of good.keys(prefix)) all.push(key)
        if (at >= all.length) return
        yield* all.slice(at, at + 10)
      }
    },
  }),
  'a view adds a colon': (good) => ({ within: (prefix) => good.within(`${prefix}:`) }),
  'a view clears everything': (good) => ({
    within: (prefix) => ({ ...good.within(prefix), clear: () => good.clear('') }),
  }),
  'a view answers later': (good) => ({ within: (prefix) => ({ ...good.within(prefix), sync: false }) }),
  'forever is a minute': (good, clock) => ({
    set(key, record, ttl) {
      if (ttl === Infinity) clock.after(60_000, () => void good.delete(key))
      return good.set(key, record, ttl)
    },
  }),
  'a ttl counts in 32 bits': (good, clock) => ({
    set(key, record, ttl) {
      if (ttl !== Infinity && ttl > 2 ** 31 - 1) clock.after(1, () => void good.delete(key))
      return good.set(key, record, ttl)
    },
  }),
  'a ttl of 2^31 - 1 ms is none': (good) => ({
    set: (key, record, ttl) => (ttl === 2 ** 31 - 1 ? undefined : good.set(key, record, ttl)),
  }),
  'a ttl must be whole': (good) => ({
    set(key, record, ttl) {
      if (ttl !== Infinity && !Number.isInteger(ttl)) throw new RangeError('ERR value is not an integer')
      return good.set(key, record, ttl)
    },
  }),
  'the first timer of a key goes on': (good, clock) => ({
    set(key, record, ttl) {
      if (ttl < 5_000) clock.after(ttl, () => void good.delete(key))
      return good.set(key, record, ttl)
    },
  }),
  'the dead are kept': (good) => ({ set: (key, record) => good.set(key, record, Infinity) }),
  'no bound': () => {
    const records = new Map<string, unknown>()
    return {
      get: (key) => records.get(key),
      getMany: (keys) => keys.map((key) => records.get(key)),
      set: (key, record) => void records.set(key, record),
      delete: (key) => void records.delete(key),
      usage: () => ({
        entries: records.size,
        bytes: 0,
        maxEntries: 0,
        maxBytes: 0,
        removed: { entries: 0, bytes: 0, expired: 0, oversized: 0 },
      }),
    }
  },
  'a bound for each prefix': (good) => {
    const parts = new Map<string, Map<string, unknown>>()
    const part = (key: string): Map<string, unknown> => {
      const name = key.split(':')[0] ?? ''
      const known = parts.get(name) ?? new Map<string, unknown>()
      parts.set(name, known)
      return known
    }
    return {
      ...viewOf(good, ''),
      get: (key) => part(key).get(key),
      getMany: (keys) => keys.map((key) => part(key).get(key)),
      delete: (key) => void part(key).delete(key),
      set(key, record) {
        const records = part(key)
        records.set(key, record)
        const [first] = records.keys()
        if (records.size > BOUND && first !== undefined) records.delete(first)
      },
      usage: undefined as never,
    }
  },
  'an overwrite throws another out': (good) => ({
    async set(key, record, ttl) {
      if (good.get(key) !== undefined)
        for await (const other of good.keys('')) if (other !== key) await good.delete(other)
      return good.set(key, record, ttl)
    },
  }),
  'promises where none should be': (good) => ({ get: async (key) => good.get(key) }),
  'an overwrite counts as one more': (good) => {
    let extra = 0
    return {
      set(key, record, ttl) {
        if (good.get(key) !== undefined) extra++
        return good.set(key, record, ttl)
      },
      usage: () => ({ ...good.usage(), entries: good.usage().entries + extra }),
    }
  },
  'bytes are never given back': (good) => {
    let all = 0
    return {
      set(key, record, ttl) {
        all += 100
        return good.set(key, record, ttl)
      },
      usage: () => ({ ...good.usage(), bytes: all }),
    }
  },
  'clear is not in the books': (good) => {
    let entries = 0
    return {
      set(key, record, ttl) {
        if (good.get(key) === undefined) entries++
        return good.set(key, record, ttl)
      },
      delete(key) {
        if (good.get(key) !== undefined) entries--
        return good.delete(key)
      },
      usage: () => ({ ...good.usage(), entries }),
    }
  },
  'removals are told twice': (good) => ({
    onRemoval: (listener) =>
      good.onRemoval((key, cause) => {
        listener(key, cause)
        listener(key, cause)
      }),
  }),
  'deletions are told as removals': (good) => {
    const listeners = new Set<RemovalListener>()
    return {
      onRemoval(listener) {
        listeners.add(listener)
        return good.onRemoval(listener)
      },
      delete(key) {
        for (const listener of listeners) listener(key, 'expired')
        return good.delete(key)
      },
    }
  },
  'listeners are never let go': (good) => ({
    onRemoval(listener) {
      good.onRemoval(listener)
      return () => {}
    },
  }),
  'closing twice fails': (good) => {
    let isClosed = false
    return {
      close() {
        if (isClosed) throw new Error('closed')
        isClosed = true
        return good.close()
      },
    }
  },
  'no name': () => ({ name: '' }),
}
