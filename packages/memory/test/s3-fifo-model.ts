/*
 * S3-FIFO in plain arrays, from its description: slow, and short enough to be believed. What LRU would hold and who is ahead it asks
 * of what the list asks; they have tests of their own.
 */

import { Duel } from '../src/duel.ts'
import type { Bound } from '../src/list.ts'
import { Recency } from '../src/recency.ts'
import { textSize } from '../src/share.ts'

interface Held<V> {
  readonly key: string
  value: V
  bytes: number
  uses: number
  epoch: number
}

interface Ghost {
  readonly key: string
  readonly bytes: number
  readonly epoch: number
}

const sum = (all: readonly { readonly bytes: number }[]): number =>
  all.reduce((bytes, each) => bytes + each.bytes, 0)

export class Model<V extends object> {
  small: Held<V>[] = []
  main: Held<V>[] = []
  ghostsOfSmall: Ghost[] = []
  ghostsOfMain: Ghost[] = []
  share = 0.5
  latest: string | undefined
  scarce: Bound = 'entries'
  hasEvicted = false
  /** From the first change after the first eviction on. */
  isCounting = false
  readonly recency = new Recency()
  readonly duel = new Duel()

  get size(): number {
    return this.small.length + this.main.length
  }

  get bytes(): number {
    return sum(this.small) + sum(this.main) + sum(this.ghostsOfSmall) + sum(this.ghostsOfMain)
  }

  #held(key: string): Held<V> | undefined {
    return [...this.small, ...this.main].find((each) => each.key === key)
  }

  #without(held: Held<V>): void {
    this.small = this.small.filter((each) => each !== held)
    this.main = this.main.filter((each) => each !== held)
  }

  #use(held: Held<V>): void {
    const { epoch } = held
    const isFirst = epoch !== this.recency.now
    held.uses = this.duel.isLost ? 0 : Math.min(3, held.uses + 1)
    if (!this.isCounting) return
    held.epoch = this.recency.now
    if (this.duel.isLost) {
      this.#without(held)
      this.small.push(held)
    }
    if (!this.recency.use(epoch, held.bytes, 1)) {
      this.duel.won(this.size, 1)
      if (this.main.includes(held)) this.share = Math.max(0.02, this.share - 1 / this.size)
    }
    if (isFirst || this.duel.isLost) this.#settle()
  }

  #settle(): void {
    this.isCounting = this.hasEvicted
    this.recency.settle(this.scarce, this.size, sum(this.small) + sum(this.main))
  }

  get(key: string): V | undefined {
    const held = this.#held(key)
    if (held !== undefined) this.#use(held)
    return held?.value
  }

  peek(key: string): V | undefined {
    return this.#held(key)?.value
  }

  set(key: string, value: V, bytes: number): void {
    this.latest = key
    const held = this.#held(key)
    if (held !== undefined) {
      this.recency.change(held.epoch, held.bytes, -1)
      this.recency.change(held.epoch, bytes, 1)
      Object.assign(held, { value, bytes })
      this.#use(held)
      return
    }
    const [ofSmall, ofMain] = [this.ghostsOfSmall.length, this.ghostsOfMain.length]
    const ghostOfSmall = this.ghostsOfSmall.find((each) => each.key === key)
    const ghostOfMain = this.ghostsOfMain.find((each) => each.key === key)
    const ghost = ghostOfSmall ?? ghostOfMain
    const one = 1 / Math.max(1, this.size)
    if (ghostOfSmall) this.share = Math.min(0.9, this.share + one * Math.max(1, ofMain / ofSmall))
    if (ghostOfMain) this.share = Math.max(0.02, this.share - one * Math.max(1, ofSmall / ofMain))
    this.duel.missed(ghost !== undefined && this.recency.isHeld(ghost.epoch), this.size)
    this.ghostsOfSmall = this.ghostsOfSmall.filter((each) => each !== ghost)
    this.ghostsOfMain = this.ghostsOfMain.filter((each) => each !== ghost)
    const queue = ghostOfSmall && !this.duel.isLost ? this.main : this.small
    queue.push({ key, value, bytes, uses: 0, epoch: this.recency.now })
    if (ghost === undefined) this.recency.add(bytes, 1)
    else this.recency.use(ghost.epoch, bytes, 1)
    this.#settle()
  }

  delete(key: string): boolean {
    const held = this.#held(key)
    if (held === undefined) return false
    this.recency.change(held.epoch, held.bytes, -1)
    this.#without(held)
    this.#trim('entries')
    return true
  }

  pop(bound: Bound): string | undefined {
    this.scarce = bound
    this.hasEvicted = true
    const gone = this.duel.isLost ? this.#leastRecent() : this.#leastUsed(bound)
    if (gone === undefined) return undefined
    const ghosts = this.small.includes(gone) ? this.ghostsOfSmall : this.ghostsOfMain
    this.#without(gone)
    ghosts.push({ key: gone.key, bytes: 60 + textSize(gone.key), epoch: gone.epoch })
    this.#trim(bound)
    return gone.key
  }

  *entries(): Generator<[string, V]> {
    for (const { key, value } of [...this.small, ...this.main]) yield [key, value]
  }

  #leastUsed(bound: Bound): Held<V> | undefined {
    return this.#isSmallTooLong(bound) ? this.#fromSmall(bound) : this.#fromMain()
  }

  /** The list gives up after 128 rounds. */
  #leastRecent(): Held<V> | undefined {
    for (let rounds = 0; rounds < 128; rounds++) {
      const [first] = this.main.length > 0 ? this.main : this.small
      if (first === undefined) return undefined
      const isUnused = this.main.length === 0 && first.uses === 0
      const isOld = isUnused || this.recency.isLast(first.epoch)
      if (isOld && first.key !== this.latest) return first
      first.uses = 0
      this.#without(first)
      this.small.push(first)
    }
    const [first, second] = this.main.length > 0 ? this.main : this.small
    return first?.key === this.latest ? (second ?? first) : first
  }

  inOrder(): Iterable<[string, V]> {
    const inTurn = (queue: readonly Held<V>[]): [string, V][] =>
      queue.toSorted((one, other) => one.uses - other.uses).map(({ key, value }) => [key, value])
    return [...inTurn(this.small), ...inTurn(this.main)]
  }

  #isSmallTooLong(bound: Bound): boolean {
    if (this.main.length === 0) return true
    if (this.main.length === 1 && this.main[0]?.key === this.latest) return this.small.length > 0
    return this.small.length > 1 && this.#excess(bound) > 0
  }

  #excess(bound: Bound): number {
    const [small, main] =
      bound === 'bytes' ? [sum(this.small), sum(this.main)] : [this.small.length, this.main.length]
    return small - this.share * (small + main)
  }

  #fromSmall(bound: Bound): Held<V> | undefined {
    let filled = 0
    for (;;) {
      const [first] = this.small
      if (first === undefined) return undefined
      if (this.small.length === 1) break
      const isRoom = this.#excess(bound) >= 2 * (bound === 'bytes' ? first.bytes : 1) && filled < 1
      if (first.uses === 0 && !isRoom) break
      if (first.uses === 0) filled++
      first.uses = 0
      this.small.shift()
      this.main.push(first)
    }
    return this.small[0]?.key === this.latest && this.main.length > 0 ? this.#fromMain() : this.small[0]
  }

  #fromMain(): Held<V> | undefined {
    if (this.main.length === 1) return this.main[0]
    for (;;) {
      const [first] = this.main
      if (first === undefined || (first.uses === 0 && first.key !== this.latest)) return first
      first.uses = Math.max(0, first.uses - 1)
      this.main.shift()
      this.main.push(first)
    }
  }

  #trim(bound: Bound): void {
    const { ghostsOfSmall, ghostsOfMain, small, main } = this
    ghostsOfSmall.splice(0, Math.max(0, ghostsOfSmall.length - main.length))
    ghostsOfMain.splice(0, Math.max(0, ghostsOfMain.length - small.length))
    const most = bound === 'bytes' ? (sum(small) + sum(main)) / 8 : Infinity
    while (sum(ghostsOfSmall) + sum(ghostsOfMain) > most) {
      if (ghostsOfMain.length > ghostsOfSmall.length) ghostsOfMain.shift()
      else ghostsOfSmall.shift()
    }
  }
}
