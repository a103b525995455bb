/* The model of marks, as the explorer wants it. */

import type { Model, Take } from '../explorer.ts'
import { reads } from './reading.ts'
import { hears, says, troubles } from './saying.ts'
import type { Setting, Switches } from './switches.ts'
import { LINE, NAMES, World } from './world.ts'

export class MarksModel implements Model {
  readonly now: Uint8Array
  readonly next: Uint8Array
  readonly #world: World

  constructor(setting: Setting, on: Switches) {
    this.#world = new World(setting, on)
    this.now = this.#world.from.bytes
    this.next = this.#world.to.bytes
  }

  begin(): void {
    const { to, setting } = this.#world
    to.bytes.fill(0)
    to.far.source = 1
    to.far.drops = setting.drops
    to.far.restarts = setting.restarts
    to.far.evictions = setting.evictions
    for (const [p, process] of to.processes.entries()) {
      process.gets = setting.gets[p] ?? 0
      process.writes = setting.writes[p] ?? 0
    }
  }

  steps(take: Take): void {
    const world = this.#world
    world.handTo(take)
    for (let p = 0; p < world.from.processes.length; p++) {
      reads(world, p)
      says(world, p)
      if (world.setting.hears) hears(world, p)
    }
    troubles(world)
  }

  picture(): string {
    const { far, processes } = this.#world.to
    const marks = `marks ${far.markT}/${far.markL}/${far.markN}`
    const data = far.data === 0 ? 'nothing' : `v${far.data} under ${far.dataT}/${far.dataN}`
    const parts = processes.map(({ knownT, knownL, knownN, near, tokenT, tokenN, line }, p) => {
      const taken = tokenT + tokenN === 0 ? '' : `, loads under ${tokenT}/${tokenN}`
      const copy = near === 0 ? '' : `, v${near} near`
      return `${NAMES[p]} knows ${knownT}/${knownL}/${knownN}${copy}${taken}${line === LINE.up ? '' : ' (hears nothing)'}`
    })
    return [`source v${far.source}`, `far ${data}, ${marks}`, ...parts].join(' · ')
  }
}
