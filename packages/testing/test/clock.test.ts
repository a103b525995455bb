/*
 * The manual clock stands still until it is moved, and then does all that was to happen, in order.
 */

import { manualClock } from '@larder/testing'
import { expect, test } from 'vitest'

test('timers fire in the order of their times, each at its own time', async () => {
  const clock = manualClock({ start: 0 })
  const fired: [string, number][] = []
  clock.after(30, () => fired.push(['c', clock.now()]))
  clock.after(10, () => fired.push(['a', clock.now()]))
  clock.after(10, () => fired.push(['b', clock.now()]))
  clock.after(31, () => fired.push(['too late', clock.now()]))

  await clock.advance(30)

  expect(fired).toEqual([
    ['a', 10],
    ['b', 10],
    ['c', 30],
  ])
  expect([clock.now(), clock.exact(), clock.pending]).toEqual([30, 30, 1])
})

test('timers that are set by timers fire in the same move if they are due', async () => {
  const clock = manualClock({ start: 0 })
  const fired: number[] = []
  const again = (): void => {
    fired.push(clock.now())
    clock.after(10, again)
  }
  clock.after(10, again)

  await clock.advance(35)

  expect(fired).toEqual([10, 20, 30])
})

test('timers that are set by promises fire in the same move if they are due', async () => {
  const clock = manualClock({ start: 0 })
  const fired: number[] = []
  clock.after(10, () => {
    Promise.resolve()
      .then(() => clock.after(0, () => fired.push(clock.now())))
      .catch(() => {})
  })

  await clock.advance(20)

  expect(fired).toEqual([20])
})

test('a timer that was cancelled, or is never due, does not fire', async () => {
  const clock = manualClock()
  const fired: string[] = []
  const cancel = clock.after(10, () => fired.push('cancelled'))
  clock.after(Infinity, () => fired.push('never'))

  cancel()
  cancel()
  await clock.advance('365d')

  expect(fired).toEqual([])
  expect(clock.pending).toBe(0)
})

test('a jump moves the time and fires nothing; what it has passed fires with the next move', async () => {
  const clock = manualClock({ start: 1_000 })
  const fired: number[] = []
  clock.after(10, () => fired.push(clock.now()))

  clock.jump(500)
  const back = [clock.now(), ...fired]
  clock.jump(5_000)
  const forth = [clock.now(), ...fired]
  await clock.advance(1)

  expect(back).toEqual([500])
  expect(forth).toEqual([5_000])
  expect(fired).toEqual([5_000])
  expect(clock.now()).toBe(5_001)
})

test('chance is none, or what the test says', () => {
  const draws = [0.25, 0.75]

  const scripted = manualClock({ random: () => draws.shift() ?? 1 })

  expect(manualClock().random()).toBe(0)
  expect([scripted.random(), scripted.random()]).toEqual([0.25, 0.75])
})

test('what is no duration moves nothing', async () => {
  const clock = manualClock({ start: 0 })

  await expect(clock.advance(-1)).rejects.toThrow(TypeError)

  expect(clock.now()).toBe(0)
})
