/*
 * Recovery: how long it takes from the end of a fault until a process is served as usual. As usual is a time of 25 ms in
 * which the store answered, nothing failed, and at least half of the reads were near hits, if there are any.
 *
 * A fault that came into the recovery of another one says nothing about either; both are left out and counted.
 */

import { now } from '../processes/orders.ts'
import type { Service } from './orders.ts'

/** ms. */
const NEVER = 15_000

interface Waiting {
  readonly since: number
  readonly back: (ms: number) => void
}

export interface Recovered {
  /** ms; undefined if it did not come to that. */
  readonly ms: number | undefined
  readonly wasOvertaken: boolean
}

export class Recovery {
  readonly #hasNear: boolean
  readonly #waiting = new Map<number, Set<Waiting>>()
  /** How many faults there have been, by place. */
  readonly #faults = new Map<number, number>()

  constructor(hasNear: boolean) {
    this.#hasNear = hasNear
  }

  /** A fault begins. */
  disturb(places: readonly number[]): void {
    for (const place of places) this.#faults.set(place, this.#faultsOf(place) + 1)
  }

  #faultsOf(place: number): number {
    return this.#faults.get(place) ?? 0
  }

  served(place: number, service: Service): void {
    const waiting = this.#waiting.get(place)
    if (waiting === undefined || !this.#isUsual(service)) return
    for (const each of waiting) {
      if (service.from < each.since) continue
      waiting.delete(each)
      each.back(service.from - each.since)
    }
  }

  #isUsual({ reads, near, far, failures }: Service): boolean {
    return reads > 0 && far > 0 && failures === 0 && (!this.#hasNear || near * 2 >= reads)
  }

  /** The slowest of them, from `since` on. */
  async of(places: readonly number[], since: number): Promise<Recovered> {
    const before = places.map((place) => this.#faultsOf(place))
    const all = await Promise.all(places.map((place) => this.#backIn(place, since)))
    const wasOvertaken = places.some((place, i) => this.#faultsOf(place) !== before[i])
    const isBack = all.every((ms) => ms !== undefined)
    return { ms: isBack ? Math.max(...all.map((ms) => ms ?? 0)) : undefined, wasOvertaken }
  }

  #backIn(place: number, since: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(place) ?? new Set()
      this.#waiting.set(place, waiting)
      const late = setTimeout(
        () => {
          waiting.delete(each)
          resolve(undefined)
        },
        NEVER - (now() - since),
      )
      const each: Waiting = {
        since,
        back: (ms) => {
          clearTimeout(late)
          resolve(ms)
        },
      }
      waiting.add(each)
    })
  }
}
