/*
 * What passes: a map for things that come and go many times a second.
 *
 * V8 gives a Map that has seen some comings and goings a new table, and has the old table point to it. A table that has
 * grown old, because nothing happened for a while, thus keeps alive every later one, with all that was ever in it, until
 * the next full collection: all answers were copied by the collector, which took a third of the time of reads. So after
 * a number of comings a new Map is begun, to which no table points.
 */

/** Comings into one Map. */
const MOST = 256

const NONE: readonly never[] = []

export class Passing<K, V> {
  #now = new Map<K, V>()
  /** Those of the Map before, which only go. */
  #before: Map<K, V> | undefined
  #comings = 0

  get size(): number {
    return this.#now.size + (this.#before?.size ?? 0)
  }

  get(key: K): V | undefined {
    return this.#now.get(key) ?? this.#before?.get(key)
  }

  has(key: K): boolean {
    return this.#now.has(key) || this.#before?.has(key) === true
  }

  set(key: K, value: V): void {
    if (this.#before === undefined && ++this.#comings > MOST) this.#turn()
    this.#now.set(key, value)
    this.#goBefore(key)
  }

  delete(key: K): void {
    this.#now.delete(key)
    this.#goBefore(key)
  }

  /** What is there now; what comes or goes meanwhile changes nothing of it. */
  entries(): readonly (readonly [K, V])[] {
    if (this.size === 0) return NONE
    return this.#before === undefined ? [...this.#now] : [...this.#before, ...this.#now]
  }

  keys(): K[] {
    return this.entries().map(([key]) => key)
  }

  values(): V[] {
    return this.entries().map(([, value]) => value)
  }

  #goBefore(key: K): void {
    if (this.#before === undefined) return
    this.#before.delete(key)
    if (this.#before.size === 0) this.#before = undefined
  }

  #turn(): void {
    if (this.#now.size > 0) this.#before = this.#now
    this.#now = new Map()
    this.#comings = 0
  }
}
