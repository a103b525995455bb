/*
 * A file that is there as a whole or not at all: written under another name beside its own, brought to the disk, and renamed.
 * Whoever dies while writing leaves the file that was there before, and a remnant, which a later writer removes.
 */

import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'

/** Others may be writing a younger one. */
const REMNANT_AFTER = 3_600_000
/** Bytes that are written together. */
const PORTION = 1 << 18

/** Replaces `file` by what `parts` brings. Only its owner can read it. */
export async function replaceFile(
  file: string,
  parts: AsyncIterable<Uint8Array>,
  now: number,
): Promise<void> {
  const folder = path.dirname(file)
  await removeRemnants(file, folder, now)
  const unfinished = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(unfinished, 'wx', 0o600)
    try {
      await writeAll(handle, parts)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  await syncFolder(folder)
}

async function writeAll(handle: FileHandle, parts: AsyncIterable<Uint8Array>): Promise<void> {
  let portion: Uint8Array[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    await handle.writeFile(Buffer.concat(portion))
    portion = []
    bytes = 0
  }
  for await (const part of parts) {
    portion.push(part)
    bytes += part.length
    if (bytes >= PORTION) await flush()
  }
  await flush()
}

async function removeRemnants(file: string, folder: string, now: number): Promise<void> {
  const begins = `${path.basename(file)}.`
  const remnants = (await readdir(folder)).filter((name) => name.startsWith(begins) && name.endsWith('.tmp'))
  for (const name of remnants) {
    const remnant = path.join(folder, name)
    const { mtimeMs } = await stat(remnant).catch(() => ({ mtimeMs: now }))
    if (now - mtimeMs > REMNANT_AFTER) await rm(remnant, { force: true })
  }
}

/** So that the new name is on the disk as well. Not every system can. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // The file is there; at worst a machine that loses its power has the one before.
  }
}

/** All of a file, unless it is larger than `most` bytes, which is said before it is read. */
export async function readWhole(file: string, most: number): Promise<Buffer | 'too-large'> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    return size > most ? 'too-large' : await handle.readFile()
  } finally {
    await handle.close()
  }
}
