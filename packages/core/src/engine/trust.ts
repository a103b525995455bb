/*
 * Trust: whether what is remembered of a store may be believed, and until when.
 *
 * Others change the store. The channel tells of it, and proves every now and then that nothing was missed; for
 * `maxStaleness` after the moment that was proven, what is remembered counts. After a gap everything must be asked for anew:
 * what is remembered carries the period in which it was learnt, and periods do not come back.
 */

import type { Clock } from './clock.ts'

export class Trust {
  readonly #clock: Clock
  readonly #maxStaleness: number
  /** Counts the times without a gap. 0: there is no channel. */
  #period = 0
  #provenAt = -Infinity

  constructor(clock: Clock, maxStaleness: number) {
    this.#clock = clock
    this.#maxStaleness = maxStaleness
  }

  /** The period in which what is learnt now will be heard of when it changes; 0 if it would not. */
  get period(): number {
    return this.#provenAt === -Infinity ? 0 : this.#period
  }

  /** Whether what was learnt in `period` may be believed now. */
  covers(period: number): boolean {
    return this.coversAt(this.#clock.now(), period)
  }

  coversAt(now: number, period: number): boolean {
    return period !== 0 && period === this.#period && now - this.#provenAt <= this.#maxStaleness
  }

  /** Up to when nothing was missed; -Infinity if that is not known. */
  get provenAt(): number {
    return this.#provenAt
  }

  proven(since: number): void {
    if (this.#provenAt === -Infinity) this.#period++
    this.#provenAt = Math.max(this.#provenAt, since)
  }

  gap(): void {
    this.#provenAt = -Infinity
    this.#period++
  }
}
