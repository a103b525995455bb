/*
 * A trace: which keys were asked for, in which order, and how large each is. Keys are numbered as they come.
 */

export interface Trace {
  readonly name: string
  readonly accesses: Uint32Array
  /** Bytes by key; undefined where the trace does not say. */
  readonly sizes: Float64Array | undefined
  readonly keys: number
}

/** Takes accesses one at a time; a key keeps the size it came with first. */
export class TraceBuilder {
  readonly #numbers = new Map<string | number, number>()
  #accesses = new Uint32Array(1 << 16)
  #length = 0
  readonly #sizes: number[] = []

  get length(): number {
    return this.#length
  }

  add(key: string | number, bytes?: number): void {
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#numbers.size
      this.#numbers.set(key, number)
      if (bytes !== undefined) this.#sizes.push(bytes)
    }
    if (this.#length === this.#accesses.length) {
      const more = new Uint32Array(2 * this.#length)
      more.set(this.#accesses)
      this.#accesses = more
    }
    this.#accesses[this.#length++] = number
  }

  trace(name: string): Trace {
    const keys = this.#numbers.size
    return {
      name,
      accesses: this.#accesses.slice(0, this.#length),
      sizes: this.#sizes.length === keys && keys > 0 ? Float64Array.from(this.#sizes) : undefined,
      keys,
    }
  }
}
