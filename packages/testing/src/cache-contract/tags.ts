/*
 * Rules of tags: an invalidation reaches all that has the tag, and nothing else; also what is only being loaded.
 */

import type { LoadContext } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, noLoad } from './bench.ts'

const HOSTILE_TAGS = [
  'a',
  'a,b',
  'b',
  ' ',
  '#',
  ':',
  '=',
  '~',
  '/',
  '*',
  '?',
  '__proto__',
  'é',
  '🧀',
  'x'.repeat(2_000),
]

export const tags: readonly CacheRule[] = [
  rule('a tag that is invalidated takes everything that has it, and nothing else', async ({ open }) => {
    const cache = await open()
    await cache.set('a', 1, { tags: ['x'] })
    await cache.set('b', 2, { tags: ['x', 'y'] })
    await cache.set('c', 3, { tags: ['y'] })
    await cache.set('d', 4)
    await cache.setMany([['e', 5]], { tags: ['x'] })
    await cache.getOrSet('f', () => 6, { tags: ['x'] })
    await cache.getOrSetMany(['g'], () => [7], { tags: ['x'] })

    await cache.invalidateTags('x')

    const found = await cache.getMany(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    expect(found).toEqual([undefined, undefined, 3, 4, undefined, undefined, undefined])
  }),

  rule('several tags are invalidated together', async ({ open }) => {
    const cache = await open()
    for (const tag of ['x', 'y', 'z']) await cache.set(tag, tag, { tags: [tag] })

    await cache.invalidateTags('x', 'y', 'x')

    expect(await cache.getMany(['x', 'y', 'z'])).toEqual([undefined, undefined, 'z'])
  }),

  rule('invalidating no tag, or one that nothing has, changes nothing', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 1, { tags: ['x'] })

    await cache.invalidateTags()
    await cache.invalidateTags('unknown')

    expect(await cache.get('k')).toBe(1)
  }),

  rule('what is written after an invalidation is valid', async ({ open }) => {
    const cache = await open({ tags: ['x'] })
    await cache.set('k', 1)
    await cache.invalidateTags('x')

    await cache.set('k', 2)
    await cache.getOrSet('l', () => 3)

    expect(await cache.getMany(['k', 'l'])).toEqual([2, 3])
    await cache.invalidateTags('x')
    expect(await cache.getMany(['k', 'l'])).toEqual([undefined, undefined])
  }),

  rule('a set with other tags replaces the tags', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 1, { tags: ['x'] })
    await cache.set('k', 2, { tags: ['y'] })

    await cache.invalidateTags('x')

    expect(await cache.get('k')).toBe(2)
    await cache.invalidateTags('y')
    expect(await cache.get('k')).toBe(undefined)
  }),

  rule('tags of the cache, of a namespace and of a call add up', async ({ open }) => {
    const cache = await open({ tags: ['cache'] })
    const space = cache.namespace('n', { tags: ['space'] })

    for (const tag of ['cache', 'space', 'call']) {
      await space.set('set', 1, { tags: ['call'] })
      await space.getOrSet('loaded', () => 2, { tags: () => ['call'] })
      await space.invalidateTags(tag)
      expect([tag, ...(await space.getMany(['set', 'loaded']))]).toEqual([tag, undefined, undefined])
    }
  }),

  rule('tags may be made from the value', async ({ open }) => {
    const cache = await open()
    const how = { tags: (user: { id: number }): string[] => [`user:${user.id}`] }
    await cache.set('set', { id: 1 }, how)
    await cache.getOrSet('loaded', () => ({ id: 1 }), how)
    await cache.getOrSetMany(['many', 'other'], () => [{ id: 1 }, { id: 2 }], how)

    await cache.invalidateTags('user:1')

    const found = await cache.getMany(['set', 'loaded', 'many', 'other'])
    expect(found).toEqual([undefined, undefined, undefined, { id: 2 }])
  }),

  rule('a loader may name tags, and a loader of many for all of them', async ({ open }) => {
    const cache = await open()
    await cache.getOrSet('k', (context) => {
      context.tags('x', 'y')
      context.tags('x')
      return 1
    })
    await cache.getOrSetMany(['l', 'm'], (_, context) => {
      context.tags('x')
      return [2, 3]
    })

    expect(await cache.getMany(['k', 'l', 'm'])).toEqual([1, 2, 3])
    await cache.invalidateTags('x')

    expect(await cache.getMany(['k', 'l', 'm'])).toEqual([undefined, undefined, undefined])
  }),

  rule('tags are just texts', async ({ open }) => {
    const cache = await open()
    const keys = HOSTILE_TAGS.map((_, i) => `k${i}`)

    for (const [i, tag] of HOSTILE_TAGS.entries()) {
      for (const [j, key] of keys.entries()) await cache.set(key, j, { tags: [HOSTILE_TAGS[j] ?? ''] })
      await cache.invalidateTags(tag)
      expect([tag, await cache.getMany(keys)]).toEqual([tag, keys.map((_, j) => (i === j ? undefined : j))])
    }
  }),

  rule(
    'a tag that is invalidated while a load runs that names it late: the value is not kept',
    async ({ open, arrived }) => {
      const ways = {
        'by the context': (context: LoadContext<string>): void => context.tags('late'),
        'by the value': (): void => {},
      }

      for (const [way, name] of Object.entries(ways)) {
        const cache = await open()
        const source = held('old')
        const how = way === 'by the value' ? { tags: (): string[] => ['late'] } : {}
        const load = async (context: LoadContext<string>): Promise<string> => {
          const value = await source.load(context)
          name(context)
          return value
        }
        const asked = cache.getOrSet('k', load, how)
        await source.started

        await cache.invalidateTags('late')
        source.release()

        expect([way, await asked]).toEqual([way, 'old'])
        await arrived()
        expect([way, await cache.get('k')]).toEqual([way, undefined])
      }
    },
  ),

  rule(
    'who comes after a tag was invalidated does not get it from a load that names the tag only later',
    async ({ open, arrived }) => {
      const cache = await open()
      const source = held('old')
      let loads = 0
      const load = async (context: LoadContext<string>): Promise<string> => {
        loads++
        const value = loads === 1 ? await source.load(context) : 'new'
        context.tags('late')
        return value
      }
      const before = cache.getOrSet('k', load)
      await source.started
      await cache.invalidateTags('late')

      const after = [
        cache.getOrSet('k', load),
        cache.getOrSet('k', load),
        cache.getOrSetMany(['k'], async (_, context) => {
          context.tags('late')
          return ['new']
        }),
      ]
      await arrived()
      source.release()

      expect(await before).toBe('old')
      expect(await Promise.all(after)).toEqual(['new', 'new', ['new']])
      expect(await cache.get('k')).toBe('new')
    },
  ),

  rule('nor from a load of many that names it only later', async ({ open, arrived }) => {
    const cache = await open()
    const source = held<string[], [readonly string[], { tags(...tags: string[]): void }]>(['old', 'old'])
    const before = cache.getOrSetMany(['k', 'l'], async (missing, context) => {
      const got = await source.load(missing, context)
      context.tags('late')
      return got
    })
    await source.started
    await cache.invalidateTags('late')

    const after = cache.getOrSet('k', (context) => {
      context.tags('late')
      return 'new'
    })
    await arrived()
    source.release()

    expect(await before).toEqual(['old', 'old'])
    expect(await after).toBe('new')
    await arrived()
    expect(await cache.getMany(['k', 'l'])).toEqual(['new', undefined])
  }),

  rule(
    'an invalidation of another tag does not keep a load with known tags from being kept',
    async ({ open }) => {
      const cache = await open()
      const source = held('value')
      const asked = cache.getOrSet('k', source.load, { tags: ['known'] })
      await source.started

      await cache.invalidateTags('other')
      source.release()
      await asked

      expect(await cache.getOrSet('k', noLoad)).toBe('value')
    },
  ),

  rule('a read that is under way when a tag is invalidated brings nothing back', async ({ open }) => {
    const cache = await open()
    await cache.set('k', 'old', { tags: ['x'] })

    const reading = [cache.get('k'), cache.getMany(['k']), cache.touch('k', '1h')]
    const invalidating = cache.invalidateTags('x')
    const later = cache.get('k')
    await Promise.all([...reading, invalidating])

    expect(await later).toBe(undefined)
    expect(await cache.get('k')).toBe(undefined)
  }),

  rule('all of hundreds of entries of one tag are invalid at once', async ({ open }) => {
    const cache = await open()
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}`)
    await cache.setMany(
      keys.map((key, i) => [key, i] as const),
      { tags: ['x'] },
    )

    await cache.invalidateTags('x')

    expect((await cache.getMany(keys)).every((each) => each === undefined)).toBe(true)
  }),
]
