/*
 * Waiting: who waits for another load of a key to end. They are woken when it may have ended, by whoever hears of it:
 * the channel, or this process itself; and they look by themselves after a while.
 */

import type { Clock } from './clock.ts'

export class Waiting {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when `key` is woken, or after `ms`. */
  until(key: string, ms: number): Promise<void> {
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

  wake(key: string): void {
    for (const stop of this.#waiting.get(key) ?? []) stop()
  }

  wakeAll(): void {
    for (const key of this.#waiting.keys()) this.wake(key)
  }

  get size(): number {
    return this.#waiting.size
  }
}
