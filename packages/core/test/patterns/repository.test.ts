import { memory } from '@larder/memory'
import { delayed, held, manualClock } from '@larder/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createCache,
  hotKeys,
  type ICache,
  type Repository,
  repository,
  type Source,
  warm,
} from '../../src/index.ts'

interface User {
  readonly id: number
  readonly team: number
  readonly name: string
}

/** A table, and how often it was asked. */
class Table {
  readonly rows = new Map<number, User>()
  asked = 0

  user(id: number): Promise<User | null> {
    this.asked++
    return Promise.resolve(this.rows.get(id) ?? null)
  }

  users(ids: readonly number[]): Promise<User[]> {
    this.asked++
    return Promise.resolve(ids.toReversed().flatMap((id) => this.rows.get(id) ?? []))
  }

  of(team: number): Promise<User[]> {
    this.asked++
    return Promise.resolve([...this.rows.values()].filter((user) => user.team === team))
  }

  save(user: User): Promise<User> {
    this.rows.set(user.id, user)
    return Promise.resolve(user)
  }

  remove(id: number): Promise<void> {
    this.rows.delete(id)
    return Promise.resolve()
  }
}

const sourceOf = (table: Table) => ({
  key: (user: User) => user.id,
  load: (id: number) => table.user(id),
  loadMany: (ids: readonly number[]) => table.users(ids),
  save: (user: User) => table.save(user),
  remove: (id: number) => table.remove(id),
})
const tags = (user: User) => [`team:${user.team}`]

const ada: User = { id: 1, team: 7, name: 'Ada' }
const bob: User = { id: 2, team: 7, name: 'Bob' }

interface Setting {
  readonly cache: ICache
  readonly table: Table
  readonly source: Source<User, number>
  readonly users: Repository<User, number>
}

function setUp(how: { isFar?: boolean; isTagged?: boolean } = {}): Setting {
  const clock = manualClock()
  const store = how.isFar === true ? delayed(memory({ clock })) : memory({ clock })
  const cache: ICache = createCache({ store, clock, ttl: '1h' })
  const table = new Table()
  for (const user of [ada, bob]) table.rows.set(user.id, user)
  const source = how.isTagged === false ? sourceOf(table) : { ...sourceOf(table), tags }
  return { cache, table, source, users: repository(cache, source) }
}

describe('reading', () => {
  test('an item is loaded once, and so is the fact that there is none', async () => {
    const { users, table } = setUp()

    expect([await users.get(1), await users.get(1)]).toEqual([ada, ada])
    expect([await users.get(9), await users.get(9)]).toEqual([null, null])

    expect(table.asked).toBe(2)
  })

  test('many are loaded with one call for what is missing, in whatever order the source answers', async () => {
    const { users, table } = setUp()
    await users.get(1)

    expect(await users.getMany([2, 9, 1, 2])).toEqual([bob, null, ada, bob])
    expect(table.asked).toBe(2)
    expect(await users.get(2)).toEqual(bob)
    expect(table.asked).toBe(2)
  })

  test('many are loaded one by one where the source can do no better', async () => {
    const { cache, source } = setUp()
    const { loadMany: _, ...single } = source
    const users = repository(cache, single)

    expect(await users.getMany([2, 9, 1])).toEqual([bob, null, ada])
  })

  test('the answer to a query is loaded once', async () => {
    const { users, table } = setUp()
    const ask = () => users.query(['of', 7], () => table.of(7), ['team:7'])

    expect([await ask(), await ask()]).toEqual([
      [ada, bob],
      [ada, bob],
    ])
    expect(table.asked).toBe(1)
  })
})

describe('writing', () => {
  test('the source has it before the cache is told, so that a read in between does not bring the old row back', async () => {
    const { cache, table, source } = setUp({ isTagged: false })
    const saving = held<User, [User]>()
    const users = repository(cache, { ...source, save: (user) => saving.load(user) })
    await users.get(1)

    const saved = users.save({ ...ada, name: 'Ada L.' })
    const call = await saving.started
    expect((await users.get(1))?.name).toBe('Ada') // not yet told: what is true until the source has it
    await cache.clear()
    expect((await users.get(1))?.name).toBe('Ada') // the old row again, put back in between
    await table.save({ ...ada, name: 'Ada L.' })
    call.release({ ...ada, name: 'Ada L.' })

    expect((await saved).name).toBe('Ada L.')
    expect((await users.get(1))?.name).toBe('Ada L.')
  })

  test('a load that has read the old row and ends after the write is not kept', async () => {
    const { cache, table, source } = setUp({ isTagged: false })
    const reading = held<User | null, [number]>(ada)
    const users = repository(cache, { ...source, load: (id) => reading.load(id) })
    const slow = users.get(1)
    await reading.started

    await users.save({ ...ada, name: 'new' })
    reading.release()

    expect(await slow).toEqual(ada)
    expect(await repository(cache, sourceOf(table)).get(1)).toEqual({ ...ada, name: 'new' })
  })

  test('a write that has failed may have happened, so nothing older is believed', async () => {
    const { cache, table, source } = setUp()
    const save = async (user: User): Promise<User> => {
      await table.save(user)
      throw new Error('the answer was lost')
    }
    const remove = async (id: number): Promise<void> => {
      await table.remove(id)
      throw new Error('the answer was lost')
    }
    const users = repository(cache, { ...source, save, remove })
    const list = () => users.query('seven', () => table.of(7), ['team:7'])
    await Promise.all([users.get(1), users.get(2), list()])

    await expect(users.save({ ...ada, team: 8 })).rejects.toThrow('lost')
    expect((await users.get(1))?.team).toBe(8)
    expect(await list()).toEqual([bob])

    await expect(users.remove(2)).rejects.toThrow('lost')
    expect(await users.get(2)).toBe(null)
    expect(await list()).toEqual([])
  })

  test('an item that moves leaves the lists it was in, and joins those it is in now', async () => {
    const { users, table } = setUp()
    const of = (team: number) =>
      users.query(['count', team], async () => (await table.of(team)).length, [`team:${team}`])
    expect([await of(7), await of(8), await of(9)]).toEqual([2, 0, 0])
    const before = table.asked

    await users.save({ ...ada, team: 8 })

    expect([await of(7), await of(8), await of(9)]).toEqual([1, 1, 0])
    expect(table.asked - before).toBe(1 + 2) // what it was; two counts, not the third
  })

  test('an item that gets its id from the source is known by that one', async () => {
    const { cache, table, source } = setUp()
    const users = repository<User, number>(cache, {
      ...source,
      key: (user) => (user.id === 0 ? undefined : user.id),
      save: (user) => table.save({ ...user, id: 3 }),
    })
    expect(await users.get(3)).toBe(null)

    const saved = await users.save({ id: 0, team: 7, name: 'Cid' })

    expect(await users.get(3)).toEqual(saved)
  })

  test('a query without tags falls with every write', async () => {
    const { users, table } = setUp({ isTagged: false })
    const count = () => users.query('count', () => table.rows.size)
    expect(await count()).toBe(2)

    await users.save({ id: 3, team: 1, name: 'Cid' })
    expect(await count()).toBe(3)
    await users.remove(3)
    expect(await count()).toBe(2)
  })
})

test('a write that was made elsewhere is told by its tags, to items and queries', async () => {
  const { cache, users, table } = setUp()
  const names = () =>
    users.query('names', async () => (await table.of(7)).map(({ name }) => name), ['team:7'])
  await Promise.all([users.get(1), names()])
  for (const user of [ada, bob]) await table.save({ ...user, name: 'X' })

  await cache.invalidateTags('team:7')

  expect((await users.get(1))?.name).toBe('X')
  expect(await names()).toEqual(['X', 'X'])
})

test('what would never be invalidated, or is no source, is refused', async () => {
  const { cache, users, source } = setUp({ isTagged: false })

  await expect(users.query('q', () => 1, ['team:7'])).rejects.toThrow(TypeError)
  const { save: _, ...rest } = source
  const misspelt = { ...source, lod: source.load }
  expect(() => repository(cache, rest as typeof source)).toThrow('repository: save must be given')
  expect(() => repository(cache, misspelt)).toThrow("did you mean 'load'?")
})

test.for([false, true])(
  'whatever is done one after the other, the repository answers like its source (far: %s)',
  async (isFar) => {
    const id = fc.integer({ min: 1, max: 3 })
    const team = fc.integer({ min: 1, max: 2 })
    const step = fc.oneof(
      fc.record({ do: fc.constant('save' as const), id, team }),
      fc.record({ do: fc.constant('remove' as const), id, team }),
      fc.record({ do: fc.constant('get' as const), id, team }),
      fc.record({ do: fc.constant('many' as const), id, team }),
      fc.record({ do: fc.constant('list' as const), id, team }),
      fc.record({ do: fc.constant('all' as const), id, team }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { users, table } = setUp({ isFar })
        for (const { do: what, id: of, team: its } of steps) {
          if (what === 'save') await users.save({ id: of, team: its, name: 'x' })
          if (what === 'remove') await users.remove(of)
          if (what === 'get') expect(await users.get(of)).toEqual(table.rows.get(of) ?? null)
          if (what === 'many') {
            expect(await users.getMany([of, 2])).toEqual([of, 2].map((each) => table.rows.get(each) ?? null))
          }
          if (what === 'list') {
            const said = await users.query(['of', its], () => table.of(its), [`team:${its}`])
            expect(said).toEqual(await table.of(its))
          }
          if (what === 'all') {
            expect(await users.query('all', () => table.rows.size)).toBe(table.rows.size)
          }
        }
      }),
      { numRuns: isFar ? 40 : 100 },
    )
  },
)

test('what it keeps can be warmed and watched: by its items, with their tags', async () => {
  const cache = createCache({ store: memory(), ttl: '1h' })
  let asked = 0
  const users = repository(cache, {
    key: (user: { id: number; team: number }) => user.id,
    tags: (user) => [`team:${user.team}`],
    load: async (id: number) => ({ id, team: ++asked }),
    save: async (user) => user,
    remove: async () => {},
  })
  const hot = hotKeys(users.items, { oneIn: 1 })

  await warm(users.items, [[1], [2]], ([id]) => ({ id: Number(id), team: 7 }))

  expect(await users.getMany([1, 2])).toEqual([
    { id: 1, team: 7 },
    { id: 2, team: 7 },
  ])
  expect(asked).toBe(0)
  expect(hot.keys()).toEqual([[1], [2]])
  await cache.invalidateTags('team:7')
  expect((await users.get(1))?.team).toBe(1)
})
