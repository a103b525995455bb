/*
 * A list of entries after S3-FIFO (Yang et al., SOSP 2023), whose small queue finds its length by itself.
 *
 *      new ──▶ small ──── was used ────▶ main ──┐ was used: once more round for each use, three at most
 *                │                        ▲ │ ◀─┘
 *                ▼ was not used           │ ▼ was not used
 *           ghosts of small ── is back ───┘ ghosts of main ── is back ──▶ small
 *
 * A hit is one counter. Order is made only where room is wanted, at the heads of two queues. What is asked for once
 * passes through the small queue and leaves the main one alone; that is what LRU cannot do.
 *
 * Ghosts are keys without values. They say how long the small queue should be: who comes back after leaving it would have
 * been kept by a longer one, who comes back after leaving the main queue by a shorter one. A fixed tenth, as published,
 * loses twenty points where everything is used once more a little later.
 *
 * While the small queue is longer than it should be, the main one has room, and what leaves the small one unused is kept
 * there for the time being: so of a loop that is longer than the list a part stays.
 *
 * The lookup is one Map, of ghosts too: no hash of ours that keys could be chosen for. Everything else lies in flat arrays by
 * slot. A queue and its ghosts are together no longer than the list, so there are no more ghosts than entries. Their bytes
 * count, and are an eighth of what is held at most where bytes are scarce.
 */

import type { Bound, List } from './list.ts'
import { textSize } from './share.ts'

const FIRST_ROOM = 16
const NONE = -1

const SMALL = 0
const MAIN = 1
const GHOST_OF_SMALL = 2
const GHOST_OF_MAIN = 3

/** Uses that are counted; each is a round in the main queue. */
const MOST_USES = 3
/** The small queue, as a share of all entries: at first, and within which limits. */
const FIRST_SHARE = 0.1
const LEAST_SHARE = 0.02
const MOST_SHARE = 0.9
/** Bytes of ghosts to a byte of entries, where bytes are scarce. */
const GHOST_BYTES = 1 / 8
/** What a ghost takes besides its key. */
const GHOST_OVERHEAD = 60
/** Entries that go from the small queue to the main one unused, for each that is dropped. */
const MOST_FILLED = 8
/** Entries that are given another round before one is dropped all the same: no single write pays for all the hits before it. */
const MOST_ROUNDS = 128
/** What one entry counts for at most, since its bytes are kept in 32 bits. */
const MOST_BYTES = 2 ** 32 - 1

interface Queue {
  first: number
  last: number
  length: number
  bytes: number
}

const queue = (): Queue => ({ first: NONE, last: NONE, length: 0, bytes: 0 })

export class S3Fifo<V extends object> implements List<V> {
  readonly #slots = new Map<string, number>()
  #room = FIRST_ROOM
  #keys = filled<string>(FIRST_ROOM, [], '')
  /** undefined for ghosts. */
  #values = filled<V | undefined>(FIRST_ROOM, [], undefined)
  #bytes = new Uint32Array(FIRST_ROOM)
  #uses = new Uint8Array(FIRST_ROOM)
  #where = new Uint8Array(FIRST_ROOM)
  #before = new Int32Array(FIRST_ROOM)
  #after = new Int32Array(FIRST_ROOM)
  readonly #small = queue()
  readonly #main = queue()
  readonly #ghostsOfSmall = queue()
  readonly #ghostsOfMain = queue()
  /** By #where. */
  readonly #queues = [this.#small, this.#main, this.#ghostsOfSmall, this.#ghostsOfMain] as const
  /** Slots that were given back, one after the other by #after; those from #unused on never had anything. */
  #free = NONE
  #unused = 0
  #share = FIRST_SHARE
  /** The slot that was set last. */
  #latest = NONE
  /** The most that all lists may hold together; arrays grow to that before they grow beyond it. */
  readonly #most: () => number

  constructor(most: () => number) {
    this.#most = most
  }

  get size(): number {
    return this.#small.length + this.#main.length
  }

  get bytes(): number {
    return this.#small.bytes + this.#main.bytes + this.#ghostsOfSmall.bytes + this.#ghostsOfMain.bytes
  }

  get(key: string): V | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    const uses = this.#uses[slot] as number
    if (uses < MOST_USES) this.#uses[slot] = uses + 1
    return this.#values[slot]
  }

  peek(key: string): V | undefined {
    const slot = this.#slots.get(key)
    return slot === undefined ? undefined : this.#values[slot]
  }

  set(key: string, value: V, size: number): void {
    const bytes = Math.min(size, MOST_BYTES)
    const known = this.#slots.get(key)
    if (known !== undefined && this.#values[known] !== undefined) this.#overwrite(known, bytes)
    else if (known === undefined) this.#add(this.#slotFor(key), SMALL, bytes)
    else this.#comeBack(known, bytes)
    this.#values[this.#latest] = value
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined || this.#values[slot] === undefined) return false
    this.#drop(slot)
    this.#trim('entries')
    return true
  }

  pop(bound: Bound): string | undefined {
    const slot = this.#isSmallTooLong(bound) ? this.#fromSmall(bound) : this.#fromMain()
    if (slot === NONE) return undefined
    const key = this.#keys[slot] as string
    const ghost = (this.#where[slot] as number) === SMALL ? GHOST_OF_SMALL : GHOST_OF_MAIN
    this.#unlink(slot)
    this.#values[slot] = undefined
    this.#push(slot, ghost, GHOST_OVERHEAD + textSize(key))
    this.#trim(bound)
    return key
  }

  /** In about the order in which they came. */
  *entries(): Generator<[string, V]> {
    for (const [key, slot] of this.#slots) {
      const value = this.#values[slot]
      if (value !== undefined) yield [key, value]
    }
  }

  #overwrite(slot: number, bytes: number): void {
    const of = this.#queueOf(slot)
    of.bytes += bytes - (this.#bytes[slot] as number)
    this.#bytes[slot] = bytes
    const uses = this.#uses[slot] as number
    if (uses < MOST_USES) this.#uses[slot] = uses + 1
    this.#latest = slot
  }

  #add(slot: number, where: number, bytes: number): void {
    this.#uses[slot] = 0
    this.#push(slot, where, bytes)
    this.#latest = slot
  }

  /** A ghost says which queue was too short, and moves the border by one entry: further if such ghosts are the rarer ones. */
  #comeBack(slot: number, bytes: number): void {
    const one = 1 / Math.max(1, this.size)
    const ofSmall = this.#ghostsOfSmall.length
    const ofMain = this.#ghostsOfMain.length
    const isOfSmall = this.#where[slot] === GHOST_OF_SMALL
    if (isOfSmall) this.#share = Math.min(MOST_SHARE, this.#share + one * Math.max(1, ofMain / ofSmall))
    else this.#share = Math.max(LEAST_SHARE, this.#share - one * Math.max(1, ofSmall / ofMain))
    this.#unlink(slot)
    this.#add(slot, isOfSmall ? MAIN : SMALL, bytes)
  }

  #isSmallTooLong(bound: Bound): boolean {
    const { length } = this.#small
    const { first, last } = this.#main
    if (first === NONE) return true
    if (first === last && first === this.#latest) return length > 0
    return length > 1 && this.#excess(bound) > 0
  }

  /** By how much the small queue is longer than it should be. */
  #excess(bound: Bound): number {
    const small = this.#small
    const main = this.#main
    if (bound === 'bytes') return small.bytes - this.#share * (small.bytes + main.bytes)
    return small.length - this.#share * (small.length + main.length)
  }

  /** The first in the small queue that was not used. Those before it move on to the main one. */
  #fromSmall(bound: Bound): number {
    const small = this.#small
    let kept = 0
    for (let rounds = 0; rounds < MOST_ROUNDS && small.length > 1; rounds++) {
      const slot = small.first
      const bytes = this.#bytes[slot] as number
      if (this.#uses[slot] === 0) {
        const isRoom = this.#excess(bound) >= 2 * (bound === 'bytes' ? bytes : 1)
        if (!isRoom || kept++ === MOST_FILLED) break
      }
      this.#unlink(slot)
      this.#uses[slot] = 0
      this.#push(slot, MAIN, bytes)
    }
    return small.first === this.#latest && this.#main.length > 0 ? this.#fromMain() : small.first
  }

  /** The first in the main queue that was not used since it came round last. */
  #fromMain(): number {
    const main = this.#main
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const slot = main.first
      const uses = this.#uses[slot] as number
      if (uses === 0 && slot !== this.#latest) return slot
      if (uses > 0) this.#uses[slot] = uses - 1
      this.#unlink(slot)
      this.#push(slot, MAIN, this.#bytes[slot] as number)
    }
    const { first } = main
    return first === this.#latest && first !== main.last ? (this.#after[first] as number) : first
  }

  /** Lets go of the oldest ghosts, where there are too many. */
  #trim(bound: Bound): void {
    const ofSmall = this.#ghostsOfSmall
    const ofMain = this.#ghostsOfMain
    while (ofSmall.length > this.#main.length) this.#drop(ofSmall.first)
    while (ofMain.length > this.#small.length) this.#drop(ofMain.first)
    if (bound !== 'bytes') return
    const most = GHOST_BYTES * (this.#small.bytes + this.#main.bytes)
    while (ofSmall.bytes + ofMain.bytes > most)
      this.#drop(ofMain.length > ofSmall.length ? ofMain.first : ofSmall.first)
  }

  #drop(slot: number): void {
    this.#unlink(slot)
    this.#forget(slot)
  }

  #queueOf(slot: number): Queue {
    return this.#queues[this.#where[slot] as 0 | 1 | 2 | 3]
  }

  #push(slot: number, where: number, bytes: number): void {
    this.#where[slot] = where
    this.#bytes[slot] = bytes
    const to = this.#queueOf(slot)
    this.#before[slot] = to.last
    this.#after[slot] = NONE
    if (to.last === NONE) to.first = slot
    else this.#after[to.last] = slot
    to.last = slot
    to.length++
    to.bytes += bytes
  }

  #unlink(slot: number): void {
    const from = this.#queueOf(slot)
    const before = this.#before[slot] as number
    const after = this.#after[slot] as number
    if (before === NONE) from.first = after
    else this.#after[before] = after
    if (after === NONE) from.last = before
    else this.#before[after] = before
    from.length--
    from.bytes -= this.#bytes[slot] as number
  }

  /** Gives back a slot that is in no queue any more. */
  #forget(slot: number): void {
    this.#slots.delete(this.#keys[slot] as string)
    this.#keys[slot] = ''
    this.#values[slot] = undefined
    this.#after[slot] = this.#free
    this.#free = slot
    if (this.#latest === slot) this.#latest = NONE
  }

  #slotFor(key: string): number {
    let slot = this.#free
    if (slot === NONE) {
      if (this.#unused === this.#room) this.#grow()
      slot = this.#unused++
    } else this.#free = this.#after[slot] as number
    this.#keys[slot] = key
    this.#slots.set(key, slot)
    return slot
  }

  #grow(): void {
    const most = this.#most() + 1
    const room = this.#room < most ? Math.min(this.#room * 2, most) : Math.ceil(this.#room * 1.25)
    this.#keys = filled(room, this.#keys, '')
    this.#values = filled(room, this.#values, undefined)
    this.#bytes = longer(new Uint32Array(room), this.#bytes)
    this.#uses = longer(new Uint8Array(room), this.#uses)
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

function longer<A extends Uint8Array | Uint32Array | Int32Array>(to: A, from: A): A {
  to.set(from)
  return to
}
