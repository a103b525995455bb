/*
 * The repository: things with an id, read through the cache and written through to their source.
 *
 * A write goes to the source first and is told to the cache after it, in the turn in which the source has answered:
 *
 *   read what it was ── save ── delete the item, invalidate the queries it was in and those it is in now
 *
 * Told before it, a read in between would bring the old row back. And what was saved is never put into the cache: of two
 * writers the one who saved first might put his in last. A save that fails may have happened all the same, so it is told too.
 *
 * Answers to queries lie beside the items. One without tags falls with every write; one with tags only with the writes of
 * items that have, or had, one of them.
 */

import type { ICache, Loader } from '../cache.ts'
import { misuse } from '../errors.ts'
import { type Key, keyOf, type KeyPart } from '../key.ts'
import { checkOptions, isFunction, type OptionTable } from '../options.ts'
import type { Awaitable } from '../store/store.ts'

/**
 * Where the items come from, and go to.
 *
 * @example
 * const source: Source<User, number> = {
 *   key: (user) => user.id,
 *   load: (id) => db.user(id),
 *   save: (user) => db.saveUser(user),
 *   remove: (id) => db.removeUser(id),
 * }
 */
export interface Source<T, K extends KeyPart> {
  /** The id of an item. Undefined for one that gets its id when it is saved. */
  readonly key: (item: T) => K | undefined
  /** Which queries an item can be in: the tags that those queries are asked with. Default: every query. */
  readonly tags?: (item: T) => readonly string[]
  /** The item, or null if there is none. */
  readonly load: (key: K) => Awaitable<T | null | undefined>
  /** The items that there are, in any order. Default: `load`, for each. */
  readonly loadMany?: (keys: readonly K[]) => Awaitable<readonly T[]>
  /** Answers with the item as it is now. */
  readonly save: (item: T) => Awaitable<T>
  readonly remove: (key: K) => Awaitable<unknown>
}

/**
 * Things with an id, read and written through a cache: what `repository` makes.
 *
 * @example
 * const users: Repository<User, number> = repository(cache.namespace('users'), ofUsers)
 * await users.save({ ...user, team: 7 }) // written to the source, then invalidated here
 * await users.query('of team 7', () => db.ofTeam(7), ['team:7'])
 */
export interface Repository<T, K extends KeyPart> {
  /** The item, or null. That there is none is remembered, for `nullTtl` of the cache. */
  get(key: K): Promise<T | null>
  /** Same length, same order; one call of `loadMany` for all that are missing. */
  getMany(keys: readonly K[]): Promise<(T | null)[]>
  /** A list, a count, whatever is made of several items. `tags`: only writes of items with one of these change it. */
  query<R>(key: Key, load: Loader<R>, tags?: readonly string[]): Promise<R>
  /** To the source, then to the cache. The item as the source answered it. */
  save(item: T): Promise<T>
  remove(key: K): Promise<void>
  /** Where the items lie, each under the key `[key]`: for `warm`, `hotKeys`, `explain`. */
  readonly items: ICache
}

const SOURCE: OptionTable = {
  key: isFunction,
  tags: isFunction,
  load: isFunction,
  loadMany: isFunction,
  save: isFunction,
  remove: isFunction,
}
const NEEDED = ['key', 'load', 'save', 'remove'] as const

/** The tag of answers that every write may change. */
const ANY = 'any item'

/**
 * Read through and write through: things with an id, and the lists and counts that a write of one of them changes.
 *
 * @example
 * const users = repository(cache.namespace('users', { ttl: '1h' }), {
 *   key: (user: User) => user.id,
 *   tags: (user) => [`team:${user.team}`],
 *   load: (id: number) => db.user(id),
 *   save: (user) => db.saveUser(user),
 *   remove: (id) => db.removeUser(id),
 * })
 * const ada = await users.get(42)
 * if (ada !== null) await users.save({ ...ada, team: 7 })
 */
export function repository<T extends object, K extends KeyPart>(
  cache: ICache,
  source: Source<T, K>,
): Repository<T, K> {
  checkOptions('repository', source, SOURCE)
  const missing = NEEDED.filter((name) => source[name] === undefined)
  if (missing.length > 0) throw misuse('repository', [`${missing.join(', ')} must be given`])
  const { key: idOf, tags: tagsOf, load, loadMany } = source
  // With their tags, for writes that are not made here: `cache.invalidateTags` reaches items and queries.
  const items = cache.namespace(
    'items',
    tagsOf && { tags: (item) => (item === null ? [] : tagsOf(item as T)) },
  )
  const queries = cache.namespace('queries')
  const named = (key: K): Key => [key]
  const found = async (key: K): Promise<T | null> => (await load(key)) ?? null

  /** What an item was before a write: it has to leave the queries that it was in. */
  const before = async (key: K | undefined): Promise<T | null> =>
    tagsOf === undefined || key === undefined ? null : found(key)

  /** Both are told in the same turn. */
  const tell = async (key: K | undefined, ...all: readonly (T | null)[]): Promise<void> => {
    const tags = all.flatMap((item) => (item === null ? [] : (tagsOf?.(item) ?? [])))
    await Promise.all([
      key === undefined ? undefined : items.delete(named(key)),
      queries.invalidateTags(ANY, ...new Set(tags)),
    ])
  }

  const get = (key: K): Promise<T | null> => items.getOrSet(named(key), () => found(key))

  return {
    items,
    get,
    async getMany(keys) {
      if (loadMany === undefined) return Promise.all(keys.map(get))
      return items.getOrSetMany(keys.map(named), async (wanted) => {
        const there = await loadMany(wanted.map(([key]) => key as K))
        const byName = new Map(there.map((item) => [nameOf(idOf(item)), item]))
        return wanted.map((key) => byName.get(keyOf(key)) ?? null)
      })
    },
    async query(key, answer, tags) {
      if (tags !== undefined && tagsOf === undefined) {
        throw misuse('query', ['it has tags, and nothing would invalidate them: the repository needs tags'])
      }
      return queries.getOrSet(key, answer, { tags: tags ?? [ANY] })
    },
    async save(item) {
      const was = await before(idOf(item))
      let saved: T | undefined
      try {
        saved = await source.save(item)
        return saved
      } finally {
        await tell(idOf(saved ?? item), was, item, saved ?? null)
      }
    },
    async remove(key) {
      const was = await before(key)
      try {
        await source.remove(key)
      } finally {
        await tell(key, was)
      }
    },
  }
}

const nameOf = (id: KeyPart): string => keyOf([id])
