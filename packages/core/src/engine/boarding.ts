/*
 * Boarding: what a load does before it begins, where the store has leases.
 *
 *   it has the lease        from the very question that found nothing; or now, where there was a record that is stale
 *   another process has it  waits until it is told that the record was filled, or looks now and then; takes the load over
 *                           when the lease ends without a record (its holder has died), and loads by itself, without
 *                           storing, when it has waited for too long
 *   a load of this process  which began before and is still good: takes its answer
 *   the store does not say  loads by itself, without storing
 */

import { isPending } from '../store/store.ts'
import { ageOf, allLive } from './entry.ts'
import { dropLease, filled, renewLease, takeLease } from './leasing.ts'
import type { LoadFlight } from './load.ts'
import { isGoodFor } from './joining.ts'
import type { Wanted } from './loads.ts'
import { newToken } from './marks.ts'
import type { Found } from './reads.ts'
import { LEASE } from './rounds.ts'
import type { Space } from './space.ts'
import { vet } from './vet.ts'

/** The first and the longest pause between two looks at what another process is loading. */
const FIRST_LOOK = 20
const LONGEST_LOOK = 250
/** Of the time that a load may take, another process is waited for this share. */
const PATIENCE = 0.5

/** What came of boarding: another has answered; or the load is to begin, at once or after a wait. */
export type Boarded = 'answered' | 'at-once' | 'after-wait'

/** Takes the leases of what is wanted. */
export async function board(
  space: Space,
  flights: readonly LoadFlight[],
  wanted: readonly Wanted[],
): Promise<Boarded> {
  const [flight] = flights
  const [only] = wanted
  if (flight !== undefined && only !== undefined && flights.length === 1) {
    return boardOne(space, flight, only)
  }
  await Promise.all(
    wanted.map(async (each, i) => {
      const boarding = flights[i]
      const own = each.isLeased ? each.holder : await take(space, each)
      if (boarding !== undefined) has(space, each.name, boarding, own)
    }),
  )
  return 'at-once'
}

/** The lease of a key of many, if it can be had at once. */
async function take(space: Space, { name, holder, tokens }: Wanted): Promise<string | undefined> {
  if (holder !== undefined || tokens === undefined) return undefined
  const token = newToken(space.house.clock)
  return (await takeLease(space, name, token)) === token ? token : undefined
}

/** A load has the lease; unless what it brings will not be stored anyhow: then nobody need wait for it. */
function has(space: Space, name: string, flight: LoadFlight, lease: string | undefined): void {
  flight.before = undefined
  if (lease === undefined) return
  if (flight.isGivenUp || flight.cut) dropLease(space, name, lease)
  else flight.lease = lease
}

async function boardOne(space: Space, flight: LoadFlight, wanted: Wanted): Promise<Boarded> {
  const { name, policy, tokens } = wanted
  const { clock } = space.house
  if (wanted.isLeased) has(space, name, flight, wanted.holder)
  // A store that has just not answered is not asked again.
  if (wanted.isLeased || tokens === undefined) return 'at-once'
  const patientUntil = clock.now() + policy.hard * PATIENCE
  let { holder, calls } = wanted
  for (let looks = 0; ; looks++) {
    const token = newToken(clock)
    if (holder === undefined) {
      ;({ calls } = space.house.waiting)
      holder = await takeLease(space, name, token)
    }
    const { before } = flight
    if (before !== undefined && before.lease === holder && holder !== token && isGood(before, wanted)) {
      return answeredBy(space, flight, before, wanted)
    }
    const isLate = clock.now() >= patientUntil || flight.isGivenUp
    if (holder === undefined || holder === token || isLate) {
      has(space, name, flight, holder === token ? token : undefined)
      return looks === 0 ? 'at-once' : 'after-wait'
    }
    await untilFilled(space, name, looks, calls)
    if (flight.isGivenUp) return 'after-wait'
    flight.look = looks + 1
    const found = await space.find(name, policy.tags, true)
    if (await isAnswered(space, flight, wanted, found)) return 'answered'
    flight.look = 0
    ;({ holder, calls } = found)
    if (found.tokens !== undefined && !found.isLeased) continue
    has(space, name, flight, found.isLeased ? holder : undefined)
    return 'after-wait'
  }
}

/** Whether another process has brought a fresh value. What there is besides replaces what was kept of the key. */
async function isAnswered(space: Space, flight: LoadFlight, wanted: Wanted, found: Found): Promise<boolean> {
  const { name, policy } = wanted
  const own = found.own()
  const vetted = own && vet(space, name, own, policy.schema)
  const entry = isPending(vetted) ? await vetted : vetted
  if (entry !== undefined && ageOf(entry, space.house.clock.now()) === 'fresh') {
    flight.answeredBy = flight.look
    flight.resolve(entry.value)
    landedElsewhere(space, name, flight)
    return true
  }
  wanted.old = found.overtaken ? undefined : entry
  return false
}

/** Whether nothing has come in between since the other load of this process began. */
function isGood(before: LoadFlight, wanted: Wanted): boolean {
  const { cut, isGivenUp, late } = before
  return !cut && !isGivenUp && (late === undefined || allLive(late)) && isGoodFor(before, wanted)
}

/** The load that was there is the one to share, after all. */
async function answeredBy(
  space: Space,
  flight: LoadFlight,
  before: LoadFlight,
  { name, policy }: Wanted,
): Promise<Boarded> {
  flight.before = undefined
  if (space.flights.get(name) === flight && !before.hasEnded) space.flights.open(name, before)
  before.waiters = Infinity
  for (const tag of [...policy.tags, ...flight.joined]) before.joined.add(tag)
  try {
    flight.resolve(await before.result)
  } catch (error) {
    flight.reject(error)
  }
  landedElsewhere(space, name, flight)
  return 'answered'
}

/** Looks become rarer, and those of several processes do not fall together. */
function untilFilled(space: Space, name: string, looks: number, calls: number): Promise<void> {
  const pause = Math.min(LONGEST_LOOK, FIRST_LOOK * 2 ** looks)
  return filled(space, name, pause * (0.5 + space.house.clock.random() / 2), calls)
}

function landedElsewhere(space: Space, name: string, flight: LoadFlight): void {
  flight.hasEnded = true
  space.flights.close(name, flight)
  space.landed(name)
}

/** Lets the lease of a load last while the loader runs. Returns the way to stop. */
export function renewing(space: Space, name: string, flight: LoadFlight): () => void {
  let cancel = (): void => {}
  const again = (): void => {
    cancel = space.house.clock.after(LEASE / 3, () => {
      const { lease } = flight
      if (lease === undefined || flight.isGivenUp) return
      space.background(renewLease(space, name, lease))
      again()
    })
  }
  if (flight.lease !== undefined) again()
  return () => cancel()
}
