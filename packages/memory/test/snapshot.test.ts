import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { codec, createCache, type Duration, type ICache } from '@larder/core'
import { memory, type MemoryOptions } from '@larder/memory'
import { restore, snapshot } from '@larder/memory/snapshot'
import { held, manualClock, type ManualClock } from '@larder/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { elapsed } from '../src/snapshot/elapsed.ts'

let folder: string
let file: string
let clock: ManualClock
let nth = 0

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'larder-snapshot-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  clock = manualClock({ start: 1_700_000_000_000 })
  file = path.join(folder, `${++nth}.snapshot`)
})

/** A cache as a process has it: nothing in it, and marks of its own. */
const fresh = (options: MemoryOptions = {}, ttl: Duration = '1h'): ICache =>
  createCache({ store: memory({ clock, ...options }), clock, ttl })

const restored = async (options?: Parameters<typeof restore>[2]): Promise<ICache> => {
  const cache = fresh()
  expect((await restore(cache, file, options)).refused).toBe(undefined)
  return cache
}

describe('what is restored', () => {
  test('is what was there: values, namespaces, lives, tags, meta data', async () => {
    const before = fresh()
    const when = new Date(5)
    await before.set('k', { a: 1, when })
    await before.set('null', null, { ttl: '10s' })
    await before.set(['part', 1], 'parts', { ttl: Infinity })
    await before
      .namespace('users')
      .namespace('a/b:c')
      .set('u', new Map([[1, 'x']]), { tags: ['team 7', 't'] })
    await before.getOrSet('loaded', (context) => {
      context.meta({ etag: '"1"' })
      return 'body'
    })

    expect(await snapshot(before, file)).toMatchObject({ entries: 5, leftOut: 0 })
    const after = fresh()
    expect(await restore(after, file)).toEqual({
      entries: 5,
      leftOut: 0,
      refused: undefined,
      cause: undefined,
    })

    expect(await after.get('k')).toEqual({ a: 1, when })
    expect(await after.get('null')).toBe(null)
    expect(await after.ttl('null')).toBeLessThanOrEqual(10_000)
    expect(await after.ttl('null')).toBeGreaterThan(5_000)
    expect(await after.ttl(['part', 1])).toBe(Infinity)
    const users = after.namespace('users').namespace('a/b:c')
    expect(await users.get('u')).toEqual(new Map([[1, 'x']]))
    expect((await users.explain('u')).tags?.map(({ tag }) => tag)).toEqual(['team 7', 't'])
    expect((await after.explain('loaded')).meta).toEqual({ etag: '"1"' })
  })

  test('lives as long as it had left, less what has passed', async () => {
    const before = fresh()
    await before.set('short', 1, { ttl: '20s' })
    await before.set('long', 2, { ttl: '60s' })
    await clock.advance('10s')
    await snapshot(before, file)
    await clock.advance('30s')

    const after = fresh()

    expect(await restore(after, file)).toMatchObject({ entries: 1, leftOut: 1 })
    expect(await after.get('short')).toBe(undefined)
    expect(await after.ttl('long')).toBe(20_000)
  })

  test('is stale where it was stale', async () => {
    const before = fresh()
    const how = { ttl: '10s', staleWhileRevalidate: '1m' } as const
    await before.set('k', 'old', how)
    await clock.advance('20s')
    await snapshot(before, file)

    const after = await restored()

    const source = held('new')
    expect(await after.get('k')).toBe(undefined)
    expect(await after.getOrSet('k', source.load, how)).toBe('old')
    source.release()
  })

  test('falls with its tags, its namespace, and by its key', async () => {
    const before = fresh()
    const users = before.namespace('users')
    await users.set('tagged', 1, { tags: ['team 7'] })
    await users.set('other', 2, { tags: ['team 8'] })
    await before.set('k', 3)
    await before.set('l', 4)
    await snapshot(before, file)

    const after = await restored()

    await after.namespace('users').invalidateTags('team 7')
    expect(await after.namespace('users').get('tagged')).toBe(undefined)
    expect(await after.namespace('users').get('other')).toBe(2)
    await after.invalidateTags('team 8')
    expect(await after.namespace('users').get('other')).toBe(undefined)
    await after.delete('k')
    expect(await after.get('k')).toBe(undefined)
    await after.clear()
    expect(await after.get('l')).toBe(undefined)
  })

  test('is nothing that was invalidated before', async () => {
    const before = fresh()
    await before.set('deleted', 1)
    await before.set('tagged', 2, { tags: ['t'] })
    await before.namespace('gone').set('k', 3)
    await before.set('dead', 4, { ttl: '1s' })
    await before.delete('deleted')
    await before.invalidateTags('t')
    await before.namespace('gone').clear()
    await clock.advance('2s')

    expect(await snapshot(before, file)).toMatchObject({ entries: 0 })
  })

  test('is one namespace, if one was asked for', async () => {
    const before = fresh()
    await before.set('k', 1)
    await before.namespace('users').set('k', 2)
    await snapshot(before.namespace('users'), file)

    const after = fresh()

    expect(await restore(after, file)).toMatchObject({ refused: 'another-cache' })
    expect(await restore(after.namespace('users'), file)).toMatchObject({ entries: 1 })
    expect(await after.get('k')).toBe(undefined)
    expect(await after.namespace('users').get('k')).toBe(2)
  })

  test('lies in the order in which it would go, as it did', async () => {
    const before = fresh()
    for (const key of ['a', 'b', 'c', 'd']) await before.set(key, key)
    await before.get('a')
    await snapshot(before, file)

    const after = fresh({ maxEntries: 2 })
    await restore(after, file)

    expect([await after.has('a'), await after.has('b'), await after.has('c'), await after.has('d')]).toEqual([
      true,
      false,
      false,
      true,
    ])
  })

  test('is written with the codec that was given', async () => {
    const by = codec({ maxValueBytes: 100 })
    const before = fresh()
    await before.set('small', 'x')
    await before.set('large', 'x'.repeat(1_000))
    await before.set('odd', () => 1)

    expect(await snapshot(before, file, { codec: by })).toMatchObject({ entries: 1, leftOut: 2 })
  })
})

describe('what is newer stays', () => {
  const filled = async (): Promise<void> => {
    const before = fresh()
    await before.set('k', 'old', { tags: ['t'] })
    await before.set('l', 'old')
    await snapshot(before, file)
  }
  const changes: Readonly<Record<string, (cache: ICache) => Promise<unknown>>> = {
    set: (cache) => cache.set('k', 'new'),
    setMany: (cache) => cache.setMany([['k', 'new']]),
    delete: (cache) => cache.delete('k'),
    expire: (cache) => cache.expire('k'),
    invalidateTags: (cache) => cache.invalidateTags('t'),
    clear: (cache) => cache.clear(),
    'clear of a namespace': (cache) => cache.namespace('users').clear(),
    deleteMatching: (cache) => cache.deleteMatching('k*'),
  }

  test.each(Object.entries(changes))('after %s nothing is restored', async (_, change) => {
    await filled()
    const after = fresh()
    await change(after)
    const had = await after.get('k')

    expect(await restore(after, file)).toMatchObject({ entries: 0, refused: 'changed' })
    expect(await after.get('k')).toBe(had)
  })

  test.each(Object.entries(changes))('nor after %s while the file is being read', async (_, change) => {
    await filled()
    const after = fresh()
    const restoring = restore(after, file)
    await change(after)
    const had = await after.get('k')

    expect(await restoring).toMatchObject({ entries: 0, refused: 'changed' })
    expect(await after.get('k')).toBe(had)
  })

  test('what was loaded meanwhile', async () => {
    await filled()
    const after = fresh()
    await after.getOrSet('k', () => 'loaded')

    expect(await restore(after, file)).toMatchObject({ entries: 1, leftOut: 1 })

    expect(await after.get('k')).toBe('loaded')
    expect(await after.get('l')).toBe('old')
  })

  test('a load that is under way lands on top of what is restored', async () => {
    await filled()
    const after = fresh()
    const source = held('loaded')
    const loading = after.getOrSet('k', source.load)
    await restore(after, file)

    source.release()
    await loading

    expect(await after.get('k')).toBe('loaded')
  })

  test('a snapshot is restored once', async () => {
    await filled()
    await restored()

    expect(await restore(fresh(), file)).toMatchObject({ entries: 0, refused: 'absent' })
  })
})

describe('how old it is', () => {
  const taken = { at: 1_000_000, boot: 'a', up: 5_000 }

  test.each([
    ['both clocks agree', { at: 1_060_000, boot: 'a', up: 65_000 }, 60_000],
    ['the calendar was set back', { at: 1_001_000, boot: 'a', up: 65_000 }, 60_000],
    ['the calendar was set far back', { at: 1, boot: 'a', up: 65_000 }, 60_000],
    ['the calendar was set forth', { at: 9_000_000, boot: 'a', up: 65_000 }, 8_000_000],
    ['the machine was started again', { at: 1_060_000, boot: 'b', up: 7_000 }, 60_000],
    ['started again, and set back', { at: 999_999, boot: 'b', up: 7_000 }, undefined],
    ['no machine says', { at: 1_060_000, boot: null, up: 0 }, 60_000],
  ])('%s', (_, now, ms) => {
    expect(elapsed(taken, now)).toBe(ms)
  })

  test('older than maxAge is refused', async () => {
    const before = fresh()
    await before.set('k', 1)
    await snapshot(before, file)
    await clock.advance('61s')

    expect(await restore(fresh(), file)).toMatchObject({ refused: 'too-old' })
    expect(await restore(fresh(), file, { maxAge: '2m' })).toMatchObject({ entries: 1 })
  })

  test('a calendar that was set back gives no longer life', async () => {
    const before = fresh()
    await before.set('k', 1, { ttl: '30s' })
    await snapshot(before, file)
    clock.jump(clock.now() - 3_600_000)

    const after = fresh()
    const { refused } = await restore(after, file)

    if (refused === undefined) expect(await after.ttl('k')).toBeLessThanOrEqual(30_000)
    else expect(refused).toBe('unknown-age')
  })
})

describe('the file', () => {
  test('that is not there, is none of ours, is newer or too large leaves the cache cold', async () => {
    const after = fresh()
    expect(await restore(after, file)).toMatchObject({ entries: 0, refused: 'absent' })
    expect(await restore(after, folder)).toMatchObject({ refused: 'unreadable' })
    writeFileSync(file, '{"k":1}\n')
    expect(await restore(after, file)).toMatchObject({ refused: 'foreign' })
    writeFileSync(file, 'larder snapshot 2\nwho knows')
    expect(await restore(after, file)).toMatchObject({ refused: 'newer' })
    writeFileSync(file, '')
    expect(await restore(after, file)).toMatchObject({ refused: 'damaged' })
    writeFileSync(file, 'larder snapshot 1\n'.padEnd(2_000, 'x'))
    expect(await restore(after, file, { maxBytes: 1_000 })).toMatchObject({ refused: 'too-large' })
  })

  test('is bounded: what was used least recently is left out, in each namespace', async () => {
    const before = fresh()
    for (let i = 0; i < 200; i++) {
      await before.namespace('a').set([i], 'x'.repeat(100))
      await before.namespace('b').set([i], 'y'.repeat(100))
    }

    const { entries, bytes, leftOut } = await snapshot(before, file, { maxBytes: 20_000 })

    expect(bytes).toBeLessThanOrEqual(20_000)
    expect(readFileSync(file)).toHaveLength(bytes)
    expect(entries + leftOut).toBe(400)
    const after = await restored()
    for (const name of ['a', 'b']) {
      expect(await after.namespace(name).has([199])).toBe(true)
      expect(await after.namespace(name).has([0])).toBe(false)
    }
  })

  test('is replaced as a whole: no remnant is left, and an old one is removed', async () => {
    const remnant = `${file}.dead.tmp`
    const young = `${file}.young.tmp`
    writeFileSync(remnant, 'half')
    writeFileSync(young, 'half')
    utimesSync(remnant, 0, 0)
    utimesSync(young, clock.epoch() / 1_000, clock.epoch() / 1_000)
    const before = fresh()
    await before.set('k', 1)

    await snapshot(before, file)
    await before.set('k', 2)
    await snapshot(before, file)

    const beside = readdirSync(folder).filter((name) => name.startsWith(path.basename(file)))
    expect(beside.toSorted()).toEqual([path.basename(file), path.basename(young)].toSorted())
    expect(await (await restored()).get('k')).toBe(2)
  })

  test('that cannot be written is told, and leaves nothing behind', async () => {
    await expect(snapshot(fresh(), path.join(folder, 'missing', 'file'))).rejects.toThrow(/ENOENT/)
  })

  test('any byte of it, changed or cut off, is refused: never a wrong value', async () => {
    const before = fresh()
    for (let i = 0; i < 5; i++)
      await before.set(['key', i], { i, text: 'x'.repeat(i * 7) }, { tags: [`t${i}`] })
    await snapshot(before, file)
    const good = readFileSync(file)

    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(file, bad)
      const after = fresh()
      const { entries, refused } = await restore(after, file)
      expect([at, entries]).toEqual([at, 0])
      expect(['damaged', 'foreign', 'newer']).toContain(refused)
    }
    for (let length = 0; length < good.length; length += 13) {
      writeFileSync(file, good.subarray(0, length))
      expect((await restore(fresh(), file)).refused).toBe('damaged')
    }
  })
})

test('tiers are refused, and what is no cache', async () => {
  const far = createCache({
    store: { name: 'far', get: async () => undefined, set: async () => {}, delete: async () => {} },
  })
  await expect(snapshot(far, file)).rejects.toThrow(/'larder' is not a cache in memory alone/)
  await expect(restore(far, file)).rejects.toThrow(TypeError)
  await expect(snapshot({} as ICache, file)).rejects.toThrow(/needs a cache/)
  await expect(snapshot(fresh(), file, { codec: {} } as never)).rejects.toThrow(/must be a codec/)
  await far.close()
  await expect(snapshot(far, file)).rejects.toThrow(/closed/)
})

describe('whatever a cache holds', () => {
  /** ms that the machine may count while the clock of the test stands still: they are taken off as well. */
  const SLOW = 20_000
  const values = fc.oneof(
    fc.jsonValue(),
    fc.date({ noInvalidDate: true }),
    fc.bigInt(),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(-0, NaN, Infinity),
  )
  const kept = fc.record({
    namespace: fc.constantFrom('', 'users', 'a/b', 'ü:#%'),
    key: fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('__proto__', '\ud800', '*')),
    value: values,
    ttl: fc.integer({ min: 1, max: 100_000 }),
    tags: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 3 }),
  })
  const spaceOf = (cache: ICache, name: string): ICache => (name === '' ? cache : cache.namespace(name))

  test('comes back as it was with no longer a life, and falls with its tags', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(kept, { maxLength: 12 }),
        fc.integer({ min: 0, max: 60_000 }),
        async (all, later) => {
          const before = fresh()
          for (const { namespace, key, value, ttl, tags } of all)
            await spaceOf(before, namespace).set(key, value, { ttl, tags, jitter: 0 })
          await snapshot(before, file)
          await clock.advance(later + 1)
          const after = await restored({ maxAge: '2m' })

          for (const { namespace, key } of all) {
            const [had, has] = [spaceOf(before, namespace), spaceOf(after, namespace)]
            const left = (await had.ttl(key)) ?? 0
            if (left >= SLOW || (await has.has(key)))
              expect(await has.get(key)).toStrictEqual(await had.get(key))
            expect((await has.ttl(key)) ?? 0).toBeLessThanOrEqual(left)
          }
          for (const { namespace, tags } of all) {
            await spaceOf(after, namespace).invalidateTags(...tags)
            await spaceOf(before, namespace).invalidateTags(...tags)
          }
          for (const { namespace, key } of all) {
            const left = (await spaceOf(before, namespace).ttl(key)) ?? 0
            const isThere = await spaceOf(after, namespace).has(key)
            expect(isThere ? left > 0 : left < SLOW).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a file with any damage gives what was written, or nothing', async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(kept, { minLength: 1, maxLength: 4 }), damage, async (all, bytes) => {
        const before = fresh()
        for (const { namespace, key, value, tags } of all)
          await spaceOf(before, namespace).set(key, value, { tags })
        await snapshot(before, file)
        const good = readFileSync(file)
        const bad = Buffer.from(good)
        for (const [at, byte] of bytes) bad[at % bad.length] = byte
        writeFileSync(file, bad)

        const after = fresh()
        const { refused } = await restore(after, file)

        expect(refused === undefined).toBe(bad.equals(good))
        for (const { namespace, key } of all) {
          const found = await spaceOf(after, namespace).get(key)
          if (found !== undefined) expect(found).toStrictEqual(await spaceOf(before, namespace).get(key))
        }
      }),
      { numRuns: 100 },
    )
  })
})
