/*
 * Ticks: moments at which a link does what need not be done at an exact time.
 *
 * An idle process pays for being woken up much more than for what it does then. So all that is due at about the same time is due
 * at the same tick: one timer, and what is asked for on several connections is mostly answered in one turn.
 */

import type { Clock } from '@larder/core'

export class Ticks {
  readonly #clock: Clock
  readonly #interval: number
  /** By the tick: what is due then. As many as there are connections, at the most. */
  readonly #due = new Map<number, Tick>()

  constructor(clock: Clock, interval: number) {
    this.#clock = clock
    this.#interval = interval
  }

  /** Calls `then` at the tick that is nearest to `ms` from now, of those to come. Returns the way to cancel. */
  after(ms: number, then: () => void): () => void {
    const now = this.#clock.now()
    const nearest = Math.max(Math.round((now + ms) / this.#interval), Math.floor(now / this.#interval) + 1)
    const tick = this.#due.get(nearest) ?? this.#begin(nearest, nearest * this.#interval - now)
    const wait = (): void => then()
    tick.waits.add(wait)
    return () => {
      if (!tick.waits.delete(wait) || tick.waits.size > 0) return
      tick.cancel()
      this.#due.delete(nearest)
    }
  }

  #begin(number: number, ms: number): Tick {
    const waits = new Set<() => void>()
    const cancel = this.#clock.after(ms, () => {
      this.#due.delete(number)
      for (const wait of waits) wait()
      waits.clear()
    })
    const tick = { waits, cancel }
    this.#due.set(number, tick)
    return tick
  }
}

interface Tick {
  readonly waits: Set<() => void>
  readonly cancel: () => void
}
