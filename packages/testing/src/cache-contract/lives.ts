/*
 * Rules of lives: how long a value is fresh.
 */

import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { type CacheBench, type CacheRule, misuse, noLoad } from './bench.ts'

const DAY = 86_400_000

export const lives: readonly CacheRule[] = [
  rule('a value is fresh until its ttl has passed, and not a moment longer', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('set', 1)
    await cache.setMany([['many', 2]])
    await cache.getOrSet('loaded', () => 3)
    await cache.getOrSetMany(['bulk'], () => [4])
    const keys = ['set', 'many', 'loaded', 'bulk']

    await pass(59_999)
    const before = await cache.getMany(keys)
    await pass(1)
    const after = [...(await cache.getMany(keys)), await cache.get('set'), await cache.has('set')]

    expect(before).toEqual([1, 2, 3, 4])
    expect(after).toEqual([undefined, undefined, undefined, undefined, undefined, false])
  }),

  rule('a value past its ttl is loaded again', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m' })
    await cache.getOrSet('k', () => 'old')
    await pass('1m')

    const value = await cache.getOrSet('k', () => 'new')

    expect(value).toBe('new')
  }),

  rule('the ttl of a call goes before that of the cache', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('shorter', 1, { ttl: '10s' })
    await cache.getOrSet('longer', () => 2, { ttl: '1h' })

    await pass('10s')
    expect(await cache.getMany(['shorter', 'longer'])).toEqual([undefined, 2])
    await pass('59m')

    expect(await cache.get('longer')).toBe(2)
  }),

  rule('a text with a unit is as long as the ms it stands for', async ({ open }) => {
    const cache = await open()
    const texts = { '250ms': 250, '10s': 10_000, '1.5m': 90_000, '2h': 7_200_000, '7d': 7 * DAY } as const

    for (const [text, ms] of Object.entries(texts)) {
      await cache.set('k', 1, { ttl: text as keyof typeof texts })
      expect([text, await cache.ttl('k')]).toEqual([text, ms])
    }
  }),

  rule('without a ttl a value is fresh for ever', async ({ open, clock, pass }) => {
    const cache = await open()
    await cache.set('none', 1)
    await cache.set('infinite', 2, { ttl: Infinity })

    expect(await cache.ttl('none')).toBe(Infinity)
    clock.jump(clock.now() + 20_000 * DAY)
    await pass('1m')

    expect(await cache.getMany(['none', 'infinite'])).toEqual([1, 2])
  }),

  rule('a ttl of more than 2^31 ms is kept to', async ({ open, clock, pass }) => {
    const cache = await open()
    const ttl = 2 ** 31 + 600_000
    await cache.set('k', 1, { ttl })

    await pass('1m')
    expect(await cache.get('k')).toBe(1)
    clock.jump(clock.now() + 2 ** 31)
    expect(await cache.get('k')).toBe(1)
    clock.jump(clock.now() + 600_000)

    expect(await cache.get('k')).toBe(undefined)
  }),

  rule('a clock that jumps back loses nothing and breaks nothing', async ({ open, clock }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 1)

    clock.jump(clock.now() - DAY)

    expect(await cache.get('k')).toBe(1)
    expect(await cache.getOrSet('k', noLoad)).toBe(1)
    await cache.set('l', 2)
    expect(await cache.getOrSet('m', () => 3)).toBe(3)
    expect(await cache.getMany(['k', 'l', 'm'])).toEqual([1, 2, 3])
  }),

  rule('ttl says how long a value is still fresh, and nothing of one that is not', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
    await cache.set('k', null)

    const told = [await cache.ttl('k'), await cache.ttl('absent')]
    await pass('20s')
    told.push(await cache.ttl('k'))
    await pass('40s')
    told.push(await cache.ttl('k'))

    expect(told).toEqual([60_000, undefined, 40_000, undefined])
  }),

  rule('has is whether get would find something', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleIfError: '1h' })
    await cache.set('null', null)
    await cache.set('false', false)

    const before = [await cache.has('null'), await cache.has('false'), await cache.has('absent')]
    await pass('1m')
    const after = [await cache.has('null'), await cache.has('false')]

    expect(before).toEqual([true, true, false])
    expect(after).toEqual([false, false])
  }),

  rule('touch makes a value fresh for longer, or shorter, from now', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('longer', 1)
    await cache.set('shorter', 2)
    await pass('30s')

    const told = [await cache.touch('longer', '2m'), await cache.touch('shorter', '5s')]

    expect(told).toEqual([true, true])
    expect([await cache.ttl('longer'), await cache.ttl('shorter')]).toEqual([120_000, 5_000])
    await pass('5s')
    expect(await cache.getMany(['longer', 'shorter'])).toEqual([1, undefined])
    await pass(115_000)
    expect(await cache.get('longer')).toBe(undefined)
  }),

  rule('touch wakes nothing: not what is absent, expired or invalidated', async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
    await cache.set('old', 1)
    await pass('2m')
    await cache.set('expired', 2)
    await cache.set('invalidated', 3, { tags: ['t'] })
    await cache.expire('expired')
    await cache.invalidateTags('t')
    const keys = ['old', 'expired', 'invalidated', 'absent']

    const told = await Promise.all(keys.map((key) => cache.touch(key, '1h')))

    expect(told).toEqual([false, false, false, false])
    expect(await cache.getMany(keys)).toEqual([undefined, undefined, undefined, undefined])
  }),

  rule('a value that was touched keeps its tags', async ({ open }) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 1, { tags: ['t'] })
    await cache.touch('k', '1h')

    await cache.invalidateTags('t')

    expect(await cache.get('k')).toBe(undefined)
  }),

  rule('null may live for another time than other values', async ({ open }) => {
    const cache = await open({ ttl: '1h', nullTtl: '10s' })
    await cache.getOrSet('absent', () => null)
    await cache.getOrSet('present', () => 0)
    await cache.set('set', null)
    await cache.getOrSetMany(['bulk'], () => [null])

    const ttls = await Promise.all(['absent', 'present', 'set', 'bulk'].map((key) => cache.ttl(key)))

    expect(ttls).toEqual([10_000, 3_600_000, 10_000, 10_000])
  }),

  rule('a loader says how long its value is fresh', async ({ open }) => {
    const cache = await open({ ttl: '1h', nullTtl: '2h' })
    await cache.getOrSet('k', (context) => {
      context.ttl('10s')
      return 1
    })
    await cache.getOrSet('null', (context) => {
      context.ttl('20s')
      return null
    })
    await cache.getOrSetMany(['many'], (_, context) => {
      context.ttl('30s')
      return [1]
    })

    const ttls = await Promise.all(['k', 'null', 'many'].map((key) => cache.ttl(key)))

    expect(ttls).toEqual([10_000, 20_000, 30_000])
  }),

  rule('jitter makes a ttl shorter by up to its share, never longer', async ({ open, chance }) => {
    const cache = await open({ ttl: 1_000_000 })
    const ttlOf = async (draw: number, how: { jitter?: number }): Promise<number | undefined> => {
      chance(draw)
      await cache.delete('k')
      await cache.getOrSet('k', () => 1, how)
      return cache.ttl('k')
    }

    expect(await ttlOf(0, { jitter: 0.5 })).toBe(1_000_000)
    expect(await ttlOf(0.5, { jitter: 0.5 })).toBe(750_000)
    expect(await ttlOf(0.999_999, { jitter: 0.5 })).toBeGreaterThanOrEqual(500_000)
    expect(await ttlOf(0.999_999, { jitter: 0.5 })).toBeLessThan(501_000)
    expect(await ttlOf(0.999_999, { jitter: 0 })).toBe(1_000_000)
    expect(await ttlOf(0.5, {})).toBe(950_000) // a tenth, if nothing is said
  }),

  rule('what is set without jitter lives exactly as long as was said', async ({ open, chance }) => {
    const cache = await open({ ttl: '1m' })
    chance(0.9)

    await cache.set('k', 1)
    await cache.set('l', 1, { jitter: 0.5 })

    expect(await cache.ttl('k')).toBe(60_000)
    expect(await cache.ttl('l')).toBe(33_000)
  }),

  rule('an infinite ttl stays so, whatever the jitter', async ({ open, chance }) => {
    const cache = await open({ jitter: 1 })
    chance(0.9)

    await cache.set('k', 1)
    await cache.getOrSet('l', () => 1)

    expect([await cache.ttl('k'), await cache.ttl('l')]).toEqual([Infinity, Infinity])
  }),

  rule(
    'a value is refreshed early when chance and the time of its load say so',
    async ({ open, clock, chance, pass }) => {
      const cache = await open({ ttl: 10_000, refreshEarly: 1, jitter: 0 })
      let loads = 0
      const load = async (): Promise<number> => {
        await clock.advance(1_000)
        return ++loads
      }
      await cache.getOrSet('k', load)
      // By XFetch a hit refreshes 1,000 ms * -ln(1 - draw) before the end: here about 2,996 ms.
      chance(0.95)

      await pass(7_000)
      expect(await cache.getOrSet('k', load)).toBe(1)
      await pass(1)
      const tooEarly = loads
      await pass(5)
      expect(await cache.getOrSet('k', load)).toBe(1) // the hit is served all the same
      await pass(1)

      expect(tooEarly).toBe(1)
      expect(loads).toBe(2)
      expect(await cache.get('k')).toBe(2)
    },
  ),

  rule(
    'without bad luck, or without being told to, nothing is refreshed early',
    async ({ open, clock, chance, pass }) => {
      for (const [draw, refreshEarly] of [
        [0, true],
        [0.999, false],
        [0.999, 0],
      ] as const) {
        const cache = await open({ ttl: 10_000, refreshEarly, jitter: 0 })
        chance(0)
        await cache.getOrSet('k', async () => {
          await clock.advance(1_000)
          return 1
        })

        await pass(9_999)
        chance(draw)

        expect(await cache.getOrSet('k', noLoad)).toBe(1)
      }
    },
  ),

  rule('many hits that would refresh early begin one load', async ({ open, clock, chance, pass }) => {
    const cache = await open({ ttl: 10_000, refreshEarly: true, jitter: 0 })
    let loads = 0
    const load = async (): Promise<number> => {
      loads++
      await clock.advance(1_000)
      return loads
    }
    await cache.getOrSet('k', load)
    chance(0.999)
    await pass(9_990)

    await Promise.all(Array.from({ length: 100 }, () => cache.getOrSet('k', load)))
    await pass(1)

    expect(loads).toBe(2)
  }),

  rule('a refused ttl of touch leaves the value as it was', async ({ open }: CacheBench) => {
    const cache = await open({ ttl: '1m' })
    await cache.set('k', 1)

    await misuse(() => cache.touch('k', 0))

    expect(await cache.ttl('k')).toBe(60_000)
  }),
]
