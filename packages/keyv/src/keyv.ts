/*
 * The Keyv store: records in whatever Keyv can keep things in.
 *
 *   larder:users:42  →  {"value":"TGEBAQ…","expires":1785000000000}       base64 of the frame; the TTL of the place
 *
 * Keyv has no compare-and-set, so there are no leases here: what another process loads meanwhile can still overwrite
 * what was deleted. docs/keyv.md says what holds.
 *
 * Nothing here calls `clear` of Keyv, which may know no difference between our keys and a stranger's.
 */

import {
  type ByteSize,
  type Check,
  type Clock,
  checkOptions,
  type Codec,
  codec as codecOf,
  type Duration,
  durationOf,
  encoded,
  type Entry,
  isBytes,
  isDuration,
  isOneOf,
  type OptionTable,
  readBytes,
  type Store,
  systemClock,
} from '@larder/core'
import { barePlace } from './bare.ts'
import { instancePlace } from './instance.ts'
import { isShortened, keptBeginning, keyIn, placeKey } from './key.ts'
import { type Limits, limitsOf } from './limits.ts'
import { isInstance, isKeyvLike, type KeyvLike, type Place } from './place.ts'
import { type Keeps, readRecord, written } from './record.ts'

/**
 * What `keyv` takes.
 *
 * @example
 * const store = keyv({ store: backend, keeps: 'text', maxTtl: '30d', maxKeyBytes: '250b' })
 */
export interface KeyvOptions {
  /** A storage adapter or an instance of Keyv 5 or 6, or a Map. It stays yours to disconnect. */
  readonly store: KeyvLike
  /** What entries look like in bytes. Default: JSON, not compressed. */
  readonly codec?: Codec
  /** Whether the place keeps bytes as they are, or only texts. Bytes save a third. Default: 'text'. */
  readonly keeps?: Keeps
  /** Longer keys are shortened by a hash. Default: what is known of the place. */
  readonly maxKeyBytes?: ByteSize
  /** Longer times are cut, since the place would misunderstand them. Default: what is known of the place. */
  readonly maxTtl?: Duration
  /** The clock of the cache. */
  readonly clock?: Clock
}

/** Room for a hash and some of the key. */
const SHORTEST = 100

const isPlaceKeySize: Check = (value) => {
  const problem = isBytes(value)
  if (problem !== undefined) return problem
  return Number(readBytes(value)) >= SHORTEST
    ? undefined
    : `must be at least ${SHORTEST}, not ${String(value)}`
}

const isPart =
  (what: string, name: string): Check =>
  (value) =>
    typeof value === 'object' && value !== null && name in value ? undefined : `must be ${what}`

/** Those that can be given in a setting, too. */
export const PLACE_OPTIONS: OptionTable = {
  codec: isPart('a codec, such as codec()', 'serializer'),
  keeps: isOneOf('text', 'bytes'),
  maxKeyBytes: isPlaceKeySize,
  maxTtl: isDuration,
  clock: isPart('a clock, such as manualClock() of @larder/testing', 'now'),
}

const isStore: Check = (value) =>
  isKeyvLike(value)
    ? undefined
    : 'must be a Keyv instance, one of its storage adapters, or a Map: it needs get, set and delete'

/**
 * Any Keyv backend as a store.
 *
 * @example
 * const cache = createCache({ store: keyv({ store: new KeyvSqlite('sqlite://cache.db') }), ttl: '5m' })
 */
export function keyv(options: KeyvOptions): Store<Entry> {
  checkOptions('keyv', options, { ...PLACE_OPTIONS, store: isStore })
  const { store, codec = codecOf(), clock = systemClock } = options
  if (store === undefined) throw new TypeError('keyv: store is missing; for example store: new Keyv()')
  return encoded(keyvBytes(options), codec, { clock })
}

/** The bytes alone. */
function keyvBytes(options: KeyvOptions): Store<Uint8Array> {
  const { store, keeps = 'text' } = options
  const place = isInstance(store) ? instancePlace(store) : barePlace(store)
  const known = limitsOf(store)
  const limits: Limits = {
    ...known,
    ...(options.maxKeyBytes !== undefined && { maxKeyBytes: Number(readBytes(options.maxKeyBytes)) }),
    ...(options.maxTtl !== undefined && { maxTtl: durationOf(options.maxTtl, 'maxTtl') }),
  }
  return { ...storeOn(place, limits, keeps), check: () => place.failures.trouble }
}

/** ms after which it might as well be for ever, and some places cannot count. */
const FOR_EVER = 1e13

function storeOn(place: Place, limits: Limits, keeps: Keeps): Store<Uint8Array> {
  const { maxKeyBytes, maxTtl, maxBatch } = limits
  const inPlace = (key: string): string => placeKey(key, maxKeyBytes, place.reserved)
  const ttlOf = (ttl: number): number | undefined => {
    const least = Math.min(ttl, maxTtl)
    return least < FOR_EVER ? Math.ceil(least) : undefined
  }

  /** Places without a TTL of their own give space back here, as Keyv does: when somebody looks. */
  const read = async (key: string, found: unknown): Promise<Uint8Array | undefined> => {
    const record = readRecord(found)
    if (record?.expires === undefined || systemClock.epoch() <= record.expires) return record?.bytes
    await place.delete(key).catch(() => {}) // a miss all the same
    return undefined
  }

  const listed = async (isWanted: (key: string) => boolean): Promise<ReadonlySet<string>> => {
    const keys = new Set<string>()
    for await (const key of place.keys?.() ?? []) if (isWanted(key)) keys.add(key)
    return keys
  }

  const deleteAll = async (keys: readonly string[]): Promise<void> => {
    for (const some of batches(keys, maxBatch)) {
      await (place.deleteMany?.(some) ?? Promise.all(some.map((key) => place.delete(key))))
    }
  }

  return {
    name: 'keyv',
    async get(key) {
      const its = inPlace(key)
      return read(its, await place.get(its))
    },
    set: (key, record, ttl) => place.set(inPlace(key), written(record, keeps), ttlOf(ttl)),
    delete: (key) => place.delete(inPlace(key)),

    ...(place.getMany && {
      async getMany(keys) {
        // Each once: some places refuse to be asked for a key twice.
        const all = [...new Set(keys.map(inPlace))]
        const found = new Map<string, Uint8Array | undefined>()
        await Promise.all(
          batches(all, maxBatch).map(async (some) => {
            const answers = listIn(await place.getMany?.(some), some.length)
            await Promise.all(some.map(async (key, i) => found.set(key, await read(key, answers[i]))))
          }),
        )
        return keys.map((key) => found.get(inPlace(key)))
      },
    }),
    ...(place.setMany && {
      async setMany(records) {
        // Each key once, with its last record: PostgreSQL refuses to write a row twice.
        const last = new Map(records.map(([key, record, ttl]) => [inPlace(key), { record, ttl }]))
        const all = Array.from(
          last,
          ([key, { record, ttl }]) => [key, written(record, keeps), ttlOf(ttl)] as const,
        )
        for (const some of batches(all, maxBatch)) await place.setMany?.(some)
      },
    }),
    ...(place.deleteMany && { deleteMany: (keys) => deleteAll([...new Set(keys.map(inPlace))]) }),

    ...(place.keys && {
      // Listed to the end first: some places count rows, and would skip as many as are deleted meanwhile.
      async *keys(prefix) {
        const all = await listed((key) => !isShortened(key, maxKeyBytes) && keyIn(key).startsWith(prefix))
        for (const key of all) yield keyIn(key)
      },
      async clear(prefix) {
        const begins = (key: string): boolean =>
          (isShortened(key, maxKeyBytes) ? keptBeginning(key) : keyIn(key)).startsWith(prefix)
        await deleteAll([...(await listed(begins))])
      },
    }),
  }
}

function listIn(answer: unknown, length: number): readonly unknown[] {
  if (Array.isArray(answer) && answer.length === length) return answer as readonly unknown[]
  const what = Array.isArray(answer) ? `${answer.length} values` : 'no list'
  throw new Error(`the Keyv store was asked for ${length} keys and answered ${what}`)
}

function batches<T>(list: readonly T[], size: number): T[][] {
  const all: T[][] = []
  for (let at = 0; at < list.length; at += size) all.push(list.slice(at, at + size))
  return all
}
