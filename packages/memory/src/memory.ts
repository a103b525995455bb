/*
 * The memory store: live entries of this process, bounded by their number and by their bytes.
 *
 * Each namespace has a list of its own (list.ts); the bounds are common. When they are reached, the lists give in turn,
 * each in proportion to its length: so one busy namespace neither starves nor spares the others. What a list gives is
 * the policy's choice (eviction.ts).
 *
 * Expiry only gives space back; whether an entry may be served is the engine's business. What has died is swept by a
 * timer that keeps no process alive, a slice of the entries at a time, all of them about once a minute.
 *
 * A value larger than a quarter of the bytes is not taken in at all: it would throw out much, and soon be thrown out.
 */

import {
  type ByteSize,
  type Clock,
  checkOptions,
  deadAt,
  type Entry,
  entryOf,
  isBytes,
  isCount,
  isOneOf,
  type OptionTable,
  readBytes,
  type RemovalCause,
  type RemovalListener,
  type SizeListener,
  type Store,
  systemClock,
  type Usage,
  valueRefused,
} from '@larder/core'
import { EVICTIONS, type Eviction, listOf } from './eviction.ts'
import type { Bound, List } from './list.ts'
import { type Share, sizeUp, textSize, uncopiable } from './share.ts'

/**
 * What `memory` takes.
 *
 * @example
 * const store = memory({ maxEntries: 10_000, maxBytes: '64mb', maxEntryBytes: '1mb', share: 'freeze' })
 */
export interface MemoryOptions {
  /** The most entries that are kept. Default: 10,000. */
  readonly maxEntries?: number
  /** The most bytes that are kept: an estimate, for live objects, of their heap. Default: '64mb'. */
  readonly maxBytes?: ByteSize
  /** Larger values are not kept. Default: a quarter of maxBytes. */
  readonly maxEntryBytes?: ByteSize
  /** Which entries go when a bound is reached. Default: 's3-fifo'. */
  readonly eviction?: Eviction
  /** What keeps people from changing what others will read. Default: 'freeze'. */
  readonly share?: Share
  /** Time; for tests. Default: that of the system. */
  readonly clock?: Clock
}

/**
 * A store in the memory of this process, with bounds that can be changed.
 *
 * @example
 * const store: MemoryStore = memory({ maxEntries: 10_000 })
 * store.resize({ maxEntries: 1_000 })
 * console.log(store.usage().entries)
 */
export interface MemoryStore extends Store<Entry> {
  readonly sync: true
  get(key: string): Entry | undefined
  set(key: string, record: Entry, ttl: number): void
  delete(key: string): void
  clear(prefix: string): void
  keys(prefix: string): AsyncIterable<string>
  within(prefix: string): Store<Entry>
  usage(): Usage
  onRemoval(listener: RemovalListener): () => void
  onSized(listener: SizeListener): () => void
  close(): void
  /** What is kept, namespace by namespace, each from what may go first. Looking at it is no use of it. */
  entries(): Iterable<readonly [key: string, entry: Entry]>
  /** Changes the bounds; what no longer fits goes at once. */
  resize(bounds: { readonly maxEntries?: number; readonly maxBytes?: ByteSize }): void
}

/** What an entry takes besides its key and value: itself, and its place in the list. */
const ENTRY_BYTES = 120
const SWEEP_EVERY = 1_000
/** Entries looked at in one sweep: a sixtieth of them, but at least this many. */
const SWEEP_AT_LEAST = 1_000

const BOUNDS: OptionTable = { maxEntries: isCount, maxBytes: isBytes }

/** The options of `memory`, for those who check them together with others. */
export const MEMORY_OPTIONS: OptionTable = {
  ...BOUNDS,
  maxEntryBytes: isBytes,
  eviction: isOneOf(...EVICTIONS),
  share: isOneOf('freeze', 'clone', 'trust'),
  clock: (value) => (typeof value === 'object' && value !== null ? undefined : 'must be a clock'),
}

/**
 * A store in the memory of this process.
 *
 * @example
 * const cache = createCache({ store: memory({ maxEntries: 10_000, maxBytes: '64mb' }) })
 */
export function memory(options: MemoryOptions = {}): MemoryStore {
  checkOptions('memory', options, MEMORY_OPTIONS)
  return new Memory(options)
}

/** The part of the store that holds the keys of one namespace: those that begin with `prefix`, up to its first colon. */
class Part implements Store<Entry> {
  readonly name = 'memory'
  readonly sync = true
  readonly prefix: string
  list: List<Entry>
  /** Where it stands in the row of parts that hold something; -1 while it holds nothing. */
  place: number = -1
  readonly #memory: Memory

  constructor(home: Memory, prefix: string) {
    this.#memory = home
    this.prefix = prefix
    this.list = home.newList()
  }

  get(key: string): Entry | undefined {
    const entry = this.list.get(key)
    return entry === undefined || this.#memory.share !== 'clone' ? entry : cloned(entry)
  }

  set(key: string, record: Entry): void {
    this.#memory.put(this, key, record)
  }

  delete(key: string): void {
    this.#memory.drop(this, key)
  }

  clear(prefix: string): void {
    this.#memory.clear(this.prefix + prefix)
  }

  async *keys(prefix: string): AsyncGenerator<string> {
    for (const key of this.listed(prefix)) yield key
  }

  /** The keys that begin with `rest`. A copy: they may be deleted meanwhile. */
  listed(rest: string): string[] {
    const keys: string[] = []
    for (const [key] of this.list.entries()) if (key.startsWith(rest)) keys.push(key)
    return keys
  }

  usage(): Usage {
    return this.#memory.usage()
  }

  onRemoval(listener: RemovalListener): () => void {
    return this.#memory.onRemoval(listener, this.prefix)
  }

  onSized(listener: SizeListener): () => void {
    return this.#memory.onSized(listener, this.prefix)
  }
}

class Memory implements MemoryStore {
  readonly name = 'memory'
  readonly sync = true
  readonly share: Share
  readonly #eviction: Eviction
  readonly #clock: Clock
  #maxEntries: number
  #maxBytes: number
  readonly #maxEntryBytes: number | undefined
  #entries = 0
  #bytes = 0
  readonly #removed = { entries: 0, bytes: 0, expired: 0, oversized: 0 }
  readonly #listeners = new Set<RemovalListener>()
  readonly #sizeListeners = new Set<SizeListener>()
  /** All parts that anybody knows of. Those that hold something are kept by the row, the others by their users. */
  readonly #parts = new Map<string, WeakRef<Part>>()
  readonly #row: Part[] = []
  readonly #forgotten = new FinalizationRegistry<string>((prefix) => {
    if (this.#parts.get(prefix)?.deref() === undefined) this.#parts.delete(prefix)
  })
  /** Whose turn it is to give, and how many it still gives. */
  #turn = 0
  #left = 0
  #stopSweeping: (() => void) | undefined
  #swept: Iterator<readonly [Part, string]> | undefined

  constructor(options: MemoryOptions) {
    this.share = options.share ?? 'freeze'
    this.#eviction = options.eviction ?? 's3-fifo'
    this.#clock = options.clock ?? systemClock
    this.#maxEntries = options.maxEntries ?? 10_000
    this.#maxBytes = bytesOf(options.maxBytes ?? '64mb')
    this.#maxEntryBytes = options.maxEntryBytes === undefined ? undefined : bytesOf(options.maxEntryBytes)
  }

  get(key: string): Entry | undefined {
    const [part, rest] = this.#find(key)
    return part.get(rest)
  }

  set(key: string, record: Entry): void {
    const [part, rest] = this.#find(key)
    this.put(part, rest, record)
  }

  delete(key: string): void {
    const [part, rest] = this.#find(key)
    this.drop(part, rest)
  }

  clear(prefix: string): void {
    for (const part of this.#row.slice()) {
      if (part.prefix.startsWith(prefix)) this.#empty(part)
      else if (prefix.startsWith(part.prefix)) {
        for (const key of part.listed(prefix.slice(part.prefix.length))) this.drop(part, key)
      }
    }
  }

  async *keys(prefix: string): AsyncGenerator<string> {
    for (const part of this.#row.slice()) {
      if (!part.prefix.startsWith(prefix) && !prefix.startsWith(part.prefix)) continue
      for (const key of part.listed(prefix.slice(part.prefix.length))) yield part.prefix + key
    }
  }

  /** The part itself where the prefix is one of a namespace; only there no longer text has to be built. */
  within(prefix: string): Store<Entry> {
    if (prefix !== '' && prefix.indexOf(':') === prefix.length - 1) return this.#part(prefix)
    const view: Store<Entry> = {
      name: this.name,
      sync: true,
      get: (key) => this.get(prefix + key),
      set: (key, record) => this.set(prefix + key, record),
      delete: (key) => this.delete(prefix + key),
      clear: (rest) => this.clear(prefix + rest),
      keys: (rest) => this.#keysBehind(prefix, rest),
      usage: () => this.usage(),
      onRemoval: (listener) => this.onRemoval(listener, prefix),
      onSized: (listener) => this.onSized(listener, prefix),
    }
    return view
  }

  async *#keysBehind(prefix: string, rest: string): AsyncGenerator<string> {
    for await (const key of this.keys(prefix + rest)) yield key.slice(prefix.length)
  }

  *entries(): Generator<readonly [key: string, entry: Entry]> {
    for (const part of this.#row.slice()) {
      for (const [key, entry] of part.list.inOrder()) yield [part.prefix + key, entry]
    }
  }

  usage(): Usage {
    return {
      entries: this.#entries,
      bytes: this.#bytes,
      maxEntries: this.#maxEntries,
      maxBytes: this.#maxBytes,
      removed: { ...this.#removed },
    }
  }

  onRemoval(listener: RemovalListener, prefix: string = ''): () => void {
    return added(this.#listeners, listener, prefix)
  }

  onSized(listener: SizeListener, prefix: string = ''): () => void {
    return added(this.#sizeListeners, listener, prefix)
  }

  resize(bounds: { readonly maxEntries?: number; readonly maxBytes?: ByteSize }): void {
    checkOptions('resize', bounds, BOUNDS)
    this.#maxEntries = bounds.maxEntries ?? this.#maxEntries
    this.#maxBytes = bounds.maxBytes === undefined ? this.#maxBytes : bytesOf(bounds.maxBytes)
    this.#fit()
  }

  close(): void {
    this.#stopSweeping?.()
    this.#stopSweeping = undefined
    this.clear('')
  }

  newList(): List<Entry> {
    return listOf<Entry>(this.#eviction, () => this.#maxEntries)
  }

  /** The only way in. */
  put(part: Part, key: string, record: Entry): void {
    const entry = this.share === 'clone' ? takenIn(record) : record
    const bytes = ENTRY_BYTES + textSize(key) + sizeUp(entry.value, this.share === 'freeze')
    if (bytes > (this.#maxEntryBytes ?? this.#maxBytes / 4)) {
      this.drop(part, key)
      this.#removed.oversized++
      this.#tell(part, key, 'oversized')
      return
    }
    if (part.place === -1) this.#enter(part)
    const { list } = part
    const sizeBefore = list.size
    const bytesBefore = list.bytes
    list.set(key, entry, bytes)
    this.#entries += list.size - sizeBefore
    this.#bytes += list.bytes - bytesBefore
    if (this.#entries > this.#maxEntries || this.#bytes > this.#maxBytes) this.#fit(part)
    if (this.#stopSweeping === undefined && deadAt(entry) !== Infinity) this.#sweepLater()
    for (const listener of this.#sizeListeners) listener(part.prefix + key, bytes)
  }

  /** The way out, so that the books cannot drift. */
  drop(part: Part, key: string): boolean {
    const { list } = part
    const bytesBefore = list.bytes
    if (!list.delete(key)) return false
    this.#entries--
    this.#bytes += list.bytes - bytesBefore
    if (list.size === 0) this.#empty(part)
    return true
  }

  /** Takes from the parts in turn until the bounds hold: from `latest` not what was just set there, while there is another. */
  #fit(latest?: Part): void {
    while (this.#entries > this.#maxEntries || this.#bytes > this.#maxBytes) {
      if (this.#left === 0 || this.#turn >= this.#row.length) {
        this.#turn = (this.#turn + 1) % this.#row.length
        this.#left = Math.ceil((this.#row[this.#turn]?.list.size ?? 0) / 64)
      }
      const part = this.#row[this.#turn]
      if (part === undefined) return
      this.#left--
      if (part === latest && part.list.size === 1 && this.#row.length > 1) continue
      const cause = this.#entries > this.#maxEntries ? 'entries' : 'bytes'
      if (!this.#popped(part, cause)) return
    }
  }

  /** The second way out, for what the list would rather lose: cheaper than to find it and to delete it by its key. */
  #popped(part: Part, cause: Bound): boolean {
    const { list } = part
    const bytesBefore = list.bytes
    const key = list.pop(cause)
    if (key === undefined) return false
    this.#entries--
    this.#bytes += list.bytes - bytesBefore
    this.#removed[cause]++
    if (list.size === 0) this.#empty(part)
    this.#tell(part, key, cause)
    return true
  }

  #remove(part: Part, key: string, cause: RemovalCause): void {
    this.drop(part, key)
    this.#removed[cause]++
    this.#tell(part, key, cause)
  }

  #tell(part: Part, key: string, cause: RemovalCause): void {
    for (const listener of this.#listeners) listener(part.prefix + key, cause)
  }

  #find(key: string): [Part, string] {
    const end = key.indexOf(':') + 1
    return [this.#part(key.slice(0, end)), key.slice(end)]
  }

  #part(prefix: string): Part {
    const known = this.#parts.get(prefix)?.deref()
    if (known !== undefined) return known
    const part = new Part(this, prefix)
    this.#parts.set(prefix, new WeakRef(part))
    this.#forgotten.register(part, prefix)
    return part
  }

  #enter(part: Part): void {
    part.place = this.#row.length
    this.#row.push(part)
  }

  /** Lets go of all that a part holds, and of its place in the row. */
  #empty(part: Part): void {
    if (part.place === -1) return
    this.#entries -= part.list.size
    this.#bytes -= part.list.bytes
    part.list = this.newList()
    const last = this.#row.pop()
    if (last !== undefined && last !== part) {
      this.#row[part.place] = last
      last.place = part.place
    }
    part.place = -1
  }

  #sweepLater(): void {
    this.#stopSweeping = this.#clock.after(SWEEP_EVERY, () => {
      this.#stopSweeping = undefined
      this.#sweep()
      if (this.#entries > 0) this.#sweepLater()
    })
  }

  /** Drops the dead among the next few entries. */
  #sweep(): void {
    const now = this.#clock.now()
    const slice = Math.max(SWEEP_AT_LEAST, Math.ceil(this.#entries / 60))
    this.#swept ??= this.#all()
    for (let i = 0; i < slice; i++) {
      const next = this.#swept.next()
      if (next.done === true) {
        this.#swept = undefined
        return
      }
      const [part, key] = next.value
      const entry = part.list.peek(key)
      if (entry !== undefined && deadAt(entry) <= now) this.#remove(part, key, 'expired')
    }
  }

  *#all(): Generator<readonly [Part, string]> {
    for (const part of this.#row.slice()) {
      for (const [key] of part.list.entries()) yield [part, key]
    }
  }
}

/** One more listener, who hears of the keys behind `prefix` only, without it. Returns the way to stop. */
function added<A>(
  listeners: Set<(key: string, what: A) => void>,
  listener: (key: string, what: A) => void,
  prefix: string,
): () => void {
  const own = (key: string, what: A): void => {
    if (key.startsWith(prefix)) listener(key.slice(prefix.length), what)
  }
  listeners.add(own)
  return () => {
    listeners.delete(own)
  }
}

function bytesOf(size: ByteSize): number {
  const read = readBytes(size)
  if (typeof read === 'string') throw new TypeError(`memory: a size ${read}`)
  return read
}

/** A copy of what comes in. What would not come out as it was is refused. */
function takenIn(entry: Entry): Entry {
  const kind = uncopiable(entry.value)
  if (kind !== undefined) throw valueRefused(`share: 'clone' cannot copy ${kind} without altering it`)
  return cloned(entry)
}

function cloned(entry: Entry): Entry {
  const { value } = entry
  if (typeof value !== 'object' || value === null) return entry
  try {
    return entryOf(structuredClone<unknown>(value), entry.freshUntil, entry.terms)
  } catch (error) {
    throw valueRefused("share: 'clone' copies values with structuredClone, which cannot copy this one", error)
  }
}
