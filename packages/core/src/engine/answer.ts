/*
 * Answer: how one caller waits for a load that may be shared.
 *
 * It leaves when its signal is aborted; the load itself is given up when the last one has left. It takes a stale value
 * when the load is slow (soft timeout) or fails, if there is one that nothing has invalidated.
 */

import { ageOf, allLive, type Entry } from './entry.ts'
import type { LoadFlight } from './load.ts'
import { giveUp, type Wanted } from './loads.ts'
import type { Space } from './space.ts'
import type { WhyStale } from '../watch/events.ts'

export function answer(
  space: Space,
  flight: LoadFlight,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  flight.waiters += signal === undefined ? Infinity : 1
  if (signal === undefined && wanted.old === undefined) return flight.result
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      flight.waiters--
      if (flight.waiters === 0) giveUp(space, wanted.name, flight, signal?.reason)
      finish()
      reject(signal?.reason)
    }
    const serveStale = (why: 'slow-load' | 'failed-load'): boolean => {
      const old = stillKept(space, flight, wanted)
      if (old === undefined) return false
      servedStale(space, wanted.name, why)
      finish()
      resolve(old.value)
      return true
    }
    const isPatient = wanted.old === undefined || wanted.policy.soft === Infinity
    const stop = isPatient
      ? undefined
      : space.house.clock.after(wanted.policy.soft, () => serveStale('slow-load'))
    const finish = (): void => {
      stop?.()
      signal?.removeEventListener('abort', leave)
    }
    signal?.addEventListener('abort', leave, { once: true })
    flight.result.then(
      (value) => {
        finish()
        resolve(value)
      },
      (error: unknown) => {
        if (serveStale('failed-load')) return
        finish()
        reject(error)
      },
    )
  })
}

/**
 * Waits for a load that somebody else has begun. If tags were invalidated since, which the load may yet name, its value
 * counts only if it did not: otherwise `again` starts over. So a key keeps to one load, however busy its namespace.
 *
 * The same for a load that waits for another process: what it has asked the store before this caller came may be answered after
 * what this caller was told, and be older.
 */
export function answerOfAnother(
  space: Space,
  flight: LoadFlight,
  wanted: Wanted,
  signal: AbortSignal | undefined,
  again: () => Promise<unknown>,
): Promise<unknown> {
  const { counts, house, path } = space
  counts.joins++
  if (house.watch.heard) house.watch.emit({ type: 'join', cache: path, key: wanted.name })
  for (const tag of wanted.policy.tags) flight.joined.add(tag)
  const isTentative = flight.late !== undefined && !allLive(flight.late)
  const { look } = flight
  const got = answer(space, flight, wanted, signal)
  if (look !== 0) return got.then((value) => (flight.answeredBy === look ? again() : value))
  return isTentative ? got.then((value) => (flight.namedLate ? again() : value)) : got
}

/** The stale value, unless it died or was invalidated meanwhile. */
function stillKept(space: Space, flight: LoadFlight, { name, old, policy }: Wanted): Entry | undefined {
  if (old === undefined) return undefined
  if (space.sync) {
    const kept = space.believed(name, space.look(name))
    if (kept === undefined || (kept.terms === old.terms && kept.freshUntil === old.freshUntil))
      return kept && old
    return policy.schema === undefined || kept.terms.schema === policy.schema ? kept : undefined
  }
  const isInvalidated =
    (flight.cut && !flight.isGivenUp) || !allLive(old.terms.stamps) || space.writes.behind(name)
  return isInvalidated || ageOf(old, space.house.clock.now()) === 'dead' ? undefined : old
}

export function servedStale(space: Space, name: string, why: WhyStale): void {
  const { counts, house, path } = space
  if (why === 'refreshing') counts.staleRefreshing++
  else if (why === 'far-down') counts.staleFarDown++
  else if (why === 'slow-load') counts.staleSlowLoad++
  else counts.staleFailedLoad++
  if (house.watch.heard) house.watch.emit({ type: 'stale', cache: path, key: name, why })
}
