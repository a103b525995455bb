/*
 * Waiting: who waits for another load of a key to end. They are woken when it may have ended, by whoever hears of it:
 * the channel, or this process itself; and they look by themselves after a while.
 *
 * That a load has ended may be heard before the answer that it is under way: answers come by another connection, or
 * by the same and take longer to be understood. So the last calls are remembered, and who was told of a load before one of
 * them does not begin to wait.
 */

import type { Clock } from './clock.ts'

/** Between a question and the wait for what it told of lie a round trip and a few turns. Who missed more calls than this looks by himself. */
const REMEMBERED = 64

export class Waiting {
  /** How often somebody has called. */
  calls: number = 0
  /** Which keys the last calls were for. */
  readonly #lastCalls: string[] = []
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when `key` is called, or was after the first `calls` calls; or after `ms`. */
  until(key: string, ms: number, calls: number): Promise<void> {
    if (this.#wasCalled(key, calls)) return Promise.resolve()
    return new Promise((resolve) => {
      const those = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, those)
      const stop = (): void => {
        cancel()
        those.delete(stop)
        if (those.size === 0 && this.#waiting.get(key) === those) this.#waiting.delete(key)
        resolve()
      }
      const cancel = this.#clock.after(ms, stop)
      those.add(stop)
    })
  }

  #wasCalled(key: string, calls: number): boolean {
    for (let i = Math.max(calls, this.calls - REMEMBERED); i < this.calls; i++) {
      if (this.#lastCalls[i % REMEMBERED] === key) return true
    }
    return false
  }

  wake(key: string): void {
    this.#lastCalls[this.calls++ % REMEMBERED] = key
    for (const stop of this.#waiting.get(key) ?? []) stop()
  }

  wakeAll(): void {
    for (const key of this.#waiting.keys()) this.wake(key)
  }

  get size(): number {
    return this.#waiting.size
  }
}
