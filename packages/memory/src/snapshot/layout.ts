/*
 * What a snapshot looks like. Version 1; numbers are big-endian.
 *
 *     "larder snapshot 1\n"
 *     head, JSON, and "\n"               whose it is, and when it was taken
 *     (u32 length of the key, u32 length of the record, key as JSON, record)*
 *     SHA-256 of all that            32 bytes
 *
 * The records are frames, as stores of bytes keep them (docs/frame.md): each is bound to its key, says by which codec it was
 * written and for how long it is fresh, and has sums of its own. The entries come from the most recently used.
 *
 * Rules for readers: another beginning, a newer version, a wrong sum, a head or lengths that make no sense: a refusal of the
 * whole, in this order, and nothing is believed before the sum is right.
 */

import { createHash, type Hash } from 'node:crypto'
import { isTaken, type Taken } from './elapsed.ts'

/** Whose snapshot it is, and when it was taken. */
export interface Head {
  /** The namespace of the cache. */
  readonly cache: string
  readonly taken: Taken
}

export type Item = readonly [key: string, record: Uint8Array]

export interface Content {
  readonly head: Head
  readonly items: readonly Item[]
}

const MAGIC = 'larder snapshot '
const VERSION = 1
const LENGTHS = 8
const SUM = 32
/** So much of the file says which version it is. */
const LONGEST_VERSION = 32
const LINE_END = 0x0a

/** Makes the bytes of a snapshot, part by part. */
export class Writing {
  readonly #sum: Hash = createHash('sha256')
  /** So far, with the sum that will follow. */
  bytes: number = SUM

  begin(head: Head): Uint8Array {
    return this.#counted(Buffer.from(`${MAGIC}${VERSION}\n${JSON.stringify(head)}\n`))
  }

  /** Undefined if the whole would become larger than `most`. */
  item([key, record]: Item, most: number): Uint8Array | undefined {
    const name = Buffer.from(JSON.stringify(key))
    const length = LENGTHS + name.length + record.length
    if (this.bytes + length > most) return undefined
    const item = Buffer.allocUnsafe(length)
    item.writeUInt32BE(name.length, 0)
    item.writeUInt32BE(record.length, 4)
    item.set(name, LENGTHS)
    item.set(record, LENGTHS + name.length)
    return this.#counted(item)
  }

  end(): Uint8Array {
    return this.#sum.digest()
  }

  #counted(part: Uint8Array): Uint8Array {
    this.#sum.update(part)
    this.bytes += part.length
    return part
  }
}

/** What a file holds, or why it is not believed. */
export function contentOf(file: Buffer): Content | 'foreign' | 'newer' | 'damaged' {
  const firstLine = file.subarray(0, LONGEST_VERSION).indexOf(LINE_END)
  const version = /^larder snapshot (\d+)$/.exec(file.toString('latin1', 0, Math.max(0, firstLine)))?.[1]
  if (version === undefined)
    return MAGIC.startsWith(file.toString('latin1', 0, MAGIC.length)) ? 'damaged' : 'foreign'
  if (Number(version) > VERSION) return 'newer'
  const end = file.length - SUM
  const sum = createHash('sha256')
    .update(file.subarray(0, Math.max(0, end)))
    .digest()
  if (!sum.equals(file.subarray(Math.max(0, end)))) return 'damaged'
  const headEnd = file.indexOf(LINE_END, firstLine + 1)
  const head = readJson(file.subarray(firstLine + 1, Math.max(0, headEnd)))
  const items = itemsOf(file.subarray(0, end), headEnd + 1)
  return isHead(head) && items !== undefined ? { head, items } : 'damaged'
}

function itemsOf(file: Buffer, from: number): readonly Item[] | undefined {
  const items: Item[] = []
  for (let at = from; at < file.length;) {
    if (at + LENGTHS > file.length) return undefined
    const recordAt = at + LENGTHS + file.readUInt32BE(at)
    const end = recordAt + file.readUInt32BE(at + 4)
    if (end > file.length) return undefined
    const key = readJson(file.subarray(at + LENGTHS, recordAt))
    if (typeof key !== 'string') return undefined
    items.push([key, file.subarray(recordAt, end)])
    at = end
  }
  return items
}

function readJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function isHead(head: unknown): head is Head {
  if (typeof head !== 'object' || head === null || !('cache' in head) || !('taken' in head)) return false
  return typeof head.cache === 'string' && isTaken(head.taken)
}
