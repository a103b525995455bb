/*
 * Rules of namespaces: each is a cache of its own, inside another.
 */

import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, listed, noLoad } from './bench.ts'

/** Names that might be taken for something else. */
const NAMES = [
  'a',
  'a/b',
  'a:b',
  'a:',
  'a#:',
  'a#=t',
  'a%2fb',
  'a%3ab',
  '*',
  '?',
  '[a]',
  'ab',
  'A',
  ' ',
  '..',
  '__proto__',
  '🧀',
  '%',
]

export const namespaces: readonly CacheRule[] = [
  rule('a namespace has keys of its own', async ({ open }) => {
    const cache = await open()
    const [users, orders] = [cache.namespace('users'), cache.namespace('orders')]
    await cache.set('k', 'outside')
    await users.set('k', 'user')

    expect(await orders.get('k')).toBe(undefined)
    await orders.getOrSet('k', () => 'order')
    await users.delete('k')

    expect([await cache.get('k'), await users.get('k'), await orders.get('k')]).toEqual([
      'outside',
      undefined,
      'order',
    ])
  }),

  rule('two handles of one namespace are one cache', async ({ open, arrived }) => {
    const cache = await open()
    const source = held('loaded')
    await cache.namespace('n').set('k', 1)

    expect(await cache.namespace('n').get('k')).toBe(1)
    await cache.namespace('n').delete('k')
    expect(await cache.namespace('n').get('k')).toBe(undefined)
    const asked = [cache.namespace('n').getOrSet('k', source.load)]
    await source.started
    asked.push(cache.namespace('n').getOrSet('k', noLoad))
    await arrived()
    source.release()

    expect(await Promise.all(asked)).toEqual(['loaded', 'loaded'])
  }),

  rule('namespaces with names that look alike never meet', async ({ open }) => {
    const cache = await open()
    const spaces = [...NAMES.map((name) => cache.namespace(name)), cache.namespace('a').namespace('b')]
    for (const [i, space] of spaces.entries()) await space.set('k', i, { tags: ['t'] })

    const found = await Promise.all(spaces.map((space) => space.get('k')))

    expect(found).toEqual(spaces.map((_, i) => i))
    expect(await cache.get('k')).toBe(undefined)
  }),

  rule('clear forgets its own namespace and no other, however it is called', async ({ open }) => {
    const cache = await open()
    const spaces = NAMES.map((name) => cache.namespace(name))

    for (const [i, space] of spaces.entries()) {
      await cache.set('k', 'outside')
      for (const each of spaces) await each.set('k', 'inside')
      await space.clear()
      const left = await Promise.all(spaces.map((each) => each.get('k')))

      expect([NAMES[i], left]).toEqual([NAMES[i], NAMES.map((_, j) => (i === j ? undefined : 'inside'))])
      expect(await cache.get('k')).toBe('outside')
    }
  }),

  rule('clear does not reach keys that look like the inside of the namespace', async ({ open }) => {
    const cache = await open()
    const keys = ['n:k', 'n/k', 'n', 'n/', 'n:', '/n:k', `${cache.name}/n:k`, '*']
    await cache.setMany(keys.map((key) => [key, key] as const))
    await cache.namespace('n').set('k', 1)

    await cache.namespace('n').clear()

    expect(await cache.getMany(keys)).toEqual(keys)
  }),

  rule('clear reaches the namespaces inside, however deep, and not those outside', async ({ open }) => {
    const cache = await open()
    const [a, b, c] = [
      cache.namespace('a'),
      cache.namespace('a').namespace('b'),
      cache.namespace('a').namespace('b').namespace('c'),
    ]
    const fill = (): Promise<unknown> => Promise.all([cache, a, b, c].map((each, i) => each.set('k', i)))
    const left = (): Promise<unknown[]> => Promise.all([cache, a, b, c].map((each) => each.get('k')))

    await fill()
    await b.clear()
    expect(await left()).toEqual([0, 1, undefined, undefined])
    await fill()
    await cache.clear()

    expect(await left()).toEqual([undefined, undefined, undefined, undefined])
  }),

  rule('clear reaches namespaces inside that are opened only afterwards', async ({ open }) => {
    const cache = await open()
    await cache.namespace('n').namespace('m').set('k', 'old')

    await cache.clear()

    expect(await cache.namespace('n').namespace('m').get('k')).toBe(undefined)
  }),

  rule('a namespace can be used after it was cleared, or one around it', async ({ open }) => {
    const cache = await open()
    const space = cache.namespace('n')
    await space.clear()
    await space.set('k', 1)
    expect(await space.get('k')).toBe(1)
    await cache.clear()

    await space.set('k', 2)

    expect(await space.get('k')).toBe(2)
  }),

  rule(
    'what is loaded inside while a namespace around it is cleared is not kept',
    async ({ open, arrived }) => {
      const cache = await open()
      const inner = cache.namespace('n').namespace('m')
      const source = held('old')
      const asked = inner.getOrSet('k', source.load)
      await source.started

      await cache.clear()
      source.release()

      expect(await asked).toBe('old')
      await arrived()
      expect(await inner.get('k')).toBe(undefined)
    },
  ),

  rule('from the moment a namespace is being cleared nobody reads what was inside', async ({ open }) => {
    const cache = await open()
    const inner = cache.namespace('n')
    await inner.set('k', 'old')

    const clearing = cache.clear()
    const read = [inner.get('k'), inner.getMany(['k'])]

    expect(await Promise.all(read)).toEqual([undefined, [undefined]])
    await clearing
  }),

  rule('loads of one key in two namespaces are two loads', async ({ open }) => {
    const cache = await open()
    const [a, b] = [held('a'), held('b')]

    const asked = [cache.namespace('a').getOrSet('k', a.load), cache.namespace('b').getOrSet('k', b.load)]
    await Promise.all([a.started, b.started])
    a.release()
    b.release()

    expect(await Promise.all(asked)).toEqual(['a', 'b'])
  }),

  rule(
    'a tag that is invalidated reaches the namespaces inside, not those beside or around',
    async ({ open }) => {
      const cache = await open()
      const [a, b] = [cache.namespace('a'), cache.namespace('b')]
      const inside = a.namespace('inside')
      const all = [cache, a, b, inside]
      const fill = (): Promise<unknown> =>
        Promise.all(all.map((each, i) => each.set('k', i, { tags: ['t'] })))
      const left = (): Promise<unknown[]> => Promise.all(all.map((each) => each.get('k')))

      await fill()
      await a.invalidateTags('t')
      expect(await left()).toEqual([0, undefined, 2, undefined])
      await fill()
      await cache.invalidateTags('t')
      expect(await left()).toEqual([undefined, undefined, undefined, undefined])
      await fill()
      await inside.invalidateTags('t')

      expect(await left()).toEqual([0, 1, 2, undefined])
    },
  ),

  rule(
    'a tag that is invalidated around a load inside, wins, also if the load names it late',
    async ({ open, arrived }) => {
      const cache = await open()
      const inner = cache.namespace('n').namespace('m')
      const [known, late] = [held('old'), held('old')]
      const asked = [
        inner.getOrSet('known', known.load, { tags: ['t'] }),
        inner.getOrSet('late', late.load, { tags: () => ['t'] }),
      ]
      await Promise.all([known.started, late.started])

      await cache.invalidateTags('t')
      known.release()
      late.release()

      expect(await Promise.all(asked)).toEqual(['old', 'old'])
      await arrived()
      expect(await inner.getMany(['known', 'late'])).toEqual([undefined, undefined])
    },
  ),

  rule(
    'a namespace has the policy of the one around it, except for what it says itself',
    async ({ open }) => {
      const cache = await open({ ttl: '1h', nullTtl: '1m' })
      const own = cache.namespace('own', { ttl: '1s' })
      const inherited = cache.namespace('inherited')

      for (const each of [own, inherited])
        await each.setMany([
          ['null', null],
          ['value', 1],
        ])

      expect([await own.ttl('value'), await inherited.ttl('value')]).toEqual([1_000, 3_600_000])
      expect([await own.ttl('null'), await inherited.ttl('null')]).toEqual([60_000, 60_000])
      expect(await own.namespace('deeper').set('k', 1)).toBeDefined()
      expect(await own.namespace('deeper').ttl('k')).toBe(1_000)
    },
  ),

  rule('a namespace is named after those around it', async ({ open }) => {
    const cache = await open()

    const inner = cache.namespace('users').namespace('vip')

    expect(inner.name).toBe(`${cache.name}/users/vip`)
  }),

  rule('a namespace lists and deletes its own keys only', async ({ open }) => {
    const cache = await open()
    const inner = cache.namespace('n')
    await cache.setMany([
      ['a', 1],
      ['n:b', 2],
    ])
    await inner.setMany([
      ['c', 3],
      ['d', 4],
    ])

    expect(await listed(cache)).toEqual(['a', 'n:b'])
    expect(await listed(inner)).toEqual(['c', 'd'])
    expect(await inner.deleteMatching('*')).toBe(2)

    expect(await listed(cache)).toEqual(['a', 'n:b'])
    expect(await listed(inner)).toEqual([])
  }),
]
