/* What far carries out, each in one step: the scripts of the Redis store. */

import { listens } from './hearing.ts'
import { HEARD, KEYS, NAMES, SAID, SLOT, tell, type World } from './world.ts'
import { empty, type State } from './layout.ts'

/** A replica has all but the write that comes now. */
function replicate({ setting }: World, state: State): void {
  if (setting.faults.failovers === 0) return
  for (const key of state.keys) {
    key.replicaData = key.data
    key.replicaStale = key.isStale
    key.replicaLease = key.lease
  }
}

/** The smallest token that nobody has or remembers: as good as a random one. */
function freshToken(state: State, k: number): number {
  const key = state.keys[k]
  for (let token = 1; ; token++) {
    if (key?.lease === token || key?.replicaLease === token) continue
    if (state.processes.some(({ own }) => own[k]?.slots.some((slot) => slot.token === token))) continue
    return token
  }
}

/** Answers a question: with the record, or with who has the lease. Says how. */
export function answer(world: World, state: State, p: number, k: number, s: number): () => string {
  const slot = state.processes[p]?.own[k]?.slots[s]
  const key = state.keys[k]
  if (slot === undefined || key === undefined) return () => ''
  const who = NAMES[p]
  const { data, isStale } = key
  if (data !== 0 && slot.takes === 0) {
    slot.state = SLOT.found
    slot.value = data
    slot.isStale = isStale
    return () => `far answers ${who}: v${data}${isStale === 1 ? ', stale' : ''}`
  }
  if (world.on.randomLease && key.lease !== 0) {
    slot.state = SLOT.held
    slot.token = key.lease
    const { lease } = key
    return () => `far answers ${who}: ${data === 0 ? 'nothing, and ' : ''}lease ${lease} is taken`
  }
  replicate(world, state)
  const token = world.on.randomLease ? freshToken(state, k) : key.count + 1
  if (world.on.randomLease) key.lease = token
  slot.state = SLOT.leased
  slot.token = token
  return () => `far answers ${who}: ${data === 0 ? 'nothing, ' : ''}take lease ${token}`
}

/** Fills, if the lease is still there. */
export function fill(world: World, p: number, k: number, s: number): void {
  const state = world.step()
  const slot = state.processes[p]?.own[k]?.slots[s]
  const key = state.keys[k]
  if (slot === undefined || key === undefined) return
  const { value, token } = slot
  const { lease, randomLease } = world.on
  const isHeld = !lease || (randomLease ? key.lease === token : key.count + 1 === token)
  if (isHeld) {
    replicate(world, state)
    key.data = value
    key.isStale = 0
    key.lease = 0
  }
  empty(slot)
  world.take(
    () => `far ${isHeld ? 'takes' : 'refuses'} the fill of ${NAMES[p]}: v${value} under lease ${token}`,
  )
}

/** Deletes or replaces the record, ends the lease, tells the others. */
export function write(world: World, p: number, k: number): void {
  const { saidState = 0, saidIsSet = 0, said = 0 } = world.from.processes[p]?.own[k]?.fields ?? {}
  const what = `${saidIsSet === 1 ? `set v${said}` : 'delete'} of ${KEYS[k]} by ${NAMES[p]}`
  if (saidState === SAID.sent && !world.on.deleteBeforePublish) {
    const state = world.step()
    tellOthers(world, state, p, k)
    setSaid(state, p, k, SAID.told)
    return world.take(() => `far tells of the ${what}`)
  }
  const state = world.step()
  change(world, state, k, saidIsSet === 1 ? said : 0)
  if (saidState !== SAID.told) tellOthers(world, state, p, k)
  setSaid(state, p, k, SAID.done)
  world.take(() => `far carries out the ${what}${saidState === SAID.told ? '' : ' and tells of it'}`)
}

/** A set that its process gave up long ago is carried out after all. */
export function writeLate(world: World, p: number, k: number): void {
  const value = world.from.processes[p]?.own[k]?.fields.ghost ?? 0
  const state = world.step()
  const fields = state.processes[p]?.own[k]?.fields
  if (fields === undefined) return
  fields.ghost = 0
  change(world, state, k, value)
  tellOthers(world, state, p, k)
  world.take(() => `far carries out the set v${value} that ${NAMES[p]} has given up`)
}

function change(world: World, state: State, k: number, value: number): void {
  const key = state.keys[k]
  if (key === undefined) return
  replicate(world, state)
  key.data = value
  key.isStale = 0
  if (value === 0 || world.on.setEndsLease) key.lease = 0
  if (!world.on.randomLease) key.count++
}

function setSaid(state: State, p: number, k: number, saidState: number): void {
  const fields = state.processes[p]?.own[k]?.fields
  if (fields !== undefined) fields.saidState = saidState
}

function tellOthers(world: World, state: State, p: number, k: number): void {
  for (const [other] of state.processes.entries()) {
    if (other !== p && listens(world, other)) tell(state, other, k === 0 ? HEARD.first : HEARD.second)
  }
}
