/*
 * Redis by name, and what is said of wrong options.
 */

import { type Entry, entryOf, openCache, termsOf } from '@larder/core'
import { lz4 } from '@larder/codecs/lz4'
import { sealed } from '@larder/codecs/sealed'
import { adapter, openLink, redis, type RedisOptions } from '@larder/redis'
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { AS_CACHE, testServer } from './servers.ts'

const server = testServer({ config: AS_CACHE })
const adapters = { redis: adapter }

const entryWith = (value: unknown): Entry => entryOf(value, Infinity, termsOf(0, 0, []))

/** Waits long for an answer: no test here is about how long. */
const PATIENT = { deadline: '5s', storeTimeout: '5s' } as const

describe('openCache', () => {
  test('finds Redis by every scheme, with the options of the URL', async () => {
    const prefix = randomUUID()
    for (const scheme of ['redis', 'valkey']) {
      const url = `${scheme}://127.0.0.1:${server.at.port}?prefix=${prefix}&compress=lz4&maxStaleness=500ms&deadline=5s&storeTimeout=5s`
      const here = await openCache(url, { adapters })
      await here.set('k', 'x'.repeat(5_000))

      expect(await here.get('k')).toBe('x'.repeat(5_000))
      const length = await server.at.command('STRLEN', `${prefix}:v1:larder:{k}:d`)
      expect(length).toBeGreaterThan(20)
      expect(length).toBeLessThan(1_000)
      await here.close()
    }
  })

  test('takes everything as a setting', async () => {
    const prefix = randomUUID()
    const setting = {
      store: 'redis',
      host: '127.0.0.1',
      port: server.at.port,
      prefix,
      ttl: '5m',
      ...PATIENT,
    } as const
    const [here, there] = await Promise.all([
      openCache(setting, { adapters }),
      openCache(setting, { adapters }),
    ])
    await here.set('k', 1)

    expect(await there.get('k')).toBe(1)
    await here.close()
    await there.close()
  })

  test('fails at once where Redis is required and is not there, and goes on where it is not', async () => {
    const url = 'redis://127.0.0.1:1'

    const required = openCache(
      { store: 'redis', url, startup: 'require', connectDeadline: 200 },
      { adapters },
    )
    await expect(required).rejects.toMatchObject({ code: 'LINK_DOWN' })

    const cache = await openCache({ store: 'redis', url }, { adapters })
    expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
    await cache.close()
  })

  test('waits for Redis where it is required', async () => {
    const cache = await openCache(
      { store: 'redis', url: server.at.url, startup: 'require', ...PATIENT },
      { adapters },
    )

    expect((await cache.health()).status).toBe('ok')
    await cache.close()
  })
})

describe('redis', () => {
  test('says everything that is wrong at once, and never a password', () => {
    const wrong = {
      url: 'redis://user:hidden@localhost',
      prefix: '',
      maxStaleness: 'soon',
      compress: 'lz5',
      serializer: 7,
      sealer: {},
      maxValueBytes: 'much',
      alsoReads: [1],
      dedline: 5,
      link: {},
      client: 'redis',
    }
    let message = ''
    try {
      redis(wrong as unknown as RedisOptions)
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      message = String(error)
    }

    for (const name of Object.keys(wrong).slice(1))
      expect([name, message]).toEqual([name, expect.stringContaining(name)])
    expect(message).toContain("did you mean 'deadline'?")
    expect(message).not.toContain('hidden')
  })

  test('does not take a link together with a place', async () => {
    const link = openLink(server.at.url, { deadline: '5s' })
    for (const more of [{ url: server.at.url }, { host: 'localhost' }, { deadline: '1s' }] as const) {
      expect(() => redis({ link, ...more })).toThrow(/link/)
    }
    await link.close()
  })

  test('closes the link it has opened, and no other', async () => {
    const link = openLink(server.at.url, { deadline: '5s' })
    const given = redis({ link, prefix: randomUUID() })
    const own = redis(server.at.url, { deadline: '5s' })
    await given.get('k')
    await own.get('k')

    await given.close?.()
    await own.close?.()
    await own.close?.()

    expect(await given.get('k')).toBe(undefined)
    await expect(own.get('k')).rejects.toThrow()
    await link.close()
  })

  test('reads what other settings have written', async () => {
    const prefix = randomUUID()
    const link = openLink(server.at.url, { deadline: '5s' })
    const all = [
      redis({ link, prefix }),
      redis({ link, prefix, compress: 'lz4' }),
      redis({ link, prefix, serializer: 'msgpack', compress: 'gzip' }),
      redis({ link, prefix, compress: lz4({ above: 10 }) }),
    ]
    const value = { text: 'abc'.repeat(5_000) }

    for (const writer of all) {
      await writer.set('s:k', entryWith(value), Infinity)
      for (const reader of all) {
        expect(await reader.get('s:k')).toMatchObject({ value })
      }
    }
    await link.close()
  })

  test('seals, and refuses what is too large, before anything is sent', async () => {
    const prefix = randomUUID()
    const link = openLink(server.at.url, { deadline: '5s' })
    const sealer = sealed({ keys: { a: new Uint8Array(32) }, current: 'a' })
    const store = redis({ link, prefix, sealer, maxValueBytes: '1kb' })
    await store.set('s:k', entryWith('secret'), Infinity)

    await expect(
      Promise.resolve().then(() => store.set('s:j', entryWith('x'.repeat(2_000)), Infinity)),
    ).rejects.toMatchObject({ code: 'VALUE_REFUSED' })
    expect(await store.get('s:k')).toMatchObject({ value: 'secret' })
    expect(String(await server.at.command('GET', `${prefix}:v1:s:{k}:d`))).not.toContain('secret')
    expect(await server.at.command('EXISTS', `${prefix}:v1:s:{j}:d`)).toBe(0)
    await link.close()
  })

  test('says what is wrong with the server', async () => {
    const store = redis({ port: 1 })

    const well = redis(server.at.url, { deadline: '5s' })
    await well.get('k')

    expect(await well.check?.()).toBe(undefined)
    expect(await store.check?.()).toContain('127.0.0.1:1')
    await store.close?.()
    await well.close?.()
  })
})
