/*
 * Waiting for a load to end: nobody is called in vain, and nobody misses the call.
 */

import { manualClock } from '@larder/testing'
import { expect, test } from 'vitest'
import { Waiting } from '../src/engine/waiting.ts'

test('who waits for a key is called with it, and by no other', async () => {
  const waiting = new Waiting(manualClock())
  const waits = waiting.until('k', 20, waiting.calls)

  waiting.wake('l')
  expect(waiting.size).toBe(1)
  waiting.wake('k')

  await waits
  expect(waiting.size).toBe(0)
})

test('who is not called looks by himself after his time', async () => {
  const clock = manualClock()
  const waiting = new Waiting(clock)
  const waits = waiting.until('k', 20, waiting.calls)

  await clock.advance(19)
  expect(waiting.size).toBe(1)
  await clock.advance(1)

  await waits
  expect([waiting.size, clock.pending]).toEqual([0, 0])
})

test('who was told of a load before its end was called does not begin to wait', async () => {
  const clock = manualClock()
  const waiting = new Waiting(clock)
  const told = waiting.calls
  waiting.wake('k')
  waiting.wake('l')

  await waiting.until('k', 20, told)

  expect(clock.pending).toBe(0)
})

test('who was told of a load after another of the key had ended waits', () => {
  const waiting = new Waiting(manualClock())
  waiting.wake('k')

  const waits = waiting.until('k', 20, waiting.calls)

  expect(waiting.size).toBe(1)
  waiting.wakeAll()
  return waits
})

test('who missed more calls than are remembered waits for his time, and does not ask without a pause', () => {
  const waiting = new Waiting(manualClock())
  const told = waiting.calls
  waiting.wake('k')
  for (let i = 0; i < 100; i++) waiting.wake('l')

  const waits = waiting.until('k', 20, told)

  expect(waiting.size).toBe(1)
  waiting.wake('k')
  return waits
})
