/*
 * What LRU would hold, without having it.
 *
 * Time is cut into epochs: one ends when an eighth of the entries was used in it, or a sixteenth came that LRU did not
 * hold. Of each epoch it is known how much was used in it last, in entries and in bytes. LRU holds what was used in the
 * latest of them, as many as fit; so whether it would hold something is told by the epoch of its last use.
 *
 *      epoch      41    42    43    44  now
 *      entries   310   120   700   650   90
 *                  ╰── do not fit ─╯╰─ held: the reach is 2
 *
 * To within an epoch this is exact. Who has many entries counts a few of them, each for many.
 */

import type { Bound } from './list.ts'

/** Those that are told apart. LRU seldom reaches further; where it does, the rest counts as not held. */
const TOLD_APART = 32
const LAST_APART = TOLD_APART - 1
/** Numbers of epochs begin again after that many. */
export const EPOCHS: number = 1 << 14
/** Entries of one epoch, as a part of all: those that were used, and those that came. */
const MOST_USED = 1 / 8
const MOST_CAME = 1 / 16
/** What was used in the last epoch that fits is held or not as a whole: so half of one is allowed. */
const ALLOWED = 1 + MOST_CAME / 2

export class Recency {
  readonly #entries = new Float64Array(TOLD_APART)
  readonly #bytes = new Float64Array(TOLD_APART)
  #now = 0
  /** Epochs before this one that are held. */
  #reach = 0
  #heldEntries = 0
  #heldBytes = 0
  #came = 0

  /** The number of this epoch. */
  get now(): number {
    return this.#now
  }

  isHeld(epoch: number): boolean {
    return this.#ageOf(epoch) <= this.#reach
  }

  /** Whether it was last used in the oldest epoch that is held, or before. */
  isLast(epoch: number): boolean {
    return this.#ageOf(epoch) >= this.#reach
  }

  /** Counts what has come, or what was used and was not held. `weight`: for how many it stands. */
  add(bytes: number, weight: number): void {
    this.#came += weight
    this.#count(this.#now, weight, bytes * weight)
  }

  /** Counts more of what was used last in `epoch`, or less. */
  change(epoch: number, bytes: number, weight: number): void {
    if (this.isHeld(epoch)) this.#count(epoch, weight, bytes * weight)
  }

  /** Counts a use of what was last used in `epoch`; whether LRU would have held it. */
  use(epoch: number, bytes: number, weight: number): boolean {
    if (epoch === this.#now) return true
    if (!this.isHeld(epoch)) {
      this.add(bytes, weight)
      return false
    }
    const entries = this.#entries
    const taken = this.#bytes
    const from = epoch & LAST_APART
    const to = this.#now & LAST_APART
    entries[from] = (entries[from] as number) - weight
    entries[to] = (entries[to] as number) + weight
    taken[from] = (taken[from] as number) - bytes * weight
    taken[to] = (taken[to] as number) + bytes * weight
    return true
  }

  /** Begins a new epoch when it is time, and lets go of what does not fit: of the bound that is reached. */
  settle(bound: Bound, entries: number, bytes: number): void {
    const used = this.#entries[this.#now & LAST_APART] as number
    if (used >= entries * MOST_USED || this.#came >= entries * MOST_CAME) this.#begin()
    while (this.#reach > 0 && this.#isTooMuch(bound, entries, bytes)) this.#letGo()
  }

  #isTooMuch(bound: Bound, entries: number, bytes: number): boolean {
    return bound === 'bytes' ? this.#heldBytes > bytes * ALLOWED : this.#heldEntries > entries * ALLOWED
  }

  #begin(): void {
    if (this.#reach === TOLD_APART - 1) this.#letGo()
    this.#now = (this.#now + 1) & (EPOCHS - 1)
    this.#reach++
    this.#came = 0
    this.#entries[this.#now & LAST_APART] = 0
    this.#bytes[this.#now & LAST_APART] = 0
  }

  #letGo(): void {
    const at = (this.#now - this.#reach) & LAST_APART
    this.#heldEntries -= this.#entries[at] as number
    this.#heldBytes -= this.#bytes[at] as number
    this.#reach--
  }

  #count(epoch: number, entries: number, bytes: number): void {
    const at = epoch & LAST_APART
    this.#entries[at] = (this.#entries[at] as number) + entries
    this.#bytes[at] = (this.#bytes[at] as number) + bytes
    this.#heldEntries += entries
    this.#heldBytes += bytes
  }

  #ageOf(epoch: number): number {
    return (this.#now - epoch) & (EPOCHS - 1)
  }
}
