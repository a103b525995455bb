/* Troubles: what may happen to far, to the lines and to time, as often as the setting allows. */

import { isOwed } from './writing.ts'
import { empty, type KeyFields, OLD, type State, type WorldFields } from './layout.ts'
import { gap, listens, silence } from './hearing.ts'
import { dropNear, isBelieved, KEYS, LINE, NAMES, SAID, SLOT, type World } from './world.ts'

export function troubles(world: World): void {
  for (const [p] of world.from.processes.entries()) {
    losesSubscription(world, p)
    findsServer(world, p)
  }
  for (const [k, key] of world.from.keys.entries()) {
    if (key.lease !== 0)
      happens(world, 'leaseEnds', `lease ${key.lease} of ${KEYS[k]} ends by itself`, k, endLease)
    if (key.data !== 0) happens(world, 'evictions', `far drops the record of ${KEYS[k]}`, k, endData)
    if (key.data !== 0 && key.isStale === 0) ttlEnds(world, k)
  }
  if (world.from.world.restarts > 0) restarts(world)
  if (world.from.world.failovers > 0) failsOver(world)
  if (world.setting.time) timePasses(world)
}

function happens(
  world: World,
  what: keyof WorldFields,
  words: string,
  k: number,
  change: (key: KeyFields) => void,
): void {
  if (world.from.world[what] === 0) return
  const state = world.step()
  const key = state.keys[k]
  if (key === undefined) return
  state.world[what]--
  change(key)
  world.take(() => words)
}

function endLease(key: KeyFields): void {
  key.lease = 0
}

function endData(key: KeyFields): void {
  key.data = 0
  key.isStale = 0
}

/** Near copies inherit the ttl, so they end at the same moment. */
function ttlEnds(world: World, k: number): void {
  if (world.from.world.ends === 0) return
  const state = world.step()
  const key = state.keys[k]
  if (key === undefined) return
  state.world.ends--
  const keeps = world.setting.stale !== 'no'
  if (keeps) key.isStale = 1
  else endData(key)
  for (const [p, { own }] of state.processes.entries()) {
    const fields = own[k]?.fields
    if (fields === undefined || fields.near === 0) continue
    dropNear(state, p, k)
  }
  world.take(() => `the ttl of ${KEYS[k]} ends`)
}

function losesSubscription(world: World, p: number): void {
  const { line } = world.from.processes[p]?.fields ?? { line: LINE.down }
  if (world.from.world.drops === 0 || line !== LINE.subscribed || !listens(world, p)) return
  const state = world.step()
  state.world.drops--
  lose(state, p)
  world.take(() => `the subscription of ${NAMES[p]} is lost, and what was on its way; it does not know yet`)
}

function lose(state: State, p: number): void {
  const fields = state.processes[p]?.fields
  if (fields === undefined || fields.line === LINE.down) return
  fields.line = LINE.dead
  fields.ping = 0
  fields.pingAge = 0
  fields.pingCounts = 0
  silence(fields)
}

function restarts(world: World): void {
  const state = world.step()
  state.world.restarts--
  for (const key of state.keys) {
    endData(key)
    key.lease = 0
    key.count = 0
  }
  for (const [p] of state.processes.entries()) if (listens(world, p)) lose(state, p)
  world.take(() => 'far starts again, empty')
}

/** A replica that lacks the last write takes over. What was on its way to the old server is lost; who listens there does not notice. */
function failsOver(world: World): void {
  const state = world.step()
  state.world.failovers--
  state.world.hasFailedOver = 1
  for (const key of state.keys) {
    key.data = key.replicaData
    key.isStale = key.replicaStale
    key.lease = key.replicaLease
    key.replicaData = 0
    key.replicaStale = 0
    key.replicaLease = 0
  }
  for (const [p, { fields, own }] of state.processes.entries()) {
    fields.isLinked = 0
    if (fields.line === LINE.subscribed && listens(world, p)) fields.line = LINE.deaf
    for (const { fields: said, slots } of own) {
      if (said.saidState >= SAID.sent) isOwed(world, said)
      for (const slot of slots) {
        if (slot.state === SLOT.filling) empty(slot)
        else if (slot.state >= SLOT.asked && slot.state <= SLOT.held) {
          slot.state = SLOT.failed
          slot.value = 0
          slot.token = 0
          slot.isStale = 0
        }
      }
    }
  }
  world.take(() => 'a replica takes over, without the last write')
}

/** A process connects to the server that has the data now, and sees that it is another one. */
function findsServer(world: World, p: number): void {
  if (world.from.processes[p]?.fields.isLinked !== 0) return
  const state = world.step()
  const process = state.processes[p]
  if (process === undefined) return
  process.fields.isLinked = 1
  if (world.on.replay) {
    for (const { fields } of process.own) {
      if (fields.recent === 0) continue
      fields.owes = 1
      if (fields.saidState === SAID.nothing) fields.said = Math.max(fields.said, fields.recent)
    }
  }
  if (world.on.identity && listens(world, p)) gap(world, state, p)
  world.take(
    () => `${NAMES[p]} finds the new server${world.on.replay ? ', and owes it what it has said lately' : ''}`,
  )
}

const older = (age: number): number => Math.min(OLD, age + 1)

function timePasses(world: World): void {
  const state = world.step()
  for (const key of state.keys) {
    key.acked2 = key.acked1
    key.acked1 = key.acked
  }
  for (const [p, { fields, own }] of state.processes.entries()) {
    fields.proof = older(fields.proof)
    if (fields.ping !== 0) fields.pingAge = older(fields.pingAge)
    for (const [k, { fields: has, slots }] of own.entries()) {
      if (has.near !== 0) has.nearAge = older(has.nearAge)
      if (has.saidState >= SAID.sent && has.saidIsSet === 1) has.saidAge = older(has.saidAge)
      for (const slot of slots) {
        const isDated = slot.state !== SLOT.free && slot.state !== SLOT.waiting && slot.state !== SLOT.filling
        if (isDated) slot.age = older(slot.age)
      }
      // It will never be believed again.
      const isUseless = has.near !== 0 && has.nearCovered === 0 && !world.setting.servesUnproven
      if (isUseless && !isBelieved(state, p, k, world.on)) dropNear(state, p, k)
    }
  }
  world.take(() => 'time passes')
}
