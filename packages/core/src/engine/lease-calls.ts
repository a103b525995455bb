/*
 * Calls about leases that no caller waits for: fills, and leases that are given back. Only `close` waits for them, and
 * after it there are none: a lease that could not be given back by then ends by itself.
 */

import type { Store } from '../store/store.ts'
import type { Entry } from './entry.ts'
import type { Waiting } from './waiting.ts'

export class LeaseCalls {
  isClosed: boolean = false
  readonly #store: Store<Entry>
  readonly #waiting: Waiting
  readonly #open = new Set<Promise<unknown>>()

  constructor(store: Store<Entry>, waiting: Waiting) {
    this.#store = store
    this.#waiting = waiting
  }

  /** Remembers `work`, which reports its own failures, until it is done. */
  track(work: Promise<unknown>): void {
    const forget = (): boolean => this.#open.delete(call)
    const call: Promise<unknown> = work.then(forget, forget)
    this.#open.add(call)
  }

  /** Nobody will fill under this lease. It is no failure if that cannot be said. */
  drop(key: string, token: string): void {
    if (!this.isClosed) this.track(this.#drop(key, token))
  }

  async #drop(key: string, token: string): Promise<void> {
    try {
      await this.#store.leases?.drop(key, token)
    } finally {
      this.#waiting.wake(key)
    }
  }

  /** When none is under way. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open)
  }
}
