/*
 * The synchronous API of node-cache 5 over the memory store: for programs that cannot say `await` yet.
 *
 * What node-cache does is done here, at the same moments and with the same events; test/node-cache.test.ts asks both the
 * same things. The store adds what node-cache lacks: bounds. So an entry may be gone before its time, and an `evict`
 * event says so.
 *
 * The store holds the values, and throws out what no longer fits. When they end is kept here, since node-cache may hand
 * out what has ended (`deleteOnExpire: false`) and tells of it: for the store they never die.
 */

import {
  type ByteSize,
  type Check,
  checkOptions,
  type Clock,
  entryOf,
  isBytes,
  isCount,
  type RemovalCause,
  systemClock,
  termsOf,
} from '@larder/core'
import { memory, type MemoryStore } from '@larder/memory'
import { EventEmitter } from 'node:events'

/**
 * What `NodeCache` takes: the options of node-cache, and bounds.
 *
 * @example
 * const cache = new NodeCache({ stdTTL: 100, maxEntries: 10_000, useClones: false })
 */
export interface NodeCacheOptions {
  /** Seconds that a value is kept if nothing else is said; 0 is for ever. Default: 0. */
  readonly stdTTL?: number
  /** Seconds between two searches for what has ended; 0 is never. Default: 600. */
  readonly checkperiod?: number
  /** Whether everybody gets a copy of his own, made by structuredClone, or the very value. Default: true. */
  readonly useClones?: boolean
  /** Whether what has ended is deleted, or only told of. Default: true. */
  readonly deleteOnExpire?: boolean
  /** With so many keys `set` throws; -1 is without end. Default: -1. */
  readonly maxKeys?: number
  /** With more entries than this, those go that are used too seldom. Not in node-cache. Default: 10,000. */
  readonly maxEntries?: number
  /** With more bytes than this, those go that are used too seldom. Not in node-cache. Default: '64mb'. */
  readonly maxBytes?: ByteSize
  /** Time; for tests. Default: that of the system. */
  readonly clock?: Clock
}

/**
 * What node-cache takes for a key. The number 1 and the text '1' are one key.
 *
 * @example
 * const key: NodeCacheKey = 42
 * new NodeCache().set(key, 'value')
 */
export type NodeCacheKey = string | number

/**
 * One of several that are set together: a key, a value, and perhaps its ttl in seconds.
 *
 * @example
 * const items: NodeCacheItem<number>[] = [{ key: 'a', val: 1 }, { key: 'b', val: 2, ttl: 60 }]
 * new NodeCache().mset(items)
 */
export interface NodeCacheItem<T> {
  readonly key: NodeCacheKey
  readonly val: T
  readonly ttl?: number
}

/**
 * What `getStats` tells: hits, misses, and how much is kept.
 *
 * @example
 * const { hits, misses, keys }: NodeCacheStats = new NodeCache().getStats()
 */
export interface NodeCacheStats {
  readonly hits: number
  readonly misses: number
  readonly keys: number
  /** The characters of all keys. */
  readonly ksize: number
  /** The bytes of all entries, as the store estimates them. */
  readonly vsize: number
}

/**
 * What was wrong, under the names of node-cache.
 *
 * @example
 * const code: NodeCacheErrorCode = 'EKEYTYPE'
 */
export type NodeCacheErrorCode = 'ECACHEFULL' | 'EKEYTYPE' | 'EKEYSTYPE' | 'ETTLTYPE'

const MESSAGES: Readonly<Record<NodeCacheErrorCode, string>> = {
  ECACHEFULL: 'Cache max keys amount exceeded',
  EKEYTYPE: 'The key argument has to be of type `string` or `number`. Found: `__key`',
  EKEYSTYPE: 'The keys argument has to be an array.',
  ETTLTYPE: 'The ttl argument has to be a number.',
}

/**
 * What node-cache throws, by the names it has there.
 *
 * @example
 * try {
 *   new NodeCache({ maxKeys: 1 }).mset([{ key: 'a', val: 1 }, { key: 'b', val: 2 }])
 * } catch (error) {
 *   if (error instanceof NodeCacheError && error.errorcode === 'ECACHEFULL') console.warn('full')
 * }
 */
export class NodeCacheError extends Error {
  override readonly name: NodeCacheErrorCode
  readonly errorcode: NodeCacheErrorCode

  constructor(errorcode: NodeCacheErrorCode, found: string = '') {
    super(MESSAGES[errorcode].replace('__key', found))
    this.name = errorcode
    this.errorcode = errorcode
  }
}

/** When an entry ends: by the calendar, for people, 0 being never; and by the clock that never runs backwards. */
interface End {
  readonly at: number
  readonly until: number
}

const NEVER: End = { at: 0, until: Infinity }
/** For the store no entry ever dies. */
const TERMS = termsOf(0, Infinity, [])
/** Up to a colon, so that all keys lie in one list of the store. */
const PREFIX = 'node-cache:'

const isNumber: Check = (value) =>
  typeof value === 'number' && !Number.isNaN(value) ? undefined : 'must be a number'
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')
const OPTIONS = {
  stdTTL: isNumber,
  checkperiod: isNumber,
  useClones: isBoolean,
  deleteOnExpire: isBoolean,
  maxKeys: isNumber,
  maxEntries: isCount,
  maxBytes: isBytes,
  clock: (value: unknown) => (typeof value === 'object' && value !== null ? undefined : 'must be a clock'),
}

/**
 * node-cache, bounded.
 *
 * Events: `set` (key, value), `del` (key, value), `expired` (key, value), `flush`, `flush_stats`; and `evict` (key, cause).
 *
 * @example
 * const cache = new NodeCache({ stdTTL: 100, maxEntries: 10_000 })
 * cache.set('user:42', { name: 'Ada' })
 * cache.get('user:42')
 */
export class NodeCache extends EventEmitter {
  readonly #store: MemoryStore
  readonly #ends = new Map<string, End>()
  readonly #clock: Clock
  readonly #stdTtl: number
  readonly #checkPeriod: number
  readonly #deletesExpired: boolean
  readonly #maxKeys: number
  #hits = 0
  #misses = 0
  #stopChecking: () => void = () => {}

  constructor(options: NodeCacheOptions = {}) {
    super()
    checkOptions('NodeCache', options, OPTIONS)
    const { clock = systemClock, maxEntries, maxBytes, useClones = true } = options
    this.#clock = clock
    this.#stdTtl = options.stdTTL ?? 0
    this.#checkPeriod = options.checkperiod ?? 600
    this.#deletesExpired = options.deleteOnExpire ?? true
    this.#maxKeys = options.maxKeys ?? -1
    this.#store = memory({
      clock,
      share: useClones ? 'clone' : 'trust',
      ...(maxEntries !== undefined && { maxEntries }),
      ...(maxBytes !== undefined && { maxBytes }),
    })
    this.#store.onRemoval((key, cause) => this.#evicted(key.slice(PREFIX.length), cause))
    this.#checkLater()
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as in node-cache, whose callers say it
  get<T>(key: NodeCacheKey): T | undefined {
    const name = nameOf(key)
    if (this.#isThere(key, name)) {
      this.#hits++
      return this.#store.get(PREFIX + name)?.value as T
    }
    this.#misses++
    return undefined
  }

  /** The values that there are, by their keys. */
  mget<T>(keys: readonly NodeCacheKey[]): Record<string, T> {
    if (!Array.isArray(keys)) throw new NodeCacheError('EKEYSTYPE')
    const found: [string, T][] = []
    for (const key of keys as readonly NodeCacheKey[]) {
      const value = this.get<T>(key)
      if (value !== undefined) found.push([String(key), value])
    }
    return Object.fromEntries(found)
  }

  /** `ttl` in seconds. False if the value is too large to be kept. */
  set(key: NodeCacheKey, value: unknown, ttl?: number | string): boolean {
    if (this.#maxKeys > -1 && this.#ends.size >= this.#maxKeys) throw new NodeCacheError('ECACHEFULL')
    const name = nameOf(key)
    this.#put(name, value ?? null, this.#endIn(ttl ?? this.#stdTtl))
    this.emit('set', key, value)
    return this.#ends.has(name)
  }

  /** All of them, or none if one is wrong. */
  mset(items: readonly NodeCacheItem<unknown>[]): boolean {
    if (this.#maxKeys > -1 && this.#ends.size + items.length >= this.#maxKeys) {
      throw new NodeCacheError('ECACHEFULL')
    }
    for (const { key, ttl } of items) {
      if (Boolean(ttl) && typeof ttl !== 'number') throw new NodeCacheError('ETTLTYPE')
      nameOf(key)
    }
    for (const { key, val, ttl } of items) this.set(key, val, ttl)
    return true
  }

  /** How many there were. */
  del(keys: NodeCacheKey | readonly NodeCacheKey[]): number {
    const all = (Array.isArray(keys) ? keys : [keys]) as readonly NodeCacheKey[]
    return all.filter((key) => this.#delete(key, nameOf(key))).length
  }

  /** The value, which is deleted. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as in node-cache
  take<T>(key: NodeCacheKey): T | undefined {
    const value = this.get<T>(key)
    if (value !== undefined && value !== null) this.del(key)
    return value
  }

  /** Lets the value end in so many seconds from now, 0 being the usual time; a negative number deletes it. */
  ttl(key: NodeCacheKey, ttl?: number): boolean {
    if (key === '' || key === 0) return false
    const name = nameOf(key)
    if (!this.#isThere(key, name)) return false
    const seconds = Boolean(ttl) && ttl !== undefined ? ttl : this.#stdTtl
    if (seconds < 0) this.#delete(key, name)
    else this.#ends.set(name, this.#endIn(seconds))
    return true
  }

  /** When the value ends, in ms since 1970; 0 if never, undefined if there is none. */
  getTtl(key: NodeCacheKey): number | undefined {
    if (key === '' || key === 0) return undefined
    const name = nameOf(key)
    return this.#isThere(key, name) ? this.#ends.get(name)?.at : undefined
  }

  keys(): string[] {
    return [...this.#ends.keys()]
  }

  has(key: NodeCacheKey): boolean {
    return this.#isThere(key, String(key))
  }

  getStats(): NodeCacheStats {
    let ksize = 0
    for (const name of this.#ends.keys()) ksize += name.length
    const { bytes: vsize } = this.#store.usage()
    return { hits: this.#hits, misses: this.#misses, keys: this.#ends.size, ksize, vsize }
  }

  /** Everything goes, and what was counted. */
  flushAll(): void {
    this.#ends.clear()
    this.#store.clear(PREFIX)
    this.#hits = 0
    this.#misses = 0
    this.#checkLater()
    this.emit('flush')
  }

  flushStats(): void {
    this.#hits = 0
    this.#misses = 0
    this.emit('flush_stats')
  }

  /** Searches no more for what has ended. */
  close(): void {
    this.#stopChecking()
  }

  /** The only way in. If the store refuses the value, all is as it was. */
  #put(name: string, value: unknown, end: End): void {
    const before = this.#ends.get(name)
    this.#ends.set(name, end)
    try {
      this.#store.set(PREFIX + name, entryOf(value, Infinity, TERMS), Infinity)
    } catch (error) {
      if (before === undefined) this.#ends.delete(name)
      else this.#ends.set(name, before)
      throw error
    }
  }

  #delete(key: NodeCacheKey, name: string): boolean {
    if (!this.#ends.has(name)) return false
    const value = this.#heard('del', name)
    this.#ends.delete(name)
    this.#store.delete(PREFIX + name)
    this.emit('del', key, value)
    return true
  }

  #evicted(name: string, cause: RemovalCause): void {
    this.#ends.delete(name)
    this.emit('evict', name, cause)
  }

  /** Whether there is a value that may be handed out. What has ended is told of, and mostly deleted. */
  #isThere(key: NodeCacheKey, name: string): boolean {
    const end = this.#ends.get(name)
    if (end === undefined) return false
    if (end.until >= this.#clock.now()) return true
    const value = this.#heard('expired', name)
    if (this.#deletesExpired) this.#delete(key, name)
    this.emit('expired', key, value)
    return !this.#deletesExpired
  }

  /** The value for those who listen. Where nobody does, none is copied. */
  #heard(event: string, name: string): unknown {
    return this.listenerCount(event) === 0 ? undefined : this.#store.get(PREFIX + name)?.value
  }

  #endIn(ttl: number | string): End {
    if (ttl === 0) return NEVER
    const ms = Number(ttl) * 1_000
    if (Number.isNaN(ms)) throw new NodeCacheError('ETTLTYPE')
    return { at: this.#clock.epoch() + ms, until: this.#clock.now() + ms }
  }

  #checkLater(): void {
    this.#stopChecking()
    if (this.#checkPeriod <= 0) return
    this.#stopChecking = this.#clock.after(this.#checkPeriod * 1_000, () => {
      for (const name of this.keys()) this.#isThere(name, name)
      this.#checkLater()
    })
  }
}

function nameOf(key: NodeCacheKey): string {
  if (typeof key !== 'string' && typeof key !== 'number') throw new NodeCacheError('EKEYTYPE', typeof key)
  return String(key)
}
