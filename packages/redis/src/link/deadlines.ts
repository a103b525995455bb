/*
 * Deadlines of calls: a queue and one timer for any number of them.
 *
 * Most calls may take equally long, so they end in the order in which they begin; the few others find their place from
 * the end. When the timer fires, answers that have arrived but were not yet looked at (the event loop was busy) get one
 * more turn; and if it fires late, a moment longer, since what was to be written may have waited too. A blocked process is
 * not a slow server.
 */

import type { Clock } from '@larder/core'
import type { Call } from './call.ts'

const ROOM = 64
/** A timer that is so late, ms, was held up. */
const LATE = 10
/** The longest moment that is granted after that, ms. */
const GRACE = 25

export class Deadlines {
  readonly #clock: Clock
  /** By when they end. Holds at most `ROOM` settled ones, or as many as others. */
  #queue: Call[] = []
  #compactAt = ROOM
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(call: Call): void {
    if (call.ms === Infinity) return
    call.ends = this.#clock.now() + call.ms
    const queue = this.#queue
    let at = queue.length
    while (at > 0 && (queue[at - 1]?.ends ?? 0) > call.ends) at--
    if (at === queue.length) queue.push(call)
    else queue.splice(at, 0, call)
    if (at === 0) this.#arm(call.ms)
    if (queue.length > this.#compactAt) this.#compact()
  }

  /** If all that was waited for is settled, nothing rings: nobody is woken up for it. */
  rest(): void {
    if (this.#queue.every((each) => each.isSettled)) this.stop()
  }

  /** Nothing rings any more. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#queue = []
  }

  #compact(): void {
    this.#queue = this.#queue.filter((each) => !each.isSettled)
    this.#compactAt = this.#queue.length * 2 + ROOM
  }

  #arm(ms: number): void {
    this.#cancel?.()
    const due = this.#clock.now() + ms
    this.#cancel = this.#clock.after(ms, () => {
      const lag = this.#clock.now() - due
      this.#cancel = this.#clock.after(lag > LATE ? Math.min(lag, GRACE) : 0, () => this.#ring())
    })
  }

  #ring(): void {
    this.#cancel = undefined
    const now = this.#clock.now()
    const queue = this.#queue
    // The shared clock may lag a millisecond behind; what ends within it has ended.
    let over = 0
    while (over < queue.length && (queue[over]?.ends ?? 0) <= now + 1) over++
    this.#queue = queue.slice(over).filter((each) => !each.isSettled)
    for (let i = 0; i < over; i++) {
      const call = queue[i]
      if (call !== undefined && !call.isSettled) call.caller.late(call)
    }
    const next = this.#queue[0]
    if (next !== undefined) this.#arm(Math.max(1, next.ends - now))
  }
}
