/*
 * Many keys at once: one question to the store, one call of the loader for all that is missing, and each key with a
 * flight of its own, so that single and bulk callers share loads, and an invalidation hits just the keys it means.
 */

import type { ManyLoader } from '../cache.ts'
import { kindOf } from '../duration.ts'
import { manyShape } from '../errors.ts'
import { type Key, keyOf } from '../key.ts'
import { answer, answerOfAnother, servedStale } from './answer.ts'
import { ageOf, type Entry } from './entry.ts'
import { type LoadFlight, ToldOfMany } from './load.ts'
import { abandon, begin, type Call, openFlight, type Wanted } from './loads.ts'
import type { Found } from './reads.ts'
import type { Space } from './space.ts'
import { isForeign } from './vet.ts'
import type { StandardSchema } from '../schema.ts'

/** The call of a loader of many keys. */
function callForMany(wanted: readonly Wanted[], load: ManyLoader<unknown>): Call {
  return async (call, flights, remarks) => {
    const keys = wanted.map(({ key }) => key)
    return inOrder(await load(keys, new ToldOfMany(call, flights, remarks)), wanted)
  }
}

/** The loader's values in the order of the keys it was asked for. */
function inOrder(brought: unknown, wanted: readonly Wanted[]): readonly unknown[] {
  if (brought instanceof Map) {
    const byName = new Map<string, unknown>()
    for (const [key, value] of brought) byName.set(keyOf(key as Key), value)
    return wanted.map(({ name }) => byName.get(name))
  }
  if (!Array.isArray(brought)) throw manyShape(wanted.length, kindOf(brought))
  if (brought.length !== wanted.length) throw manyShape(wanted.length, `an array of ${brought.length}`)
  return brought
}

/** What the store has under `names`: each asked for once. */
export async function findMany(
  space: Space,
  names: readonly string[],
  tags: readonly string[],
  wish: boolean,
  schema: StandardSchema | undefined,
): Promise<readonly Found[]> {
  if (space.sync) {
    return names.map((name) => new Here(space.believed(name, space.look(name)), false))
  }
  const { copies } = space
  if (copies === undefined) return space.findMany(names, tags, wish)
  const near = names.map((name) => {
    const copy = copies.fresh(name)
    return copy === undefined || isForeign(copy, schema) ? undefined : copy
  })
  const missing = names.filter((_, i) => near[i] === undefined)
  const far = missing.length === 0 ? [] : await space.findMany(missing, tags, wish)
  let next = 0
  return near.map((copy) => {
    if (copy === undefined) return far[next++] as Found
    return new Here(copy, true)
  })
}

/** What this process has by itself, as if the store had been asked. */
class Here implements Found {
  readonly entry: Entry | undefined
  readonly isNear: boolean
  readonly overtaken: boolean = false
  readonly tokens: undefined = undefined
  readonly holder: undefined = undefined
  readonly isLeased: boolean = false
  readonly calls: number = 0

  constructor(entry: Entry | undefined, isNear: boolean) {
    this.entry = entry
    this.isNear = isNear
  }

  own(): Entry | undefined {
    return this.entry
  }
}

/** The loads that may be joined. Where one cannot be had, the leases of all the others are given back. */
function openAll(
  space: Space,
  wanted: readonly Wanted[],
  signal: AbortSignal | undefined,
): readonly (LoadFlight | undefined)[] {
  const opened: (LoadFlight | undefined)[] = []
  try {
    signal?.throwIfAborted() // while the store was asked
    for (const each of wanted) opened.push(openFlight(space, each))
    return opened
  } catch (error) {
    wanted.forEach((each, i) => {
      if (opened[i] === undefined) abandon(space, each.name, each)
    })
    throw error
  }
}

/** One promise for each wanted key: joined, loaded, or served stale while it is refreshed. */
export function answerMany(
  space: Space,
  wanted: readonly Wanted[],
  load: ManyLoader<unknown>,
  signal: AbortSignal | undefined,
  again: (key: Key) => Promise<unknown>,
): readonly Promise<unknown>[] {
  const now = space.house.clock.now()
  const isStale = (old: Entry | undefined): boolean => old !== undefined && ageOf(old, now) === 'stale'
  const opened = openAll(space, wanted, signal)
  // What may be under way, here or in another process, is waited for, key by key.
  const mayBeLoading = ({ name, holder, isLeased }: Wanted): boolean =>
    (holder !== undefined && !isLeased) || space.flights.get(name) !== undefined
  const toBegin = wanted.filter((each, i) => opened[i] === undefined && !mayBeLoading(each))
  const toRefresh = toBegin.filter(({ old }) => isStale(old))
  const toLoad = toBegin.filter(({ old }) => !isStale(old))
  if (toRefresh.length > 0) begin(space, toRefresh, callForMany(toRefresh, load), true)
  const begun = toLoad.length > 0 ? begin(space, toLoad, callForMany(toLoad, load), false) : []
  const begunBy = new Map(toLoad.map(({ name }, i) => [name, begun[i]]))
  return wanted.map((each, i) => {
    if (isStale(each.old)) {
      servedStale(space, each.name, 'refreshing')
      return Promise.resolve(each.old?.value)
    }
    const open = opened[i]
    if (open !== undefined) return answerOfAnother(space, open, each, signal, () => again(each.key))
    const flight = begunBy.get(each.name) ?? begin(space, [each], callForMany([each], load), false)[0]
    if (flight === undefined) throw new Error('unreachable') // every wanted key is stale, open or begun
    return answer(space, flight, each, signal)
  })
}
