/*
 * Which way a list goes: its own, or that of LRU.
 *
 * On its own way each hit that LRU would not have had is a point for it, and each miss that LRU would not have had one against
 * it. When too many are against it, the list goes the way of LRU, until it has missed several times as much as it holds; then
 * it tries again. Each time that fails at once the next try is four times as far away. So a list that LRU would beat for ever
 * loses to it a few times, a little, and the less often the longer it lasts. Who has failed is given half the patience until
 * he has proved himself: what is lost on giving way, since other things are held than LRU would hold, is about as much again.
 */

/** Points against it before it gives way: a part of the entries, but of a few entries more, since chance counts for more there. */
const PATIENCE = 1 / 32
const PATIENCE_OF_FEW = 1 / 2
const MOST_OF_FEW = 64
const LEAST_PATIENCE = 16
/** Of that, after it has failed. */
const PATIENCE_AFTERWARDS = 1 / 2
/** What counts for it at most, in patiences: no good old time outweighs what is now. */
const MOST_CREDIT = 2
/** Misses before it tries again, in entries: at first, and at most. */
const FIRST_WAIT = 8
const LONGEST_WAIT = 512
const LONGER = 4

export class Duel {
  #isLost = false
  #score = 0
  /** In entries; grows with each failure. */
  #wait = FIRST_WAIT
  #left = 0

  /** Whether the list goes the way of LRU. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** A hit that LRU would not have had, and for how many it stands. */
  won(entries: number, weight: number): void {
    if (this.#isLost) return
    const most = MOST_CREDIT * patienceOf(entries)
    this.#score += weight
    if (this.#score <= most) return
    this.#score = most
    this.#wait = FIRST_WAIT
  }

  /** A miss, and whether LRU would have had it. */
  missed(isHitOfLru: boolean, entries: number): void {
    if (this.#isLost) {
      this.#isLost = --this.#left > 0
      return
    }
    if (!isHitOfLru || --this.#score >= -this.#patienceOf(entries)) return
    this.#isLost = true
    this.#score = 0
    this.#left = this.#wait * entries
    this.#wait = Math.min(LONGEST_WAIT, LONGER * this.#wait)
  }

  #patienceOf(entries: number): number {
    return patienceOf(entries) * (this.#wait === FIRST_WAIT ? 1 : PATIENCE_AFTERWARDS)
  }
}

const patienceOf = (entries: number): number =>
  Math.max(LEAST_PATIENCE, Math.min(MOST_OF_FEW, entries * PATIENCE_OF_FEW), entries * PATIENCE)
