/* What the parts of the world of marks have in common. stored-marks.ts and marks.ts of core are what it copies. */

import type { Take } from '../explorer.ts'
import { type Mark, MARKS, type ProcessFields, State } from './layout.ts'
import type { Setting, Switches } from './switches.ts'

export const NAMES = ['A', 'B'] as const

export const MARK: Readonly<Record<Mark, string>> = {
  T: "the tag's mark",
  L: 'the late mark',
  N: "the namespace's mark",
}

export const DOES = {
  nothing: 0,
  /** It asks for the record, and for the tokens that it does not know. */
  asking: 1,
  answered: 2,
  /** It takes the marks before the load: one that is missing is being minted. */
  taking: 3,
  minting: 4,
  minted: 5,
  loading: 6,
  loaded: 7,
  /** It asks for the mark of the tag that the loader has named, and for the late mark after it. */
  askingLate: 8,
  answeredLate: 9,
  takingLate: 10,
  mintingLate: 11,
  mintedLate: 12,
  looking: 13,
  looked: 14,
  landing: 15,
  filling: 16,
  /** Without marks: what it brings is kept nowhere. */
  loadingAlone: 17,
} as const

export const SAID = { nothing: 0, changed: 1, sent: 2, half: 3, done: 4 } as const

export const LINE = { up: 0, dead: 1, down: 2 } as const

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

  handTo(take: Take): void {
    this.#take = take
  }

  step(p: number): ProcessFields {
    this.to.bytes.set(this.from.bytes)
    return this.process(p)
  }

  /** In the state that the step leads to. */
  process(p: number): ProcessFields {
    const process = this.to.processes[p]
    if (process === undefined) throw new Error(`no process ${p}`)
    return process
  }

  take(what: () => string, broken?: string): void {
    this.#take(what, broken ?? this.#broken())
  }

  /** Whether a record is valid under these tokens; as far says, or as a process knows. */
  isValid(t: number, n: number): boolean {
    const { dataT, dataN } = this.to.far
    const { goneIsInvalid, namespaceMark } = this.on
    const holds = (carried: number, token: number): boolean =>
      carried === token ? token !== 0 : token === 0 && !goneIsInvalid
    return holds(dataT, t) && (holds(dataN, n) || !namespaceMark)
  }

  #broken(): string | undefined {
    const { data, acked, markT, markN } = this.to.far
    if (data !== 0 && data < acked && this.isValid(markT, markN)) {
      return `G2: far holds v${data}, which is valid, and the invalidation for v${acked} is acknowledged`
    }
    if (!this.to.processes.every(isQuiet)) return undefined
    for (const [
      p,
      { near, nearCovered, knownT, knownN, coveredT, coveredN },
    ] of this.to.processes.entries()) {
      if (nearCovered === 1 && near !== 0 && near < acked) {
        return `G5: all is quiet, and ${NAMES[p]} holds v${near} for good`
      }
      if (data !== 0 && data < acked && coveredT * coveredN === 1 && this.isValid(knownT, knownN)) {
        return `G5: all is quiet, and ${NAMES[p]} takes v${data} for valid`
      }
    }
    return undefined
  }

  /** The marks that an invalidation ends, in its order. */
  get ends(): readonly Mark[] {
    if (this.setting.clears) return ['N']
    return this.on.lateGoesFirst ? ['L', 'T'] : ['T', 'L']
  }

  /** Whether an own invalidation of the mark is on its way. */
  isInvalidating({ saidState }: ProcessFields, mark: Mark): boolean {
    return this.on.ownBarrier && saidState >= SAID.sent && this.ends.includes(mark)
  }
}

function isQuiet({ saidState, state, inbox0, line }: ProcessFields): boolean {
  return saidState === SAID.nothing && state === DOES.nothing && inbox0 === 0 && line === LINE.up
}

/** What is remembered of a mark is over, and so is what was taken or kept under it. */
export function kill(process: ProcessFields, mark: Mark): void {
  process[`known${mark}`] = 0
  process[`covered${mark}`] = 0
  process[`live${mark}`] = 0
  if (process.state !== DOES.nothing) process[`overtaken${mark}`] = 1
  if (mark === 'L') return
  process.near = 0
  process.nearCovered = 0
}

/** It was learnt that a mark has this token. Another than the known one ends that. */
export function learn(process: ProcessFields, mark: Mark, token: number, covers: number): void {
  if (process[`known${mark}`] !== token) {
    if (process[`known${mark}`] !== 0) kill(process, mark)
    process[`known${mark}`] = token
    process[`covered${mark}`] = 0
  }
  process[`covered${mark}`] = Math.max(process[`covered${mark}`], covers)
}

/** The smallest token that nobody has, knows or carries: as good as a random one. */
export function freshToken({ to: { far, processes }, on }: World, mark: Mark): number {
  if (!on.randomToken) return 1
  for (let token = 1; ; token++) {
    if (far[`mark${mark}`] === token) continue
    if (mark !== 'L' && far[`data${mark}`] === token) continue
    const isUsed = processes.some(
      (each) =>
        each[`known${mark}`] === token ||
        each[`token${mark}`] === token ||
        (mark !== 'L' && each[`value${mark}`] === token),
    )
    if (!isUsed) return token
  }
}

/** It does nothing any more. */
export function rest(process: ProcessFields): void {
  process.state = DOES.nothing
  process.readFloor = 0
  process.readAcked = 0
  process.value = 0
  process.valueT = 0
  process.valueN = 0
  process.covers = 0
  for (const mark of MARKS) {
    process[`token${mark}`] = 0
    process[`asked${mark}`] = 0
    process[`overtaken${mark}`] = 0
    process[`live${mark}`] = 0
  }
}
