/*
 * S3-FIFO in plain arrays, from its description: slow, and short enough to be believed.
 */

import type { Bound } from '../src/list.ts'
import { textSize } from '../src/share.ts'

interface Held<V> {
  readonly key: string
  value: V
  bytes: number
  uses: number
}

interface Ghost {
  readonly key: string
  readonly bytes: number
}

const sum = (all: readonly { readonly bytes: number }[]): number =>
  all.reduce((bytes, each) => bytes + each.bytes, 0)

export class Model<V extends object> {
  small: Held<V>[] = []
  main: Held<V>[] = []
  ghostsOfSmall: Ghost[] = []
  ghostsOfMain: Ghost[] = []
  share = 0.1
  latest: string | undefined

  get size(): number {
    return this.small.length + this.main.length
  }

  get bytes(): number {
    return sum(this.small) + sum(this.main) + sum(this.ghostsOfSmall) + sum(this.ghostsOfMain)
  }

  #held(key: string): Held<V> | undefined {
    return [...this.small, ...this.main].find((each) => each.key === key)
  }

  get(key: string): V | undefined {
    const held = this.#held(key)
    if (held !== undefined) held.uses = Math.min(3, held.uses + 1)
    return held?.value
  }

  peek(key: string): V | undefined {
    return this.#held(key)?.value
  }

  set(key: string, value: V, bytes: number): void {
    this.latest = key
    const held = this.#held(key)
    if (held !== undefined) {
      Object.assign(held, { value, bytes, uses: Math.min(3, held.uses + 1) })
      return
    }
    const [ofSmall, ofMain] = [this.ghostsOfSmall.length, this.ghostsOfMain.length]
    const isGhostOfSmall = this.ghostsOfSmall.some((each) => each.key === key)
    const isGhostOfMain = this.ghostsOfMain.some((each) => each.key === key)
    const one = 1 / Math.max(1, this.size)
    if (isGhostOfSmall) this.share = Math.min(0.9, this.share + one * Math.max(1, ofMain / ofSmall))
    if (isGhostOfMain) this.share = Math.max(0.02, this.share - one * Math.max(1, ofSmall / ofMain))
    this.ghostsOfSmall = this.ghostsOfSmall.filter((each) => each.key !== key)
    this.ghostsOfMain = this.ghostsOfMain.filter((each) => each.key !== key)
    const queue = isGhostOfSmall ? this.main : this.small
    queue.push({ key, value, bytes, uses: 0 })
  }

  delete(key: string): boolean {
    const before = this.size
    this.small = this.small.filter((each) => each.key !== key)
    this.main = this.main.filter((each) => each.key !== key)
    const isGone = this.size < before
    if (isGone) this.#trim('entries')
    return isGone
  }

  pop(bound: Bound): string | undefined {
    const isOfSmall = this.#isSmallTooLong(bound)
    const gone = isOfSmall ? this.#fromSmall(bound) : this.#fromMain()
    if (gone === undefined) return undefined
    const isGhostOfSmall = this.small.includes(gone)
    this.small = this.small.filter((each) => each !== gone)
    this.main = this.main.filter((each) => each !== gone)
    const ghosts = isGhostOfSmall ? this.ghostsOfSmall : this.ghostsOfMain
    ghosts.push({ key: gone.key, bytes: 60 + textSize(gone.key) })
    this.#trim(bound)
    return gone.key
  }

  *entries(): Generator<[string, V]> {
    for (const { key, value } of [...this.small, ...this.main]) yield [key, value]
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
      const isRoom = this.#excess(bound) >= 2 * (bound === 'bytes' ? first.bytes : 1) && filled < 8
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
