/*
 * What passes: a map for things that come and go many times a second.
 *
 * V8 gives a Map that has seen some comings and goings a new table, and has the old table point to it. A table that has
 * grown old, because nothing happened for a while, thus keeps alive every later one, with all that was ever in it, until
 * the next full collection: all answers were copied by the collector, which took a third of the time of reads. So after
 * a number of comings what is there moves to a new Map, to which no table points.
 */

/** Comings into one Map; or as many as there are in it, so that moving costs little. */
const MOST = 256

const NONE: readonly never[] = []

export class Passing<K, V> {
  #map = new Map<K, V>()
  #comings = 0

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  set(key: K, value: V): void {
    if (++this.#comings > Math.max(MOST, this.#map.size)) {
      this.#map = new Map(this.#map)
      this.#comings = 0
    }
    this.#map.set(key, value)
  }

  delete(key: K): void {
    this.#map.delete(key)
  }

  /** What is there now; what comes or goes meanwhile changes nothing of it. */
  entries(): readonly (readonly [K, V])[] {
    return this.#map.size === 0 ? NONE : [...this.#map]
  }

  keys(): K[] {
    return this.entries().map(([key]) => key)
  }

  values(): V[] {
    return this.entries().map(([, value]) => value)
  }
}
