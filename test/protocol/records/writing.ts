/* Writing: a change of the source, and the invalidation that tells of it. writes.ts and changes.ts of core. */

import { write, writeLate } from './far.ts'
import type { OwnFields, State } from './layout.ts'
import { cut, dated, KEYS, NAMES, SAID, type World } from './world.ts'

export function changes(world: World, p: number, k: number): void {
  const fields = world.from.processes[p]?.own[k]?.fields
  if (fields === undefined) return
  if (fields.ghost !== 0) writeLate(world, p, k)
  if (fields.saidState === SAID.nothing) {
    changesSource(world, p, k)
    delivers(world, p, k, fields)
  } else if (fields.saidState === SAID.changed) says(world, p, k)
  else {
    if (fields.saidState !== SAID.done) write(world, p, k)
    else isAcknowledged(world, p, k, fields)
    fails(world, p, k)
  }
}

/** While a set is on its way to far nobody else changes the source: of two that cross, nobody can say which is newer. */
function isAlone({ processes }: State, k: number): boolean {
  return processes.every(({ own }) => {
    const fields = own[k]?.fields
    if (fields === undefined || fields.saidIsSet === 0) return true
    return fields.saidState !== SAID.changed && fields.saidState !== SAID.sent
  })
}

function changesSource(world: World, p: number, k: number): void {
  if (world.from.processes[p]?.fields.writes === 0 || !isAlone(world.from, k)) return
  for (const isSet of world.setting.sets ? [false, true] : [false]) {
    const state = world.step()
    const process = state.processes[p]
    const own = process?.own[k]?.fields
    const key = state.keys[k]
    if (process === undefined || own === undefined || key === undefined) return
    process.fields.writes--
    key.source++
    own.said = key.source
    own.saidState = SAID.changed
    own.saidIsSet = isSet ? 1 : 0
    world.take(() => `${NAMES[p]} changes the source of ${KEYS[k]}: v${key.source}`)
  }
}

function says(world: World, p: number, k: number): void {
  const state = world.step()
  const process = state.processes[p]
  const own = process?.own[k]?.fields
  if (process === undefined || own === undefined) return
  send(world, state, p, own)
  cut(state, p, k, world.on, true)
  own.saidIsCut = 0
  if (!world.setting.lags) own.floor = Math.max(own.floor, own.said)
  if (process.fields.isLinked === 0) isOwed(world, own)
  const what = own.saidIsSet === 1 ? `set v${own.said}` : 'delete'
  world.take(() => `${NAMES[p]} calls ${what} for ${KEYS[k]}`)
}

function send({ on }: World, state: State, p: number, own: OwnFields): void {
  own.saidState = SAID.sent
  if (own.saidIsSet === 0) return
  const { covered, age } = dated(state, p, on)
  own.saidCovered = covered
  own.saidAge = age
}

/** What is owed is said again. */
function delivers(world: World, p: number, k: number, { owes }: OwnFields): void {
  if (owes === 0 || world.from.processes[p]?.fields.isLinked === 0) return
  const state = world.step()
  const own = state.processes[p]?.own[k]?.fields
  if (own === undefined) return
  send(world, state, p, own)
  world.take(() => `${NAMES[p]} sends the deletion of ${KEYS[k]} that is owed`)
}

function isAcknowledged(world: World, p: number, k: number, fields: OwnFields): void {
  const { on, setting } = world
  const state = world.step()
  const own = state.processes[p]?.own[k]?.fields
  const key = state.keys[k]
  if (own === undefined || key === undefined) return
  key.acked = Math.max(key.acked, fields.said)
  own.floor = Math.max(own.floor, fields.said)
  own.owes = 0
  if (setting.faults.failovers > 0) own.recent = fields.said
  endSaid(own)
  if (on.secondCut) cut(state, p, k, on, true)
  own.saidIsCut = 0
  if (fields.saidIsSet === 1 && (fields.saidIsCut === 0 || !on.setSequence)) {
    own.near = fields.said
    own.nearCovered = fields.saidCovered
    own.nearAge = fields.saidAge
  }
  world.take(() => `${NAMES[p]} hears that its invalidation of ${KEYS[k]} for v${fields.said} is done`)
}

/** The request, or its answer, is lost; or it has come too late. */
function fails(world: World, p: number, k: number): void {
  if (world.from.world.silences === 0) return
  const state = world.step()
  const own = state.processes[p]?.own[k]?.fields
  if (own === undefined) return
  state.world.silences--
  const { saidState, saidIsSet, said } = own
  if (!world.on.lateGuard && saidIsSet === 1 && saidState === SAID.sent) own.ghost = said
  isOwed(world, own)
  world.take(() => `${NAMES[p]} hears nothing of its invalidation of ${KEYS[k]}`)
}

/** It is not known whether it was carried out: a deletion is owed. */
export function isOwed({ on }: World, own: OwnFields): void {
  const { said } = own
  endSaid(own)
  if (!on.outbox) return
  own.owes = 1
  own.said = said
}

function endSaid(own: OwnFields): void {
  own.said = 0
  own.saidState = SAID.nothing
  own.saidIsSet = 0
  own.saidIsCut = 0
  own.saidCovered = 0
  own.saidAge = 0
}
