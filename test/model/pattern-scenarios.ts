/*
 * Scenarios of what stands on a cache (repositories, warming, keeping fresh): each is one promise of theirs that a line in
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
} as const satisfies Readonly<Record<string, Scenario>>
