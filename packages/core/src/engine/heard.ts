/*
 * Heard: about which keys something was said lately, by this process or by others.
 *
 * Only what is under way asks, and that is never long ago. So the last few thousand keys are remembered, and whoever asks
 * about more than those is told that it may have been any.
 */

/** So many keys, or up to twice as many. */
const REMEMBERED = 4_096

export class Heard {
  /** How often something was said. */
  count: number = 0
  #recent = new Map<string, number>()
  #earlier: ReadonlyMap<string, number> = new Map()
  /** What was said before counts as said about every key. */
  #floor = 0
  #nextFloor = 0

  of(key: string): void {
    this.#recent.set(key, ++this.count)
    if (this.#recent.size < REMEMBERED) return
    this.#earlier = this.#recent
    this.#recent = new Map()
    this.#floor = Math.max(this.#floor, this.#nextFloor)
    this.#nextFloor = this.count
  }

  ofAll(): void {
    this.#floor = ++this.count
  }

  /** Whether something was said about `key` after the first `count` times. */
  isAfter(count: number, key: string): boolean {
    if (count === this.count) return false
    if (count < this.#floor) return true
    return (this.#recent.get(key) ?? this.#earlier.get(key) ?? 0) > count
  }
}
