/*
 * The bridge from bytes to entries: a Store<Uint8Array> with a codec is a Store<Entry>. The only one.
 *
 * A record that is not believed is handed on as a refusal, which the engine takes for a miss and reports; it is not
 * deleted, since it may be right for a newer version that shares the place.
 */

import { type Codec, codec as codecOf, type Compressor } from '../bytes/codec.ts'
import { decode, encode, type Refusal, WORTH } from '../bytes/frame.ts'
import { isBytes } from '../bytes/text.ts'
import { type Clock, systemClock } from '../engine/clock.ts'
import { type Entry, refusedEntry } from '../engine/entry.ts'
import { isMark } from '../engine/marks.ts'
import { keepShape } from '../engine/shapes.ts'
import { misuse } from '../errors.ts'
import type { LeasedRead, Leases } from './leases.ts'
import { type Awaitable, type Facts, isPending, type SizeListener, type Store } from './store.ts'

/**
 * How marks are written, whatever the values are: caches of one place that write in different ways, as while sealing is being
 * introduced, must understand the invalidations of each other. A token is chance and tells nothing.
 */
const MARKS = codecOf()

/**
 * What `encoded` takes.
 *
 * @example
 * const entries = encoded(bytesStore, codec(), { clock: manualClock() })
 */
export interface EncodedOptions {
  /** The clock of the cache; its entries are in that time. */
  readonly clock?: Clock
}

/**
 * Makes a store of entries of a store of bytes. The key that each record is bound to is the one this store sees: prefixes
 * that are added below it (of a Redis client, say) do not count.
 *
 * @example
 * const cache = createCache({ store: encoded(filesIn('/tmp/cache'), codec()) })
 */
export function encoded(store: Store<Uint8Array>, codec: Codec, options: EncodedOptions = {}): Store<Entry> {
  if (codec === undefined) throw misuse('encoded', ['codec is missing; for example codec()'])
  const { clock = systemClock } = options
  /** Who seals refuses what is not sealed. */
  const readsMarks = codec.sealer === undefined
  const tally = new Tally()
  const counting = tally.counting(codec)
  const offset = (): number => (store.time?.() ?? clock.epoch()) - clock.now()

  const read = (key: string, record: Uint8Array | undefined): Awaitable<Entry | undefined> =>
    readAt(key, record, offset(), clock.now())
  const readAt = (
    key: string,
    record: Uint8Array | undefined,
    offsetNow: number,
    now: number,
  ): Awaitable<Entry | undefined> => {
    if (record === undefined) return undefined
    if (!isBytes(record)) return refusedEntry('not-bytes')
    const entry = decode(record, key, offsetNow, now, readsMarks || !isMark(key) ? codec : MARKS)
    return isPending(entry) ? entry.then(believedOr) : believedOr(entry)
  }
  /** All that were read together are of one moment. Most are decoded at once, and then no promise is made for each. */
  const readAll = (
    keys: readonly string[],
    records: readonly (Uint8Array | undefined)[],
  ): Awaitable<(Entry | undefined)[]> => {
    const now = clock.now()
    const offsetNow = offset()
    const entries: Awaitable<Entry | undefined>[] = []
    let isAtOnce = true
    for (let i = 0; i < keys.length; i++) {
      const entry = readAt(keys[i] as string, records[i], offsetNow, now)
      if (isAtOnce && isPending(entry)) isAtOnce = false
      entries.push(entry)
    }
    return isAtOnce ? (entries as (Entry | undefined)[]) : Promise.all(entries)
  }
  const write = (key: string, entry: Entry): Awaitable<Uint8Array> => {
    // Marks are no values of anybody, so they are not counted.
    if (isMark(key)) return encode(entry, key, offset(), clock.now(), MARKS)
    const bytes = encode(entry, key, offset(), clock.now(), counting)
    return isPending(bytes) ? bytes.then((ready) => tally.written(key, ready)) : tally.written(key, bytes)
  }

  return {
    name: store.name,
    get(key) {
      const record = store.get(key)
      return isPending(record) ? record.then((bytes) => read(key, bytes)) : read(key, record)
    },
    set(key, entry, ttl) {
      const bytes = write(key, entry)
      return isPending(bytes) ? bytes.then((ready) => store.set(key, ready, ttl)) : store.set(key, bytes, ttl)
    },
    delete: (key) => store.delete(key),
    ...(store.getMany && {
      async getMany(keys) {
        const records: unknown = await store.getMany?.(keys)
        if (!Array.isArray(records) || records.length !== keys.length) {
          throw new Error(
            `the store '${store.name}' was asked for ${keys.length} records and answered with something else`,
          )
        }
        return readAll(keys, records as (Uint8Array | undefined)[])
      },
    }),
    ...(store.setMany && {
      async setMany(entries) {
        const records = await Promise.all(
          entries.map(async ([key, entry, ttl]) => [key, await write(key, entry), ttl] as const),
        )
        await store.setMany?.(records)
      },
    }),
    ...(store.deleteMany && { deleteMany: (keys) => store.deleteMany?.(keys) }),
    ...(store.clear && { clear: (prefix) => store.clear?.(prefix) }),
    ...(store.keys && { keys: store.keys.bind(store) }),
    ...(store.usage && { usage: store.usage.bind(store) }),
    ...(store.onRemoval && { onRemoval: store.onRemoval.bind(store) }),
    onSized: (listener) => tally.onSized(listener),
    facts: () => ({ ...store.facts?.(), ...tally.facts() }),
    ...(store.check && { check: () => store.check?.() }),
    ...(store.time && { time: () => store.time?.() ?? clock.epoch() }),
    ...(store.partOf && { partOf: (key) => store.partOf?.(key) }),
    ...(store.add && {
      async add(key, entry, ttl) {
        return read(key, await store.add?.(key, await write(key, entry), ttl))
      },
    }),
    ...(store.prolong && { prolong: (keys, ttl) => store.prolong?.(keys, ttl) }),
    ...(store.leases && { leases: encodedLeases(store.leases, read, readAll, write) }),
    ...(store.channel && { channel: store.channel }),
    ...(store.close && { close: () => store.close?.() }),
  }
}

const leasedRead = (record: Entry | undefined, holder: string | undefined): LeasedRead<Entry> => ({
  record,
  holder,
})
keepShape(leasedRead(undefined, undefined))

function encodedLeases(
  leases: Leases<Uint8Array>,
  read: (key: string, record: Uint8Array | undefined) => Awaitable<Entry | undefined>,
  readAll: (
    keys: readonly string[],
    records: readonly (Uint8Array | undefined)[],
  ) => Awaitable<(Entry | undefined)[]>,
  write: (key: string, entry: Entry) => Awaitable<Uint8Array>,
): Leases<Entry> {
  return {
    async read(keys, wishes, ms) {
      const reads = await leases.read(keys, wishes, ms)
      const entries = readAll(
        keys,
        reads.map(({ record }) => record),
      )
      const records = isPending(entries) ? await entries : entries
      return records.map((record, i) => leasedRead(record, reads[i]?.holder))
    },
    take: (key, token, ms) => leases.take(key, token, ms),
    async seize(key, token, ms) {
      return read(key, await leases.seize(key, token, ms))
    },
    fill(key, token, entry, ttl, isChange) {
      const bytes = write(key, entry)
      return isPending(bytes)
        ? bytes.then((ready) => leases.fill(key, token, ready, ttl, isChange))
        : leases.fill(key, token, bytes, ttl, isChange)
    },
    renew: (key, token, ms) => leases.renew(key, token, ms),
    drop: (key, token) => leases.drop(key, token),
  }
}

/** What was written, in a few integers; each size is told where somebody wants to know. */
class Tally {
  #listeners: readonly SizeListener[] = []
  readonly #written = { records: 0, bytes: 0 }
  readonly #compression = { tried: 0, smaller: 0, before: 0, after: 0 }

  /** The codec, with its compressor looked at. */
  counting(codec: Codec): Codec {
    const { compressor } = codec
    return compressor === undefined ? codec : { ...codec, compressor: this.#watching(compressor) }
  }

  #watching(compressor: Compressor): Compressor {
    const count = (before: number, packed: Uint8Array): Uint8Array => {
      const isSmaller = packed.length < before * WORTH
      const counts = this.#compression
      counts.tried++
      if (isSmaller) counts.smaller++
      counts.before += before
      counts.after += isSmaller ? packed.length : before
      return packed
    }
    return {
      id: compressor.id,
      name: compressor.name,
      above: compressor.above,
      compress(raw) {
        const { length } = raw
        const packed = compressor.compress(raw)
        return isPending(packed) ? packed.then((ready) => count(length, ready)) : count(length, packed)
      },
      decompress: (bytes, size) => compressor.decompress(bytes, size),
    }
  }

  written(key: string, record: Uint8Array): Uint8Array {
    this.#written.records++
    this.#written.bytes += record.length
    for (const listener of this.#listeners) listener(key, record.length)
    return record
  }

  onSized(listener: SizeListener): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener)
    }
  }

  facts(): Facts {
    return {
      written: { ...this.#written },
      ...(this.#compression.tried > 0 && { compression: { ...this.#compression } }),
    }
  }
}

function believedOr(found: Entry | Refusal): Entry {
  return typeof found === 'string' ? refusedEntry(found) : found
}
