/*
 * Recency: that it knows what LRU would hold, asked of LRU itself.
 */

import { describe, expect, test } from 'vitest'
import type { Bound } from '../src/list.ts'
import { Lru } from '../src/lru.ts'
import { EPOCHS, Recency } from '../src/recency.ts'

const ROOM = 200
const BYTES = 100

/** The hits that LRU has, and those that it is said to have: by a list that gives room just like it. */
function hits(
  asked: Iterable<number>,
  bound: Bound = 'entries',
): { readonly real: number; readonly said: number } {
  const lru = new Lru<object>(() => ROOM)
  const recency = new Recency()
  const last = new Map<number, number>()
  const sizeOf = (key: number): number => (bound === 'bytes' ? 1 + ((key * 37) % (2 * BYTES - 1)) : BYTES)
  let [real, said] = [0, 0]
  for (const key of asked) {
    if (lru.get(String(key)) === undefined) {
      lru.set(String(key), {}, sizeOf(key))
      while (bound === 'bytes' ? lru.bytes > ROOM * BYTES : lru.size > ROOM) lru.pop()
    } else real++
    const epoch = last.get(key)
    last.set(key, recency.now)
    if (epoch === undefined) recency.add(sizeOf(key), 1)
    else if (epoch === recency.now || recency.use(epoch, sizeOf(key), 1)) said++
    recency.settle(bound, lru.size, lru.bytes)
  }
  return { real, said }
}

/** The same numbers each time, from 0 to 1. */
function* chance(many: number): Generator<number> {
  let state = 7
  for (let i = 0; i < many; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    yield state / 0x7fff_ffff
  }
}

const MANY = 20_000
const skewed = [...chance(MANY)].map((at) => Math.floor(2_000 * at ** 3))
const changing = [...chance(MANY)].map((at, n) => 300 * Math.floor(n / 2_000) + Math.floor(300 * at))
const recent = [...chance(MANY)].map((at, n) => n - Math.floor(n * at ** 6))

describe('it says of each use whether LRU would have had it, to within two uses of a hundred', () => {
  test.each([
    ['a skewed popularity', skewed],
    ['sets of keys that change', changing],
    ['what was used a moment ago', recent],
  ])('%s', (_, asked) => {
    for (const bound of ['entries', 'bytes'] as const) {
      const { real, said } = hits(asked, bound)
      expect(real / MANY).toBeGreaterThan(0.1)
      expect(Math.abs(said - real) / MANY, `by ${bound}`).toBeLessThan(0.02)
    }
  })
})

test('of a loop that LRU cannot hold it is said to hold nothing', () => {
  expect(hits(Array.from({ length: MANY }, (_, n) => n % (1.3 * ROOM)))).toEqual({ real: 0, said: 0 })
})

test('what was taken away makes room', () => {
  const recency = new Recency()
  recency.add(BYTES, 1)
  recency.settle('entries', 1, BYTES)
  recency.change(0, BYTES, -1)
  recency.add(BYTES, 1)
  recency.settle('entries', 1, BYTES)

  expect(recency.isHeld(1)).toBe(true)
})

test('when the numbers of epochs begin again, what is held is still held, and what is not is not', () => {
  const recency = new Recency()
  const epochs: number[] = []
  for (let n = 0; n < EPOCHS + 5; n++) {
    epochs.push(recency.now)
    recency.add(BYTES, 1)
    recency.settle('entries', 4, 4 * BYTES)
  }

  expect(epochs.at(-1)).toBeLessThan(10)
  expect(epochs.slice(-3).every((epoch) => recency.isHeld(epoch))).toBe(true)
  expect(epochs.slice(-20, -10).some((epoch) => recency.isHeld(epoch))).toBe(false)
})
