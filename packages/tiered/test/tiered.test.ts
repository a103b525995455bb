/*
 * What tiers say of themselves, and what they refuse.
 */

import { createCache, type Entry, type Store, valueRefused } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, faulty, manualClock, settled } from '@larder/testing'
import { tiered } from '@larder/tiered'
import { describe, expect, test } from 'vitest'

const far = (): Store<Entry> => delayed(memory())

describe('tiered refuses, and says what to do,', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'a near store that answers later',
      () => tiered({ near: far(), far: far() }),
      /near must be memory of this process, such as memory\(\)/,
    ],
    [
      'a far store that is memory',
      () => tiered({ near: memory(), far: memory() }),
      /far must be a store that processes share/,
    ],
    [
      'half of it',
      () => tiered({ far: far() } as never),
      /near missing: tiered\(\{ near: memory\(\), far: redis/,
    ],
    [
      'a bound without a unit',
      () => tiered({ near: memory(), far: far(), maxStaleness: 'soon' as never }),
      /maxStaleness must be/,
    ],
    [
      'a word that means nothing',
      () => tiered({ near: memory(), far: far(), whenFarIsDown: 'cry' as never }),
      /whenFarIsDown must be 'load' or 'serve-stale', not 'cry'/,
    ],
    [
      'a misspelt option',
      () => tiered({ near: memory(), far: far(), nearTTL: '1m' } as never),
      /did you mean 'nearTtl'\?/,
    ],
  ])('%s', (_, act, says) => {
    expect(act).toThrow(TypeError)
    expect(act).toThrow(says)
  })

  test('a memory that is used for something else as well', async () => {
    const near = memory()
    const used = createCache({ store: near })
    expect(() => createCache({ store: tiered({ near, far: far() }) })).toThrow(
      /give each a memory\(\) of its own/,
    )
    await used.close()

    const tiers = createCache({ store: tiered({ near, far: far() }) })
    expect(() => createCache({ store: near })).toThrow(/give each a memory\(\) of its own/)
    expect(() => createCache({ store: tiered({ near, far: far() }) })).toThrow(/give each/)
    await tiers.close()

    const three = createCache({
      store: tiered({ near: memory(), far: tiered({ near, far: far() }) }),
    })
    expect(() => createCache({ store: near })).toThrow(/give each a memory\(\) of its own/)
    await three.close()

    await createCache({ store: near }).close()
  })
})

describe('health', () => {
  test('says by what copies are believed, and which promises hold', async () => {
    const cache = createCache({ store: tiered({ near: memory(), far: far(), maxStaleness: '2s' }) })

    expect(await cache.health()).toMatchObject({
      status: 'ok',
      near: { believedBy: 'life', maxStaleness: 2_000, provenAgo: undefined },
      promises: { G1: 'exact', G2: expect.stringContaining('not kept'), G4: 'within 2000 ms' },
    })
    await cache.close()
  })
})

describe('explain', () => {
  test('tells of the copy and of what is far', async () => {
    const clock = manualClock()
    const store = tiered({ near: memory({ clock }), far: delayed(memory({ clock })) })
    const cache = createCache({ store, clock, ttl: '1h' })
    const seen = async (): Promise<string | undefined> => (await cache.explain('k')).near?.because
    const told = [await seen()]
    await cache.set('k', 1)
    told.push(await seen())
    await clock.advance(1_001)
    told.push(await seen())
    await cache.get('k')
    await cache.invalidateTags('other')
    told.push(await seen())
    await cache.delete('k')
    told.push(await seen())

    expect(told).toEqual([
      'this process has no copy',
      'the copy was taken less than maxStaleness ago',
      'for longer than maxStaleness nothing has proven that the copy is up to date',
      'the copy was taken less than maxStaleness ago',
      'this process has no copy',
    ])
  })
})

describe('stats', () => {
  test('tell hits of copies apart, and what the memory keeps', async () => {
    const clock = manualClock()
    const store = tiered({ near: memory({ clock }), far: delayed(memory({ clock })) })
    const cache = createCache({ store, clock })
    await cache.set('k', 1)
    await cache.get('k')
    await clock.advance(1_001)
    await cache.get('k')
    cache.peek('k')

    expect(cache.stats()).toMatchObject({ hits: 3, nearHits: 2, misses: 0, near: { entries: 1 } })
  })
})

describe('far writes in the background', () => {
  test('are not waited for, and read at once', async () => {
    const store = tiered({ near: memory(), far: far(), farWrites: 'background' })
    const cache = createCache({ store })

    expect(await cache.set('k', 1)).toEqual({ far: 'queued' })
    expect(await cache.get('k')).toBe(1)
    expect(await cache.delete('k')).toEqual({ far: 'applied' })
    expect(await cache.get('k')).toBe(undefined)
    await cache.close()
  })

  test('of a value that cannot be kept take away what was there before', async () => {
    const below = faulty(far())
    const cache = createCache({ store: tiered({ near: memory(), far: below, farWrites: 'background' }) })
    const other = createCache({ store: tiered({ near: memory(), far: below }) })
    const events: unknown[] = []
    cache.on((event) => {
      if (event.type === 'unstored') events.push([event.key, event.why])
    })
    await other.set('k', 'old')
    expect(await cache.get('k')).toBe('old')
    below.fail({ on: ['set'], error: valueRefused('it is too large') })

    expect(await cache.set('k', 'new')).toEqual({ far: 'queued' })
    await settled()

    expect(events).toEqual([['k', 'refused']])
    expect(await cache.get('k')).toBe(undefined)
    expect(cache.stats().queued).toBe(0)
    await Promise.all([cache.close(), other.close()])
  })
})
