/*
 * A cache in files, by an adapter of our own: what one process has loaded is there for the next one.
 *
 *   node --conditions=@larder/source --import tsx examples/file-adapter.ts
 *
 * The adapter is in file-adapter/files.ts, and docs/adapters.md walks through it.
 */

import { codec, createCache, encoded, type ICache } from '@larder/core'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { files } from './file-adapter/files.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'larder-files-'))
const open = (): ICache => createCache({ store: encoded(files(folder), codec()), ttl: '1h' })

let loads = 0
const report = (): Promise<{ day: Date; total: bigint }> => {
  loads++
  return Promise.resolve({ day: new Date(0), total: 12_345_678_901_234_567_890n })
}

const first = open()
await first.getOrSet('report', report, { tags: ['sales'] })
await first.close()

const second = open() // as after a restart
console.log('kept', await second.getOrSet('report', report, { tags: ['sales'] }), `loads: ${loads}`)
await second.invalidateTags('sales')
await second.getOrSet('report', report, { tags: ['sales'] })
console.log('invalidated and loaded anew', `loads: ${loads}`)
console.log('files', (await readdir(folder)).length)
await second.close()

await rm(folder, { recursive: true })
