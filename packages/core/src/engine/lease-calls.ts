/*
 * Calls about leases that no caller waits for: fills, and leases that are given back. Only `close` waits for them, and
 * after it there are none: a lease that could not be given back by then ends by itself.
 */

import { storeTimedOut } from '../errors.ts'
import type { Deadlines } from '../store/deadline.ts'
import type { Store } from '../store/store.ts'
import type { Entry } from './entry.ts'
import { Passing } from './passing.ts'
import type { Waiting } from './waiting.ts'

export class LeaseCalls {
  isClosed: boolean = false
  readonly #store: Store<Entry>
  readonly #waiting: Waiting
  readonly #deadlines: Deadlines
  readonly #open = new Passing<Promise<unknown>, Promise<unknown>>()

  constructor(store: Store<Entry>, waiting: Waiting, deadlines: Deadlines) {
    this.#store = store
    this.#waiting = waiting
    this.#deadlines = deadlines
  }

  /** Remembers `work`, which reports its own failures, until it is done. */
  track(work: Promise<unknown>): void {
    const forget = (): void => this.#open.delete(call)
    const call: Promise<unknown> = work.then(forget, forget)
    this.#open.set(call, call)
  }

  /** Nobody will fill under this lease: who waits for it here looks at once. It is no failure if that cannot be said, since it ends by itself. */
  drop(key: string, token: string): void {
    if (!this.isClosed) this.track(this.#drop(key, token))
  }

  async #drop(key: string, token: string): Promise<void> {
    const { name, leases } = this.#store
    const dropping = async (): Promise<void> => leases?.drop(key, token)
    try {
      await this.#deadlines.hold(dropping(), () => storeTimedOut(name, 'lease', this.#deadlines.ms))
    } finally {
      this.#waiting.wake(key)
    }
  }

  /** When none is under way. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open.values())
  }
}
