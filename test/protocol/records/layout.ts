/*
 * A state of the world of records, as bytes with names.
 *
 * Values are versions of the source's row, counted from 1, so that 0 is none; floors are the lowest version that may still be
 * read. Ages are in ticks and end at 2, OLD: what is that old has become useless by then. Whatever is not in use is
 * zero, and requests lie in order, so that states that differ in nothing that matters are one.
 */

import { type Group, groupOf } from '../fields.ts'
import type { Setting } from './setting.ts'

export const OLD = 2
/** Requests and loads of one key that a process can have under way. */
export const SLOTS = 2

const WORLD = groupOf([
  'drops',
  'restarts',
  'failovers',
  'leaseEnds',
  'silences',
  'ends',
  'loadFailures',
  'evictions',
  'hasFailedOver',
])

const KEY = groupOf([
  'source',
  'data',
  'isStale',
  'lease',
  /** How often it was invalidated, for the variant that counts. */
  'count',
  /** The newest version of which the invalidation is acknowledged: now, a tick ago, two. */
  'acked',
  'acked1',
  'acked2',
  /** What a replica has that lags by one write. */
  'replicaData',
  'replicaStale',
  'replicaLease',
])

const PROCESS = groupOf([
  'gets',
  'writes',
  'line',
  'isConfirmed',
  /** A heartbeat on its way: its age, whether it counts. */
  'ping',
  'pingAge',
  'pingCounts',
  /** Whether there was a proof since the last gap, and its age. */
  'isProven',
  'proof',
  /** Whether its connection leads to the server that has the data. */
  'isLinked',
  /** What is on its way to it, the next first. */
  'inbox0',
  'inbox1',
  'inbox2',
  'inbox3',
])

/** What a process has of a key. */
const OWN = groupOf([
  'near',
  'nearCovered',
  'nearAge',
  /** Reads that begin now must not be older. */
  'floor',
  /** A change of the source that is being told. */
  'said',
  'saidState',
  'saidIsSet',
  'saidIsCut',
  'saidCovered',
  'saidAge',
  /** A deletion is owed. */
  'owes',
  /** What it has invalidated lately. */
  'recent',
  /** A set that was given up, and may still be carried out. */
  'ghost',
])

/** A request on its way, or a load. */
const SLOT = groupOf([
  'state',
  'value',
  'token',
  /** A stale value that a failed load may be replaced by. */
  'old',
  'age',
  'covered',
  'isCut',
  /** Others have said something about the key since it asked, or began to load. */
  'isHeard',
  'isOnBoard',
  /** Nobody waits for it. */
  'isBackground',
  /** It asks for the lease only. */
  'takes',
  'isStale',
  'floor',
  'acked',
])

type FieldsOf<G> = G extends Group<infer N> ? Record<N, number> : never
export type WorldFields = FieldsOf<typeof WORLD>
export type KeyFields = FieldsOf<typeof KEY>
export type ProcessFields = FieldsOf<typeof PROCESS>
export type OwnFields = FieldsOf<typeof OWN>
export type SlotFields = FieldsOf<typeof SLOT>

export interface Own {
  readonly fields: OwnFields
  readonly slots: readonly SlotFields[]
}

export interface Process {
  readonly fields: ProcessFields
  /** By key. */
  readonly own: readonly Own[]
}

/** A state, to be read and written by name. */
export class State {
  readonly bytes: Uint8Array
  readonly world: WorldFields
  readonly keys: readonly KeyFields[]
  readonly processes: readonly Process[]
  readonly #slotsAt: number[] = []

  constructor({ keys, gets }: Setting) {
    const perKey = OWN.size + SLOTS * SLOT.size
    const size = WORLD.size + keys * KEY.size + gets.length * (PROCESS.size + keys * perKey)
    this.bytes = new Uint8Array(Math.ceil(size / 4) * 4)
    let at = 0
    const next = <N extends string>(group: Group<N>): Record<N, number> => {
      const fields = group.in(this.bytes, at)
      at += group.size
      return fields
    }
    this.world = next(WORLD)
    this.keys = Array.from({ length: keys }, () => next(KEY))
    this.processes = gets.map(() => ({
      fields: next(PROCESS),
      own: Array.from({ length: keys }, () => {
        const fields = next(OWN)
        this.#slotsAt.push(at)
        return { fields, slots: Array.from({ length: SLOTS }, () => next(SLOT)) }
      }),
    }))
  }

  /** Two requests of one process are the same in either order. */
  normalise(): void {
    for (const at of this.#slotsAt) {
      let order = 0
      for (let i = 0; i < SLOT.size && order === 0; i++) {
        order = (this.bytes[at + i] ?? 0) - (this.bytes[at + SLOT.size + i] ?? 0)
      }
      if (order >= 0) continue
      for (let i = at; i < at + SLOT.size; i++) {
        const swapped = this.bytes[i] ?? 0
        this.bytes[i] = this.bytes[i + SLOT.size] ?? 0
        this.bytes[i + SLOT.size] = swapped
      }
    }
  }
}

export function empty(fields: SlotFields): void {
  fields.state = 0
  fields.value = 0
  fields.token = 0
  fields.old = 0
  fields.age = 0
  fields.covered = 0
  fields.isCut = 0
  fields.isHeard = 0
  fields.isOnBoard = 0
  fields.isBackground = 0
  fields.takes = 0
  fields.isStale = 0
  fields.floor = 0
  fields.acked = 0
}
