/* Hearing: the subscription, its heartbeats, and what a process does with what it hears. trust.ts, subscriber.ts. */

import { OLD, type ProcessFields, type State } from './layout.ts'
import { cut, HEARD, KEYS, LINE, NAMES, tell, type World } from './world.ts'

export function hearing(world: World, p: number): void {
  const fields = world.from.processes[p]?.fields
  if (fields === undefined || !listens(world, p)) return
  if (fields.inbox0 !== HEARD.nothing) hears(world, p, fields.inbox0)
  if (world.setting.time) beats(world, p, fields)
  if (fields.line === LINE.dead) notices(world, p)
  if (fields.line === LINE.down) reconnects(world, p)
  if (fields.line === LINE.open) isSubscribed(world, p)
}

/** What nobody reads is left out: the world is large enough. */
export const listens = ({ setting }: World, p: number): boolean => setting.sets || setting.gets[p] !== 0

function hears(world: World, p: number, message: number): void {
  const state = world.step()
  const fields = state.processes[p]?.fields
  if (fields === undefined) return
  fields.inbox0 = fields.inbox1
  fields.inbox1 = fields.inbox2
  fields.inbox2 = fields.inbox3
  fields.inbox3 = HEARD.nothing
  if (message === HEARD.confirmed) {
    fields.isConfirmed = 1
    return world.take(() => `${NAMES[p]} hears that it is subscribed`)
  }
  if (message === HEARD.pong) return hearsPong(world, state, p, fields)
  const k = message === HEARD.first ? 0 : 1
  cut(state, p, k, world.on, false)
  world.take(() => `${NAMES[p]} hears that ${KEYS[k]} was changed`)
}

function hearsPong(world: World, state: State, p: number, fields: ProcessFields): void {
  const { pingAge, pingCounts } = fields
  endPing(fields)
  if (fields.line === LINE.deaf && fields.isLinked === 1 && world.on.identity) {
    gap(world, state, p)
    return world.take(() => `${NAMES[p]}'s heartbeat is answered, but not by the server of the data: a gap`)
  }
  if (pingCounts === 1) {
    fields.isProven = 1
    fields.proof = Math.min(fields.proof, pingAge)
  }
  world.take(() => `${NAMES[p]}'s heartbeat is answered: all that was said before it was sent is heard`)
}

function endPing(fields: ProcessFields): void {
  fields.ping = 0
  fields.pingAge = 0
  fields.pingCounts = 0
}

function beats(world: World, p: number, { line, isConfirmed, ping, proof }: ProcessFields): void {
  const isUp = line === LINE.subscribed || line === LINE.deaf
  if (
    ping === 0 &&
    proof !== 0 &&
    ((isUp && isConfirmed === 1) || (line === LINE.open && !world.on.confirmedProof))
  ) {
    const state = world.step()
    const fields = state.processes[p]?.fields
    if (fields === undefined) return
    fields.ping = 1
    fields.pingCounts = 1
    world.take(() => `${NAMES[p]} sends a heartbeat`)
  }
  if (ping !== 1 || line === LINE.dead) return
  const state = world.step()
  const fields = state.processes[p]?.fields
  if (fields === undefined) return
  fields.ping = 2
  if (line === LINE.subscribed) tell(state, p, HEARD.pong)
  else fields.inbox0 = HEARD.pong
  world.take(() => `the heartbeat of ${NAMES[p]} arrives, and is answered behind what was told before`)
}

/** Changes may have been missed: what is remembered counts no longer. */
export function gap({ on }: World, state: State, p: number): void {
  const process = state.processes[p]
  if (process === undefined) return
  const { fields, own } = process
  fields.line = LINE.down
  fields.isConfirmed = 0
  endPing(fields)
  silence(fields)
  if (!on.gapFlush) return
  fields.isProven = 0
  fields.proof = OLD
  for (const each of own) {
    each.fields.nearCovered = 0
    each.fields.saidCovered = 0
    for (const slot of each.slots) slot.covered = 0
  }
}

/** What was on its way is lost. */
export function silence(fields: ProcessFields): void {
  fields.inbox0 = HEARD.nothing
  fields.inbox1 = HEARD.nothing
  fields.inbox2 = HEARD.nothing
  fields.inbox3 = HEARD.nothing
}

function notices(world: World, p: number): void {
  const state = world.step()
  gap(world, state, p)
  world.take(() => `${NAMES[p]} notices that its subscription is lost: a gap`)
}

function reconnects(world: World, p: number): void {
  const state = world.step()
  const fields = state.processes[p]?.fields
  if (fields === undefined) return
  fields.line = LINE.open
  world.take(() => `${NAMES[p]} asks for a new subscription`)
}

function isSubscribed(world: World, p: number): void {
  const state = world.step()
  const fields = state.processes[p]?.fields
  if (fields === undefined) return
  fields.line = LINE.subscribed
  tell(state, p, HEARD.confirmed)
  world.take(() => `far subscribes ${NAMES[p]}`)
}
