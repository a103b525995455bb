/*
 * The world of records: one place far away, two processes with near copies, a source behind them.
 *
 * This file is what the parts have in common: the state that is looked at, the one that a step leads to, and small moves.
 * Far, the questions, the changes and what is heard are files of their own.
 */

import type { Take } from '../explorer.ts'
import { empty, OLD, State } from './layout.ts'
import type { Setting } from './setting.ts'
import type { Switches } from './switches.ts'

export const NAMES = ['A', 'B'] as const
export const KEYS = ['k', 'j'] as const

export const SLOT = {
  free: 0,
  /** The question is on its way to far. */
  asked: 1,
  /** Far has answered; the answer is on its way: a record, the lease, that somebody else has it, or nothing. */
  found: 2,
  leased: 3,
  held: 4,
  failed: 5,
  /** For the load of another process. */
  waiting: 6,
  loading: 7,
  /** The loader has read the source. */
  loaded: 8,
  /** The fill is on its way to far. */
  filling: 9,
} as const

export const SAID = {
  nothing: 0,
  /** The source was changed, the cache not yet told. */
  changed: 1,
  sent: 2,
  /** Far has carried it out; the acknowledgement is on its way. */
  done: 3,
  /** It has told the others and not yet changed anything: a variant. */
  told: 4,
} as const

export const LINE = {
  down: 0,
  /** SUBSCRIBE is on its way. */
  open: 1,
  subscribed: 2,
  /** Lost, and nobody here knows. */
  dead: 3,
  /** To a server that no longer has the data, and goes on answering. */
  deaf: 4,
} as const

export const HEARD = { nothing: 0, first: 1, second: 2, confirmed: 3, pong: 4 } as const

export class World {
  readonly setting: Setting
  readonly on: Switches
  readonly from: State
  readonly to: State
  #take: Take = () => {}

  constructor(setting: Setting, on: Switches) {
    this.setting = setting
    this.on = on
    this.from = new State(setting)
    this.to = new State(setting)
  }

  /** The steps that follow are handed to `take`. */
  handTo(take: Take): void {
    this.#take = take
  }

  /** A step begins: what is written from here on is what it leads to. */
  step(): State {
    this.to.bytes.set(this.from.bytes)
    return this.to
  }

  take(what: () => string, broken?: string): void {
    this.to.normalise()
    this.#take(what, broken ?? brokenIn(this.to))
  }
}

/** What must hold in every state. */
function brokenIn({ world, keys, processes }: State): string | undefined {
  for (const [k, { data, acked }] of keys.entries()) {
    if (world.hasFailedOver === 0 && data !== 0 && data < acked) {
      return `G2: far holds v${data} of ${KEYS[k]}, and the invalidation for v${acked} is acknowledged`
    }
  }
  if (!processes.every(isQuiet)) return undefined
  for (const [k, { data, acked }] of keys.entries()) {
    if (data !== 0 && data < acked) {
      return `G5: all is quiet, and far holds v${data} of ${KEYS[k]} for good`
    }
    for (const [p, { own }] of processes.entries()) {
      const fields = own[k]?.fields
      if (fields === undefined || fields.near === 0 || fields.near >= acked) continue
      // What no proof covers ends by itself.
      if (fields.nearCovered === 1) {
        return `G5: all is quiet, and ${NAMES[p]} holds v${fields.near} of ${KEYS[k]} for good`
      }
    }
  }
  return undefined
}

type ProcessOf = State['processes'][number]

/** Nothing is under way, and it has no reason to believe that it does not hear everything. */
function isQuiet({ fields, own }: ProcessOf): boolean {
  const { line, isConfirmed, inbox0, isLinked } = fields
  const isHearing = line === LINE.subscribed || line === LINE.deaf
  if (!isHearing || isConfirmed === 0 || inbox0 !== 0 || isLinked === 0) return false
  return own.every(
    ({ fields: { saidState, owes, ghost }, slots }) =>
      saidState === SAID.nothing && owes === 0 && ghost === 0 && slots.every(({ state }) => state === 0),
  )
}

/** Far may be older than what this process has said. */
export function isBehind(state: State, p: number, k: number): boolean {
  const fields = state.processes[p]?.own[k]?.fields
  return fields !== undefined && (fields.owes === 1 || fields.saidState >= SAID.sent)
}

/** Something was said about the key. Here: what is under way must not outlive it. Elsewhere: it is not kept near. */
export function cut(state: State, p: number, k: number, on: Switches, isOwn: boolean): void {
  const own = state.processes[p]?.own[k]
  if (own === undefined) return
  const { fields, slots } = own
  const isSpared = (isOwn && !on.ownDropsNear) || (!on.negativeFenced && fields.near === 1)
  if (!isSpared) dropNear(state, p, k)
  if (fields.saidState >= SAID.sent) fields.saidIsCut = 1
  for (const slot of slots) {
    if (slot.state === SLOT.free || slot.state === SLOT.filling) continue
    slot.isHeard = 1
    if (!isOwn) continue
    slot.isCut = 1
    if (on.noJoinOfCut) slot.isOnBoard = 0
  }
}

/** What is asked for, or loaded, from now on will be known by this. copies.ts, asking. */
export function dated(
  state: State,
  p: number,
  on: Switches,
): { readonly covered: number; readonly age: number } {
  const { isProven = 0, proof = 0 } = state.processes[p]?.fields ?? {}
  return { covered: on.periods ? isProven : 1, age: isProven === 1 ? proof : 0 }
}

export function dropNear(state: State, p: number, k: number): void {
  const fields = state.processes[p]?.own[k]?.fields
  if (fields === undefined) return
  fields.near = 0
  fields.nearCovered = 0
  fields.nearAge = 0
}

/** Takes a request off. Its lease, if it has one, is given back at once. */
export function leave(state: State, p: number, k: number, s: number, lease: number): void {
  const slot = state.processes[p]?.own[k]?.slots[s]
  const key = state.keys[k]
  if (slot === undefined || key === undefined) return
  if (lease !== 0 && key.lease === lease) key.lease = 0
  empty(slot)
}

/** Whether what is kept near may be served: since the last proof, or since far was asked, not too much time has passed. */
export function isBelieved(state: State, p: number, k: number, on: Switches): boolean {
  const process = state.processes[p]
  const fields = process?.own[k]?.fields
  if (process === undefined || fields === undefined || fields.near === 0) return false
  if (fields.nearAge < OLD) return true
  if (fields.nearCovered === 0) return false
  return !on.heartbeat || process.fields.proof < OLD
}

/** A message to a process, unless it is one that it has not heard yet anyhow. */
export function tell(state: State, p: number, message: number): void {
  const fields = state.processes[p]?.fields
  if (fields === undefined || fields.line !== LINE.subscribed) return
  if (fields.inbox0 === 0) fields.inbox0 = message
  else if (fields.inbox1 === 0) {
    if (fields.inbox0 !== message) fields.inbox1 = message
  } else if (fields.inbox2 === 0) {
    if (fields.inbox1 !== message) fields.inbox2 = message
  } else if (fields.inbox3 === 0) {
    if (fields.inbox2 !== message) fields.inbox3 = message
  } else if (fields.inbox3 !== message) throw new Error('more is on its way than the layout has room for')
}
