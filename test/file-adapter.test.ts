/*
 * The adapter that docs/adapters.md walks through keeps the contracts of stores and of caches; and its own promises: bounds in
 * bytes, what is there after a restart, and nothing that is half written.
 */

import { codec, createCache, encoded, type Store } from '@larder/core'
import { cacheContract, manualClock, storeContract } from '@larder/testing'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { files } from '../examples/file-adapter/files.ts'

const folders: string[] = []
const empty = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'larder-files-'))
  folders.push(folder)
  return folder
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

storeContract('the store in files', {
  open: async (clock) => files(await empty(), { clock }),
  keeps: 'bytes',
})

let underWay = 0
/** Tells when nothing is on its way to the disk or back. */
function counted(store: Store<Uint8Array>): Store<Uint8Array> {
  const count = async <T>(call: () => PromiseLike<T> | T): Promise<T> => {
    underWay++
    try {
      return await call()
    } finally {
      underWay--
    }
  }
  return {
    ...store,
    get: (key) => count(() => store.get(key)),
    set: (key, record, ttl) => count(() => store.set(key, record, ttl)),
    delete: (key) => count(() => store.delete(key)),
  }
}
const turn = (): Promise<void> => new Promise((resume) => setImmediate(resume))

cacheContract('a cache in files', {
  async open(tools) {
    const { clock } = tools
    return createCache({
      ...tools,
      store: encoded(counted(files(await empty(), { clock })), codec(), { clock }),
    })
  },
  async arrived() {
    for (let quiet = 0; quiet < 3;) {
      await turn()
      quiet = underWay === 0 ? quiet + 1 : 0
    }
  },
})

describe('the store in files', () => {
  const record = (size: number): Uint8Array => new Uint8Array(size).fill(7)

  test('is bounded in bytes, and throws out what was not used for the longest time', async () => {
    const folder = await empty()
    const store = files(folder, { maxBytes: 3_000 })
    await store.set('a', record(900), Infinity)
    await store.set('b', record(900), Infinity)
    await store.set('c', record(900), Infinity)
    await store.get('a')

    await store.set('d', record(900), Infinity)

    expect(await store.get('b')).toBe(undefined)
    expect(await store.get('a')).toEqual(Buffer.from(record(900)))
    expect(await readdir(folder)).toHaveLength(3)
  })

  test('has what it had, after a restart, within the bounds of now', async () => {
    const folder = await empty()
    const before = files(folder)
    for (const key of ['a', 'b', 'c']) await before.set(key, record(10), Infinity)

    const after = files(folder, { maxBytes: 50 })
    const found = await Promise.all(['a', 'b', 'c'].map((key) => after.get(key)))

    expect(found.filter((each) => each !== undefined)).toHaveLength(2)
    expect(await readdir(folder)).toHaveLength(2)
  })

  test('sweeps up what the last process left half written', async () => {
    const folder = await empty()
    await writeFile(path.join(folder, 'abc.part'), 'half')

    const store = files(folder)

    expect(await store.get('k')).toBe(undefined)
    expect(await readdir(folder)).toEqual([])
  })

  test('hands out nothing that is past its life, and gives back its space', async () => {
    const folder = await empty()
    const clock = manualClock()
    const store = files(folder, { clock })
    await store.set('k', record(10), 1_000)
    await clock.advance('1s')

    expect(await store.get('k')).toBe(undefined)
    expect(await readdir(folder)).toEqual([])
  })

  test('takes a folder that cannot be read for a failure, not for a miss', async () => {
    const folder = await empty()
    await writeFile(path.join(folder, 'taken'), '')
    const store = files(path.join(folder, 'taken'))

    await expect(Promise.resolve(store.get('k'))).rejects.toThrow()
  })
})
