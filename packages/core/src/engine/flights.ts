/*
 * Flights: the operations under way, one per key.
 *
 * A caller joins a flight only if nothing has invalidated its key since it began. An invalidation cuts the flight: who
 * came before still gets the answer that was true then, nobody keeps it, and who comes later starts afresh. So no
 * counter per key is needed; the map holds what is in the air and nothing else.
 *
 *   get or load k ──────── flight 1 ────────┐ answers its own callers, is not stored
 *                     delete k ✂
 *                        get or load k ──── flight 2 ────► stored
 */

import { Passing } from './passing.ts'

export class Flight<T> {
  readonly result: Promise<T>
  /** Something has invalidated the key since this began. */
  cut: boolean = false
  /** Callers that would be sorry if it were given up. Infinity once one waits without a way to leave. */
  waiters: number = 0
  #settle: { resolve(value: T): void; reject(reason: unknown): void }

  constructor() {
    let settle: { resolve(value: T): void; reject(reason: unknown): void } | undefined
    this.result = new Promise<T>((resolve, reject) => {
      settle = { resolve, reject }
    })
    this.#settle = settle as unknown as { resolve(value: T): void; reject(reason: unknown): void }
  }

  resolve(value: T): void {
    this.#settle.resolve(value)
  }

  reject(reason: unknown): void {
    this.result.catch(() => {}) // a flight without callers may fail; those it has hear of it themselves
    this.#settle.reject(reason)
  }
}

/** `before`: one that this one may yet turn out to be the same as. */
interface Cuttable {
  cut: boolean
  before?: Cuttable | undefined
}

export class Flights<F extends Cuttable> {
  readonly #open = new Passing<string, F>()

  get size(): number {
    return this.#open.size
  }

  get(key: string): F | undefined {
    return this.#open.get(key)
  }

  open(key: string, flight: F): void {
    this.#open.set(key, flight)
  }

  /** Takes a flight off the board, unless another has taken its place. */
  close(key: string, flight: F): void {
    if (this.#open.get(key) === flight) this.#open.delete(key)
  }

  cut(key: string): void {
    const flight = this.#open.get(key)
    if (flight === undefined) return
    for (let each: Cuttable | undefined = flight; each !== undefined; each = each.before) each.cut = true
    this.#open.delete(key)
  }

  cutWhere(matches: (key: string, flight: F) => boolean): void {
    for (const [key, flight] of this.#open.entries()) {
      if (matches(key, flight)) this.cut(key)
    }
  }

  all(): Iterable<F> {
    return this.#open.values()
  }

  entries(): readonly (readonly [string, F])[] {
    return this.#open.entries()
  }
}
