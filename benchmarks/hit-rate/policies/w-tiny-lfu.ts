/*
 * W-TinyLFU (Einziger, Eytan, Friedman and Manes, 2017 and 2018), as in Caffeine: an LRU window for what is new; what leaves
 * it must have been asked for more often than what it would push out of the main part, a segmented LRU. How often is
 * estimated by a sketch of four-bit counters that are halved now and then. The window (1 % at first) is moved by climbing:
 * on in the same direction while the hit ratio grows, back when it falls.
 */
import type { Policy, Room } from '../policy.ts'
import { Place, Queue } from '../queue.ts'

const WINDOW = 0.01
const PROTECTED = 0.8
/** The first step of the climber, in shares of the capacity; it shrinks with each. */
const STEP = 0.0625
const STEP_DECAY = 0.98
/** A change of the hit ratio from which the climber begins anew. */
const RESTART = 0.05

export function wTinyLfu({ capacity, sizeOf }: Room): Policy {
  const places = new Map<number, Place>()
  const window = new Queue()
  const probation = new Queue()
  const kept = new Queue()
  const sketch = new Sketch()
  let windowRoom = Math.max(1, capacity * WINDOW)
  let step = -STEP * capacity
  let asked = 0
  let hits = 0
  let ratioBefore = 0

  const drop = (queue: Queue, place: Place): void => {
    queue.remove(place)
    places.delete(place.key)
  }

  function settle(): void {
    while (kept.bytes > (capacity - windowRoom) * PROTECTED) {
      const cold = kept.shift()
      if (cold !== undefined) probation.push(cold)
    }
    while (window.bytes > windowRoom) {
      const candidate = window.shift()
      if (candidate !== undefined) admit(candidate)
    }
    while (window.bytes + probation.bytes + kept.bytes > capacity) {
      const queue = probation.length > 0 ? probation : kept.length > 0 ? kept : window
      if (queue.first !== undefined) drop(queue, queue.first)
    }
  }

  function admit(candidate: Place): void {
    probation.push(candidate)
    while (window.bytes + probation.bytes + kept.bytes > capacity) {
      const victim = probation.first === candidate ? kept.first : probation.first
      if (victim === undefined || sketch.estimate(candidate.key) <= sketch.estimate(victim.key)) {
        drop(probation, candidate)
        return
      }
      drop(victim.queue ?? probation, victim)
    }
  }

  function climb(): void {
    if (asked < 10 * Math.max(places.size, 64)) return
    const ratio = hits / asked
    const change = ratio - ratioBefore
    if (change < 0) step = -step
    step = Math.abs(change) >= RESTART ? Math.sign(step) * STEP * capacity : step * STEP_DECAY
    windowRoom = Math.min(capacity * 0.99, Math.max(1, windowRoom + step))
    ratioBefore = ratio
    asked = 0
    hits = 0
    while (window.bytes < windowRoom) {
      const moved = probation.shift() ?? kept.shift()
      if (moved === undefined) break
      window.push(moved)
    }
    settle()
  }

  return {
    access(key) {
      asked++
      climb()
      sketch.add(key, places.size)
      const known = places.get(key)
      if (known !== undefined) {
        hits++
        const to = known.queue === window ? window : kept
        known.queue?.remove(known)
        to.push(known)
        settle()
        return true
      }
      const place = new Place(key, sizeOf(key))
      if (place.bytes > capacity) return false
      places.set(key, place)
      window.push(place)
      settle()
      return false
    },
  }
}

/** A count-min sketch of four rows. It grows with what the cache holds, and is halved after ten times as many additions. */
class Sketch {
  #rows = new Uint8Array(0)
  #mask = 0
  #added = 0

  add(key: number, held: number): void {
    if (4 * held > this.#mask) this.#grow(4 * held)
    for (let row = 0; row < 4; row++) {
      const at = this.#at(key, row)
      const count = this.#rows[at] as number
      if (count < 15) this.#rows[at] = count + 1
    }
    if (++this.#added < 10 * Math.max(held, 16)) return
    this.#added >>= 1
    for (let at = 0; at < this.#rows.length; at++) this.#rows[at] = (this.#rows[at] as number) >> 1
  }

  estimate(key: number): number {
    let least = 15
    for (let row = 0; row < 4; row++) least = Math.min(least, this.#rows[this.#at(key, row)] as number)
    return least
  }

  #at(key: number, row: number): number {
    let mixed = Math.imul(key + 1, SEEDS[row] as number)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d)
    return row * (this.#mask + 1) + ((mixed ^ (mixed >>> 13)) & this.#mask)
  }

  /** What was counted is lost, as it is in Caffeine. */
  #grow(least: number): void {
    let size = Math.max(64, this.#mask + 1)
    while (size <= least) size *= 2
    this.#mask = size - 1
    this.#rows = new Uint8Array(4 * size)
  }
}

const SEEDS = [0x9e37_79b1, 0x85eb_ca6b, 0xc2b2_ae35, 0x27d4_eb2f]
