/*
 * Probes: hits that are compared with their source.
 */

import { type CacheEvent, createCache, type ICache } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, manualClock, type ManualClock, settled } from '@larder/testing'
import { tiered } from '@larder/tiered'
import { describe, expect, test } from 'vitest'

const places = {
  memory: (clock: ManualClock) => memory({ clock }),
  'a store that answers later': (clock: ManualClock) => delayed(memory({ clock })),
  'two tiers': (clock: ManualClock) =>
    tiered({ near: memory({ clock }), far: delayed(memory({ clock })), maxStaleness: '1s' }),
}

interface Watched {
  readonly cache: ICache
  readonly clock: ManualClock
  readonly probes: (boolean | undefined)[]
}

function watched(store: (clock: ManualClock) => Parameters<typeof createCache>[0]['store']): Watched {
  const clock = manualClock()
  const cache = createCache({ store: store(clock), clock, ttl: '1h', probe: 1 })
  const probes: (boolean | undefined)[] = []
  cache.on((event: CacheEvent) => {
    if (event.type === 'probe') probes.push(event.same)
  })
  return { cache, clock, probes }
}

async function past({ clock }: Watched, ms: number): Promise<void> {
  await settled()
  await clock.advance(ms)
  await settled()
}

describe.each(Object.entries(places))('on %s', (_, store) => {
  test('a hit that is what the source says is counted', async () => {
    const here = watched(store)
    const load = (): object => ({ price: 3 })
    await here.cache.getOrSet('k', load)
    await settled()

    await here.cache.getOrSet('k', load)
    await settled()

    expect(here.probes).toEqual([true])
    expect(here.cache.stats()).toMatchObject({ probes: 1, differences: 0, loads: 1 })
  })

  test('a hit that is not what the source says is told, if it would still be served after a while', async () => {
    const here = watched(store)
    await here.cache.getOrSet('k', () => 1)
    await settled()

    expect(await here.cache.getOrSet('k', () => 2)).toBe(1)
    await past(here, 1_500)

    expect(here.probes).toEqual([false])
    expect(here.cache.stats()).toMatchObject({ probes: 1, differences: 1 })
  })

  test('what was invalidated meanwhile is no difference', async () => {
    const here = watched(store)
    await here.cache.getOrSet('k', () => 1)
    await settled()
    const hit = here.cache.getOrSet('k', () => 2)
    await hit
    await here.cache.delete('k')

    await past(here, 1_500)

    expect(here.probes.filter((same) => same === false)).toEqual([])
  })

  test('a source that fails says nothing', async () => {
    const here = watched(store)
    await here.cache.getOrSet('k', () => 1)
    await settled()

    expect(
      await here.cache.getOrSet('k', () => {
        throw new Error('down')
      }),
    ).toBe(1)
    await past(here, 1_500)

    expect(here.probes).toEqual([])
    expect(here.cache.stats()).toMatchObject({ probes: 0, loadFailures: 0 })
  })
})

test('nothing is probed that was not asked for', async () => {
  const clock = manualClock()
  const cache = createCache({ store: memory({ clock }), clock })
  let loads = 0
  for (let n = 0; n < 100; n++) await cache.getOrSet('k', () => ++loads)

  expect(loads).toBe(1)
})

test('a share is a share', async () => {
  let n = 0
  const clock = manualClock({ random: () => (n++ % 100) / 100 })
  const cache = createCache({ store: memory({ clock }), clock, probe: 0.1 })
  await cache.set('k', 1)
  for (let i = 0; i < 1_000; i++) await cache.getOrSet('k', () => 1)
  await settled()

  expect(cache.stats().probes).toBeGreaterThan(50)
  expect(cache.stats().probes).toBeLessThan(150)
})
