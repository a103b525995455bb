/*
 * Recovery: how long it takes from the end of a fault until a process is served as usual. As usual is a time of 25 ms in
 * which the store answered, nothing failed, and at least half of the reads were near hits, if there are any.
 *
 * Of a process to which something else happens meanwhile nothing can be said.
 */

import { now } from '../processes/orders.ts'
import type { Service } from './orders.ts'

/** ms. */
const NEVER = 15_000

interface Waiting {
  readonly since: number
  readonly back: (ms: number | undefined) => void
}

export interface Recovered {
  /** ms; undefined if it did not come to that. */
  readonly ms: number | undefined
  readonly wasOvertaken: boolean
}

export class Recovery {
  readonly #hasNear: boolean
  readonly #waiting = new Map<number, Set<Waiting>>()
  /** How many faults there have been, by place, and how many of them there are now. */
  readonly #faults = new Map<number, number>()
  readonly #now = new Map<number, number>()

  constructor(hasNear: boolean) {
    this.#hasNear = hasNear
  }

  /** A fault begins. */
  disturb(places: readonly number[]): void {
    for (const place of places) {
      this.#faults.set(place, (this.#faults.get(place) ?? 0) + 1)
      this.#now.set(place, (this.#now.get(place) ?? 0) + 1)
    }
  }

  /** All that is to be known of it is known. */
  calm(places: readonly number[]): void {
    for (const place of places) this.#now.set(place, (this.#now.get(place) ?? 0) - 1)
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

  /** Nobody is waited for any more. */
  end(): void {
    for (const waiting of this.#waiting.values()) for (const each of waiting) each.back(undefined)
    this.#waiting.clear()
  }

  /** The slowest of those that nothing else happened to, from `since` on. */
  async of(places: readonly number[], since: number): Promise<Recovered> {
    const alone = places.filter((place) => this.#now.get(place) === 1)
    const before = alone.map((place) => this.#faults.get(place))
    const all = await Promise.all(alone.map((place) => this.#backIn(place, since)))
    const times = all.filter((_, i) => this.#faults.get(alone[i] ?? -1) === before[i])
    const isBack = times.every((ms) => ms !== undefined)
    return {
      ms: isBack ? Math.max(...times.map((ms) => ms ?? 0)) : undefined,
      wasOvertaken: times.length === 0,
    }
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
