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
  /** The period before this one, and its last proof. */
  #ended: { readonly period: number; readonly provenAt: number } | undefined

  /** When the first proof was to be waited for: from the beginning, or from the last gap. */
  #waitingSince: number

  constructor(clock: Clock, maxStaleness: number) {
    this.#clock = clock
    this.#maxStaleness = maxStaleness
    this.#waitingSince = clock.now()
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

  /** Until when what was learnt in `period` could be believed, or can, if nothing more is proven. */
  believedUntil(period: number): number {
    const provenAt =
      period === this.#period
        ? this.#provenAt
        : period === this.#ended?.period
          ? this.#ended.provenAt
          : -Infinity
    return provenAt + this.#maxStaleness
  }

  /** For how long nothing has been proven. */
  get silence(): number {
    return this.#clock.now() - Math.max(this.#provenAt, this.#waitingSince)
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
    if (this.#provenAt !== -Infinity) this.#ended = { period: this.#period, provenAt: this.#provenAt }
    this.#provenAt = -Infinity
    this.#waitingSince = this.#clock.now()
    this.#period++
  }
}
