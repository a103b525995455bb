/*
 * Attention: whether a process has been at work all the time. One that was stopped, or whose event loop was busy, has not;
 * what it measures across such a gap says nothing about its cache.
 */

/** ms between two looks that are no gap: of a machine that has other things to do as well. */
const NO_GAP = 30
const LOOK_EVERY = 5

export class Attention {
  /** How often it was gone. */
  gaps = 0
  /** When it was last seen to have been gone. */
  #backAt = -1
  #lookedAt: number
  readonly #now: () => number
  readonly #timer: ReturnType<typeof setInterval>

  constructor(now: () => number) {
    this.#now = now
    this.#lookedAt = now()
    this.#timer = setInterval(() => this.look(), LOOK_EVERY)
  }

  /** The time. */
  look(): number {
    const at = this.#now()
    if (at - this.#lookedAt > NO_GAP) {
      this.gaps++
      this.#backAt = at
    }
    this.#lookedAt = at
    return at
  }

  wasGoneSince(at: number): boolean {
    return this.#backAt >= at
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
