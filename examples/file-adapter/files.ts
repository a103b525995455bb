/*
 * A store in the file system: one file for each record, in one folder.
 *
 * A file is named by a hash of its key, so any key will do, however long and whatever stands in it. In it are the moment at
 * which nobody wants it any more (ms since 1970, 8 bytes), the length of the key (4 bytes), the key, and the record.
 *
 * Bounded by bytes; the least recently used goes first. The order is kept in mind and begins anew with the process, with what
 * the folder holds. It is for one process at a time: see docs/adapters.md.
 */

import { type Clock, type Store, systemClock } from '@larder/core'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

export interface FilesOptions {
  /** On the disk. Default: 256 MB. */
  readonly maxBytes?: number
  readonly clock?: Clock
}

const HEAD = 12
const UNFINISHED = '.part'

export function files(folder: string, options: FilesOptions = {}): Store<Uint8Array> {
  const { maxBytes = 256 * 1024 ** 2, clock = systemClock } = options
  const place = (name: string): string => path.join(folder, name)
  /** The size of each file by its name, the least recently used first; and all of them together. */
  const sizes = new Map<string, number>()
  let bytes = 0

  /** The only way in and out of the books, so that they cannot drift. */
  function note(name: string, size?: number): void {
    bytes += (size ?? 0) - (sizes.get(name) ?? 0)
    sizes.delete(name)
    if (size !== undefined) sizes.set(name, size)
  }

  async function drop(name: string): Promise<void> {
    note(name)
    await rm(place(name), { force: true })
  }

  async function makeRoom(): Promise<void> {
    for (const name of sizes.keys()) {
      if (bytes <= maxBytes) return
      await drop(name)
    }
  }

  async function open(): Promise<void> {
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(folder)) {
      if (name.endsWith(UNFINISHED)) await rm(place(name), { force: true }) // the last process ended while it wrote
      else note(name, (await stat(place(name))).size)
    }
    await makeRoom()
  }
  let opened: Promise<void> | undefined
  const ready = (): Promise<void> => (opened ??= open())

  return {
    name: 'files',

    async get(key) {
      await ready()
      const name = nameOf(key)
      const file = await readFile(place(name)).catch(absent)
      if (file === undefined) return undefined
      if (file.length < HEAD || clock.epoch() >= file.readDoubleBE(0)) {
        await drop(name)
        return undefined
      }
      note(name, file.length)
      return file.subarray(HEAD + file.readUInt32BE(8))
    },

    async set(key, record, ttl) {
      await ready()
      const name = nameOf(key)
      const head = Buffer.alloc(HEAD)
      head.writeDoubleBE(clock.epoch() + ttl) // Infinity is a number too
      head.writeUInt32BE(bytesOf(key).length, 8)
      const file = Buffer.concat([head, bytesOf(key), record])
      await write(place(name), file)
      note(name, file.length)
      await makeRoom()
    },

    async delete(key) {
      await ready()
      await drop(nameOf(key))
    },

    async *keys(prefix) {
      await ready()
      const names = [...sizes.keys()] // of now: what is read meanwhile moves to the end
      for (const name of names) {
        const file = await readFile(place(name)).catch(absent)
        const key = file?.toString('utf16le', HEAD, HEAD + file.readUInt32BE(8)) ?? ''
        if (key !== '' && key.startsWith(prefix)) yield key
      }
    },
  }
}

/** The code units: in UTF-8 all lone surrogates are the same. */
const bytesOf = (key: string): Buffer => Buffer.from(key, 'utf16le')

function nameOf(key: string): string {
  return createHash('sha256').update(bytesOf(key)).digest('hex')
}

/** Beside its place, then moved there: a reader gets the old file or the new one, also after a crash. */
async function write(place: string, file: Uint8Array): Promise<void> {
  const beside = place + randomUUID() + UNFINISHED
  await writeFile(beside, file)
  await rename(beside, place)
}

/** There being no file is a miss. All else is a failure, and the engine is told of it. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
