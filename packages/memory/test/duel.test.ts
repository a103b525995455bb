/*
 * The duel: when a list gives way to LRU, and when it tries again.
 */

import { expect, test } from 'vitest'
import { Duel } from '../src/duel.ts'

const ENTRIES = 6_400
const PATIENCE = ENTRIES / 32

const lose = (duel: Duel, times: number): void => {
  for (let i = 0; i < times; i++) duel.missed(true, ENTRIES)
}
/** Misses until it tries again. */
function waits(duel: Duel): number {
  for (let misses = 0; ; misses++) {
    if (!duel.isLost) return misses
    duel.missed(false, ENTRIES)
  }
}

test('misses that LRU would have had make a list give way, when they are too many; others do not', () => {
  const duel = new Duel()
  for (let i = 0; i < 1_000; i++) duel.missed(false, ENTRIES)
  lose(duel, PATIENCE)
  expect(duel.isLost).toBe(false)

  lose(duel, 1)

  expect(duel.isLost).toBe(true)
})

test('hits that LRU would not have had outweigh them, but not more than a few of long ago', () => {
  const duel = new Duel()
  for (let i = 0; i < 100_000; i++) duel.won(ENTRIES, 1)
  lose(duel, 3 * PATIENCE)
  expect(duel.isLost).toBe(false)

  lose(duel, 1)

  expect(duel.isLost).toBe(true)
})

test('it tries again after a while, four times as long each time, until a try was a success', () => {
  const duel = new Duel()
  const fails = (): number => {
    while (!duel.isLost) lose(duel, 1)
    return waits(duel)
  }
  expect([fails(), fails(), fails()]).toEqual([8 * ENTRIES, 32 * ENTRIES, 128 * ENTRIES])

  for (let i = 0; i < 10 * PATIENCE; i++) duel.won(ENTRIES, 1)

  expect(fails()).toBe(8 * ENTRIES)
})

test('who has failed is given half the patience, until a try was a success', () => {
  const duel = new Duel()
  const patience = (): number => {
    for (let misses = 0; ; misses++) {
      if (duel.isLost) return misses - 1
      lose(duel, 1)
    }
  }
  expect(patience()).toBe(PATIENCE)
  waits(duel)
  expect(patience()).toBe(PATIENCE / 2)
  waits(duel)

  for (let i = 0; i < 10 * PATIENCE; i++) duel.won(ENTRIES, 1)

  expect(patience()).toBe(3 * PATIENCE)
})
