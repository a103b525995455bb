/*
 * A cache on a Keyv backend, by name.
 */
import { openCache } from '@larder/core'
import { adapter } from '@larder/keyv'
import { type RedisServer, startRedis } from '@larder/testing/servers'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const adapters = { keyv: adapter }
let server: RedisServer
/** A storage adapter as a package of the program; it takes everything in one object. */
let own: string
const closed = globalThis as { closedOwn?: number; madeOwn?: unknown[] }

beforeAll(async () => {
  server = await startRedis()
  const modules = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))
  mkdirSync(modules, { recursive: true })
  own = mkdtempSync(path.join(modules, 'keyv-'))
  writeFileSync(
    path.join(own, 'index.mjs'),
    `export default class Own extends Map {
       constructor(options) { super(); (globalThis.madeOwn ??= []).push(options) }
       disconnect() { globalThis.closedOwn = (globalThis.closedOwn ?? 0) + 1 }
     }`,
  )
  writeFileSync(path.join(own, 'nothing.mjs'), 'export default class {}')
}, 120_000)
afterAll(async () => {
  await server.stop()
  rmSync(own, { recursive: true })
})

describe('openCache', () => {
  test('finds the adapter by the scheme of the URL', async () => {
    const cache = await openCache(`keyv:${server.url}`, { adapters })
    await cache.set('k', 1)

    expect(await cache.get('k')).toBe(1)
    await cache.delete('k')
    await cache.close()
  })

  test('hands options on', async () => {
    const namespace = crypto.randomUUID()
    const setting = { store: 'keyv', uri: server.url, options: { namespace }, storeTimeout: '5s' } as const
    const [here, there] = [await openCache(setting, { adapters }), await openCache(setting, { adapters })]
    await here.set('k', 1)

    expect(await there.get('k')).toBe(1)
    await here.close()
    await there.close()
  })

  test('takes any package, and disconnects it once', async () => {
    const name = path.join(own, 'index.mjs')
    const setting = { store: 'keyv', adapter: name, uri: 'own://place', options: { table: 't' } }
    const cache = await openCache(setting, { adapters })
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(1)

    await cache.close()
    await cache.close()

    expect(closed.madeOwn).toEqual([{ uri: 'own://place', table: 't' }])
    expect(closed.closedOwn).toBe(1)
  })

  test('says what to install', async () => {
    const opened = openCache('keyv:mysql://root@localhost/db', { adapters })

    await expect(opened).rejects.toMatchObject({
      code: 'ADAPTER_MISSING',
      message: expect.stringContaining('npm install @keyv/mysql') as unknown,
    })
  })

  test('says what is wrong, and repeats no password', async () => {
    const nothing = openCache({ store: 'keyv', adapter: path.join(own, 'nothing.mjs') }, { adapters })
    await expect(nothing).rejects.toMatchObject({ code: 'ADAPTER_BROKEN' })

    const schemeless = openCache({ store: 'keyv', uri: 'user:secret@host' }, { adapters })
    await expect(schemeless).rejects.toThrow(Error)
    await expect(schemeless).rejects.not.toThrow('secret')
    await expect(openCache('keyv:', { adapters })).rejects.toThrow('say which adapter')
    await expect(openCache({ store: 'keyv', options: 5 }, { adapters })).rejects.toThrow(
      'options must be an object',
    )
  })
})
