/*
 * Alerts in process: each begins when what it is about has held for long enough, ends when it is over, and is silent otherwise.
 */

import { createCache, type Entry, type ICache, type Store } from '@larder/core'
import { type Alert, type AlertName, alerts } from '@larder/metrics'
import { memory } from '@larder/memory'
import { delayed, faulty, type ManualClock, manualClock } from '@larder/testing'
import { expect, test } from 'vitest'

const STEP = 5_000

interface Ground {
  readonly clock: ManualClock
  readonly cache: ICache
  readonly told: Alert[]
  readonly active: () => AlertName[]
  /** Moves on, look by look; `each` happens before each of them. */
  readonly pass: (seconds: number, each?: () => Promise<unknown>) => Promise<void>
}

function ground(store: (clock: ManualClock) => Store<Entry>, more: Partial<Store<Entry>> = {}): Ground {
  const clock = manualClock()
  const cache = createCache({ name: 'shop', store: { ...store(clock), ...more }, clock, ttl: '10s' })
  const told: Alert[] = []
  const watching = alerts(cache, { on: (alert) => told.push(alert), clock })
  return {
    clock,
    cache,
    told,
    active: () => watching.active().map(({ name }) => name),
    async pass(seconds, each = async () => undefined) {
      for (let ms = 0; ms < seconds * 1_000; ms += STEP) {
        await each()
        await clock.advance(STEP)
      }
    },
  }
}

const plain = (clock: ManualClock): Store<Entry> => delayed(memory({ clock }))
const names = (told: readonly Alert[]): string[] => told.map(({ name, state }) => `${name} ${state}`)

test('of a cache with which all is well there is nothing to tell', async () => {
  const { cache, told, pass } = ground(plain)

  await pass(1_800, () => cache.getOrSet('k', () => 1))

  expect(told).toEqual([])
})

test('a store that is down is told of after 10 s, once, and again when it is back', async () => {
  const clock = manualClock()
  const far = faulty(delayed(memory({ clock })))
  const cache = createCache({ name: 'shop', store: far, clock })
  const told: Alert[] = []
  const watching = alerts(cache, { on: (alert) => told.push(alert), clock, every: '1s' })
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) await clock.advance(1_000)
  }
  far.fail()

  await pass(9)
  expect(told).toEqual([])
  await pass(20)
  expect(names(told)).toEqual(['store-down onset'])
  expect(told[0]).toMatchObject({ cache: 'shop', says: expect.stringContaining('does not answer') })
  expect(watching.active().map(({ name, for: ms }) => [name, ms])).toEqual([['store-down', 28_000]])

  far.heal()
  await pass(2)
  expect(names(told)).toEqual(['store-down onset', 'store-down end'])
  expect(watching.active()).toEqual([])
})

test('a breaker that stays open is, and one that opens for a moment is not', async () => {
  let leftAlone = 1
  const { told, pass } = ground(plain, { facts: () => ({ servers: { known: 3, leftAlone } }) })

  await pass(10)
  leftAlone = 0
  await pass(10)
  expect(told).toEqual([])

  leftAlone = 2
  await pass(20)
  expect(names(told)).toEqual(['breaker-open onset'])
  expect(told[0]?.says).toContain('2 of its servers')
})

test('invalidations that wait for more than 30 s are', async () => {
  const clock = manualClock()
  const far = faulty(delayed(memory({ clock })))
  const cache = createCache({ name: 'shop', store: far, clock })
  const told: Alert[] = []
  alerts(cache, { on: (alert) => told.push(alert), clock })
  far.fail()
  await cache.delete('k')

  for (let i = 0; i < 5; i++) await clock.advance(STEP)
  expect(names(told)).not.toContain('invalidations-wait onset')
  for (let i = 0; i < 3; i++) await clock.advance(STEP)
  expect(names(told)).toContain('invalidations-wait onset')

  far.heal()
  for (let i = 0; i < 3; i++) await clock.advance(STEP)
  expect(names(told)).toContain('invalidations-wait end')
})

test('a channel that proves nothing is, and one that does is not', async () => {
  let prove = (_: number): void => {}
  const { clock, told, pass } = ground(plain, {
    channel: {
      maxStaleness: 1_000,
      listen(listener) {
        prove = (since) => listener.proven(since)
        return () => {}
      },
    },
  })
  const beat = async (): Promise<void> => prove(clock.now() + STEP)

  await pass(60, beat)
  expect(told).toEqual([])
  await pass(30)
  expect(names(told)).toEqual(['changes-not-heard onset'])
  await pass(5, beat)
  expect(names(told)).toEqual(['changes-not-heard onset', 'changes-not-heard end'])
})

test('records that are not usable are, and those under an unknown key at once', async () => {
  const refused = (): Entry => ({ refused: 'unknown-key-id' }) as unknown as Entry
  const { cache, told, pass } = ground(plain, {
    get: async () => refused(),
    getMany: async (all) => all.map(refused),
  })

  await pass(5, () => cache.get('k'))
  expect(names(told)).toEqual(['unknown-key onset'])
  await pass(320, () => cache.get('k'))
  expect(names(told)).toEqual(['unknown-key onset', 'records-refused onset'])
  await pass(900)
  expect(names(told).slice(2).toSorted()).toEqual(['records-refused end', 'unknown-key end'])
})

test('memory that stays full is, and so is that of a server', async () => {
  const usage = {
    entries: 1,
    bytes: 90,
    maxEntries: 10,
    maxBytes: 100,
    removed: { entries: 0, bytes: 0, expired: 0, oversized: 0 },
  }
  const full = ground(plain, { usage: () => usage })
  const server = ground(plain, { facts: () => ({ memory: { used: 81, limit: 100 } }) })

  await full.pass(610)
  await server.pass(310)

  expect(names(full.told)).toEqual(['memory-full onset'])
  expect(names(server.told)).toEqual(['server-memory-full onset'])
  expect(server.told[0]?.says).toContain('81 %')
})

test('a hit ratio that falls by more than 30 % is, and one that was never better is not', async () => {
  const { cache, told, pass } = ground(plain)
  await cache.set('k', 1, { ttl: '1d' })
  const good = (): Promise<unknown> => cache.getMany(['k', 'k2', 'k'])

  await pass(1_200, good)
  expect(told).toEqual([])
  await pass(600, () => cache.get('gone'))
  expect(names(told)).toEqual(['hit-ratio-fell onset'])
  await pass(1_800, () => cache.get('gone'))
  expect(names(told)).toEqual(['hit-ratio-fell onset', 'hit-ratio-fell end'])
})

test('loads that fail are, and one in twenty is not', async () => {
  const { cache, told, pass } = ground(plain)
  let n = 0
  const loading = (everyNth: number) => () =>
    cache
      .getOrSet(['k', n++], () => {
        if (n % everyNth === 0) throw new Error('no source')
        return n
      })
      .catch(() => undefined)

  await pass(700, loading(20))
  expect(told).toEqual([])
  await pass(700, loading(2))
  expect(names(told)).toEqual(['loads-fail onset'])
})

test('values that differ from their source are', async () => {
  const { cache, told, pass } = ground(plain)
  await cache.set('k', 1, { ttl: '1d' })

  await pass(10, () => cache.getOrSet('k', () => 2, { probe: 1 }))

  expect(names(told)).toEqual(['values-differ onset'])
})

test('what listens may throw; looking ends with the cache, and leaves no timer', async () => {
  const clock = manualClock()
  const cache = createCache({ store: memory({ clock }), clock })
  const before = clock.pending
  const watching = alerts(cache, {
    on: () => {
      throw new Error('not mine')
    },
    clock,
  })
  expect(clock.pending).toBe(before + 1)

  await cache.close()
  await clock.advance(STEP)

  expect(clock.pending).toBe(0)
  expect(watching.errors).toBe(0)
  watching.stop()
})
