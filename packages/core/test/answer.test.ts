import { createCache, type Policy, type StandardSchema, valueRefused } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { describe, expect, test } from 'vitest'

const how: Policy<string> = { ttl: 10, staleIfError: 1_000, loadTimeout: { soft: 20, hard: 500 }, jitter: 0 }

const rest = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await settled()
}

describe.for([
  ['in memory', (clock: ReturnType<typeof manualClock>) => memory({ clock })],
  ['in a store that takes its time', (clock: ReturnType<typeof manualClock>) => delayed(memory({ clock }))],
] as const)('a load that is slow, over a stale value, %s', ([, open]) => {
  /** A caller who waits for a load, with a stale value in reserve. */
  const waiting = async (
    more: Policy<string> = {},
  ): Promise<{
    cache: ReturnType<typeof createCache<string>>
    clock: ReturnType<typeof manualClock>
    source: ReturnType<typeof held<string>>
    asked: Promise<string>
  }> => {
    const clock = manualClock()
    const cache = createCache<string>({ store: open(clock), clock })
    await cache.set('k', 'old', how)
    await rest()
    await clock.advance(15)
    const source = held<string>()
    const asked = cache.getOrSet('k', source.load, { ...how, ...more })
    asked.catch(() => {})
    await rest()
    return { cache, clock, source, asked }
  }

  test('is not waited for longer than the soft timeout; what it brings is kept', async () => {
    const { cache, clock, source, asked } = await waiting()
    await clock.advance(25)
    expect(await asked).toBe('old')
    source.release('new')
    await rest()
    expect(await cache.get('k')).toBe('new')
  })

  test('is waited for if it is quick enough', async () => {
    const { clock, source, asked } = await waiting()
    await clock.advance(10)
    source.release('new')
    expect(await asked).toBe('new')
  })

  test('that fails is replaced by the stale value, and counted as served', async () => {
    const { cache, source, asked } = await waiting()
    source.fail(new Error('no'))
    expect(await asked).toBe('old')
    expect(cache.stats()).toMatchObject({ misses: 1, stale: { failedLoad: 1 }, hitRatio: 1 })
  })

  test('that is given up is replaced by the stale value, too', async () => {
    const { clock, asked } = await waiting({ loadTimeout: { soft: Infinity, hard: 50 } })
    await clock.advance(60)
    expect(await asked).toBe('old')
  })

  test.for<[string, (cache: ReturnType<typeof createCache<string>>) => Promise<unknown>]>([
    ['it was deleted', (cache) => cache.delete('k')],
    ['everything was cleared', (cache) => cache.clear()],
  ])('that fails is not replaced by a value after %s', async ([, invalidate]) => {
    const { cache, source, asked } = await waiting()
    await invalidate(cache)
    source.fail(new Error('no'))
    await expect(asked).rejects.toThrow('no')
  })

  test('that fails after the stale value has died fails', async () => {
    const { clock, source, asked } = await waiting({ loadTimeout: { soft: Infinity, hard: 5_000 } })
    await clock.advance(1_100)
    source.fail(new Error('no'))
    await expect(asked).rejects.toThrow('no')
  })

  test('can be left by who waits, and is then not replaced by anything', async () => {
    const leaver = new AbortController()
    const { source, asked } = await waiting({ signal: leaver.signal })
    leaver.abort(new Error('gone'))
    await expect(asked).rejects.toThrow('gone')
    const { args } = await source.started
    expect(args[0].signal.aborted).toBe(true)
  })

  test('that is left after it was answered is not given up', async () => {
    const leaver = new AbortController()
    const { cache, clock, source, asked } = await waiting({ signal: leaver.signal })
    await clock.advance(25)
    expect(await asked).toBe('old')
    leaver.abort()
    source.release('new')
    await rest()
    expect(await cache.get('k')).toBe('new')
  })
})

describe('in memory, what was set meanwhile is served rather than what was there before', () => {
  const openSlow = async (
    more: Policy<string> = {},
  ): Promise<{ cache: ReturnType<typeof createCache<string>>; asked: Promise<string>; fail: () => void }> => {
    const clock = manualClock()
    const cache = createCache<string>({ store: memory({ clock }), clock })
    await cache.set('k', 'old', how)
    await clock.advance(15)
    const source = held<string>()
    const asked = cache.getOrSet('k', source.load, { ...how, ...more })
    asked.catch(() => {})
    await rest()
    return { cache, asked, fail: () => source.fail(new Error('no')) }
  }

  test('if the load fails', async () => {
    const { cache, asked, fail } = await openSlow()
    await cache.set('k', 'set meanwhile')
    fail()
    expect(await asked).toBe('set meanwhile')
  })

  test('unless it was kept under another schema than it is asked for with', async () => {
    const schema: StandardSchema<string> = {
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as string }) },
    }
    for (const [kept, served] of [
      [undefined, false],
      [schema, true],
    ] as const) {
      const { cache, asked, fail } = await openSlow({ schema })
      await cache.set('k', 'set meanwhile', kept && { schema: kept })
      fail()
      const outcome = await asked.catch((error: Error) => error.message)
      expect(outcome).toBe(served ? 'set meanwhile' : 'no')
    }
  })
})

describe('whoever joins a load', () => {
  test('of which tags were invalidated that it turns out to have looks again, alone or with many', async () => {
    const cache = createCache({ store: memory() })
    const source = held<string>()
    const load = async (context: { tags(...tags: string[]): void }): Promise<string> => {
      const value = await source.load(context as never)
      context.tags('t')
      return value
    }
    const before = cache.getOrSet('k', load)
    await rest()
    await cache.invalidateTags('t')
    const [alone, many] = [
      cache.getOrSet('k', load),
      cache.getOrSetMany(['k'], (_, context) => load(context).then((value) => [value])),
    ]
    await rest()
    source.release('old')
    await rest()
    source.release('new')

    expect(await before).toBe('old')
    expect(await alone).toBe('new')
    expect(await many).toEqual(['new'])
    expect(source.calls).toHaveLength(2)
  })

  test('brings its tags along', async () => {
    const cache = createCache({ store: memory() })
    const source = held('value')
    const both = [
      cache.getOrSet('k', source.load, { tags: ['a'] }),
      cache.getOrSet('k', source.load, { tags: ['b'] }),
    ]
    await rest()
    source.release()
    await Promise.all(both)
    expect((await cache.explain('k')).tags?.map(({ tag }) => tag)).toEqual(['a', 'b'])
    await cache.invalidateTags('b')
    expect(await cache.get('k')).toBe(undefined)
  })

  test('does not begin another to refresh what is refreshed already', async () => {
    const clock = manualClock()
    const cache = createCache({ store: memory({ clock }), clock })
    await cache.set('k', 'old', { ttl: 10, staleWhileRevalidate: '1h' })
    await clock.advance(15)
    const source = held('new')
    expect(await Promise.all([1, 2, 3].map(() => cache.getOrSet('k', source.load)))).toEqual([
      'old',
      'old',
      'old',
    ])
    expect(await cache.getOrSetMany(['k'], () => expect.unreachable())).toEqual(['old'])
    expect(source.calls).toHaveLength(1)
    source.release()
    await rest()
    expect(await cache.get('k')).toBe('new')
  })

  test('gets the same rejection as all others, once, and the next one tries again', async () => {
    const cache = createCache({ store: memory() })
    const source = held('value')
    const failure = new Error('no')
    const all = Promise.allSettled([1, 2, 3].map(() => cache.getOrSet('k', source.load)))
    await rest()
    source.fail(failure)
    for (const outcome of await all) expect(outcome).toEqual({ status: 'rejected', reason: failure })
    expect(source.calls).toHaveLength(1)
    const again = cache.getOrSet('k', source.load)
    await rest()
    source.release()
    expect(await again).toBe('value')
  })
})

describe('a signal that a loader looks at only later', () => {
  test('says that everybody has left', async () => {
    const cache = createCache({ store: memory() })
    const leaver = new AbortController()
    const source = held('value')
    const asked = cache.getOrSet('k', source.load, { signal: leaver.signal })
    asked.catch(() => {})
    const { args } = await source.started
    leaver.abort(new Error('gone'))
    expect(args[0].signal.aborted).toBe(true)
    expect(args[0].signal.reason).toEqual(new Error('gone'))
    await expect(asked).rejects.toThrow('gone')
  })

  test('of many keys says so when nobody wants any of them', async () => {
    const cache = createCache({ store: memory() })
    const leaver = new AbortController()
    const source = held<number[], [readonly string[], { readonly signal: AbortSignal }]>([1, 2])
    const bulk = cache.getOrSetMany(['a', 'b'], source.load, { signal: leaver.signal })
    bulk.catch(() => {})
    const { args } = await source.started
    const joined = cache.getOrSet('b', () => expect.unreachable())
    leaver.abort(new Error('gone'))
    await expect(bulk).rejects.toThrow('gone')
    expect(args[1].signal.aborted).toBe(false)
    source.release()
    expect(await joined).toBe(2)
    await rest()
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, 2])
  })
})

describe('a fill', () => {
  test('that a far store refuses is told to nobody but the observers', async () => {
    const clock = manualClock()
    const store = faulty(delayed(memory({ clock })), clock)
    const cache = createCache({ store, clock })
    await cache.set('marks are known', 1)
    await rest()
    const heard: string[] = []
    cache.on((event) => {
      if (event.type === 'unstored') heard.push(event.why)
      if (event.type === 'store-failed') heard.push(event.operation)
    })
    store.fail({ on: ['set'], error: valueRefused('too odd') })
    expect(await cache.getOrSet('k', () => 1)).toBe(1)
    await rest()
    store.heal()
    expect(heard).toEqual(['refused'])
    expect(await cache.get('k')).toBe(undefined)
    expect(cache.stats().queued).toBe(0)
  })
})

test('a clear whose clean-up hangs is a clear all the same', async () => {
  const clock = manualClock()
  const store = faulty(delayed(memory({ clock })), clock)
  const cache = createCache({ store, clock })
  await cache.set('k', 1)
  store.hang({ on: ['clear'] })
  const cleared = cache.clear()
  await rest()
  await clock.advance(150)
  await rest()
  expect(await cleared).toEqual({ far: 'applied' })
  expect(await cache.get('k')).toBe(undefined)
  for (const each of store.hanging) await each.release()
})
