/*
 * Reading: near, else far, else a load. Each file of core that has a part in it is named where it is copied.
 */

import { answer, fill } from './far.ts'
import { empty, SLOTS, type SlotFields, type State } from './layout.ts'
import type { Switches } from './switches.ts'
import { dated, isBehind, isBelieved, KEYS, leave, NAMES, SAID, SLOT, type World } from './world.ts'

export function reads(world: World, p: number, k: number): void {
  begin(world, p, k)
  for (let s = 0; s < SLOTS; s++) goOn(world, p, k, s)
}

const slotOf = (state: State, p: number, k: number, s: number): SlotFields | undefined =>
  state.processes[p]?.own[k]?.slots[s]

const freeSlot = (state: State, p: number, k: number): number =>
  state.processes[p]?.own[k]?.slots.findIndex((slot) => slot.state === SLOT.free) ?? -1

/** The load that others may join, if there is one. */
const onBoard = (state: State, p: number, k: number): SlotFields | undefined =>
  state.processes[p]?.own[k]?.slots.find((slot) => slot.isOnBoard === 1)

/** A question is put: what is known of the time is what was known before. */
function ask(state: State, p: number, slot: SlotFields, takes: boolean, { on }: World): void {
  slot.state = SLOT.asked
  slot.takes = takes ? 1 : 0
  slot.value = 0
  slot.token = 0
  slot.isStale = 0
  slot.isCut = 0
  date(slot, state, p, on)
  // Its load is open to others while it asks.
  if (takes) slot.isOnBoard = 1
}

function date(slot: SlotFields, state: State, p: number, on: Switches): void {
  const { covered, age } = dated(state, p, on)
  slot.covered = covered
  slot.age = age
  slot.isHeard = 0
}

function begin(world: World, p: number, k: number): void {
  const { from, on } = world
  const process = from.processes[p]
  const own = process?.own[k]
  if (process === undefined || own === undefined || process.fields.gets === 0) return
  const who = `${NAMES[p]} reads ${KEYS[k]}`
  if (isBelieved(from, p, k, on)) return serveNear(world, p, k, who)
  if (isBehind(from, p, k) && on.ownBarrier) return readBehind(world, p, k, who)
  if (process.fields.isLinked === 0) {
    const state = begun(world, p)
    if (serveUnproven(world, state, p, k, who)) return
    if (loadAlone(world, state, p, k, freeSlot(state, p, k))) {
      world.take(() => `${who}: far does not answer, so it loads without a lease`)
    }
    return
  }
  askFar(world, p, k, who)
}

function begun(world: World, p: number): State {
  const state = world.step()
  const fields = state.processes[p]?.fields
  if (fields !== undefined) fields.gets--
  return state
}

function serveNear(world: World, p: number, k: number, who: string): void {
  const state = begun(world, p)
  const fields = state.processes[p]?.own[k]?.fields
  const key = state.keys[k]
  if (fields === undefined || key === undefined) return
  const { near, floor } = fields
  const broken =
    tooOld('G1', near, floor, who) ??
    (world.from.world.hasFailedOver === 0 ? tooOld('G4', near, key.acked2, who) : undefined)
  world.take(() => `${who}: v${near} is near`, broken)
}

/** reads.ts, #behind: what was said here counts more than what far would say. */
function readBehind(world: World, p: number, k: number, who: string): void {
  const state = begun(world, p)
  const fields = state.processes[p]?.own[k]?.fields
  if (fields === undefined) return
  const { saidIsSet, saidState, said, floor } = fields
  if (saidState !== 0 && saidIsSet === 1) {
    const broken = tooOld('G1', said, floor, who)
    return world.take(() => `${who}: v${said} is being set here`, broken)
  }
  if (!loadAlone(world, state, p, k, freeSlot(state, p, k))) return
  world.take(() => `${who}: its invalidation is under way, so it loads without a lease`)
}

function askFar(world: World, p: number, k: number, who: string): void {
  const { on } = world
  const state = begun(world, p)
  const own = state.processes[p]?.own[k]
  if (own === undefined) return
  const { floor } = own.fields
  const acked = state.world.hasFailedOver === 0 ? (state.keys[k]?.acked ?? 0) : 0
  if (!on.freshQuestions) {
    const shared = own.slots.find(
      (slot) => slot.isCut === 0 && slot.state >= SLOT.asked && slot.state <= SLOT.held,
    )
    if (shared !== undefined) {
      shared.floor = Math.max(shared.floor, floor)
      shared.acked = Math.max(shared.acked, acked)
      return world.take(() => `${who}: it shares the question that is under way`)
    }
  }
  const slot = slotOf(state, p, k, freeSlot(state, p, k))
  if (slot === undefined) return
  slot.floor = floor
  slot.acked = acked
  ask(state, p, slot, false, world)
  world.take(() => `${who}: it asks far`)
}

/** copies.ts, unproven: where that was asked for, a copy that may be out of date, since far does not answer. */
function serveUnproven(world: World, state: State, p: number, k: number, who: string): boolean {
  const fields = state.processes[p]?.own[k]?.fields
  if (!world.setting.servesUnproven || fields === undefined || fields.near === 0) return false
  const { near, floor } = fields
  world.take(
    () => `${who}: far does not answer, so the copy that it has may be out of date: v${near}`,
    tooOld('G1', near, floor, who),
  )
  return true
}

/** Joins the load that is under way, or begins one that will not be stored. Whether there was room. */
function loadAlone({ on }: World, state: State, p: number, k: number, s: number): boolean {
  const own = state.processes[p]?.own[k]
  const open = onBoard(state, p, k)
  if (own === undefined) return false
  if (open !== undefined) {
    open.floor = Math.max(open.floor, own.fields.floor)
    return true
  }
  const slot = own.slots[s]
  if (slot === undefined) return false
  slot.state = SLOT.loading
  slot.isOnBoard = 1
  slot.floor = own.fields.floor
  date(slot, state, p, on)
  return true
}

/** From one moment of a request to the next. */
function goOn(world: World, p: number, k: number, s: number): void {
  const slot = slotOf(world.from, p, k, s)
  if (slot === undefined) return
  if (slot.state === SLOT.asked) {
    isAnswered(world, p, k, s)
    fails(world, p, k, s)
  } else if (slot.state === SLOT.found) {
    hears(world, p, k, s, slot)
    fails(world, p, k, s)
  } else if (slot.state === SLOT.leased) {
    boards(world, p, k, s, slot)
    fails(world, p, k, s)
  } else if (slot.state === SLOT.held) joinsOrWaits(world, p, k, s, slot)
  else if (slot.state === SLOT.failed) hearsNothing(world, p, k, s)
  else if (slot.state === SLOT.waiting) waits(world, p, k, s)
  else if (slot.state === SLOT.loading) loads(world, p, k, s, slot)
  else if (slot.state === SLOT.loaded) lands(world, p, k, s, slot)
  else if (slot.state === SLOT.filling) {
    fill(world, p, k, s)
    fillIsLost(world, p, k, s)
  }
}

function isAnswered(world: World, p: number, k: number, s: number): void {
  const state = world.step()
  const told = answer(world, state, p, k, s)
  world.take(told)
}

/** The request or its answer is lost. */
function fails(world: World, p: number, k: number, s: number): void {
  if (world.from.world.silences === 0) return
  const state = world.step()
  const slot = slotOf(state, p, k, s)
  if (slot === undefined) return
  state.world.silences--
  slot.state = SLOT.failed
  slot.value = 0
  slot.token = 0
  slot.isStale = 0
  world.take(() => `the answer for ${NAMES[p]} is lost`)
}

function fillIsLost(world: World, p: number, k: number, s: number): void {
  if (world.from.world.silences === 0) return
  const state = world.step()
  state.world.silences--
  leave(state, p, k, s, 0)
  world.take(() => `the fill of ${NAMES[p]} is lost`)
}

/** A record has come. */
function hears(world: World, p: number, k: number, s: number, slot: SlotFields): void {
  const { on, setting } = world
  const { value, isCut, isHeard, isStale } = slot
  const who = `${NAMES[p]} hears of v${value}`
  const state = world.step()
  const to = slotOf(state, p, k, s)
  if (to === undefined) return
  const floor = state.processes[p]?.own[k]?.fields.floor ?? 0
  if (isStale === 1 && isCut === 1 && on.staleFenced) {
    askAgain(world, state, p, k, to)
    return world.take(() => `${who}, but something was said meanwhile: it asks again`)
  }
  const broken = tooOld('G1', value, slot.floor, who) ?? tooOld('G3', value, slot.acked, who)
  if (isStale === 0) {
    if ((isCut === 0 && isHeard === 0) || !on.answerSequence) keepNear(state, p, k, to, value)
    empty(to)
    return world.take(() => `${who}: that is the answer`, broken)
  }
  const open = onBoard(state, p, k)
  if (setting.stale === 'if-error') {
    ask(state, p, to, true, world)
    to.old = value
    return world.take(() => `${who}, stale: it asks for the lease, to load`)
  }
  empty(to)
  if (open === undefined && !isBehind(state, p, k)) {
    to.isBackground = 1
    ask(state, p, to, true, world)
  }
  world.take(
    () => `${who}, stale: that is the answer, and it refreshes it`,
    broken ?? tooOld('what is stale', value, floor, who),
  )
}

function keepNear(
  state: State,
  p: number,
  k: number,
  { covered, age }: { readonly covered: number; readonly age: number },
  value: number,
): void {
  const fields = state.processes[p]?.own[k]?.fields
  if (fields === undefined) return
  fields.near = value
  fields.nearCovered = covered
  fields.nearAge = age
}

/** reader.ts, #getOrLoadFar: from the start, under what counts by now. */
function askAgain(world: World, state: State, p: number, k: number, slot: SlotFields): void {
  const { token } = slot
  const key = state.keys[k]
  const fields = state.processes[p]?.own[k]?.fields
  if (key !== undefined && token !== 0 && slot.state === SLOT.leased && key.lease === token) key.lease = 0
  if ((isBehind(state, p, k) && world.on.ownBarrier) || state.processes[p]?.fields.isLinked === 0) {
    alone(world, state, p, k, slot)
    if (fields !== undefined && fields.saidIsSet === 1 && fields.saidState !== 0) empty(slot)
    return
  }
  ask(state, p, slot, false, world)
}

/** The request becomes a load without a lease, or joins the one that is under way. */
function alone({ on }: World, state: State, p: number, k: number, slot: SlotFields): void {
  const { floor, old, isBackground } = slot
  empty(slot)
  const open = onBoard(state, p, k)
  if (open !== undefined) {
    open.floor = Math.max(open.floor, floor)
    return
  }
  slot.state = SLOT.loading
  slot.isOnBoard = 1
  slot.floor = floor
  slot.old = old
  slot.isBackground = isBackground
  date(slot, state, p, on)
}

/** It has got the lease: whatever was under way here was overtaken. */
function boards(world: World, p: number, k: number, s: number, { isCut, takes, token }: SlotFields): void {
  const who = `${NAMES[p]} hears that it has lease ${token}`
  if (takes === 1) return takesOff(world, p, k, s, who)
  if (isCut === 1) {
    const again = world.step()
    const slot = slotOf(again, p, k, s)
    if (slot !== undefined) askAgain(world, again, p, k, slot)
    world.take(() => `${who}, but something was said meanwhile: it asks again`)
  }
  const state = world.step()
  const slot = slotOf(state, p, k, s)
  if (slot === undefined) return
  const open = onBoard(state, p, k)
  if (open !== undefined) {
    const hasBegun = open.state >= SLOT.loading
    if (!hasBegun && mustLook(world, open)) return waitsBesides(world, state, k, slot, who)
    if (!world.on.joinByLease || !hasBegun) return joins(world, state, k, open, slot, who)
    open.isCut = 1
    open.isOnBoard = 0
  }
  slot.state = SLOT.loading
  slot.isOnBoard = 1
  slot.isCut = 0
  date(slot, state, p, world.on)
  world.take(() => `${who}: it begins to load`)
}

/** boarding.ts: a load that was open while it asked for the lease. If it was cut, it goes on without. */
function takesOff(world: World, p: number, k: number, s: number, who: string): void {
  const state = world.step()
  const slot = slotOf(state, p, k, s)
  const key = state.keys[k]
  if (slot === undefined || key === undefined) return
  if (slot.isCut === 1) {
    if (key.lease === slot.token) key.lease = 0
    slot.token = 0
  }
  slot.state = SLOT.loading
  slot.takes = 0
  date(slot, state, p, world.on)
  world.take(() => `${who}: it begins to load`)
}

/** Whether what an open load has asked for may be older than what somebody else has just been told. */
function mustLook({ on }: World, { state, takes }: SlotFields): boolean {
  return on.freshLooks && takes === 0 && state >= SLOT.asked && state <= SLOT.failed
}

/** It waits for that load, and looks again. */
function waitsBesides(world: World, state: State, k: number, slot: SlotFields, who: string): void {
  const key = state.keys[k]
  if (key !== undefined && slot.state === SLOT.leased && key.lease === slot.token) key.lease = 0
  const { floor, acked } = slot
  empty(slot)
  slot.state = SLOT.waiting
  slot.floor = floor
  slot.acked = acked
  world.take(() => `${who}: a load here has looked before; when that is answered, it looks again`)
}

/** Nobody needs the lease of one who joins. */
function joins(world: World, state: State, k: number, open: SlotFields, slot: SlotFields, who: string): void {
  const key = state.keys[k]
  if (key !== undefined && slot.state === SLOT.leased && key.lease === slot.token) key.lease = 0
  open.floor = Math.max(open.floor, slot.floor)
  open.acked = Math.max(open.acked, slot.acked)
  empty(slot)
  world.take(() => `${who}: it joins the load that is under way`)
}

/** joining.ts: a load is shared with who was told that it has the lease. */
function joinsOrWaits(world: World, p: number, k: number, s: number, { token }: SlotFields): void {
  const who = `${NAMES[p]} hears that lease ${token} is taken`
  const state = world.step()
  const slot = slotOf(state, p, k, s)
  const open = onBoard(state, p, k)
  if (slot === undefined) return
  const mayJoin = open !== undefined && open !== slot
  if (mayJoin && open.state < SLOT.loading && mustLook(world, open))
    return waitsBesides(world, state, k, slot, who)
  if (mayJoin && (open.token === token || open.state < SLOT.loading || !world.on.joinByLease)) {
    return joins(world, state, k, open, slot, who)
  }
  slot.state = SLOT.waiting
  slot.token = 0
  slot.age = 0
  slot.covered = 0
  slot.isHeard = 0
  slot.takes = 0
  slot.old = 0
  // Its load is open to others from here on.
  if (!mayJoin && slot.isCut === 0) slot.isOnBoard = 1
  world.take(() => `${who}: it waits`)
}

/** boarding.ts: looks again, or has waited for too long. */
function waits(world: World, p: number, k: number, s: number): void {
  const again = world.step()
  const slot = slotOf(again, p, k, s)
  if (slot !== undefined) askAgain(world, again, p, k, slot)
  world.take(() => `${NAMES[p]}, which waits for another load, looks again`)
  const state = world.step()
  const impatient = slotOf(state, p, k, s)
  if (impatient !== undefined) alone(world, state, p, k, impatient)
  world.take(() => `${NAMES[p]} has waited long enough, and loads without a lease`)
}

/** Far has not answered. */
function hearsNothing(world: World, p: number, k: number, s: number): void {
  const state = world.step()
  const slot = slotOf(state, p, k, s)
  if (slot === undefined) return
  if (slot.isBackground === 0 && serveUnproven(world, state, p, k, `${NAMES[p]}`)) return
  alone(world, state, p, k, slot)
  world.take(() => `${NAMES[p]} hears nothing from far, and loads without a lease or joins a load`)
}

function loads(world: World, p: number, k: number, s: number, { old, isCut, token }: SlotFields): void {
  const { on, setting } = world
  const source = world.from.keys[k]?.source ?? 0
  const own = world.from.processes[p]?.own[k]?.fields
  const state = world.step()
  const slot = slotOf(state, p, k, s)
  if (slot === undefined) return
  const isBehindSource = setting.lags && (own?.saidState ?? 0) >= SAID.sent
  const value = isBehindSource ? source - 1 : source
  slot.state = SLOT.loaded
  slot.value = value
  world.take(() => `${NAMES[p]}'s loader reads v${value}`)
  if (world.from.world.loadFailures === 0) return
  const failing = world.step()
  failing.world.loadFailures--
  const fields = failing.processes[p]?.own[k]?.fields
  const isKept = old !== 0 && (!on.errorFenced || (isCut === 0 && !isBehind(world.from, p, k)))
  const broken =
    isKept && fields !== undefined
      ? tooOld('what is stale', old, fields.floor, `${NAMES[p]} serves v${old} in place of a failed load`)
      : undefined
  leave(failing, p, k, s, token)
  world.take(
    () => `${NAMES[p]}'s loader fails; ${isKept ? `v${old}, stale, is served` : 'so does the read'}`,
    broken,
  )
}

/** loads.ts, keep: kept near and sent to far at once, unless something was said. */
function lands(world: World, p: number, k: number, s: number, slot: SlotFields): void {
  const { on } = world
  const { value, token, isCut, isHeard } = slot
  const who = `${NAMES[p]}'s load brings v${value}`
  const state = world.step()
  const to = slotOf(state, p, k, s)
  if (to === undefined) return
  const broken = tooOld('G1', value, slot.floor, who) ?? tooOld('G3', value, slot.acked, who)
  const isNew = (isCut === 0 && isHeard === 0) || !on.loadSequence
  const isStored = token !== 0 && isCut === 0 && !isBehind(state, p, k)
  if (!isStored) {
    leave(state, p, k, s, token)
    const isBrief = isNew && isCut === 0
    if (isBrief) keepNear(state, p, k, { covered: 0, age: slot.age }, value)
    return world.take(
      () => `${who}: that is the answer, ${isBrief ? 'kept near for a moment' : 'kept nowhere'}`,
      broken,
    )
  }
  if (isNew) keepNear(state, p, k, slot, value)
  empty(to)
  to.state = SLOT.filling
  to.value = value
  to.token = token
  world.take(() => `${who}: that is the answer${isNew ? ', kept near' : ''}; the fill is sent`, broken)
}

function tooOld(promise: string, value: number, floor: number, who: string): string | undefined {
  return value < floor ? `${promise}: ${who}, older than v${floor}` : undefined
}
