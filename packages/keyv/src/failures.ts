/*
 * Failures: what goes wrong below rejects, whichever way it is said there.
 *
 * Keyv and its adapters say it in three ways: they reject; or they emit `error` and answer as if nothing were there; or
 * they answer `false`. The second is caught by listening: an error that is heard while an operation is under way fails
 * that operation, unless it found something. It may be the error of another operation. Then one too many fails, which
 * costs a miss or a repeated deletion; one too few would be taken for "not there".
 *
 * There is always a listener, so no `error` event ends the process.
 */

import type { KeyvParts } from './place.ts'

export class Failures {
  #heard = 0
  #last: Error | undefined

  constructor(source: KeyvParts) {
    source.on?.('error', (error) => {
      this.#heard++
      this.#last = errorOf(error)
    })
  }

  /** What is wrong, in words, if the last thing that happened was a failure. */
  get trouble(): string | undefined {
    return this.#last?.message
  }

  /** Carries it out, and rejects if it failed in any of the ways. */
  async watch<T>(
    operation: () => T | PromiseLike<T>,
    found: (answer: T) => boolean = nothingFound,
  ): Promise<T> {
    const before = this.#heard
    try {
      const answer = await operation()
      if (this.#heard !== before && !found(answer)) throw this.#last ?? new Error('unknown')
      if (this.#heard === before) this.#last = undefined
      return answer
    } catch (error) {
      this.#last = errorOf(error)
      throw this.#last
    }
  }

  /** A list, which may end early and not say so. */
  async *list<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const before = this.#heard
    yield* items
    if (this.#heard !== before) throw this.#last ?? new Error('unknown')
  }

  /** A write, which `false` says has not been done. */
  async write(operation: () => unknown): Promise<void> {
    const answer: unknown = await this.watch(operation)
    if (answer !== false && !(Array.isArray(answer) && answer.includes(false))) return
    this.#last = new Error('the Keyv store did not keep what it was given: it answered false')
    throw this.#last
  }
}

const nothingFound = (): boolean => false

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
