/*
 * Loads: from a miss to a stored value.
 *
 *   join      a load of the key that nothing has invalidated is shared; otherwise a new one begins
 *   board     where the store has leases: takes that of the key, or waits for the process that has it (boarding.ts)
 *   fly       marks are taken BEFORE the loader is called, so that an invalidation while it runs wins
 *   land      the value is checked, and stored unless something has invalidated it meanwhile
 *
 * The last check and the storing happen in one turn: nothing can come in between. Where other processes may come in
 * between, the store itself compares the lease.
 */

import type { Loader, Meta } from '../cache.ts'
import { loadRecursed, loadRefused, loadTimedOut, misuse } from '../errors.ts'
import type { Key } from '../key.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import type { Unstored } from '../watch/events.ts'
import { allLive, type Entry, entryOf, type Stamps, type Terms, termsOf } from './entry.ts'
import { dropLease, fillLeased } from './leasing.ts'
import { board, renewing } from './boarding.ts'
import { isInsideOf, mayJoin } from './joining.ts'
import { LoadCall, LoadFlight, noRemarks, type Remarks, Told } from './load.ts'
import { type Resolved, tagProblem } from './policy.ts'
import { left, runAs } from './recursion.ts'
import type { Space } from './space.ts'
import type { Tokens } from './stored-marks.ts'

/** A key that has no fresh value, and how to get one. */
export interface Wanted {
  readonly key: Key
  /** As the store knows it. */
  readonly name: string
  readonly policy: Resolved
  /** What is kept of it, no longer fresh. */
  old: Entry | undefined
  /** The tokens that were read with it. Undefined where a store that should have told them did not answer. */
  readonly tokens: Tokens | undefined
  /** Who has its lease; undefined if that is not known. */
  holder: string | undefined
  /** Whether that is the caller. */
  readonly isLeased: boolean
  /** How often those who wait for leases had been called when that was asked. */
  readonly calls: number
}

/** The load of a key that a caller may wait for. Throws if the caller is that load. */
export function openFlight(space: Space, wanted: Wanted): LoadFlight | undefined {
  const open = space.flights.get(wanted.name)
  if (open === undefined) return undefined
  const may = mayJoin(space, open, wanted)
  // It waits for a lease that its caller has just got: that is free again.
  if (may === 'yes' && wanted.holder !== open.lease) abandon(space, wanted.name, wanted)
  if (may !== 'no' && isInsideOf(open)) throw loadRecursed(wanted.name)
  if (may === 'yes') return open
  if (may === 'no') supersede(space, open, wanted)
  return undefined
}

/** What a load brings that is no longer good will not be stored, so its lease is given back for the one that follows. */
function supersede(space: Space, open: LoadFlight, wanted: Wanted): void {
  space.flights.cut(wanted.name)
  const { lease } = open
  if (lease === undefined || open.isFilled || (wanted.holder ?? lease) !== lease) return
  dropLease(space, wanted.name, lease)
  wanted.holder = undefined
}

function staleOf(space: Space, { old }: Wanted): { entry: Entry; age: number } | undefined {
  return old && { entry: old, age: Math.max(0, space.house.clock.now() - old.freshUntil) }
}

/** One call of a loader: brings the values of its flights, in their order. */
export type Call = (
  call: LoadCall,
  flights: readonly LoadFlight[],
  remarks: Remarks,
) => Awaitable<readonly unknown[]>

/** The call of a loader of one key. */
function callFor(space: Space, wanted: Wanted, load: Loader<unknown>): Call {
  return async (_, [flight], remarks) =>
    flight === undefined ? [] : [await load(new Told(flight, wanted.key, staleOf(space, wanted), remarks))]
}

/** Begins one call of a loader for all of `wanted`, which have one policy. Each key gets a flight of its own. */
export function begin(
  space: Space,
  wanted: readonly Wanted[],
  call: Call,
  background: boolean,
): readonly LoadFlight[] {
  const loadCall = new LoadCall(wanted.length)
  const flights = wanted.map(({ name }) => {
    const before = space.hasLeases ? space.flights.get(name) : undefined
    const flight = new LoadFlight(loadCall, background, before)
    space.flights.open(name, flight)
    return flight
  })
  space.background(fly(space, flights, wanted, call))
  return flights
}

export function beginOne(
  space: Space,
  wanted: Wanted,
  load: Loader<unknown>,
  background: boolean,
): LoadFlight {
  const [flight] = begin(space, [wanted], callFor(space, wanted, load), background)
  if (flight === undefined) throw new Error('unreachable') // one key is one flight
  return flight
}

/** Begins a load that nobody waits for, unless one is under way. */
export function refresh(space: Space, wanted: Wanted, load: Loader<unknown>): void {
  const open = space.flights.get(wanted.name)
  if (open !== undefined) {
    if (mayJoin(space, open, wanted) !== 'no') return abandon(space, wanted.name, wanted)
    supersede(space, open, wanted)
  }
  beginOne(space, wanted, load, true)
}

/** A caller that has taken the lease of a key does not load it after all. */
export function abandon(
  space: Space,
  name: string,
  { holder, isLeased }: Pick<Wanted, 'holder' | 'isLeased'>,
): void {
  if (isLeased && holder !== undefined) dropLease(space, name, holder)
}

/** Gives a load up for all who wait for it. */
export function giveUp(space: Space, name: string, flight: LoadFlight, reason: unknown): void {
  space.flights.close(name, flight)
  flight.giveUp(reason)
  if (flight.lease !== undefined) dropLease(space, name, flight.lease)
}

async function fly(
  space: Space,
  flights: readonly LoadFlight[],
  wanted: readonly Wanted[],
  call: Call,
): Promise<void> {
  const [first] = flights
  const policy = wanted[0]?.policy
  if (first === undefined || policy === undefined) return
  // One key's answer carries the tokens for all.
  const tokens = wanted.find((each) => each.tokens !== undefined)?.tokens
  const keys = wanted.map(({ name }) => name)
  const { background } = first
  const { clock, watch } = space.house
  let renewals: readonly (() => void)[] = []
  const isWanted = (): boolean => !flights.every(({ isGivenUp }) => isGivenUp)
  let began = clock.exact()
  // Of a call that was too late nothing more is told: it has failed, once.
  let isTooLate = false
  const stop = clock.after(policy.hard, () => {
    const late = keys.filter((_, i) => flights[i]?.isGivenUp === false && !flights[i].hasEnded)
    flights.forEach((flight, i) =>
      giveUp(space, keys[i] ?? '', flight, loadTimedOut(keys[i] ?? '', policy.hard)),
    )
    const [key] = late
    if (key === undefined) return
    isTooLate = true
    space.counts.loadDeadlines++
    failed(space, late, loadTimedOut(key, policy.hard), background, clock.exact() - began)
  })
  try {
    const boarding = space.hasLeases ? board(space, flights, wanted) : undefined
    // Whoever is going to wait takes marks after that: two processes that mint the same one would disturb each other.
    const isSure =
      tokens !== undefined && !wanted.every(({ holder, isLeased }) => holder !== undefined && !isLeased)
    const captured = space.sync || isSure ? space.capture(policy.tags, tokens) : undefined
    const boarded = boarding && (await boarding)
    if (boarded === 'answered') return
    const taken = boarded === 'after-wait' && isWanted() ? space.capture(policy.tags, NOT_READ) : captured
    // Where nothing has to be asked, the loader is called in the very turn of its caller.
    const marks = isPending(taken) ? await taken : taken
    if (!isWanted()) return // while the store was asked
    const asked = marks === undefined ? space.copies?.loadingAlone() : space.copies?.asking()
    for (const flight of flights) {
      flight.stamps = marks?.stamps
      flight.late = marks?.late
      flight.tokens = tokens
      flight.hasBegun = true
      flight.asked = asked
    }
    renewals = space.hasLeases ? flights.map((flight, i) => renewing(space, keys[i] ?? '', flight)) : []
    const remarks = noRemarks()
    began = clock.exact()
    const values = await called(first.call, () => call(first.call, flights, remarks))
    const ms = clock.exact() - began
    if (!isTooLate) {
      space.counts.loads++
      space.counts.loadTime.record(ms)
      if (watch.heard) watch.emit({ type: 'load', cache: space.path, keys, ms, background })
    }
    await Promise.all(
      wanted.map((each, i) => touchDown(space, flights[i] ?? first, each, values[i], remarks, ms)),
    )
  } catch (error) {
    if (!isTooLate) failed(space, keys, error, background, clock.exact() - began)
    flights.forEach((flight, i) => {
      flight.reject(error)
      close(space, keys[i] ?? '', flight)
    })
  } finally {
    stop()
    for (const each of renewals) each()
  }
}

const NOT_READ: Tokens = new Map()

/** What the loader brings, called inside its own context. */
async function called<T>(loadCall: LoadCall, call: () => T): Promise<Awaited<T>> {
  try {
    return await runAs(loadCall, call)
  } finally {
    left()
  }
}

async function touchDown(
  space: Space,
  flight: LoadFlight,
  wanted: Wanted,
  value: unknown,
  remarks: Remarks,
  took: number,
): Promise<void> {
  try {
    const checked = check(wanted, value)
    const brought = isPending(checked) ? await checked : checked
    const tags = lateTags(flight, wanted, brought, remarks)
    const landed = land(space, flight, wanted, brought, tags, remarks, took)
    if (isPending(landed)) await landed
    flight.resolve(brought)
  } catch (error) {
    if (flight.isGivenUp) unstored(space, wanted.name, 'given-up')
    else failed(space, [wanted.name], error, flight.background, took)
    flight.reject(error)
  } finally {
    close(space, wanted.name, flight)
  }
}

function close(space: Space, name: string, flight: LoadFlight): void {
  flight.hasEnded = true
  space.flights.close(name, flight)
  space.landed(name)
  if (flight.lease !== undefined && !flight.isFilled && !flight.isGivenUp)
    dropLease(space, name, flight.lease)
}

function failed(
  space: Space,
  keys: readonly string[],
  error: unknown,
  background: boolean,
  ms: number,
): void {
  space.counts.loadFailures++
  const { watch } = space.house
  if (watch.heard) watch.emit({ type: 'load-failed', cache: space.path, keys, ms, error, background })
}

/** What was loaded, as the schema has it. */
function check({ name, policy }: Wanted, value: unknown): unknown {
  if (value === undefined || policy.schema === undefined) return value
  const checked = policy.schema['~standard'].validate(value)
  const judge = (result: Awaited<typeof checked>): unknown => {
    if (result.issues !== undefined) throw loadRefused(name, result.issues)
    return result.value
  }
  return isPending(checked) ? checked.then(judge) : judge(checked)
}

/** The tags that were not known before the load began. From now on it takes no more. */
function lateTags(flight: LoadFlight, wanted: Wanted, value: unknown, remarks: Remarks): readonly string[] {
  if (value === undefined) return []
  const tags = [...remarks.tags, ...tagsOf(wanted.policy, value), ...joinedTags(flight, wanted)]
  if (tags.length > 0 || keepsMore(flight, wanted, remarks)) flight.namedLate = true
  flight.allTags = [...wanted.policy.tags, ...tags]
  return tags
}

/** Sends what was loaded to the store, if it may be stored. Callers do not wait for the store to have it. */
function land(
  space: Space,
  flight: LoadFlight,
  wanted: Wanted,
  value: unknown,
  tags: readonly string[],
  remarks: Remarks,
  took: number,
): Awaitable<void> {
  const { name } = wanted
  if (value === undefined) return unstored(space, name, 'undefined')
  const isSkipped = remarks.skipped === true || (remarks.skipped !== false && remarks.skipped.has(name))
  if (isSkipped) return unstored(space, name, 'skipped')
  if (flight.stamps === undefined) return unkept(space, flight, wanted, value, remarks, took)
  const stamps = tags.length === 0 ? flight.stamps : lateStamps(space, flight.stamps, tags)
  const go = (all: Stamps | undefined): void => keep(space, flight, wanted, value, all, remarks, took)
  return isPending(stamps) ? stamps.then(go) : go(stamps)
}

/** Tags that were named during the load are captured after it; that none was invalidated meanwhile is told by the late mark. */
function lateStamps(
  space: Space,
  before: Stamps,
  tags: readonly string[],
): Stamps | undefined | Promise<Stamps | undefined> {
  const captured = space.sync ? space.capture(tags, undefined) : space.captureLate(tags)
  return isPending(captured)
    ? captured.then((now) => now && union(before, now.stamps))
    : captured && union(before, captured.stamps)
}

function keep(
  space: Space,
  flight: LoadFlight,
  wanted: Wanted,
  value: unknown,
  stamps: Stamps | undefined,
  remarks: Remarks,
  took: number,
): void {
  const { name, old } = wanted
  if (stamps === undefined) return unkept(space, flight, wanted, value, remarks, took)
  const kept = remarks.kept && old !== undefined ? old : undefined
  const all = kept === undefined ? stamps : union(stamps, kept.terms.stamps)
  const isLateCut = flight.namedLate && !(flight.late !== undefined && allLive(flight.late))
  if (flight.isGivenUp) return unstored(space, name, 'given-up')
  if (flight.cut || isLateCut || !allLive(all)) return space.fenced(name)
  if (space.writes.behind(name) || (space.hasLeases && flight.lease === undefined)) {
    return unkept(space, flight, wanted, value, remarks, took)
  }
  const entry = entryFor(space, wanted, value, all, remarks, took)
  if (flight.asked !== undefined) space.copies?.keep(name, entry, flight.asked)
  if (flight.lease === undefined) space.fill(name, entry)
  else {
    flight.isFilled = true
    fillLeased(space, name, flight.lease, entry, flight.asked)
  }
}

function entryFor(
  space: Space,
  { policy, old }: Wanted,
  value: unknown,
  stamps: Stamps,
  remarks: Remarks,
  took: number,
): Entry {
  const meta = remarks.meta ?? (remarks.kept ? old?.terms.meta : undefined)
  const terms = termsFor(space, policy, stamps, meta, policy.early === 0 ? 0 : took)
  const until = freshUntil(space, policy, value, remarks.ttl, 0.1)
  space.counts.lifeTime.record(until - space.house.clock.now())
  return entryOf(value, until, terms)
}

/** What cannot be stored, because the store is not heard, is kept near for a moment: callers of a busy key then do not all load. */
function unkept(
  space: Space,
  flight: LoadFlight,
  wanted: Wanted,
  value: unknown,
  remarks: Remarks,
  took: number,
): void {
  const { copies } = space
  if (copies !== undefined && flight.asked !== undefined && !flight.cut && !flight.isGivenUp) {
    copies.keepAlone(wanted.name, entryFor(space, wanted, value, [], remarks, took), flight.asked)
  }
  unstored(space, wanted.name, 'store-behind')
}

/** The tags of callers who joined and of which its own call knew nothing. */
function joinedTags({ joined }: LoadFlight, { policy }: Wanted): readonly string[] {
  return joined.size === 0 ? [] : [...joined].filter((tag) => !policy.tags.includes(tag))
}

/** Whether a kept value has tags that were not known when its load began. */
function keepsMore({ stamps }: LoadFlight, { old }: Wanted, { kept }: Remarks): boolean {
  if (!kept || old === undefined) return false
  return old.terms.stamps.some(({ tag }) => stamps?.some((stamp) => stamp.tag === tag) !== true)
}

function union(some: Stamps, more: Stamps): Stamps {
  const all = [...some]
  for (const stamp of more) {
    if (!all.some(({ tag }) => tag === stamp.tag)) all.push(stamp)
  }
  return all
}

function unstored(space: Space, name: string, why: Unstored): void {
  const { watch } = space.house
  if (watch.heard) watch.emit({ type: 'unstored', cache: space.path, key: name, why })
}

/** The tags that a policy gives to a value. */
export function tagsOf(policy: Resolved, value: unknown): readonly string[] {
  if (policy.tagsOf.length === 0) return []
  return policy.tagsOf.flatMap((of) => {
    const tags = of(value)
    const problem = tagProblem(tags)
    if (problem !== undefined) throw misuse('tags', [`the function's answer ${problem}`])
    return tags
  })
}

/** When a value written now stops being fresh. Jitter only shortens: nothing is served beyond its ttl. */
export function freshUntil(
  space: Space,
  policy: Resolved,
  value: unknown,
  said: number | undefined,
  jitterByDefault: number,
): number {
  const { clock } = space.house
  const ttl = said ?? (value === null ? (policy.nullTtl ?? policy.ttl) : policy.ttl)
  const jitter = policy.jitter ?? jitterByDefault
  const life = jitter === 0 ? ttl : ttl * (1 - jitter * clock.random())
  return Math.floor(clock.now() + life)
}

/** The terms of an entry. Entries in a row mostly have the same, and then share one object. */
export function termsFor(
  space: Space,
  { staleFor, keptFor, schema }: Resolved,
  stamps: Stamps,
  meta: Meta | undefined,
  cost: number,
): Terms {
  const last = stamps.length === 0 ? space.lastBare : space.lastTerms
  const isSame =
    meta === undefined &&
    cost === 0 &&
    last !== undefined &&
    last.stamps === stamps &&
    last.staleFor === staleFor &&
    last.keptFor === Math.max(staleFor, keptFor) &&
    last.schema === schema
  if (isSame) return last
  const terms = termsOf(staleFor, keptFor, stamps, meta, cost, schema)
  if (meta !== undefined || cost !== 0) return terms
  if (stamps.length === 0) space.lastBare = terms
  else space.lastTerms = terms
  return terms
}
