/*
 * Many keys at once: one question to the store, one call of the loader for all that is missing, and each key with a
 * flight of its own, so that single and bulk callers share loads, and an invalidation hits just the keys it means.
 */

import type { ManyLoader } from '../cache.ts'
import { kindOf } from '../duration.ts'
import { manyShape } from '../errors.ts'
import { type Key, keyOf } from '../key.ts'
import { isPending } from '../store/store.ts'
import { answer, servedStale } from './answer.ts'
import { ageOf, type Entry } from './entry.ts'
import { LoadFlight, manyContextOf, noRemarks } from './load.ts'
import {
  capture,
  depart,
  failed,
  land,
  limit,
  loaded,
  mayNameInvalidated,
  openFlight,
  timed,
  type Wanted,
} from './loads.ts'
import type { Resolved } from './policy.ts'
import type { Found, Space } from './space.ts'

/** Begins one load for all of `wanted`. Every one gets a flight. */
export function beginMany(
  space: Space,
  wanted: readonly Wanted[],
  load: ManyLoader<unknown>,
  policy: Resolved,
  background: boolean,
): readonly LoadFlight[] {
  const call = {}
  const flights = wanted.map(({ name }) => {
    const flight = new LoadFlight(background, call)
    space.flights.open(name, flight)
    return flight
  })
  space.background(flyMany(space, flights, wanted, load, policy))
  return flights
}

async function flyMany(
  space: Space,
  flights: readonly LoadFlight[],
  wanted: readonly Wanted[],
  load: ManyLoader<unknown>,
  policy: Resolved,
): Promise<void> {
  const pairs = flights.map((flight, i) => [wanted[i]?.name ?? '', flight] as const)
  const stop = limit(space, pairs, policy)
  const [first] = flights
  if (first === undefined) return
  try {
    const tokens = wanted.find((each) => each.tokens !== undefined)?.tokens
    const captured = capture(space, policy.tags, tokens)
    const marks = isPending(captured) ? await captured : captured
    for (const flight of flights) depart(flight, marks)
    const remarks = noRemarks()
    const context = manyContextOf(flights, remarks, () => first.signal)
    const keys = wanted.map(({ key }) => key)
    const [brought, took] = await timed(space, first.call, () => load(keys, context))
    const values = inOrder(brought, wanted)
    loaded(space, pairs.map(([name]) => name).join(' '), took, first.background)
    await Promise.all(
      wanted.map(async (each, i) => {
        const flight = flights[i]
        if (flight === undefined) return
        try {
          flight.resolve(await land(space, flight, each, values[i], remarks, took))
        } catch (error) {
          flight.reject(error)
        }
      }),
    )
  } catch (error) {
    failed(space, pairs.map(([name]) => name).join(' '), first, error)
    for (const flight of flights) flight.reject(error)
  } finally {
    stop()
    for (const [name, flight] of pairs) {
      space.flights.close(name, flight)
      space.landed(name)
    }
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
): Promise<readonly Found[]> {
  if (space.sync) {
    return names.map((name) => ({
      entry: space.believed(name, space.look(name)),
      overtaken: false,
      tokens: undefined,
    }))
  }
  return space.readMany(names, tags)
}

/** One promise for each wanted key: joined, loaded, or served stale while it is refreshed. */
export function answerMany(
  space: Space,
  wanted: readonly Wanted[],
  load: ManyLoader<unknown>,
  policy: Resolved,
  signal: AbortSignal | undefined,
  again: (key: Key) => Promise<unknown>,
): readonly Promise<unknown>[] {
  const now = space.house.clock.now()
  const isStale = (old: Entry | undefined): boolean => old !== undefined && ageOf(old, now) === 'stale'
  const opened = wanted.map(({ name }) => openFlight(space, name))
  const toRefresh = wanted.filter(({ old }, i) => opened[i] === undefined && isStale(old))
  const toLoad = wanted.filter(({ old }, i) => opened[i] === undefined && !isStale(old))
  if (toRefresh.length > 0) beginMany(space, toRefresh, load, policy, true)
  const begun = toLoad.length > 0 ? beginMany(space, toLoad, load, policy, false) : []
  const begunBy = new Map(toLoad.map(({ name }, i) => [name, begun[i]]))
  return wanted.map((each, i) => {
    if (isStale(each.old)) {
      servedStale(space, each.name, 'refreshing')
      return Promise.resolve(each.old?.value)
    }
    const open = opened[i]
    const flight = open ?? begunBy.get(each.name)
    if (flight === undefined) throw new Error('unreachable: every wanted key is stale, open or begun')
    if (open === undefined) return answer(space, flight, each, signal)
    space.counts.joins++
    const isTentative = mayNameInvalidated(flight)
    const got = answer(space, flight, each, signal)
    return isTentative ? got.then((value) => (flight.namedLate ? again(each.key) : value)) : got
  })
}
