/*
 * The breaker: leaves a node alone that does not answer.
 *
 *   closed ──3 failures in a row──▶ open ──pause──▶ half-open ──the probe succeeds──▶ closed
 *                                    ▲                  │
 *                                    └──the probe fails─┘   each pause longer, by chance, at most a second
 *
 * While it is open calls fail at once. Half-open lets exactly one through. Whoever was let through holds a ticket with the
 * number of the generation: a late success of an older one closes nothing, a late failure opens nothing.
 * Many calls that fail in the same moment are one failure: they have one cause.
 */

import type { Clock } from '@larder/core'

/**
 * Whether a server is asked: always, not for moments, or by one call that tries it.
 *
 * @example
 * const states: readonly BreakerState[] = link.breakers()
 * if (states.includes('open')) console.warn('a server is left alone')
 */
export type BreakerState = 'closed' | 'open' | 'half-open'

const FAILURES = 3
const SHORTEST_PAUSE = 50
const LONGEST_PAUSE = 1_000

export class Breaker {
  readonly #clock: Clock
  readonly #changed: (state: BreakerState) => void
  #state: BreakerState = 'closed'
  #generation = 1
  #failures = 0
  #failedAt = -1
  /** Openings in a row, for the length of the pause. */
  #openings = 0
  #until = 0
  #isProbing = false

  constructor(clock: Clock, changed: (state: BreakerState) => void = () => {}) {
    this.#clock = clock
    this.#changed = changed
  }

  get state(): BreakerState {
    return this.#state
  }

  /** A ticket, or 0 if the node is to be left alone. */
  admit(): number {
    if (this.#state === 'closed') return this.#generation
    if (this.#state === 'open' && this.#clock.now() >= this.#until) this.#turn('half-open')
    if (this.#state !== 'half-open' || this.#isProbing) return 0
    this.#isProbing = true
    return this.#generation
  }

  succeeded(ticket: number): void {
    if (ticket !== this.#generation) return
    this.#failures = 0
    if (this.#state === 'half-open') this.close()
  }

  failed(ticket: number): void {
    if (ticket !== this.#generation) return
    if (this.#state === 'half-open') return this.#open()
    const now = this.#clock.now()
    if (now === this.#failedAt) return
    this.#failedAt = now
    if (++this.#failures >= FAILURES) this.#open()
  }

  /** There is a new connection, which has answered: what was before says nothing of it. */
  close(): void {
    this.#failures = 0
    this.#openings = 0
    if (this.#state !== 'closed') this.#turn('closed')
  }

  #open(): void {
    const longest = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** ++this.#openings)
    this.#until = this.#clock.now() + SHORTEST_PAUSE + this.#clock.random() * (longest - SHORTEST_PAUSE)
    this.#turn('open')
  }

  #turn(state: BreakerState): void {
    this.#state = state
    this.#generation++
    this.#failures = 0
    this.#isProbing = false
    this.#changed(state)
  }
}
