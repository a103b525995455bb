/*
 * Scenarios of what stands on a cache (repositories, warming, keeping fresh, hot and big keys): each is one promise of theirs that a line in
 * the wrong place would break.
 */

import type { ICache, Repository, Source } from '@larder/core'
import { memory } from '@larder/memory'
import { held, manualClock } from '@larder/testing'
import { expect } from 'vitest'
import type { Core } from './history.ts'
import type { Scenario } from './scenarios.ts'

interface User {
  readonly id: number
  readonly team: number
}

interface Users {
  readonly rows: Map<number, User>
  readonly users: Repository<User, number>
  readonly inTeam: (team: number) => Promise<number>
}

function cacheOf(core: Core): ICache {
  const clock = manualClock()
  return core.createCache({ store: memory({ clock }), clock, ttl: '1h' })
}

function repositoryOf(core: Core, how: Partial<Source<User, number>> = {}): Users {
  const rows = new Map<number, User>([[1, { id: 1, team: 7 }]])
  const users = core.repository<User, number>(cacheOf(core), {
    key: (user) => user.id,
    tags: (user) => [`team:${user.team}`],
    load: async (id) => rows.get(id),
    save: async (user) => rows.set(user.id, user) && user,
    remove: async (id) => rows.delete(id),
    ...how,
  })
  const count = (team: number): number => [...rows.values()].filter((user) => user.team === team).length
  const inTeam = (team: number): Promise<number> =>
    users.query(['in team', team], () => count(team), [`team:${team}`])
  return { rows, users, inTeam }
}

export const patternScenarios = {
  'what was saved is what is read': async (core) => {
    const { users } = repositoryOf(core)
    await users.get(1)

    await users.save({ id: 1, team: 8 })

    expect((await users.get(1))?.team).toBe(8)
  },

  'an item that moves leaves the answers that it was in': async (core) => {
    const { users, inTeam } = repositoryOf(core)
    expect(await inTeam(7)).toBe(1)

    await users.save({ id: 1, team: 8 })

    expect(await inTeam(7)).toBe(0)
  },

  'an item that moves joins the answers that it is in now': async (core) => {
    const { users, inTeam } = repositoryOf(core)
    expect(await inTeam(8)).toBe(0)

    await users.save({ id: 1, team: 8 })

    expect(await inTeam(8)).toBe(1)
  },

  'an answer that any write may change falls with every write': async (core) => {
    const { rows, users } = repositoryOf(core)
    const count = (): Promise<number> => users.query('count', () => rows.size)
    expect(await count()).toBe(1)

    await users.save({ id: 2, team: 7 })

    expect(await count()).toBe(2)
  },

  'the cache is told when the source has the write, not before': async (core) => {
    const saving = held<User, [User]>()
    const { rows, users } = repositoryOf(core, { save: (user) => saving.load(user) })

    const saved = users.save({ id: 1, team: 8 })
    await saving.started
    await users.get(1) // the old row, kept
    rows.set(1, { id: 1, team: 8 })
    saving.release({ id: 1, team: 8 })
    await saved

    expect((await users.get(1))?.team).toBe(8)
  },

  'warming leaves alone what is fresh, and does not undo what is set meanwhile': async (core) => {
    const cache = cacheOf(core)
    await cache.set('fresh', 'new')
    const source = held<string, [string]>('old')
    const asked: string[] = []
    const load = (key: string): string | Promise<string> => {
      asked.push(key)
      return key === 'set' ? source.load(key) : 'old'
    }

    const warming = core.warm(cache, ['fresh', 'set'], load)
    await source.started
    await cache.set('set', 'new')
    source.release()
    await warming

    expect(asked).toEqual(['set'])
    expect(await cache.getMany(['fresh', 'set'])).toEqual(['new', 'new'])
  },

  'warming ends when its source is down': async (core) => {
    let loads = 0
    const load = (): never => {
      loads++
      throw new Error('down')
    }
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)

    await core.warm(cacheOf(core), keys, load).catch(() => {})

    expect(loads).toBeLessThan(20)
  },

  'a warming that is called off asks for no further key': async (core) => {
    const controller = new AbortController()
    const asked: string[] = []
    const keys = function* (): Generator<string> {
      for (const key of ['a', 'b', 'c', 'd']) {
        asked.push(key)
        if (key === 'b') controller.abort(new Error('enough'))
        yield key
      }
    }
    const options = { concurrency: 1, signal: controller.signal }

    await expect(core.warm(cacheOf(core), keys(), (key: string) => key, options)).rejects.toThrow('enough')

    expect(asked).toEqual(['a', 'b'])
  },

  'a key that is kept fresh is loaded again before its end, and not when nobody reads it': async (core) => {
    const clock = manualClock({ random: () => 0.5 })
    const cache = core.createCache({ store: memory({ clock }), clock })
    let loads = 0
    const load = (): number => {
      clock.jump(clock.now() + 1)
      return ++loads
    }
    const rates = core.refreshEvery(cache, 'rates', load, 100, { clock, idleAfter: 1_000 })
    await clock.advance(10)

    for (let i = 0; i < 40; i++) {
      await clock.advance(10)
      expect(await cache.ttl('rates')).toBeGreaterThan(60)
    }
    await rates.get()
    await clock.advance('2s')
    const before = loads
    await clock.advance('5s')

    expect(loads).toBe(before)
  },

  'a key that becomes hot is found among many that are not': async (core) => {
    const cache = cacheOf(core)
    const hot = core.hotKeys(cache, { counters: 2, oneIn: 1 })
    for (let i = 0; i < 5; i++) await cache.get('early')

    for (let i = 0; i < 10; i++) {
      await cache.get(['cold', i])
      await cache.get('late')
    }

    const found = hot.top(100)
    expect(found.length).toBeLessThanOrEqual(2)
    expect(found[0]?.key).toBe('late')
    expect(found[0]?.reads).toBeGreaterThanOrEqual(10)
    expect((found[0]?.reads ?? 0) - (found[0]?.atMostTooHigh ?? 0)).toBeLessThanOrEqual(10)
  },

  'the biggest keys are found among many, whenever they were written': async (core) => {
    const cache = cacheOf(core)
    const big = core.bigKeys(cache, { keep: 2 })
    const write = (key: string, size: number): Promise<unknown> => cache.set(key, 'x'.repeat(size))
    const names = (): string[] => big.top(100).map(({ key }) => key)
    await write('a', 3_000)
    await write('b', 2_000)
    await write('c', 1_000)

    await write('d', 2_500)
    expect(names()).toEqual(['a', 'd'])

    await write('a', 1)
    await write('c', 1_500)
    expect(names()).toEqual(['d', 'c'])
  },
} as const satisfies Readonly<Record<string, Scenario>>
