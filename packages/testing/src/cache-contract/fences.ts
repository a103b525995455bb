/*
 * Rules of fences: what was said last wins. Nobody reads what was invalidated before he asked, whatever was under way.
 */

import type { ICache, LoadContext, ManyContext } from '@larder/core'
import fc from 'fast-check'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, type Change, changes, noLoad, TAG, turns } from './bench.ts'

const isSet = ({ after }: Change): boolean => after !== undefined

/** The rules for each way of changing a key. */
const ofEachChange = (change: Change): CacheRule[] => [
  rule(`what is loaded while its key is ${change.how} is not kept`, async ({ open, arrived }) => {
    const cache = await open({ tags: [TAG] })
    const source = held('old')
    const asked = cache.getOrSet('k', source.load)
    await source.started

    await change.make(cache, 'k')
    source.release()

    expect(await asked).toBe('old') // who asked before gets what was true then
    await arrived()
    expect(await cache.get('k')).toBe(change.after)
  }),

  rule(`what is loaded while its key is being ${change.how} is not kept`, async ({ open, arrived }) => {
    const cache = await open({ tags: [TAG] })
    const source = held('old')
    const asked = cache.getOrSet('k', source.load)
    await source.started

    const changing = change.make(cache, 'k')
    source.release()

    await Promise.all([asked, changing])
    await arrived()
    expect(await cache.get('k')).toBe(change.after)
  }),

  rule(`what is loaded among many while its key is ${change.how} is not kept`, async ({ open, arrived }) => {
    const cache = await open({ tags: [TAG] })
    const source = held<string[], [readonly string[], ManyContext]>(['old', 'other'])
    const asked = cache.getOrSetMany(['k', 'l'], source.load)
    await source.started

    await change.make(cache, 'k')
    source.release()

    expect(await asked).toEqual(['old', 'other'])
    await arrived()
    expect(await cache.get('k')).toBe(change.after)
  }),

  rule(
    `what is refreshed in the background while its key is ${change.how} is not kept`,
    async ({ open, pass, arrived }) => {
      const cache = await open({ tags: [TAG], ttl: '1m', staleWhileRevalidate: '1h' })
      await cache.set('k', 'stale')
      await pass('2m')
      const source = held('old')
      expect(await cache.getOrSet('k', source.load)).toBe('stale')
      await source.started

      await change.make(cache, 'k')
      source.release()

      await arrived()
      expect(await cache.get('k')).toBe(change.after)
    },
  ),

  rule(
    `who asks after his key was ${change.how} does not get what an older load brings`,
    async ({ open, arrived }) => {
      const cache = await open({ tags: [TAG] })
      const older = held('old')
      const newer = held('new')
      const before = cache.getOrSet('k', older.load)
      await older.started
      await change.make(cache, 'k')

      const after = [
        cache.getOrSet('k', newer.load),
        cache.getOrSetMany(['k'], async (_, c) => [await newer.load(one(c))]),
      ]
      if (!isSet(change)) await newer.started
      older.release()
      await before
      if (!isSet(change)) newer.release()

      const wanted = isSet(change) ? 'set' : 'new'
      expect(await Promise.all(after)).toEqual([wanted, [wanted]])
      expect(newer.calls.length).toBe(isSet(change) ? 0 : 1)
      await arrived()
      expect(await cache.get('k')).toBe(wanted)
    },
  ),

  rule(
    `an older load that ends after a newer one does not replace its value, once the key was ${change.how}`,
    async ({ open, arrived }) => {
      const cache = await open({ tags: [TAG] })
      const older = held('old')
      const before = cache.getOrSet('k', older.load)
      await older.started
      await change.make(cache, 'k')
      const after = await cache.getOrSet('k', () => 'new')

      older.release()
      await before
      await arrived()

      const wanted = isSet(change) ? 'set' : 'new'
      expect(after).toBe(wanted)
      expect(await cache.get('k')).toBe(wanted)
    },
  ),

  rule(
    `from the moment a key is being ${change.how} nobody reads what was there before`,
    async ({ open }) => {
      const cache = await open({ tags: [TAG] })
      const reads: Readonly<Record<string, (cache: ICache) => Promise<unknown>>> = {
        get: (c) => c.get('k'),
        getMany: async (c) => (await c.getMany(['l', 'k']))[1],
        has: async (c) => ((await c.has('k')) ? 'set' : undefined),
        ttl: async (c) => ((await c.ttl('k')) === undefined ? undefined : 'set'),
        touch: async (c) => ((await c.touch('k', '1h')) ? 'set' : undefined),
        getOrSet: async (c) => {
          const got = await c.getOrSet('k', () => 'loaded')
          return got === 'loaded' ? undefined : got
        },
        getOrSetMany: async (c) => {
          const [got] = await c.getOrSetMany(['k'], () => ['loaded'])
          return got === 'loaded' ? undefined : got
        },
      }

      for (const [name, read] of Object.entries(reads)) {
        await cache.set('k', 'before')
        const changing = change.make(cache, 'k')
        const found = read(cache)

        expect([name, await found]).toEqual([name, change.after])
        await changing
      }
    },
  ),

  rule(
    `a read that began before its key was ${change.how} brings nothing back`,
    async ({ open, arrived }) => {
      const cache = await open({ tags: [TAG] })
      await cache.set('k', 'before')

      const reading = [
        cache.get('k'),
        cache.getMany(['k']),
        cache.getOrSet('k', () => 'loaded'),
        cache.touch('k', '1h'),
      ]
      const changing = change.make(cache, 'k')
      await Promise.all([...reading, changing])
      await arrived()

      const found = await cache.get('k')
      // A load that began after the change has seen what is true; everything else is older.
      expect([change.after, isSet(change) ? 'set' : 'loaded']).toContain(found)
    },
  ),

  rule(
    `a value that is being set when its key is ${change.how} does not come back`,
    async ({ open, arrived }) => {
      const cache = await open({ tags: [TAG] })

      const setting = cache.set('k', 'before')
      const changing = change.make(cache, 'k')
      await Promise.all([changing, setting])
      await arrived()

      expect(await cache.get('k')).toBe(change.after)
    },
  ),

  rule(`peek sees at once that a key is ${change.how}`, async ({ open }) => {
    const cache = await open({ tags: [TAG] })
    await cache.set('k', 'before')

    const changing = change.make(cache, 'k')
    const seen = cache.peek('k')

    expect([undefined, change.after]).toContain(seen)
    await changing
    expect([undefined, change.after]).toContain(cache.peek('k'))
  }),
]

/** Not when everything is cleared: a store may give back the space late, and a value may vanish at any time. */
const isOfOneKey = ({ how }: Change): boolean => how !== 'cleared'

const ofEachChangeOfOneKey = (change: Change): CacheRule =>
  rule(`a value that is set while its key is being ${change.how} is there afterwards`, async ({ open }) => {
    const cache = await open({ tags: [TAG] })
    await cache.set('k', 'before')

    const changing = change.make(cache, 'k')
    const setting = cache.set('k', 'after')
    await Promise.all([changing, setting])

    expect(await cache.get('k')).toBe('after')
  })

/** The context of a load of many, for a held loader of one. */
const one = (context: ManyContext): LoadContext<string> => context as unknown as LoadContext<string>

export const fences: readonly CacheRule[] = [
  ...changes.flatMap(ofEachChange),

  ...changes.filter(isOfOneKey).map(ofEachChangeOfOneKey),

  rule('keys that match a pattern while they are loaded are not kept', async ({ open, arrived }) => {
    const cache = await open()
    const source = held('old')
    const asked = cache.getOrSet('user:1', source.load)
    await source.started

    await cache.deleteMatching('user:*')
    source.release()
    await asked
    await arrived()

    expect(await cache.get('user:1')).toBe(undefined)
  }),

  rule('a loader may write its own key: what it wrote stays', async ({ open }) => {
    const cache = await open()

    const answer = await cache.getOrSet('k', async () => {
      await cache.set('k', 'written')
      return 'returned'
    })

    expect(answer).toBe('returned')
    expect(await cache.get('k')).toBe('written')
  }),

  rule('a change of one key leaves the loads of others alone', async ({ open }) => {
    const cache = await open()
    const source = held('value')
    const asked = cache.getOrSet('k', source.load)
    await source.started

    await cache.delete('other')
    await cache.set('another', 1)
    await cache.expire('other')
    await cache.namespace('n').clear()
    source.release()
    await asked

    expect(await cache.getOrSet('k', noLoad)).toBe('value')
  }),

  rule(
    'an invalidation while a soft timeout serves stale wins over both',
    async ({ open, pass, clock, arrived }) => {
      const cache = await open({ ttl: '1m', staleIfError: '1h', loadTimeout: { soft: 50 } })
      await cache.set('k', 'stale')
      await pass('2m')
      const source = held('old')
      const asked = cache.getOrSet('k', source.load)
      await source.started

      await cache.delete('k')
      await clock.advance(60)
      source.release()

      expect(await asked).toBe('old')
      await arrived()
      expect(await cache.get('k')).toBe(undefined)
    },
  ),

  rule(
    'a caller whose load fails after his key was invalidated is not given the invalidated value',
    async ({ open, pass }) => {
      for (const change of changes.filter((each) => each.how !== 'expired' && !isSet(each))) {
        const cache = await open({ ttl: '1m', staleIfError: '1h', tags: [TAG] })
        await cache.set('k', 'stale')
        await pass('2m')
        const source = held<string>()
        const asked = cache.getOrSet('k', source.load).catch(() => 'failed')
        await source.started

        await change.make(cache, 'k')
        source.fail(new Error('down'))

        expect([change.how, await asked]).toEqual([change.how, 'failed'])
      }
    },
  ),

  rule(
    'nobody ever reads what was invalidated before he asked, whatever happens in whatever order',
    async ({ open, arrived }) => {
      const cache = await open({ tags: [TAG] })
      await whatever(cache, arrived, [...READS, 'getOrSet', 'getOrSetMany'], [...CHANGES, 'invalidateTags'])
    },
  ),

  rule('nor when all tags are named only by the loads, or by the values', async ({ open, arrived }) => {
    const cache = await open()
    await whatever(cache, arrived, READS, [...CHANGES, 'invalidate late tag', 'invalidate late tag'])
  }),
]

/** All that is loaded by these has a tag that was not known before. */
const READS = ['get', 'getMany', 'peek', 'tags by context', 'tags of value', 'tags of many'] as const
const CHANGES = ['delete', 'set', 'expire', 'clear'] as const
const MORE = ['getOrSet', 'getOrSetMany', 'invalidateTags', 'invalidate late tag', 'wait'] as const
type What = (typeof READS)[number] | (typeof CHANGES)[number] | (typeof MORE)[number]

async function whatever(
  cache: ICache,
  arrived: () => Promise<void>,
  reads: readonly What[],
  writes: readonly What[],
): Promise<void> {
  let run = 0
  const event: fc.Arbitrary<Happening> = fc.record({
    what: fc.oneof(fc.constantFrom(...reads), fc.constantFrom(...writes), fc.constant('wait' as const)),
    key: fc.constantFrom('a', 'b'),
    takes: fc.nat(8),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 30 }), async (events) => {
      await happen(cache.namespace(`run ${++run}`), arrived, events)
    }),
    { numRuns: 80 },
  )
}

interface Happening {
  readonly what: What
  readonly key: string
  readonly takes: number
}

/**
 * A source with versions that only grow. Whenever one grows the cache is told, and nobody waits for that. A read that
 * begins later must not bring an older version.
 */
async function happen(
  cache: ICache,
  arrived: () => Promise<void>,
  events: readonly Happening[],
): Promise<void> {
  const source = new Map<string, number>([
    ['a', 1],
    ['b', 1],
  ])
  const version = (key: string): number => source.get(key) ?? 0
  const under: Promise<unknown>[] = []
  const grow = (...keys: string[]): void => {
    for (const each of keys) source.set(each, version(each) + 1)
  }

  for (const { what, key, takes } of events) {
    const load = async (): Promise<number> => {
      await turns(takes)
      const seen = version(key)
      await turns(takes)
      return seen
    }
    const least = version(key)
    const read = (reading: Promise<unknown>): void => {
      const judged = reading.then((found) => {
        if (found !== undefined) expect(found).toBeGreaterThanOrEqual(least)
      })
      judged.catch(() => {}) // heard below
      under.push(judged)
    }
    const acts: Readonly<Record<What, () => unknown>> = {
      wait: () => turns(takes),
      get: () => read(cache.get(key)),
      getMany: () => read(cache.getMany([key]).then(([found]) => found)),
      peek: () => read(Promise.resolve(cache.peek(key))),
      getOrSet: () => read(cache.getOrSet(key, load)),
      getOrSetMany: () =>
        read(cache.getOrSetMany([key], async () => [await load()]).then(([found]) => found)),
      'tags by context': () =>
        read(
          cache.getOrSet(key, async (context) => {
            const seen = await load()
            context.tags('late')
            return seen
          }),
        ),
      'tags of value': () => read(cache.getOrSet(key, load, { tags: () => ['late'] })),
      'tags of many': () =>
        read(
          cache
            .getOrSetMany([key], async (_, context) => {
              const seen = await load()
              context.tags('late')
              return [seen]
            })
            .then(([found]) => found),
        ),
      delete: () => {
        grow(key)
        under.push(cache.delete(key))
      },
      set: () => {
        grow(key)
        under.push(cache.set(key, version(key), { tags: ['late'] }))
      },
      expire: () => {
        grow(key)
        under.push(cache.expire(key))
      },
      clear: () => {
        grow('a', 'b')
        under.push(cache.clear())
      },
      invalidateTags: () => {
        grow('a', 'b')
        under.push(cache.invalidateTags(TAG))
      },
      'invalidate late tag': () => {
        grow('a', 'b')
        under.push(cache.invalidateTags('late'))
      },
    }
    await acts[what]()
  }

  await Promise.all(under)
  await arrived()
  for (const key of ['a', 'b']) {
    const found = await cache.get(key)
    if (found !== undefined) expect(found).toBe(version(key))
  }
}
