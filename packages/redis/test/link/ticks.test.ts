/*
 * Ticks, under a clock that stands still.
 */

import { manualClock } from '@larder/testing'
import { expect, test } from 'vitest'
import { Ticks } from '../../src/link/ticks.ts'

test('what is due at about the same time wakes a process up once', async () => {
  const clock = manualClock()
  const ticks = new Ticks(clock, 100)
  const called: string[] = []
  ticks.after(380, () => called.push('early'))
  ticks.after(430, () => called.push('late'))
  expect(clock.pending).toBe(1)
  await clock.advance(399)
  expect(called).toEqual([])
  await clock.advance(1)
  expect(called).toEqual(['early', 'late'])
  expect(clock.pending).toBe(0)
})

test('nothing happens at once, nor more than half an interval late', async () => {
  const clock = manualClock({ start: 1_000_030 })
  const ticks = new Ticks(clock, 100)
  for (const ms of [1, 15, 60, 100, 119, 121, 1_000]) {
    let at: number | undefined
    const began = clock.now()
    ticks.after(ms, () => {
      at = clock.now()
    })
    expect(at).toBe(undefined)
    await clock.advance(2_000)
    expect(at).toBeGreaterThan(began)
    expect(at).toBeLessThanOrEqual(began + Math.max(100, ms + 50))
    await clock.advance(30)
  }
})

test('who has cancelled is not called, and the last one to cancel takes the timer away', async () => {
  const clock = manualClock()
  const ticks = new Ticks(clock, 100)
  const called: string[] = []
  const [first, second] = ['first', 'second'].map((name) => ticks.after(100, () => called.push(name)))
  first?.()
  expect(clock.pending).toBe(1)
  await clock.advance(100)
  expect(called).toEqual(['second'])
  second?.()
  ticks.after(100, () => called.push('third'))()
  expect(clock.pending).toBe(0)
})

test('who begins to wait in a tick waits for a later one', async () => {
  const clock = manualClock()
  const ticks = new Ticks(clock, 100)
  let count = 0
  const again = (): void => {
    count++
    ticks.after(100, again)
  }
  again()
  await clock.advance(1_000)
  expect(count).toBe(11)
})
