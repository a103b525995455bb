/* Saying and hearing: invalidations of a tag, or of everything; messages of marks; and what may go wrong. */

import { type Mark, MARKS } from './layout.ts'
import { DOES, kill, LINE, MARK, NAMES, SAID, type World } from './world.ts'

/** A message names marks. */
const SIGN: Readonly<Record<Mark, number>> = { T: 1, L: 2, N: 3 }

export function says(world: World, p: number): void {
  const { saidState = 0, writes = 0 } = world.from.processes[p] ?? {}
  if (saidState === SAID.nothing) {
    if (writes > 0) changesSource(world, p)
  } else if (saidState === SAID.changed) calls(world, p)
  else if (saidState === SAID.done) isAcknowledged(world, p)
  else ends(world, p, saidState)
}

function changesSource(world: World, p: number): void {
  const process = world.step(p)
  process.writes--
  process.said = ++world.to.far.source
  process.saidState = SAID.changed
  world.take(() => `${NAMES[p]} changes the source: v${process.said}`)
}

function calls(world: World, p: number): void {
  const process = world.step(p)
  process.saidState = SAID.sent
  process.floor = Math.max(process.floor, process.said)
  if (world.on.killedAtCall) for (const mark of world.ends) kill(process, mark)
  world.take(() => `${NAMES[p]} calls ${world.setting.clears ? 'clear' : 'invalidateTags'}`)
}

/** Far deletes one mark after the other, and tells of each. */
function ends(world: World, p: number, saidState: number): void {
  const process = world.step(p)
  const { ends: marks } = world
  const mark = marks[saidState - SAID.sent] ?? 'T'
  world.to.far[`mark${mark}`] = 0
  process.saidState = saidState === SAID.sent && marks.length > 1 ? SAID.half : SAID.done
  for (const [other] of world.to.processes.entries()) if (other !== p) tell(world, other, SIGN[mark])
  world.take(() => `far ends ${MARK[mark]} for ${NAMES[p]}`)
}

function tell(world: World, p: number, message: number): void {
  if (!world.setting.hears) return
  const process = world.process(p)
  if (process.line !== LINE.up) return
  if (process.inbox0 === 0) process.inbox0 = message
  else if (process.inbox1 === 0) process.inbox1 = message
  else if (process.inbox2 === 0) process.inbox2 = message
  else throw new Error('more is on its way than the layout has room for')
}

function isAcknowledged(world: World, p: number): void {
  const process = world.step(p)
  const { said } = process
  world.to.far.acked = Math.max(world.to.far.acked, said)
  process.said = 0
  process.saidState = SAID.nothing
  for (const mark of world.ends) kill(process, mark)
  world.take(() => `${NAMES[p]} hears that its invalidation for v${said} is done`)
}

export function hears(world: World, p: number): void {
  const { inbox0 = 0, line = 0 } = world.from.processes[p] ?? {}
  if (inbox0 !== 0) {
    const process = world.step(p)
    const mark = MARKS.find((each) => SIGN[each] === inbox0) ?? 'T'
    process.inbox0 = process.inbox1
    process.inbox1 = process.inbox2
    process.inbox2 = 0
    if (world.on.messageKills) kill(process, mark)
    else if (process.state !== DOES.nothing) process[`overtaken${mark}`] = 1
    world.take(() => `${NAMES[p]} hears that ${MARK[mark]} has changed`)
  }
  if (line === LINE.up && world.from.far.drops > 0) {
    world.step(p)
    world.to.far.drops--
    lose(world, p)
    return world.take(() => `the subscription of ${NAMES[p]} is lost, and what was on its way`)
  }
  if (line === LINE.dead) notices(world, p)
  if (line === LINE.down) {
    const process = world.step(p)
    process.line = LINE.up
    world.take(() => `${NAMES[p]} is subscribed again, and that is proven`)
  }
}

function lose(world: World, p: number): void {
  const process = world.process(p)
  process.line = LINE.dead
  process.inbox0 = 0
  process.inbox1 = 0
  process.inbox2 = 0
}

function notices(world: World, p: number): void {
  const process = world.step(p)
  process.line = LINE.down
  if (world.on.periods) {
    process.near = 0
    process.nearCovered = 0
    process.covers = 0
    for (const mark of MARKS) process[`covered${mark}`] = 0
  }
  world.take(() => `${NAMES[p]} notices that its subscription is lost: a gap`)
}

export function troubles(world: World): void {
  if (world.from.far.restarts > 0) {
    world.to.bytes.set(world.from.bytes)
    const { far } = world.to
    far.restarts--
    far.data = 0
    far.dataT = 0
    far.dataN = 0
    for (const mark of MARKS) far[`mark${mark}`] = 0
    if (world.setting.hears) for (const [p] of world.to.processes.entries()) lose(world, p)
    world.take(() => 'far starts again, empty')
  }
  if (world.from.far.evictions === 0) return
  for (const mark of MARKS) {
    if (world.from.far[`mark${mark}`] === 0) continue
    world.to.bytes.set(world.from.bytes)
    world.to.far.evictions--
    world.to.far[`mark${mark}`] = 0
    world.take(() => `far loses ${MARK[mark]}`)
  }
}
