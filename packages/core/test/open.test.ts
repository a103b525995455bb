import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Adapter,
  type CacheSetting,
  type Entry,
  isCount,
  isText,
  openCache,
  type Store,
} from '@larder/core'
import { memory } from '@larder/memory'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

/** An adapter in hand that remembers what it was opened with. */
function recorded(): { readonly adapter: Adapter<never>; readonly opened: unknown[] } {
  const opened: unknown[] = []
  const adapter: Adapter = {
    options: { maxEntries: isCount, url: isText, secret: isText },
    open: (options): Store<Entry> => {
      opened.push(options)
      return memory()
    },
  }
  return { adapter, opened }
}

/** What `openCache` says against `setting`. */
async function refusal(setting: unknown, adapter = recorded().adapter): Promise<Error> {
  const error = await openCache(setting as CacheSetting, { adapters: { redis: adapter } }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error)) throw new Error('it was not refused')
  return error
}

afterEach(() => vi.unstubAllEnvs())

describe('a cache is opened by a setting', () => {
  test.for<[string, string | CacheSetting]>([
    ['a URL', 'redis:?maxEntries=3&ttl=5m&name=shop'],
    ['an object', { store: 'redis', maxEntries: 3, ttl: '5m', name: 'shop' }],
    [
      'an object with a URL in the place of a name',
      { store: 'redis:?maxEntries=3', ttl: '5m', name: 'shop' },
    ],
  ])('%s', async ([, setting]) => {
    const { adapter, opened } = recorded()
    const cache = await openCache(setting, { adapters: { redis: adapter } })

    expect(cache.name).toBe('shop')
    await cache.set('k', 1)
    expect(await cache.ttl('k')).toBeGreaterThan(299_000)
    expect(opened).toEqual([{ maxEntries: 3 }])
  })

  test('the address in a URL goes to the adapter, without the question', async () => {
    const { adapter, opened } = recorded()
    await openCache('redis://user:pw@host:1/2?secret=s', { adapters: { redis: adapter } })
    expect(opened).toEqual([{ url: 'redis://user:pw@host:1/2', secret: 's' }])
  })

  test.for(['rediss', 'valkey', 'valkeys', 'REDIS', 'redis+cluster', 'rediss+sentinel', 'valkey+cluster'])(
    '%s: is the package redis',
    async (scheme) => {
      const { adapter, opened } = recorded()
      await openCache(`${scheme}://h`, { adapters: { redis: adapter } })
      expect(opened).toEqual([{ url: `${scheme}://h` }])
    },
  )

  test('an installed adapter is found by its name', async () => {
    const cache = await openCache('memory:?maxEntries=2')
    await cache.setMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
    expect(cache.stats().store?.entries).toBe(2)
  })

  test('texts of a URL mean what they look like', async () => {
    const { adapter } = recorded()
    const open = (query: string): Promise<unknown> =>
      openCache(`redis:?${query}`, { adapters: { redis: adapter } })
    await expect(open('refreshEarly=true')).resolves.toBeDefined()
    await expect(open('refreshEarly=false')).resolves.toBeDefined()
    await expect(open('jitter=0.5')).resolves.toBeDefined()
    await expect(open('jitter=high')).rejects.toThrow('jitter must be a number from 0 to 1, not a string')
  })
})

describe('the environment', () => {
  test('says where a cache is kept when nothing else does', async () => {
    const { adapter, opened } = recorded()
    vi.stubEnv('LARDER_URL', 'redis://there?ttl=1m')
    await openCache(undefined, { adapters: { redis: adapter } })
    const cache = await openCache({ name: 'n' }, { adapters: { redis: adapter } })

    expect(opened).toEqual([{ url: 'redis://there' }, { url: 'redis://there' }])
    expect(cache.name).toBe('n')
  })

  test('gives any option that is not given', async () => {
    const { adapter, opened } = recorded()
    vi.stubEnv('LARDER_MAX_ENTRIES', '7')
    vi.stubEnv('LARDER_TTL', '1m')
    vi.stubEnv('LARDER_SECRET', '')
    vi.stubEnv('LARDER_UNHEARD_OF', '1')
    const cache = await openCache({ store: 'redis', maxEntries: 8 }, { adapters: { redis: adapter } })
    await cache.set('k', 1)

    expect(opened).toEqual([{ maxEntries: 8 }])
    expect(await cache.ttl('k')).toBeLessThanOrEqual(60_000)
  })

  test('is not needed: without it a cache is in memory', async () => {
    vi.stubEnv('LARDER_URL', undefined)
    const cache = await openCache()
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(1)
    await cache.close()
  })

  test('need not even exist', async () => {
    const real = globalThis.process
    const { adapter } = recorded()
    vi.stubGlobal('process', undefined)
    try {
      const cache = await openCache('redis:', { adapters: { redis: adapter } })
      expect(cache.name).toBe('larder')
    } finally {
      vi.stubGlobal('process', real)
    }
  })
})

describe('what is wrong is said, and how to put it right', () => {
  test('an unknown option with the nearest right one, all at once', async () => {
    const error = await refusal({ store: 'redis', tll: 1, maxEntires: 2 })
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain("openCache('redis'): 2 problems")
    expect(error.message).toContain("did you mean 'ttl'?")
    expect(error.message).toContain("did you mean 'maxEntries'?")
  })

  test('a package that is not installed, and the way to other databases', async () => {
    const error = await refusal('nosuchstore:')
    expect(error).toMatchObject({ name: 'CacheError', code: 'ADAPTER_MISSING' })
    expect(error.message).toContain(
      'needs the package @larder/nosuchstore or nosuchstore, which is not installed',
    )
    expect(error.message).toContain("'keyv:…'")
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('a package that is no store', async () => {
    expect(await refusal({ store: 'fast-check/package.json' })).toBeInstanceOf(Error)
    expect(await refusal({ store: 'vitest/config' })).toMatchObject({ code: 'ADAPTER_BROKEN' })
  })

  test.for([
    [5, 'not a number'],
    [null, 'not null'],
    [{ store: 5 }, 'not a number'],
    [{ store: '' }, 'not a string'],
    [new URL('redis://host'), 'not a URL'],
  ])('no setting at all: %o', async ([setting, said]) => {
    expect((await refusal(setting)).message).toContain(said)
  })

  test('an address for a store that has none', async () => {
    expect((await refusal('memory://here')).message).toContain("it takes no address; write 'memory:?")
  })

  test('a text that is no URL is not repeated: it may hold a password', async () => {
    for (const text of ['hunter2', 'localhost:6379', '//user:hunter2@host']) {
      const { message } = await refusal(text)
      expect(message).toContain("as in 'memory:' or 'redis://localhost'")
      expect(message).not.toContain('hunter2')
    }
  })

  test('no message holds a secret, whatever else is wrong', async () => {
    for (const setting of [
      'redis://user:hunter2@host?maxEntries=0&tll=1',
      'redis://user:hunter2@host?secrt=hunter2',
      'nosuchstore://user:hunter2@host',
      { store: 'redis', url: 'redis://:hunter2@h', secret: ['hunter2'] },
      { store: 'redis', password: 'hunter2' },
      { store: 'redis://user:hunter2@host', tll: 1 },
    ]) {
      const error = await refusal(setting)
      expect(`${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`).not.toContain(
        'hunter2',
      )
    }
  })
})

describe('where a program cannot be asked for its packages', () => {
  test('one that core does not see is not installed', async () => {
    for (const process of [{ env: {} }, { env: {}, argv: [], cwd: () => '/nowhere' }]) {
      vi.stubGlobal('process', process)
      const opened = openCache('nosuchstore:')
      await expect(opened).rejects.toMatchObject({ code: 'ADAPTER_MISSING' })
      vi.unstubAllGlobals()
    }
  })
})

describe('a package of somebody else', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const program = path.join(root, 'node_modules/.cache/larder-open-program')
  const core = fileURLToPath(new URL('../src/index.ts', import.meta.url))

  beforeAll(() => {
    const theirs = path.join(program, 'node_modules/their-store')
    mkdirSync(theirs, { recursive: true })
    writeFileSync(path.join(theirs, 'package.json'), '{ "name": "their-store", "main": "index.cjs" }')
    writeFileSync(
      path.join(theirs, 'index.cjs'),
      `const map = new Map()
      exports.adapter = {
        options: { shelf: () => undefined },
        open: ({ shelf }) => ({
          name: 'theirs on ' + shelf, sync: true,
          get: (key) => map.get(key),
          set: (key, record) => void map.set(key, record),
          delete: (key) => void map.delete(key),
        }),
      }`,
    )
    const broken = path.join(program, 'node_modules/broken-store')
    mkdirSync(broken, { recursive: true })
    writeFileSync(path.join(broken, 'index.js'), "throw new Error('broken on purpose')")
    writeFileSync(
      path.join(program, 'main.mts'),
      `import { openCache } from ${JSON.stringify(core)}
      const cache = await openCache({ store: 'their-store', shelf: 3 })
      await cache.set('k', 'kept')
      console.log(await cache.get('k'), (await cache.health()).store.name)
      await openCache('broken-store:').catch((error) => console.log(error.message))
      await openCache('nosuch:').catch((error) => console.log(error.code))
      await openCache({ store: 'nosuch://user:hunter2@host' }).catch((error) => console.log(String(error).includes('hunter2')))`,
    )
  })
  afterAll(() => rmSync(program, { recursive: true, force: true }))

  test('is found from the program, where core does not see it', () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', path.join(root, 'node_modules/tsx/dist/loader.mjs'), path.join(program, 'main.mts')],
      { encoding: 'utf8', cwd: program, timeout: 50_000 },
    )
    expect(stderr).toBe('')
    expect(stdout).toBe('kept theirs on 3\nbroken on purpose\nADAPTER_MISSING\nfalse\n')
  })
})
