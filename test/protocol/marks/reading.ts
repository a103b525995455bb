/* Reading and loading under marks. */

import type { Mark, ProcessFields } from './layout.ts'
import { DOES, freshToken, kill, learn, LINE, MARK, NAMES, rest, type World } from './world.ts'

export function reads(world: World, p: number): void {
  const process = world.from.processes[p]
  if (process === undefined) return
  switch (process.state) {
    case DOES.nothing:
      return begins(world, p)
    case DOES.asking:
      return isAnswered(world, p)
    case DOES.answered:
      return judges(world, p)
    case DOES.taking:
      return takes(world, p, before(world), DOES.minting, DOES.loading)
    case DOES.minting:
      return isMinted(world, p, before(world), DOES.minted)
    case DOES.minted:
      return hasMinted(world, p, before(world), DOES.taking)
    case DOES.loading:
    case DOES.loadingAlone:
      return loads(world, p)
    case DOES.loaded:
      return hasLoaded(world, p)
    case DOES.askingLate:
      return isAnsweredLate(world, p)
    case DOES.answeredLate:
      return hearsLate(world, p)
    case DOES.takingLate:
      return takes(
        world,
        p,
        ['T'],
        DOES.mintingLate,
        world.on.lateIsLookedAtLast ? DOES.looking : DOES.landing,
      )
    case DOES.mintingLate:
      return isMinted(world, p, ['T'], DOES.mintedLate)
    case DOES.mintedLate:
      return hasMinted(world, p, ['T'], DOES.takingLate)
    case DOES.looking:
      return looksAtLate(world, p)
    case DOES.looked:
      return hasLooked(world, p)
    case DOES.landing:
      return lands(world, p)
    case DOES.filling:
      return fills(world, p)
  }
}

/** The marks that are taken before the load. */
function before({ setting, on }: World): readonly Mark[] {
  if (!on.takenBefore) return []
  return setting.isLate ? ['L', 'N'] : ['L', 'N', 'T']
}

/** The marks without which a record cannot be judged, nor loaded. */
const WANTED: readonly Mark[] = ['L', 'N', 'T']

/** Whether what is asked for now will be heard of when it changes. */
const coversOf = ({ setting }: World, { line }: ProcessFields): number =>
  setting.hears && line !== LINE.down ? 1 : 0

const isTrusted = (process: ProcessFields, mark: Mark): boolean =>
  process[`known${mark}`] !== 0 && process[`covered${mark}`] === 1

function begins(world: World, p: number): void {
  const { gets = 0, near = 0, nearCovered = 0, floor = 0 } = world.from.processes[p] ?? {}
  if (gets === 0) return
  const process = world.step(p)
  process.gets--
  if (near !== 0 && nearCovered === 1) {
    const broken = tooOld('G1', near, floor)
    return world.take(() => `${NAMES[p]} reads: v${near} is near`, broken)
  }
  process.state = DOES.asking
  process.readFloor = floor
  process.readAcked = world.setting.hears ? 0 : world.to.far.acked
  process.covers = coversOf(world, process)
  for (const mark of WANTED) ask(world, process, mark)
  world.take(() => `${NAMES[p]} reads: it asks far`)
}

function ask(world: World, process: ProcessFields, mark: Mark): void {
  process[`asked${mark}`] = isTrusted(process, mark) ? 0 : 1
  process[`overtaken${mark}`] = world.isInvalidating(process, mark) ? 1 : 0
  process[`token${mark}`] = 0
}

function isAnswered(world: World, p: number): void {
  const process = world.step(p)
  const { far } = world.to
  process.state = DOES.answered
  process.value = far.data
  process.valueT = far.dataT
  process.valueN = far.dataN
  for (const mark of WANTED) if (process[`asked${mark}`] === 1) process[`token${mark}`] = far[`mark${mark}`]
  world.take(() => `far answers ${NAMES[p]}: ${far.data === 0 ? 'nothing' : `v${far.data}`}, and tokens`)
}

/** What a process takes for the token of a mark, of what it has asked and what it remembers. 0: none. */
function tokenOf(world: World, process: ProcessFields, mark: Mark): number {
  if (process[`asked${mark}`] === 0) return isTrusted(process, mark) ? process[`known${mark}`] : 0
  const isOvertaken = process[`overtaken${mark}`] === 1 && world.on.answerIsOvertaken
  if (isOvertaken || world.isInvalidating(process, mark)) return 0
  const token = process[`token${mark}`]
  if (token === 0) kill(process, mark)
  else learn(process, mark, token, process.covers)
  return token
}

function judges(world: World, p: number): void {
  const process = world.step(p)
  const { value, valueT, valueN, readFloor, readAcked, covers } = process
  const isHeard = process.overtakenT + process.overtakenN > 0
  const tokens = { T: 0, L: 0, N: 0 }
  for (const mark of WANTED) tokens[mark] = tokenOf(world, process, mark)
  const { goneIsInvalid, namespaceMark } = world.on
  const holds = (carried: number, token: number): boolean =>
    carried === token ? token !== 0 : token === 0 && !goneIsInvalid
  if (value !== 0 && holds(valueT, tokens.T) && (holds(valueN, tokens.N) || !namespaceMark)) {
    if (covers === 1 && !isHeard) {
      process.near = value
      process.nearCovered = 1
    }
    rest(process)
    const broken = tooOld('G1', value, readFloor) ?? tooOld('G3', value, readAcked)
    return world.take(() => `${NAMES[p]} hears of v${value}, which is valid: that is the answer`, broken)
  }
  process.state = DOES.taking
  process.value = 0
  process.valueT = 0
  process.valueN = 0
  for (const mark of WANTED) {
    process[`token${mark}`] = tokens[mark]
    process[`asked${mark}`] = 0
    process[`overtaken${mark}`] = 0
    process[`live${mark}`] = tokens[mark] === 0 ? 0 : 1
  }
  if (world.setting.isLate || !world.on.takenBefore) forget(process, 'T')
  if (!world.on.takenBefore) for (const mark of WANTED) forget(process, mark)
  world.take(() => `${NAMES[p]} hears of nothing that is valid`)
}

function forget(process: ProcessFields, mark: Mark): void {
  process[`token${mark}`] = 0
  process[`live${mark}`] = 0
  process[`overtaken${mark}`] = 0
}

/** Takes what it knows; what is missing is minted. */
function takes(world: World, p: number, marks: readonly Mark[], minting: number, then: number): void {
  const process = world.step(p)
  if (marks.some((mark) => world.isInvalidating(process, mark))) {
    const { value } = process
    process.state = value === 0 ? DOES.loadingAlone : DOES.nothing
    const answer = value === 0 ? undefined : tooOld('G1', value, process.readFloor)
    if (value !== 0) rest(process)
    return world.take(() => `${NAMES[p]} cannot take its marks: an own invalidation is under way`, answer)
  }
  const missing = marks.find((mark) => process[`token${mark}`] === 0 || process[`live${mark}`] === 0)
  if (missing === undefined) {
    // What a copy of its value will be known by: copies.ts, asking.
    if (then === DOES.loading) process.covers = coversOf(world, process)
    process.state = then
    return world.take(() => `${NAMES[p]} has taken its marks`)
  }
  process[`token${missing}`] = freshToken(world, missing)
  process[`live${missing}`] = 1
  process[`overtaken${missing}`] = 0
  process[`asked${missing}`] = 1
  if (process.value === 0) process.covers = coversOf(world, process)
  process.state = minting
  world.take(() => `${NAMES[p]} mints ${MARK[missing]}`)
}

const mintedIn = (process: ProcessFields, marks: readonly Mark[]): Mark =>
  marks.find((mark) => process[`asked${mark}`] === 1) ?? 'T'

/** Adds the token where there is none; otherwise that which is there is told. */
function isMinted(world: World, p: number, marks: readonly Mark[], then: number): void {
  if (!world.on.mintedBefore && then === DOES.minted) loadsEarly(world, p)
  const process = world.step(p)
  const { far } = world.to
  const mark = mintedIn(process, marks)
  if (far[`mark${mark}`] === 0) far[`mark${mark}`] = process[`token${mark}`]
  else process[`token${mark}`] = far[`mark${mark}`]
  process.state = then
  world.take(() => `far adds ${MARK[mark]} for ${NAMES[p]}, or tells the one that is there`)
}

/** The variant: the loader reads the source while the token is on its way. */
function loadsEarly(world: World, p: number): void {
  if (world.from.processes[p]?.value !== 0) return
  const process = world.step(p)
  process.value = world.to.far.source
  world.take(() => `${NAMES[p]}'s loader reads v${process.value}, before its token is acknowledged`)
}

function hasMinted(world: World, p: number, marks: readonly Mark[], then: number): void {
  const process = world.step(p)
  const mark = mintedIn(process, marks)
  const isOvertaken = process[`overtaken${mark}`] === 1 && world.on.answerIsOvertaken
  process[`asked${mark}`] = 0
  if (isOvertaken || world.isInvalidating(process, mark)) forget(process, mark)
  else {
    learn(process, mark, process[`token${mark}`], process.covers)
    process[`live${mark}`] = 1
  }
  process[`overtaken${mark}`] = 0
  process.state = then
  world.take(() => `${NAMES[p]} hears of ${MARK[mark]}`)
}

function loads(world: World, p: number): void {
  const process = world.step(p)
  const { source } = world.to.far
  if (process.value === 0) process.value = source
  const { value, state, readFloor, readAcked } = process
  if (state === DOES.loadingAlone) {
    rest(process)
    const broken = tooOld('G1', value, readFloor) ?? tooOld('G3', value, readAcked)
    return world.take(() => `${NAMES[p]}'s loader reads v${value}; that is the answer, kept nowhere`, broken)
  }
  process.state = DOES.loaded
  world.take(() => `${NAMES[p]}'s loader reads v${value}`)
}

/** The load names its tag only now; or all marks are taken only now, in a variant. */
function hasLoaded(world: World, p: number): void {
  const process = world.step(p)
  if (!world.setting.isLate && world.on.takenBefore) {
    process.state = DOES.landing
    return world.take(() => `${NAMES[p]}'s load has ended`)
  }
  if (!world.on.takenBefore) {
    for (const mark of ['N', 'T'] as const) {
      process[`token${mark}`] =
        world.to.far[`mark${mark}`] === 0 ? freshToken(world, mark) : world.to.far[`mark${mark}`]
      world.to.far[`mark${mark}`] = process[`token${mark}`]
      process[`live${mark}`] = 1
    }
    process.state = DOES.landing
    return world.take(() => `${NAMES[p]} takes its marks, after the load`)
  }
  if (!world.on.lateIsLookedAtLast) {
    process.state = DOES.looking
    process.askedL = 1
    process.overtakenL = 0
    return world.take(() => `${NAMES[p]}'s load has named its tag: it looks at the late mark first`)
  }
  asksLate(world, process)
  world.take(() => `${NAMES[p]}'s load has named its tag: it asks for its mark`)
}

function asksLate(world: World, process: ProcessFields): void {
  ask(world, process, 'T')
  process.state = DOES.askingLate
}

function isAnsweredLate(world: World, p: number): void {
  const process = world.step(p)
  process.state = DOES.answeredLate
  if (process.askedT === 1) process.tokenT = world.to.far.markT
  world.take(() => `far tells ${NAMES[p]} the tag's mark`)
}

function hearsLate(world: World, p: number): void {
  const process = world.step(p)
  process.tokenT = tokenOf(world, process, 'T')
  process.liveT = process.tokenT === 0 ? 0 : 1
  process.askedT = 0
  process.overtakenT = 0
  process.state = DOES.takingLate
  world.take(() => `${NAMES[p]} hears of the tag's mark`)
}

/** Far tells the late mark as it is now. */
function looksAtLate(world: World, p: number): void {
  const process = world.step(p)
  if (world.to.far.markL !== process.tokenL) process.liveL = 0
  process.state = DOES.looked
  world.take(() => `far tells ${NAMES[p]} the late mark`)
}

function hasLooked(world: World, p: number): void {
  const process = world.step(p)
  process.askedL = 0
  if (!world.on.lateIsLookedAtLast && process.tokenT === 0) asksLate(world, process)
  else process.state = DOES.landing
  world.take(() => `${NAMES[p]} hears of the late mark`)
}

function lands(world: World, p: number): void {
  const { on, setting } = world
  const process = world.step(p)
  const { value, readFloor, readAcked } = process
  const broken = tooOld('G1', value, readFloor) ?? tooOld('G3', value, readAcked)
  const isLive = process.liveT === 1 && process.liveN === 1 && process.tokenT !== 0
  const isLateCut = setting.isLate && on.lateMark && process.liveL === 0
  if ((!isLive && on.landsLive) || isLateCut) {
    rest(process)
    return world.take(
      () => `${NAMES[p]}'s load brings v${value}: its marks have changed, so it is not kept`,
      broken,
    )
  }
  if (process.covers === 1) {
    process.near = value
    process.nearCovered = 1
  }
  process.state = DOES.filling
  world.take(
    () => `${NAMES[p]}'s load brings v${value}: that is the answer; it is kept, and sent to far`,
    broken,
  )
}

function fills(world: World, p: number): void {
  const process = world.step(p)
  const { value, tokenT, tokenN } = process
  const { far } = world.to
  far.data = value
  far.dataT = tokenT
  far.dataN = tokenN
  rest(process)
  world.take(() => `far takes v${value} of ${NAMES[p]}, under the tokens it was loaded under`)
}

function tooOld(promise: string, value: number, floor: number): string | undefined {
  return value < floor ? `${promise}: v${value} is read, older than v${floor}` : undefined
}
