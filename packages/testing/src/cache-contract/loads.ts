/*
 * Rules of loads: one at a time for each key, its outcome for all who wait, and its errors untouched.
 */

import { isCacheError, type LoadContext } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, noLoad, rejection, turns } from './bench.ts'

export const loads: readonly CacheRule[] = [
  rule('a miss is loaded, a hit is not', async ({ open }) => {
    const cache = await open()
    const first = await cache.getOrSet('k', () => 'loaded')

    const second = await cache.getOrSet('k', noLoad)

    expect([first, second]).toEqual(['loaded', 'loaded'])
    expect(await cache.get('k')).toBe('loaded')
  }),

  rule('a thousand callers of one key share one load', async ({ open }) => {
    const cache = await open()
    const source = held('value')

    const asked = Array.from({ length: 1_000 }, () => cache.getOrSet('k', source.load))
    await source.started
    source.release()

    expect(await Promise.all(asked)).toEqual(asked.map(() => 'value'))
    expect(source.calls.length).toBe(1)
  }),

  rule('who comes while a load runs waits for it', async ({ open }) => {
    const cache = await open()
    const source = held('value')
    const asked = [cache.getOrSet('k', source.load)]
    await source.started
    for (let i = 0; i < 50; i++) {
      await turns(i % 4)
      asked.push(cache.getOrSet('k', noLoad))
    }

    source.release()

    expect(await Promise.all(asked)).toEqual(asked.map(() => 'value'))
  }),

  rule('loads of different keys do not wait for each other', async ({ open, isOpen }) => {
    const cache = await open()
    const slow = held('slow')
    const waiting = cache.getOrSet('a', slow.load)
    await slow.started

    const other = await cache.getOrSet('b', () => 'quick')

    expect(other).toBe('quick')
    expect(await isOpen(waiting)).toBe(true)
    slow.release()
    expect(await waiting).toBe('slow')
  }),

  rule('reads of a key do not wait for its load', async ({ open }) => {
    const cache = await open()
    const source = held('value')
    const waiting = cache.getOrSet('k', source.load)
    await source.started

    const read = [await cache.get('k'), await cache.has('k'), await cache.getMany(['k'])]

    expect(read).toEqual([undefined, false, [undefined]])
    source.release()
    await waiting
  }),

  rule('an error of a load reaches all its callers as the very same object', async ({ open }) => {
    const cache = await open()
    const source = held<string>()
    const error = new Error('the source is down')

    const asked = Array.from({ length: 100 }, () => rejection(cache.getOrSet('k', source.load)))
    await source.started
    source.fail(error)

    const reasons = await Promise.all(asked)
    expect(reasons.every((reason) => reason === error)).toBe(true)
    expect(source.calls.length).toBe(1)
  }),

  rule('whatever a loader throws passes through untouched', async ({ open }) => {
    const cache = await open()
    const reasons: unknown[] = [
      new RangeError('r'),
      'text',
      42,
      null,
      undefined,
      { code: 'E' },
      Object.freeze(new Error('f')),
    ]

    for (const reason of reasons) {
      const later = await rejection(cache.getOrSet('k', () => Promise.reject(reason)))
      const atOnce = await rejection(
        cache.getOrSet('k', () => {
          throw reason
        }),
      )

      expect(later).toBe(reason)
      expect(atOnce).toBe(reason)
    }
  }),

  rule('an error is not kept', async ({ open }) => {
    const cache = await open()
    await rejection(cache.getOrSet('k', () => Promise.reject(new Error('once'))))

    const value = await cache.getOrSet('k', () => 'loaded')

    expect(value).toBe('loaded')
    expect(await cache.get('k')).toBe('loaded')
  }),

  rule(
    'there are never two loads of a key at a time, though they fail and callers come at any moment',
    async ({ open }) => {
      const cache = await open()
      let running = 0
      let most = 0
      let count = 0
      const load = async (): Promise<never> => {
        count++
        most = Math.max(most, ++running)
        await turns(7)
        running--
        throw new Error('again')
      }

      const asked: Promise<unknown>[] = []
      for (let i = 0; i < 200; i++) {
        // Those who are turned away try again at once, as programs do.
        asked.push(rejection(cache.getOrSet('k', load)).then(() => rejection(cache.getOrSet('k', load))))
        await turns(i % 3)
      }
      await Promise.all(asked)

      expect(most).toBe(1)
      expect(count).toBeGreaterThan(1)
      expect(count).toBeLessThan(200)
    },
  ),

  rule('there are never two loads of a key at a time, though nothing of them is kept', async ({ open }) => {
    const cache = await open()
    let running = 0
    let most = 0
    const load = async (context: LoadContext<number>): Promise<number> => {
      most = Math.max(most, ++running)
      context.skip()
      await turns(5)
      running--
      return 1
    }

    const asked: Promise<unknown>[] = []
    for (let i = 0; i < 100; i++) {
      asked.push(cache.getOrSet('k', load))
      await turns(i % 3)
    }
    await Promise.all(asked)

    expect(most).toBe(1)
  }),

  rule('a loader is told its key as it was given', async ({ open }) => {
    const cache = await open()
    const told: unknown[] = []
    const key = ['user', 42, { locale: 'de' }]

    await cache.getOrSet('k', (context) => told.push(context.key))
    await cache.getOrSet(key, (context) => told.push(context.key))

    expect(told).toEqual(['k', key])
  }),

  rule('a loader may ask for other keys', async ({ open }) => {
    const cache = await open()

    const value = await cache.getOrSet('a', async () => {
      const b = await cache.getOrSet('b', () => cache.getOrSet('c', () => 1))
      return b + (await cache.getOrSet('c', noLoad))
    })

    expect(value).toBe(2)
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([2, 1, 1])
  }),

  rule('a loader may ask for its own key in another namespace', async ({ open }) => {
    const cache = await open()
    const inner = cache.namespace('inner')

    const value = await cache.getOrSet('k', () => inner.getOrSet('k', () => 'inner'))

    expect(value).toBe('inner')
  }),

  rule('a loader that asks for its own key is told so, and the key is free', async ({ open }) => {
    const cache = await open()

    const error = await rejection(cache.getOrSet('k', (): Promise<number> => cache.getOrSet('k', () => 1)))

    expect(isCacheError(error, 'LOAD_RECURSION')).toBe(true)
    expect(await cache.getOrSet('k', () => 'loaded')).toBe('loaded')
  }),

  rule('a loader that asks for its own key after other work is told so', async ({ open }) => {
    const cache = await open()

    const error = await rejection(
      cache.getOrSet('k', async (): Promise<number> => {
        await turns(10)
        await cache.get('other')
        return cache.getOrSet('k', () => 1)
      }),
    )

    expect(isCacheError(error, 'LOAD_RECURSION')).toBe(true)
  }),

  rule('loaders that ask for each other in a circle are told so', async ({ open }) => {
    const cache = await open()
    let rounds = 0
    const first = (): Promise<number> => {
      if (++rounds > 20) throw new Error('nobody has noticed that this is a circle')
      return cache.getOrSet('b', second)
    }
    const second = async (): Promise<number> => {
      await turns(3)
      return cache.getOrSet('a', first)
    }

    const error = await rejection(cache.getOrSet('a', first))

    expect(isCacheError(error, 'LOAD_RECURSION')).toBe(true)
    expect(await cache.getOrSet('a', () => 1)).toBe(1)
    expect(await cache.getOrSet('b', () => 2)).toBe(2)
  }),

  rule('a loader of many that asks for one of them is told so, by either method', async ({ open }) => {
    const cache = await open()

    const single = await rejection(
      cache.getOrSetMany(['a', 'b'], async () => [1, await cache.getOrSet('b', () => 2)]),
    )
    const many = await rejection(
      cache.getOrSet('a', async () => (await cache.getOrSetMany(['x', 'a'], () => [1, 2]))[1]),
    )

    expect(isCacheError(single, 'LOAD_RECURSION')).toBe(true)
    expect(isCacheError(many, 'LOAD_RECURSION')).toBe(true)
  }),

  rule('who waits for a load inside another load, without a circle, gets its value', async ({ open }) => {
    const cache = await open()
    const source = held('shared')
    const outside = cache.getOrSet('shared', source.load)
    await source.started

    const inside = cache.getOrSet('k', () => cache.getOrSet('shared', noLoad))
    await turns(5)
    source.release()

    expect(await Promise.all([outside, inside])).toEqual(['shared', 'shared'])
  }),

  rule(
    'who asks for a key that is being touched in vain loads it, and waits for no clock',
    async ({ open }) => {
      const cache = await open()

      const touching = [cache.touch('k', '1h'), cache.touch('l', '1h'), cache.touch('l', '1h')]
      const asked = [cache.getOrSet('k', () => 'loaded'), cache.getOrSet('l', () => 'loaded')]

      expect(await Promise.all(asked)).toEqual(['loaded', 'loaded'])
      await Promise.all(touching)
      expect(await cache.getMany(['k', 'l'])).toEqual(['loaded', 'loaded'])
    },
  ),

  rule('a wrapped function is called once for the same arguments', async ({ open }) => {
    const cache = await open()
    const called: unknown[] = []
    async function rate(from: string, to: string): Promise<string> {
      called.push([from, to])
      return `${from}${to}`
    }
    const cached = cache.wrap(rate)

    const answers = [
      await cached('a', 'b'),
      await cached('a', 'b'),
      await cached('ab', ''),
      await cached('b', 'a'),
    ]

    expect(answers).toEqual(['ab', 'ab', 'ab', 'ba'])
    expect(called).toEqual([
      ['a', 'b'],
      ['ab', ''],
      ['b', 'a'],
    ])
  }),

  rule('a wrapped function is kept under its key, by its policy', async ({ open, pass }) => {
    const cache = await open()
    let n = 0
    const cached = cache.wrap((id: number) => ({ id, n: ++n }), {
      key: (id) => ['user', id],
      ttl: '1m',
      tags: ['t'],
    })

    await cached(1)

    expect(await cache.get(['user', 1])).toEqual({ id: 1, n: 1 })
    await pass('61s')
    expect(await cached(1)).toEqual({ id: 1, n: 2 })
    await cache.invalidateTags('t')
    expect(await cached(1)).toEqual({ id: 1, n: 3 })
    expect(await cached(2)).toEqual({ id: 2, n: 4 })
  }),

  rule('errors of a wrapped function, and of its key, reject', async ({ open }) => {
    const cache = await open()
    const error = new Error('no')
    const failing = cache.wrap((): Promise<number> => Promise.reject(error), { key: () => 'k' })
    const keyless = cache.wrap(() => 1, {
      key: () => {
        throw error
      },
    })

    expect(await rejection(failing())).toBe(error)
    expect(await rejection(keyless())).toBe(error)
  }),
]
