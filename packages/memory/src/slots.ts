/*
 * Entries in flat arrays, by slot, each in one of a few queues.
 *
 * The lookup is one Map: no hash of ours that keys could be chosen for. A slot that is given back is used again; the arrays
 * grow by doubling, to the most that may be held, and only then beyond it.
 */

const FIRST_ROOM = 16
export const NONE = -1

/** Slots in the order in which they came, and what they take. */
export interface Queue {
  first: number
  last: number
  length: number
  bytes: number
}

const queue = (): Queue => ({ first: NONE, last: NONE, length: 0, bytes: 0 })

export class Slots<V extends object> {
  readonly #byKey = new Map<string, number>()
  #room = FIRST_ROOM
  #keys = filled<string>(FIRST_ROOM, [], '')
  #values = filled<V | undefined>(FIRST_ROOM, [], undefined)
  #bytes = new Uint32Array(FIRST_ROOM)
  #marks = new Uint16Array(FIRST_ROOM)
  #where = new Uint8Array(FIRST_ROOM)
  #before = new Int32Array(FIRST_ROOM)
  #after = new Int32Array(FIRST_ROOM)
  /** Slots that were given back, one after the other by #after; those from #unused on never had anything. */
  #free = NONE
  #unused = 0
  readonly #queues: readonly Queue[]
  /** The most that may be held. */
  readonly #most: () => number

  constructor(queues: number, most: () => number) {
    this.#queues = Array.from({ length: queues }, queue)
    this.#most = most
  }

  queue(at: number): Queue {
    return this.#queues[at] as Queue
  }

  /** All keys and their slots, in about the order in which they came. */
  all(): Iterable<[string, number]> {
    return this.#byKey
  }

  find(key: string): number | undefined {
    return this.#byKey.get(key)
  }

  keyOf(slot: number): string {
    return this.#keys[slot] as string
  }

  /** undefined for what is only remembered. */
  valueOf(slot: number): V | undefined {
    return this.#values[slot]
  }

  hold(slot: number, value: V | undefined): void {
    this.#values[slot] = value
  }

  bytesOf(slot: number): number {
    return this.#bytes[slot] as number
  }

  /** What the policy notes of it, in 16 bits. */
  markOf(slot: number): number {
    return this.#marks[slot] as number
  }

  mark(slot: number, mark: number): void {
    this.#marks[slot] = mark
  }

  /** The number of its queue. */
  whereIs(slot: number): number {
    return this.#where[slot] as number
  }

  /** Those in a queue, from its first. */
  inQueue({ first }: Queue): readonly number[] {
    const all: number[] = []
    for (let slot = first; slot !== NONE; slot = this.behind(slot)) all.push(slot)
    return all
  }

  /** The one behind it in its queue. */
  behind(slot: number): number {
    return this.#after[slot] as number
  }

  resize(slot: number, bytes: number): void {
    this.queue(this.whereIs(slot)).bytes += bytes - this.bytesOf(slot)
    this.#bytes[slot] = bytes
  }

  /** A slot for a new key; it is in no queue yet. */
  open(key: string): number {
    let slot = this.#free
    if (slot === NONE) {
      if (this.#unused === this.#room) this.#grow()
      slot = this.#unused++
    } else this.#free = this.behind(slot)
    this.#keys[slot] = key
    this.#byKey.set(key, slot)
    return slot
  }

  /** Puts it at the end of a queue. */
  push(slot: number, where: number, bytes: number): void {
    const to = this.queue(where)
    this.#where[slot] = where
    this.#bytes[slot] = bytes
    this.#before[slot] = to.last
    this.#after[slot] = NONE
    if (to.last === NONE) to.first = slot
    else this.#after[to.last] = slot
    to.last = slot
    to.length++
    to.bytes += bytes
  }

  unlink(slot: number): void {
    const from = this.queue(this.whereIs(slot))
    const before = this.#before[slot] as number
    const after = this.#after[slot] as number
    if (before === NONE) from.first = after
    else this.#after[before] = after
    if (after === NONE) from.last = before
    else this.#before[after] = before
    from.length--
    from.bytes -= this.bytesOf(slot)
  }

  /** To the end of a queue, its own or another. */
  move(slot: number, where: number, bytes: number = this.bytesOf(slot)): void {
    this.unlink(slot)
    this.push(slot, where, bytes)
  }

  /** Takes it out of its queue and gives it back. */
  drop(slot: number): void {
    this.unlink(slot)
    this.#byKey.delete(this.keyOf(slot))
    this.#keys[slot] = ''
    this.#values[slot] = undefined
    this.#after[slot] = this.#free
    this.#free = slot
  }

  #grow(): void {
    const most = this.#most() + 1
    const room = this.#room < most ? Math.min(this.#room * 2, most) : Math.ceil(this.#room * 1.25)
    this.#keys = filled(room, this.#keys, '')
    this.#values = filled(room, this.#values, undefined)
    this.#bytes = longer(new Uint32Array(room), this.#bytes)
    this.#marks = longer(new Uint16Array(room), this.#marks)
    this.#where = longer(new Uint8Array(room), this.#where)
    this.#before = longer(new Int32Array(room), this.#before)
    this.#after = longer(new Int32Array(room), this.#after)
    this.#room = room
  }
}

/** An array of just this length: one that is pushed to reserves more. */
function filled<T>(length: number, from: readonly T[], rest: T): T[] {
  return Array.from({ length }, (_, at) => (at < from.length ? (from[at] as T) : rest))
}

function longer<A extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(to: A, from: A): A {
  to.set(from)
  return to
}
