/*
 * Snapshots: what a cache in memory has, in a file, so that a service that restarts starts warm.
 *
 *   snapshot   one moment of the cache, encoded and written while it goes on; the file is replaced at the end, or not at all
 *   restore    the whole file is verified and decoded first, then all of it is taken over in one turn, or nothing is
 *
 * What nobody can know is what was invalidated after the snapshot was taken. So a snapshot is restored once, by one process,
 * while it is young, and into a cache in which nothing has been set or invalidated yet: that would be newer.
 *
 * Times are those that were left when it was taken, less what has passed since (elapsed.ts). The frame adds that none is longer
 * than it was.
 */

import { rm } from 'node:fs/promises'
import {
  type ByteSize,
  checkOptions,
  type Codec,
  codec as codecOf,
  type Duration,
  durationOf,
  encoded,
  type Entry,
  type Handover,
  handover,
  type ICache,
  isBytes,
  isCacheError,
  isDuration,
  isText,
  misuse,
  type OptionTable,
  readBytes,
  type Store,
} from '@larder/core'
import type { MemoryStore } from './memory.ts'
import { elapsed, takenNow } from './snapshot/elapsed.ts'
import { readWhole, replaceFile } from './snapshot/file.ts'
import { type Content, contentOf, type Item, Writing } from './snapshot/layout.ts'

/**
 * How a snapshot is written.
 *
 * @example
 * await snapshot(cache, 'cache.snapshot', { maxBytes: '256mb', codec: codec({ compressor: lz4() }) })
 */
export interface SnapshotOptions {
  /** What values look like in the file. Default: JSON. */
  readonly codec?: Codec
  /** The most that the file takes; what would go first is left out. Default: '64mb'. */
  readonly maxBytes?: ByteSize
}

/**
 * What a snapshot holds.
 *
 * @example
 * const { entries, bytes }: Snapshotted = await snapshot(cache, 'cache.snapshot')
 * console.log(`${entries} entries in ${bytes} bytes`)
 */
export interface Snapshotted {
  readonly entries: number
  readonly bytes: number
  /** Entries for which there was no room, or whose value the codec cannot keep. */
  readonly leftOut: number
}

/**
 * Which snapshots are restored.
 *
 * @example
 * await restore(cache, 'cache.snapshot', { maxAge: '1h', maxBytes: '256mb' })
 */
export interface RestoreOptions {
  /** Must understand what the file was written with. Default: JSON. */
  readonly codec?: Codec
  /** An older snapshot is not restored: nobody knows what was invalidated since. Default: '1m'. */
  readonly maxAge?: Duration
  /** A larger file is not read. Default: '64mb'. */
  readonly maxBytes?: ByteSize
}

/**
 * Why a file was refused as a whole.
 *
 * @example
 * const harmless: readonly Unrestored[] = ['absent', 'too-old']
 * const { refused, cause } = await restore(cache, 'cache.snapshot')
 * if (refused && !harmless.includes(refused)) console.warn(refused, cause)
 */
export type Unrestored =
  /** There is none. */
  | 'absent'
  /** It cannot be read, or not be taken away. */
  | 'unreadable'
  | 'too-large'
  /** Not a snapshot. */
  | 'foreign'
  /** Written by a later version of Larder. */
  | 'newer'
  /** Incomplete, or not as it was written. */
  | 'damaged'
  /** Of a cache with another name. */
  | 'another-cache'
  | 'too-old'
  /** The calendar has been set back, so nobody knows how old it is. */
  | 'unknown-age'
  /** Something was set or invalidated in this process, which is newer. */
  | 'changed'

/**
 * What was restored, or why nothing was.
 *
 * @example
 * const { entries, refused }: Restored = await restore(cache, 'cache.snapshot')
 * console.log(refused === undefined ? `${entries} entries are back` : `begins empty: ${refused}`)
 */
export interface Restored {
  /** Entries that the cache has now, and did not have before. */
  readonly entries: number
  /** Entries that had expired, were loaded meanwhile, or are not readable with this codec. */
  readonly leftOut: number
  /** Why nothing was restored; undefined if all is well. */
  readonly refused: Unrestored | undefined
  /** What the system said, if it was the system. */
  readonly cause: unknown
}

const isCodec = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && 'serializers' in value
    ? undefined
    : 'must be a codec, such as codec({ serializer: msgpack() })'

function assertFile(what: string, file: unknown): void {
  const problem = isText(file)
  if (problem !== undefined) throw misuse(what, [`the file ${problem}`])
}

const SNAPSHOT: OptionTable = { codec: isCodec, maxBytes: isBytes }
const RESTORE: OptionTable = { ...SNAPSHOT, maxAge: isDuration }
const MAX_BYTES = '64mb'
const MAX_AGE = '1m'
/** In so many rounds each namespace gives its share, from what was used last. */
const ROUNDS = 64

/**
 * Writes what a cache in memory has to a file, with the namespaces inside it.
 *
 * @example
 * process.once('SIGTERM', async () => {
 *   await server.close()
 *   await snapshot(cache, 'cache.snapshot')
 * })
 */
export async function snapshot(
  cache: Pick<ICache, 'name'>,
  file: string,
  options: SnapshotOptions = {},
): Promise<Snapshotted> {
  checkOptions('snapshot', options, SNAPSHOT)
  assertFile('snapshot', file)
  const from = handover(cache, 'snapshot')
  const { clock } = from
  const most = Number(readBytes(options.maxBytes ?? MAX_BYTES))
  const taken = takenNow(clock)
  const began = clock.now()
  const kept = inRounds(entriesOf(from))
  const encode = encoder(options.codec ?? codecOf(), from, () => taken.at + clock.now() - began)
  const writing = new Writing()
  let entries = 0

  async function* parts(): AsyncGenerator<Uint8Array> {
    yield writing.begin({ cache: from.cache, taken })
    for (const [key, entry] of kept) {
      // What was invalidated since the first turn need not be in it.
      const record = from.gives(key, entry) ? await encode(key, entry) : undefined
      const item = record && writing.item([key, record], most)
      if (item === undefined) continue
      entries++
      yield item
    }
    yield writing.end()
  }

  await replaceFile(file, parts(), clock.epoch())
  return { entries, bytes: writing.bytes, leftOut: kept.length - entries }
}

/**
 * Puts into a cache what a snapshot has. Never fails because of what the file is or holds: then the cache starts cold, and
 * `refused` says why. The file is gone afterwards, if it was good.
 *
 * @example
 * const { refused } = await restore(cache, 'cache.snapshot')
 * if (refused !== undefined) console.log(`starting cold: ${refused}`)
 */
export async function restore(
  cache: Pick<ICache, 'name'>,
  file: string,
  options: RestoreOptions = {},
): Promise<Restored> {
  checkOptions('restore', options, RESTORE)
  assertFile('restore', file)
  const into = handover(cache, 'restore')
  const most = Number(readBytes(options.maxBytes ?? MAX_BYTES))
  const maxAge = durationOf(options.maxAge ?? MAX_AGE, 'restore: maxAge')
  if (into.isChanged) return refusal('changed')
  const content = await readContent(file, most)
  if ('refused' in content) return content
  const { head, items } = content
  if (head.cache !== into.cache) return refusal('another-cache')
  const age = elapsed(head.taken, takenNow(into.clock))
  if (age === undefined) return refusal('unknown-age')
  if (age > maxAge) return refusal('too-old')
  const entries = await decoded(items, options.codec ?? codecOf(), into, head.taken.at + age)
  try {
    await rm(file)
  } catch (error) {
    // It could be restored once more, by then beside what was invalidated here.
    return refusal('unreadable', error)
  }
  if (into.isChanged) return refusal('changed')
  // From what would go first, so that they lie in the cache as they lay in the other.
  const taken = entries.toReversed().filter(([key, entry]) => into.takes(key, entry)).length
  return { entries: taken, leftOut: items.length - taken, refused: undefined, cause: undefined }
}

const refusal = (refused: Unrestored, cause?: unknown): Restored & { readonly refused: Unrestored } => ({
  entries: 0,
  leftOut: 0,
  refused,
  cause,
})

type Kept = readonly [key: string, entry: Entry]

/** All of one moment. */
function entriesOf(from: Handover): readonly Kept[] {
  const { store } = from
  if (!isMemory(store)) throw new TypeError(`snapshot: '${store.name}' is not the memory of @larder/memory`)
  return [...store.entries()].filter(([key, entry]) => from.gives(key, entry))
}

/** Also that of another copy of the package. */
const isMemory = (store: Store<Entry>): store is MemoryStore =>
  'entries' in store && typeof store.entries === 'function'

/** From what would go last, all namespaces in proportion: what does not fit is what would go first in each. */
function inRounds(all: readonly Kept[]): readonly Kept[] {
  const byNamespace = new Map<string, Kept[]>()
  for (const kept of all) {
    const namespace = kept[0].slice(0, kept[0].indexOf(':'))
    const known = byNamespace.get(namespace)
    if (known === undefined) byNamespace.set(namespace, [kept])
    else known.push(kept)
  }
  const rounds = Array.from({ length: ROUNDS }, (_, i) => ROUNDS - i)
  return rounds.flatMap((round) =>
    [...byNamespace.values()].flatMap((kept) => {
      const upTo = (share: number): number => Math.floor((kept.length * share) / ROUNDS)
      return kept.slice(upTo(round - 1), upTo(round)).toReversed()
    }),
  )
}

/** `time`: ms since 1970, for what is written. Undefined for what the codec cannot keep. */
function encoder(
  codec: Codec,
  { clock }: Handover,
  time: () => number,
): (key: string, entry: Entry) => Promise<Uint8Array | undefined> {
  let written: Uint8Array | undefined
  const bytes = encoded(
    {
      name: 'snapshot',
      time,
      get: () => undefined,
      set(_, record) {
        written = record
      },
      delete() {},
    },
    codec,
    { clock },
  )
  return async (key, entry) => {
    written = undefined
    try {
      await bytes.set(key, entry, Infinity)
    } catch (error) {
      if (!isCacheError(error, 'VALUE_REFUSED')) throw error
    }
    return written
  }
}

/** What the records are for this process. `time`: what the calendar says now, or should say. */
async function decoded(
  items: readonly Item[],
  codec: Codec,
  { clock }: Handover,
  time: number,
): Promise<readonly Kept[]> {
  const records = new Map(items)
  const began = clock.now()
  const bytes: Store<Entry> = encoded(
    {
      name: 'snapshot',
      time: () => time + clock.now() - began,
      get: (key) => records.get(key),
      set() {},
      delete() {},
    },
    codec,
    { clock },
  )
  const kept: Kept[] = []
  for (const key of records.keys()) {
    const entry = await bytes.get(key)
    if (entry !== undefined) kept.push([key, entry])
  }
  return kept
}

async function readContent(
  file: string,
  most: number,
): Promise<Content | (Restored & { readonly refused: Unrestored })> {
  try {
    const whole = await readWhole(file, most)
    const content = whole === 'too-large' ? whole : contentOf(whole)
    return typeof content === 'string' ? refusal(content) : content
  } catch (error) {
    const isAbsent = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
    return refusal(isAbsent ? 'absent' : 'unreadable', error)
  }
}
