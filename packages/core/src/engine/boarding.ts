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

import { ageOf, allLive } from './entry.ts'
import type { LoadFlight } from './load.ts'
import type { Wanted } from './loads.ts'
import { newToken } from './marks.ts'
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
      const own = each.isLeased ? each.holder : await take(space, each)
      const boarding = flights[i]
      if (boarding !== undefined) boarding.lease = own
    }),
  )
  return 'at-once'
}

/** The lease of a key of many, if it can be had at once. */
async function take(space: Space, { name, holder, tokens }: Wanted): Promise<string | undefined> {
  if (holder !== undefined || tokens === undefined) return undefined
  const token = newToken(space.house.clock)
  return (await space.takeLease(name, token)) === token ? token : undefined
}

async function boardOne(space: Space, flight: LoadFlight, wanted: Wanted): Promise<Boarded> {
  const { name, policy, tokens } = wanted
  const { clock } = space.house
  const { before } = flight
  flight.before = undefined
  if (wanted.isLeased) flight.lease = wanted.holder
  // A store that has just not answered is not asked again.
  if (wanted.isLeased || tokens === undefined) return 'at-once'
  const patientUntil = clock.now() + policy.hard * PATIENCE
  let { holder } = wanted
  for (let looks = 0; ; looks++) {
    const token = newToken(clock)
    holder ??= await space.takeLease(name, token)
    if (holder === token) flight.lease = token
    const isLate = clock.now() >= patientUntil || flight.isGivenUp
    if (holder === undefined || holder === token || isLate) return looks === 0 ? 'at-once' : 'after-wait'
    if (before?.lease === holder && isGood(before)) return answeredBy(space, name, flight, before)
    await untilFilled(space, name, looks)
    const found = await space.find(name, policy.tags, true)
    if (found.tokens === undefined) return 'after-wait'
    const entry = found.entry && (await vet(space, name, found.entry, policy.schema))
    if (entry !== undefined && ageOf(entry, clock.now()) === 'fresh') {
      flight.resolve(entry.value)
      return landedElsewhere(space, name, flight)
    }
    holder = found.holder
    if (!found.isLeased) continue
    flight.lease = holder
    return 'after-wait'
  }
}

const isGood = ({ cut, isGivenUp, stamps }: LoadFlight): boolean =>
  !cut && !isGivenUp && (stamps === undefined || allLive(stamps))

/** Nothing has come in between since the other load of this process began. */
async function answeredBy(
  space: Space,
  name: string,
  flight: LoadFlight,
  before: LoadFlight,
): Promise<Boarded> {
  try {
    flight.resolve(await before.result)
  } catch (error) {
    flight.reject(error)
  }
  return landedElsewhere(space, name, flight)
}

/** Looks become rarer, and those of several processes do not fall together. */
function untilFilled(space: Space, name: string, looks: number): Promise<void> {
  const { clock } = space.house
  const pause = Math.min(LONGEST_LOOK, FIRST_LOOK * 2 ** looks)
  return new Promise((resolve) => {
    const stop = space.onFilled(name, pause * (0.5 + clock.random() / 2), () => {
      stop()
      resolve()
    })
  })
}

function landedElsewhere(space: Space, name: string, flight: LoadFlight): 'answered' {
  space.flights.close(name, flight)
  space.landed(name)
  return 'answered'
}

/** Lets the lease of a load last while the loader runs. Returns the way to stop. */
export function renewing(space: Space, name: string, flight: LoadFlight): () => void {
  let cancel = (): void => {}
  const again = (): void => {
    cancel = space.house.clock.after(LEASE / 3, () => {
      const { lease } = flight
      if (lease === undefined || flight.isGivenUp) return
      space.background(space.renewLease(name, lease))
      again()
    })
  }
  if (flight.lease !== undefined) again()
  return () => cancel()
}
