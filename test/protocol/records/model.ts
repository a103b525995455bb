/* The model of records, as the explorer wants it. */

import type { Model, Take } from '../explorer.ts'
import { hearing } from './hearing.ts'
import { type Own, type SlotFields } from './layout.ts'
import { reads } from './reading.ts'
import type { Setting } from './setting.ts'
import type { Switches } from './switches.ts'
import { troubles } from './troubles.ts'
import { KEYS, LINE, NAMES, SAID, SLOT, World } from './world.ts'
import { changes } from './writing.ts'

export class RecordsModel implements Model {
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
    Object.assign(to.world, setting.faults)
    for (const key of to.keys) key.source = 1
    for (const [p, { fields }] of to.processes.entries()) {
      fields.gets = setting.gets[p] ?? 0
      fields.writes = setting.writes[p] ?? 0
      fields.line = LINE.subscribed
      fields.isConfirmed = 1
      fields.isProven = 1
      fields.isLinked = 1
    }
  }

  steps(take: Take): void {
    const world = this.#world
    world.handTo(take)
    for (let p = 0; p < world.from.processes.length; p++) {
      for (let k = 0; k < world.from.keys.length; k++) {
        reads(world, p, k)
        changes(world, p, k)
      }
      hearing(world, p)
    }
    troubles(world)
  }

  picture(): string {
    const { to } = this.#world
    return to.keys
      .map(({ source, data, isStale, lease }, k) => {
        const far = `${valueOf(data, isStale)}${lease === 0 ? '' : `, lease ${lease}`}`
        const processes = to.processes.map(({ own, fields }, p) => {
          const heard = fields.line === LINE.subscribed ? '' : ' (hears nothing)'
          return `${NAMES[p]} ${own[k] === undefined ? '' : holds(own[k])}${heard}`
        })
        return `${KEYS[k]}: source v${source} · far ${far} · ${processes.join(' · ')}`
      })
      .join(' | ')
  }
}

const valueOf = (value: number, isStale: number): string =>
  value === 0 ? 'nothing' : `v${value}${isStale === 1 ? ' stale' : ''}`

function holds({ fields, slots }: Own): string {
  const parts = [valueOf(fields.near, 0)]
  if (fields.saidState >= SAID.sent) parts.push('invalidation under way')
  if (fields.owes === 1) parts.push('owes a deletion')
  for (const slot of slots) if (slot.state !== SLOT.free) parts.push(doing(slot))
  return parts.join(', ')
}

const DOING: Readonly<Record<number, string>> = {
  [SLOT.asked]: 'question',
  [SLOT.found]: 'answer',
  [SLOT.leased]: 'answer',
  [SLOT.held]: 'answer',
  [SLOT.failed]: 'no answer',
  [SLOT.waiting]: 'waiting',
  [SLOT.loading]: 'load',
  [SLOT.loaded]: 'load',
  [SLOT.filling]: 'fill',
}

function doing({ state, value, isCut }: SlotFields): string {
  return `${DOING[state] ?? ''}${value === 0 ? '' : ` v${value}`}${isCut === 1 ? ' (cut)' : ''}`
}
