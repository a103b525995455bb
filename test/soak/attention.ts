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
  /** Whether this turn of the event loop has been looked at before, and for how long the process was gone in it, or right before it. */
  #isTurn = false
  #gone = 0
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
      this.#gone += at - this.#lookedAt
    }
    this.#lookedAt = at
    if (this.#isTurn) return at
    this.#isTurn = true
    setImmediate(() => {
      this.#isTurn = false
      this.#gone = 0
    })
    return at
  }

  /** ms by which a clock that was read earlier in this turn, or before the process was stopped, may be behind. */
  get behind(): number {
    return this.#gone
  }

  wasGoneSince(at: number): boolean {
    return this.#backAt >= at
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
