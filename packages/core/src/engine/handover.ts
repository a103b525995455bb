/*
 * The handover: what a cache in memory has, for the process that comes after this one. `@larder/memory/snapshot` brings it there.
 *
 * An entry points to the marks of its process, and means nothing in another one. Who takes it over gives it the marks of the
 * same namespace and the same tags as they are now, so that it can be invalidated like any other.
 *
 * What this process has set or invalidated is newer than anything that is handed over, also where nothing is left to be seen
 * of it: a deleted key looks like one that never was. So nothing is taken over after the first change. What was only loaded
 * stays as it is.
 */

import type { ICache } from '../cache.ts'
import { kindOf } from '../duration.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from './clock.ts'
import { Engine } from './engine.ts'
import { ageOf, allLive, type Entry, entryOf, entryProblem, type Terms, termsOf } from './entry.ts'
import { tagOfMark } from './marks.ts'
import type { Space } from './space.ts'

/**
 * A cache in memory, as one that gives and one that takes. Keys are those of its store.
 *
 * @example
 * const out: Handover = handover(cache, 'my snapshot')
 * const mayGo = (key: string, entry: Entry): boolean => out.gives(key, entry)
 */
export interface Handover {
  readonly cache: string
  readonly store: Store<Entry>
  readonly clock: Clock
  /** Whether it is too late to take anything over. */
  readonly isChanged: boolean
  /** Whether an entry of the store is one of this cache, and could still be served. */
  gives(key: string, entry: Entry): boolean
  /** Takes over an entry of another process, whose life is in the time of this clock. False if it is of no use, or there is one. */
  takes(key: string, entry: Entry): boolean
}

/**
 * Throws where a cache is not kept in this process alone. `what` names the caller.
 *
 * @example
 * const { store, clock, takes } = handover(cache, 'my snapshot')
 * if (takes(key, entry)) await store.set(key, entry, entry.freshUntil - clock.now())
 */
export function handover(cache: Pick<ICache, 'name'>, what: string): Handover {
  if (!(cache instanceof Engine)) throw new TypeError(`${what}: needs a cache, not ${kindOf(cache)}`)
  cache.assertOpen()
  const { space } = cache as Engine<unknown>
  const { house, path } = space
  if (!space.sync) {
    throw new TypeError(
      `${what}: '${path}' is not a cache in memory alone: '${house.store.name}' keeps its values by itself, and whether copies of them may be believed cannot be handed over`,
    )
  }
  const isInside = (key: string): boolean => key.startsWith(`${path}:`) || key.startsWith(`${path}/`)
  /** Entries in a row mostly have the same terms, and then share those they get. */
  let last: { readonly theirs: Terms; readonly ours: Terms } | undefined
  const termsFor = (theirs: Terms, home: Space): Terms => {
    if (last?.theirs === theirs && allLive(last.ours.stamps)) return last.ours
    const tags = theirs.stamps.flatMap(({ tag }) => tagOfMark(tag) ?? [])
    const { staleFor, keptFor, meta, cost } = theirs
    const ours = termsOf(staleFor, keptFor, home.stampsNow(tags), meta, cost)
    last = { theirs, ours }
    return ours
  }

  return {
    cache: path,
    store: house.store,
    clock: house.clock,
    get isChanged() {
      return house.isChanged
    },
    gives: (key, entry) =>
      isInside(key) && allLive(entry.terms.stamps) && ageOf(entry, house.clock.now()) !== 'dead',
    takes(key, entry) {
      if (house.isChanged || !isInside(key) || entryProblem(entry) !== undefined) return false
      if (ageOf(entry, house.clock.now()) === 'dead') return false
      const end = key.indexOf(':')
      const name = key.slice(end + 1)
      const home = spaceOf(space, key.slice(path.length + 1, Math.max(end, path.length + 1)))
      if (home.look(name) !== undefined) return false
      home.fill(name, entryOf(entry.value, entry.freshUntil, termsFor(entry.terms, home)))
      return true
    },
  }
}

/** The space of the namespace `inner` in `outer`. */
function spaceOf(outer: Space, inner: string): Space {
  return inner === '' ? outer : inner.split('/').reduce((space, part) => space.inside(part), outer)
}
