/*
 * Chaos: one thing after the other happens, in several lanes at once. Each kind has been there once before chance decides.
 */

import { passed } from '../processes/source.ts'
import type { Recovery } from './recovery.ts'
import type { Chance, Trouble, Troubles } from './troubles.ts'

export interface Lane {
  /** Whom its troubles concern. */
  readonly places: readonly number[]
  readonly troubles: Troubles
  readonly chance: Chance
  /** ms: the shortest and the longest time between two of them. */
  readonly pause: readonly [number, number]
}

/** What happened of one kind. */
export interface Happened {
  readonly count: number
  /** ms until all was as usual, of those that nothing else came into. */
  readonly recovery: { readonly measured: number; readonly p50: number; readonly max: number }
  readonly overtaken: number
  /** How often it was never as usual again, though nothing else came. */
  readonly never: number
}

interface Book {
  count: number
  recoveries: number[]
  overtaken: number
  never: number
}

export class Chaos {
  readonly #lanes: readonly Lane[]
  readonly #recovery: Recovery
  readonly #happened = new Map<string, Book>()
  #isOver = false
  #running: Promise<unknown> | undefined
  #beginning: number

  constructor(lanes: readonly Lane[], recovery: Recovery) {
    this.#lanes = lanes
    this.#recovery = recovery
    this.#beginning = lanes.length
  }

  begin(): void {
    this.#running = Promise.all(this.#lanes.map((lane) => this.#run(lane)))
  }

  /** Whether each kind has been there. */
  get hadAll(): boolean {
    return this.#beginning === 0
  }

  get count(): number {
    return [...this.#happened.values()].reduce((sum, { count }) => sum + count, 0)
  }

  get happened(): Readonly<Record<string, Happened>> {
    return Object.fromEntries(
      [...this.#happened].map(([what, { recoveries, ...book }]) => {
        const sorted = recoveries.toSorted((a, b) => a - b)
        const measured = sorted.length
        const p50 = sorted[Math.floor(measured / 2)] ?? 0
        return [what, { ...book, recovery: { measured, p50, max: sorted.at(-1) ?? 0 } }]
      }),
    )
  }

  async end(): Promise<void> {
    this.#isOver = true
    this.#recovery.end()
    await this.#running
  }

  async #run({ places, troubles, chance, pause }: Lane): Promise<void> {
    const kinds = Object.entries(troubles)
    for (let n = 0; !this.#isOver; n++) {
      if (n === kinds.length) this.#beginning--
      await passed(chance.between(...pause))
      const kind = n < kinds.length ? kinds[n] : chance.one(kinds)
      if (this.#isOver || kind === undefined) return
      this.#recovery.disturb(places)
      await this.#happen(kind, places, chance)
      this.#recovery.calm(places)
    }
  }

  async #happen([what, happen]: [string, Trouble], places: readonly number[], chance: Chance): Promise<void> {
    // A server that another lane has taken away refuses.
    const ended = await happen(chance).catch(() => undefined)
    if (ended === undefined) return
    const happened = this.#happened.get(what) ?? { count: 0, recoveries: [], overtaken: 0, never: 0 }
    this.#happened.set(what, happened)
    happened.count++
    const { ms, wasOvertaken } = await this.#recovery.of(places, ended)
    if (this.#isOver && ms === undefined) return
    if (wasOvertaken) happened.overtaken++
    else if (ms === undefined) happened.never++
    else happened.recoveries.push(ms)
  }
}
