/*
 * The explorer: walks through everything that a model can do, breadth first, so that the first trouble it meets is one of the shortest.
 *
 * A state is a row of bytes. Of those that were seen only 64 bits of hash are kept, in one table, and for each the
 * state it came from and which of that state's steps led to it. Two states with one hash would hide each other: with a
 * million states that happens once in 10^7 explorations. A story is told by walking from the beginning once more.
 */

/** A step that can be taken: the model has written where it leads. */
export type Take = (what: () => string, broken?: string) => void

export interface Model {
  /** The state that is looked at. The explorer writes it. */
  readonly now: Uint8Array
  /** Where a step leads. The model writes it before it calls `take`. */
  readonly next: Uint8Array
  /** Writes the first state into `next`. */
  begin(): void
  /** Takes every step that is possible now, always in the same order. */
  steps(take: Take): void
  /** What every place holds in `next`. */
  picture(): string
}

interface Step {
  readonly what: string
  readonly picture: string
}

export interface Trouble {
  readonly broken: string
  readonly beginning: string
  readonly steps: readonly Step[]
}

export interface Explored {
  readonly states: number
  /** The longest way to a state that has no shorter one. */
  readonly depth: number
  readonly trouble: Trouble | undefined
}

/** Of the first state. */
const NO_PARENT = 0xff_ff_ff_ff

/** A table of hashes that were seen, and how each state was reached. */
class Seen {
  count = 0
  #slots = new Uint32Array(2 ** 17)
  #mask = 2 ** 16 - 1
  #parents = new Uint32Array(2 ** 15)
  #steps = new Uint16Array(2 ** 15)

  /** Whether it had not been seen. */
  add(high: number, low: number, parent: number, step: number): boolean {
    let at = low & this.#mask
    for (;;) {
      const there = this.#slots[at * 2]
      if (there === 0) break
      if (there === high && this.#slots[at * 2 + 1] === low) return false
      at = (at + 1) & this.#mask
    }
    this.#slots[at * 2] = high
    this.#slots[at * 2 + 1] = low
    if (this.count === this.#parents.length) {
      this.#parents = longer(this.#parents, new Uint32Array(this.count * 2))
      this.#steps = longer(this.#steps, new Uint16Array(this.count * 2))
    }
    this.#parents[this.count] = parent
    this.#steps[this.count] = step
    this.count++
    if (this.count * 3 > this.#mask * 2) this.#grow()
    return true
  }

  /** The numbers of the steps that lead to a state. */
  wayTo(state: number): readonly number[] {
    const way: number[] = []
    for (let at = state; this.#parents[at] !== NO_PARENT; at = this.#parents[at] ?? NO_PARENT) {
      way.push(this.#steps[at] ?? 0)
    }
    return way.toReversed()
  }

  #grow(): void {
    const old = this.#slots
    this.#mask = this.#mask * 2 + 1
    this.#slots = new Uint32Array((this.#mask + 1) * 2)
    for (let from = 0; from < old.length; from += 2) {
      const high = old[from] ?? 0
      if (high === 0) continue
      const low = old[from + 1] ?? 0
      let at = low & this.#mask
      while (this.#slots[at * 2] !== 0) at = (at + 1) & this.#mask
      this.#slots[at * 2] = high
      this.#slots[at * 2 + 1] = low
    }
  }
}

function longer<T extends Uint8Array | Uint16Array | Uint32Array>(old: T, fresh: T): T {
  fresh.set(old)
  return fresh
}

/** States of one distance, in one block. */
class Level {
  count = 0
  readonly #size: number
  #bytes: Uint8Array

  constructor(size: number) {
    this.#size = size
    this.#bytes = new Uint8Array(size * 1024)
  }

  push(state: Uint8Array): void {
    const at = this.count++ * this.#size
    if (at === this.#bytes.length) this.#bytes = longer(this.#bytes, new Uint8Array(at * 2))
    this.#bytes.set(state, at)
  }

  read(index: number, into: Uint8Array): void {
    const at = index * this.#size
    for (let i = 0; i < this.#size; i++) into[i] = this.#bytes[at + i] ?? 0
  }
}

/** Goes on until everything was seen or something is broken. `most`: states, after which it gives up. */
export function explore(model: Model, most: number): Explored {
  return new Exploration(model, most).toTheEnd()
}

class Exploration {
  readonly #model: Model
  readonly #most: number
  readonly #seen = new Seen()
  readonly #hash = new Uint32Array(2)
  /** States that were met first in the last round of steps, and the number of the first of them. */
  #level: Level
  #first = 0
  #broken: { readonly what: string; readonly way: readonly number[] } | undefined

  constructor(model: Model, most: number) {
    this.#model = model
    this.#most = most
    this.#level = new Level(model.now.length)
  }

  toTheEnd(): Explored {
    const model = this.#model
    model.begin()
    this.#isNew(NO_PARENT, 0)
    this.#level.push(model.next)
    for (let depth = 0; ; depth++) {
      const further = this.#further()
      const states = this.#seen.count
      if (this.#broken !== undefined) {
        const { what, way } = this.#broken
        return { states, depth: way.length, trouble: retell(model, what, way) }
      }
      if (further.count === 0) return { states, depth, trouble: undefined }
      this.#first += this.#level.count
      this.#level = further
    }
  }

  /** What is reached from the last level; up to the first that is broken. */
  #further(): Level {
    const model = this.#model
    const further = new Level(model.now.length)
    for (let i = 0; i < this.#level.count; i++) {
      if (this.#broken !== undefined) return further
      this.#level.read(i, model.now)
      const parent = this.#first + i
      let step = 0
      model.steps((_, broken) => {
        if (this.#isNew(parent, step)) further.push(model.next)
        if (broken !== undefined) {
          this.#broken ??= { what: broken, way: [...this.#seen.wayTo(parent), step] }
        }
        step++
      })
      if (this.#seen.count > this.#most) throw new Error(`more than ${this.#most} states`)
    }
    return further
  }

  #isNew(parent: number, step: number): boolean {
    hashOf(this.#model.next, this.#hash)
    return this.#seen.add(this.#hash[0] ?? 0, this.#hash[1] ?? 0, parent, step)
  }
}

/** Two sums over the bytes, four at a time. The first is never 0: that is an empty place of the table. */
function hashOf(state: Uint8Array, into: Uint32Array): void {
  let a = 0x9e_37_79_b9
  let b = 0x85_eb_ca_6b
  for (let i = 0; i < state.length; i += 4) {
    const word =
      (state[i] ?? 0) | ((state[i + 1] ?? 0) << 8) | ((state[i + 2] ?? 0) << 16) | ((state[i + 3] ?? 0) << 24)
    a = Math.imul(a ^ word, 0x01_00_01_93)
    a ^= a >>> 15
    b = Math.imul(b + word, 0xc2_b2_ae_35)
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (a >>> 16), 0x7f_eb_35_2d)
  b = Math.imul(b ^ (b >>> 16), 0x84_6c_a6_8b)
  into[0] = (a ^ (a >>> 15)) >>> 0 || 1
  into[1] = (b ^ (b >>> 16)) >>> 0
}

/** Walks a way once more, and says what happens. */
function retell(model: Model, broken: string, way: readonly number[]): Trouble {
  model.begin()
  const beginning = model.picture()
  model.now.set(model.next)
  const steps = way.map((wanted): Step => {
    let at = 0
    let step: Step | undefined
    const to = new Uint8Array(model.now.length)
    model.steps((what) => {
      if (at++ !== wanted) return
      to.set(model.next)
      step = { what: what(), picture: model.picture() }
    })
    model.now.set(to)
    if (step === undefined) throw new Error('the model did not do again what it did before')
    return step
  })
  return { broken, beginning, steps }
}
