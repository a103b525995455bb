/*
 * A process of the shop: it shows prices, and changes them. Where it keeps them is said by LARDER_URL, and by nothing else;
 * the source is with its parent.
 */

import { openCache } from '@larder/core'
import { answering, calling, type End } from '../redis/calls.ts'

/** What a process has seen while it read one price over and over. */
export interface Watched {
  readonly reads: number
  /** Of these, answered from the memory of the process. */
  readonly near: number
  readonly loads: number
  /** Prices that were not the expected one. */
  readonly wrong: number
  /** ms */
  readonly longest: number
}

const parent: End = {
  send: (message) => process.send?.(message),
  on: (event, listener) => process.on(event, listener),
}
const source = calling(parent)
const cache = await openCache({ ttl: '5m' })

const price = (of: string): Promise<number> => cache.getOrSet(of, () => source<number>('price', of))

/** Ends the turn: a program that only reads would hear of nothing. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

answering(parent, {
  price,

  async change(of: string, cents: number): Promise<string> {
    await source('change', of, cents)
    const { far } = await cache.delete(of)
    return far
  },

  /** Reads until it sees this price, for `ms` at the most. Whether it did. */
  async sees(of: string, cents: number, ms: number): Promise<boolean> {
    const began = performance.now()
    while ((await price(of)) !== cents) {
      if (performance.now() - began > ms) return false
      await turn()
    }
    return true
  },

  async watch(of: string, cents: number, ms: number): Promise<Watched> {
    const before = cache.stats()
    const began = performance.now()
    let [reads, wrong, longest] = [0, 0, 0]
    for (let asked = began; asked - began < ms; asked = performance.now()) {
      if ((await price(of)) !== cents) wrong++
      reads++
      longest = Math.max(longest, performance.now() - asked)
      await turn()
    }
    const { nearHits, loads } = cache.stats()
    return { reads, near: nearHits - before.nearHits, loads: loads - before.loads, wrong, longest }
  },

  queued: () => Promise.resolve(cache.stats().queued),
  close: () => cache.close(),
})
parent.send({ isReady: true })
