/*
 * A list of entries after S3-FIFO (Yang et al., SOSP 2023), whose small queue finds its length by itself, and which goes the
 * way of LRU where that is better.
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
 * been kept by a longer one, who comes back after leaving the main queue by a shorter one; so does each hit in the
 * main queue that LRU would not have had. A fixed tenth, as published, loses twenty points where everything is used once more a little later.
 *
 * While the small queue is longer than it should be, the main one has room, and of what leaves the small one unused every second
 * is kept there for the time being: so of a loop that is longer than the list a part stays.
 *
 * Beside the counter stands the time of the last use, in epochs (recency.ts). So it is known of hits and of misses whether LRU
 * would have had them, and who is ahead (duel.ts). While LRU is, all is in the small queue, what is used goes to its end, and
 * what was not used for the longest time leaves it: that is LRU.
 *
 * A queue and its ghosts are together no longer than the list, so there are no more ghosts than entries. Their bytes count, and
 * are an eighth of what is held at most where bytes are scarce.
 */

import { Duel } from './duel.ts'
import type { Bound, List } from './list.ts'
import { Recency } from './recency.ts'
import { textSize } from './share.ts'
import { NONE, type Queue, Slots } from './slots.ts'

const SMALL = 0
const MAIN = 1
const GHOST_OF_SMALL = 2
const GHOST_OF_MAIN = 3
const QUEUES = 4

/** Uses that are counted; each is a round in the main queue. They are the low bits of a mark, the epoch is the others. */
const MOST_USES = 3
const USES_BITS = 2
/** The small queue, as a share of all entries: at first, and within which limits. */
const FIRST_SHARE = 0.5
const LEAST_SHARE = 0.02
const MOST_SHARE = 0.9
/** Bytes of ghosts to a byte of entries, where bytes are scarce. */
const GHOST_BYTES = 1 / 8
/** What a ghost takes besides its key. */
const GHOST_OVERHEAD = 60
/** Entries that are given another round before one is dropped all the same: no single write pays for all the hits before it. */
const MOST_ROUNDS = 128
/** What one entry counts for at most, since its bytes are kept in 32 bits. */
const MOST_BYTES = 2 ** 32 - 1

/**
 * The first slots are counted each for itself, of the others one for many: hits in a large list should cost no more. What is
 * large is counted for itself as well, since a few of those can make up most of the bytes.
 */
const ALL_COUNTED = 1_024
const ONE_OF = 8
const LARGE = 4_096

/** In place of an epoch: until something has gone, LRU holds what this list holds, and there is nothing to be told. */
const EVER = -2

const usesOf = (mark: number): number => mark & MOST_USES
const epochOf = (mark: number): number => mark >> USES_BITS

export class S3Fifo<V extends object> implements List<V> {
  readonly #slots: Slots<V>
  readonly #small: Queue
  readonly #main: Queue
  readonly #ghostsOfSmall: Queue
  readonly #ghostsOfMain: Queue
  readonly #recency = new Recency()
  readonly #duel = new Duel()
  #share = FIRST_SHARE
  /** The epoch in which another use is no more than a counter. */
  #counting = EVER
  #hasEvicted = false
  /** Of what there was too much last. */
  #scarce: Bound = 'entries'
  /** The slot that was set last. */
  #latest = NONE

  /** `most` is what all lists may hold together. */
  constructor(most: () => number) {
    this.#slots = new Slots(QUEUES, most)
    this.#small = this.#slots.queue(SMALL)
    this.#main = this.#slots.queue(MAIN)
    this.#ghostsOfSmall = this.#slots.queue(GHOST_OF_SMALL)
    this.#ghostsOfMain = this.#slots.queue(GHOST_OF_MAIN)
  }

  get size(): number {
    return this.#small.length + this.#main.length
  }

  get bytes(): number {
    return this.#heldBytes + this.#ghostsOfSmall.bytes + this.#ghostsOfMain.bytes
  }

  get #heldBytes(): number {
    return this.#small.bytes + this.#main.bytes
  }

  get(key: string): V | undefined {
    const slot = this.#slots.find(key)
    if (slot === undefined) return undefined
    const value = this.#slots.valueOf(slot)
    if (value !== undefined) this.#use(slot)
    return value
  }

  peek(key: string): V | undefined {
    const slot = this.#slots.find(key)
    return slot === undefined ? undefined : this.#slots.valueOf(slot)
  }

  set(key: string, value: V, size: number): void {
    const slots = this.#slots
    const bytes = Math.min(size, MOST_BYTES)
    const slot = slots.find(key) ?? NONE
    if (slot === NONE) this.#add(key, bytes)
    else if (slots.valueOf(slot) === undefined) this.#comeBack(slot, bytes)
    else this.#overwrite(slot, bytes)
    slots.hold(this.#latest, value)
  }

  delete(key: string): boolean {
    const slot = this.#slots.find(key)
    if (slot === undefined || this.#slots.valueOf(slot) === undefined) return false
    this.#recency.change(epochOf(this.#slots.markOf(slot)), this.#slots.bytesOf(slot), -this.#weightOf(slot))
    this.#drop(slot)
    this.#trim('entries')
    return true
  }

  pop(bound: Bound): string | undefined {
    const slots = this.#slots
    this.#scarce = bound
    this.#hasEvicted = true
    const slot = this.#duel.isLost ? this.#leastRecent() : this.#leastUsed(bound)
    if (slot === NONE) return undefined
    const key = slots.keyOf(slot)
    const ghost = slots.whereIs(slot) === SMALL ? GHOST_OF_SMALL : GHOST_OF_MAIN
    slots.hold(slot, undefined)
    slots.move(slot, ghost, GHOST_OVERHEAD + textSize(key))
    this.#trim(bound)
    return key
  }

  /** In about the order in which they came. */
  *entries(): Generator<[string, V]> {
    for (const [key, slot] of this.#slots.all()) {
      const value = this.#slots.valueOf(slot)
      if (value !== undefined) yield [key, value]
    }
  }

  /** What was used is given another round, so it comes behind what was not. */
  inOrder(): Iterable<[string, V]> {
    const slots = this.#slots
    const uses = (slot: number): number => usesOf(slots.markOf(slot))
    return [this.#small, this.#main].flatMap((each) =>
      slots
        .inQueue(each)
        .toSorted((one, other) => uses(one) - uses(other))
        .flatMap((slot): [string, V][] => {
          const value = slots.valueOf(slot)
          return value === undefined ? [] : [[slots.keyOf(slot), value]]
        }),
    )
  }

  #use(slot: number): void {
    const mark = this.#slots.markOf(slot)
    const epoch = epochOf(mark)
    const now = this.#counting
    if (epoch === now || now === EVER) {
      if (usesOf(mark) < MOST_USES) this.#slots.mark(slot, mark + 1)
    } else if (now === NONE) this.#useAsLru(slot, epoch)
    else {
      this.#slots.mark(slot, (now << USES_BITS) | Math.min(MOST_USES, usesOf(mark) + 1))
      this.#count(slot, epoch)
    }
  }

  #useAsLru(slot: number, epoch: number): void {
    this.#slots.mark(slot, this.#markNow(0))
    if (slot !== this.#small.last) this.#slots.move(slot, SMALL)
    this.#count(slot, epoch)
  }

  /** The first use since `epoch`. A hit that LRU would not have had, in the main queue, says that this is worth more room. */
  #count(slot: number, epoch: number): void {
    const weight = this.#weightOf(slot)
    if (weight === 0) return
    if (!this.#recency.use(epoch, this.#slots.bytesOf(slot), weight)) {
      this.#duel.won(this.size, weight)
      if (this.#slots.whereIs(slot) === MAIN)
        this.#share = Math.max(LEAST_SHARE, this.#share - weight / this.size)
    }
    this.#settle()
  }

  /** For how many it is counted. */
  #weightOf(slot: number): number {
    if (slot < ALL_COUNTED || this.#slots.bytesOf(slot) >= LARGE) return 1
    return slot % ONE_OF === 0 ? ONE_OF : 0
  }

  #markNow(uses: number): number {
    return (this.#recency.now << USES_BITS) | uses
  }

  #settle(): void {
    this.#recency.settle(this.#scarce, this.size, this.#heldBytes)
    if (this.#hasEvicted) this.#counting = this.#duel.isLost ? NONE : this.#recency.now
  }

  #overwrite(slot: number, bytes: number): void {
    const slots = this.#slots
    const epoch = epochOf(slots.markOf(slot))
    this.#recency.change(epoch, slots.bytesOf(slot), -this.#weightOf(slot))
    slots.resize(slot, bytes)
    this.#recency.change(epoch, bytes, this.#weightOf(slot))
    this.#use(slot)
    this.#latest = slot
  }

  #add(key: string, bytes: number): void {
    const slots = this.#slots
    this.#duel.missed(false, this.size)
    this.#latest = slots.open(key)
    slots.mark(this.#latest, this.#markNow(0))
    slots.push(this.#latest, SMALL, bytes)
    const weight = this.#weightOf(this.#latest)
    if (weight > 0) this.#recency.add(bytes, weight)
    this.#settle()
  }

  /** A ghost says which queue was too short, and moves the border by one entry: further if such ghosts are the rarer ones. */
  #comeBack(slot: number, bytes: number): void {
    const slots = this.#slots
    const epoch = epochOf(slots.markOf(slot))
    const isOfSmall = slots.whereIs(slot) === GHOST_OF_SMALL
    this.#moveBorder(isOfSmall)
    this.#duel.missed(this.#recency.isHeld(epoch), this.size)
    slots.mark(slot, this.#markNow(0))
    slots.move(slot, isOfSmall && !this.#duel.isLost ? MAIN : SMALL, bytes)
    this.#latest = slot
    const weight = this.#weightOf(slot)
    if (weight > 0) this.#recency.use(epoch, bytes, weight)
    this.#settle()
  }

  #moveBorder(isOfSmall: boolean): void {
    const one = 1 / Math.max(1, this.size)
    const ofSmall = this.#ghostsOfSmall.length
    const ofMain = this.#ghostsOfMain.length
    if (isOfSmall) this.#share = Math.min(MOST_SHARE, this.#share + one * Math.max(1, ofMain / ofSmall))
    else this.#share = Math.max(LEAST_SHARE, this.#share - one * Math.max(1, ofSmall / ofMain))
  }

  /** The way of the list itself. */
  #leastUsed(bound: Bound): number {
    return this.#isSmallTooLong(bound) ? this.#fromSmall(bound) : this.#fromMain()
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
    if (bound === 'bytes') return small.bytes - this.#share * this.#heldBytes
    return small.length - this.#share * this.size
  }

  /** The first in the small queue that was not used. Those before it move on to the main one. */
  #fromSmall(bound: Bound): number {
    const slots = this.#slots
    const small = this.#small
    let isFilled = false
    for (let rounds = 0; rounds < MOST_ROUNDS && small.length > 1; rounds++) {
      const slot = small.first
      if (usesOf(slots.markOf(slot)) === 0) {
        const isRoom = this.#excess(bound) >= 2 * (bound === 'bytes' ? slots.bytesOf(slot) : 1)
        if (!isRoom || isFilled) break
        isFilled = true
      }
      this.#again(slot, MAIN)
    }
    return small.first === this.#latest && this.#main.length > 0 ? this.#fromMain() : small.first
  }

  /** The first in the main queue that was not used since it came round last. */
  #fromMain(): number {
    const slots = this.#slots
    const main = this.#main
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const slot = main.first
      const mark = slots.markOf(slot)
      const isUsed = usesOf(mark) > 0
      if (!isUsed && slot !== this.#latest) return slot
      if (isUsed) slots.mark(slot, mark - 1)
      slots.move(slot, MAIN)
    }
    const { first } = main
    return first === this.#latest && first !== main.last ? slots.behind(first) : first
  }

  /** The way of LRU: the small queue is in order of use. What came into it or the main one in another order is looked at first. */
  #leastRecent(): number {
    const slots = this.#slots
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const isInMain = this.#main.length > 0
      const slot = isInMain ? this.#main.first : this.#small.first
      if (slot === NONE) return NONE
      const mark = slots.markOf(slot)
      const isOld = this.#recency.isLast(epochOf(mark)) || (!isInMain && usesOf(mark) === 0)
      if (isOld && slot !== this.#latest) return slot
      this.#again(slot, SMALL)
    }
    const { first } = this.#main.length > 0 ? this.#main : this.#small
    return first === this.#latest && slots.behind(first) !== NONE ? slots.behind(first) : first
  }

  /** To the end of a queue, as if it had not been used yet. */
  #again(slot: number, where: number): void {
    const mark = this.#slots.markOf(slot)
    this.#slots.mark(slot, mark - usesOf(mark))
    this.#slots.move(slot, where)
  }

  /** Lets go of the oldest ghosts, where there are too many. */
  #trim(bound: Bound): void {
    const ofSmall = this.#ghostsOfSmall
    const ofMain = this.#ghostsOfMain
    while (ofSmall.length > this.#main.length) this.#drop(ofSmall.first)
    while (ofMain.length > this.#small.length) this.#drop(ofMain.first)
    if (bound !== 'bytes') return
    const most = GHOST_BYTES * this.#heldBytes
    while (ofSmall.bytes + ofMain.bytes > most)
      this.#drop(ofMain.length > ofSmall.length ? ofMain.first : ofSmall.first)
  }

  #drop(slot: number): void {
    this.#slots.drop(slot)
    if (this.#latest === slot) this.#latest = NONE
  }
}
