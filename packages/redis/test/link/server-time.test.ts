/*
 * The server's time: never further off than it says.
 */

import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleOf, ServerTime } from '../../src/link/server-time.ts'

const reply = (ms: number): readonly string[] => [
  String(Math.floor(ms / 1_000)),
  String(Math.floor((ms % 1_000) * 1_000)),
]

test('before anything is known it is the calendar of this process, and nobody knows how wrong', () => {
  const clock = manualClock()
  expect(new ServerTime(clock).get()).toEqual({ now: clock.epoch(), error: Infinity })
})

test('the truth lies within the error, whatever the ways there and back took', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ there: fc.nat(50), back: fc.nat(50), pause: fc.nat(5_000) }), {
        minLength: 1,
        maxLength: 10,
      }),
      fc.integer({ min: 1e12, max: 2e12 }),
      async (trips, ahead) => {
        const clock = manualClock()
        const time = new ServerTime(clock)
        for (const { there, back, pause } of trips) {
          const sent = clock.exact()
          await clock.advance(Math.max(1, there))
          const told = reply(clock.exact() + ahead)
          await clock.advance(Math.max(1, back))
          time.add('a', sampleOf(told, sent, clock.exact()))
          await clock.advance(Math.max(1, pause))
          const { now, error } = time.get()
          expect(Math.abs(now - (clock.now() + ahead))).toBeLessThanOrEqual(error)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('several servers have several clocks: the error spans them', () => {
  const clock = manualClock()
  const time = new ServerTime(clock)
  const at = clock.exact()
  time.add('a', { ahead: 1_000_000, error: 1, at })
  time.add('b', { ahead: 1_000_100, error: 1, at })
  const { now, error } = time.get()
  expect(now).toBe(clock.now() + 1_000_050)
  expect(error).toBeGreaterThanOrEqual(51)
})

test('a clock that was set is believed again at once', () => {
  const clock = manualClock()
  const time = new ServerTime(clock)
  time.add('a', { ahead: 1_000_000, error: 1, at: clock.exact() })
  time.add('a', { ahead: 5_000_000, error: 20, at: clock.exact() })
  expect(time.get().now).toBe(clock.now() + 5_000_000)
})

test.each([[null], ['OK'], [[]], [['x', 'y']], [['0', '0']]])('%j is no time', (given) => {
  expect(sampleOf(given as never, 0, 1)).toBe(undefined)
})
