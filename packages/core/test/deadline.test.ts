import { manualClock, settled } from '@larder/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deadlines } from '../src/store/deadline.ts'

const never = new Promise<never>(() => {})
const late = (): Error => new Error('late')

describe('a deadline', () => {
  test('lets an answer through, and a failure too', async () => {
    const deadlines = new Deadlines(manualClock(), 100)
    expect(await deadlines.hold(Promise.resolve(1), late)).toBe(1)
    await expect(deadlines.hold(Promise.reject(new Error('no')), late)).rejects.toThrow('no')
  })

  test('ends a wait in its time, not before', async () => {
    const clock = manualClock()
    const deadlines = new Deadlines(clock, 100)
    let said = ''
    deadlines.hold(never, late).catch((error: Error) => {
      said = error.message
    })
    await clock.advance(99)
    expect(said).toBe('')
    await clock.advance(2)
    expect(said).toBe('late')
  })

  test('of Infinity never ends, and sets no timer', async () => {
    const clock = manualClock()
    const deadlines = new Deadlines(clock, Infinity)
    expect(await deadlines.hold(Promise.resolve(1), late)).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('gives an answer that arrived while the process was busy one more turn', async () => {
    // A clock whose timers are fired one by one: what has arrived is looked at in between, as an event loop does it.
    const timers: (() => void)[] = []
    let now = 0
    const after = (_: number, then: () => void): (() => void) => {
      timers.push(then)
      return () => {}
    }
    const deadlines = new Deadlines({ ...manualClock(), now: () => now, after }, 100)
    let arrive: (answer: string) => void = () => {}
    const arrived = new Promise<string>((resolve) => {
      arrive = resolve
    })
    const asked = deadlines.hold(arrived, late)

    now = 500
    arrive('there all the time')
    timers.shift()?.()
    await settled()
    timers.shift()?.()

    expect(await asked).toBe('there all the time')
  })

  test('one timer serves them all', async () => {
    const clock = manualClock()
    const deadlines = new Deadlines(clock, 100)
    const ends: number[] = []
    for (let i = 0; i < 10; i++) {
      deadlines.hold(never, late).catch(() => ends.push(i))
      await clock.advance(5)
    }
    expect(clock.pending).toBe(1)
    await clock.advance(200)
    expect(ends).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(clock.pending).toBe(0)
  })

  test('whatever is asked and answered in whatever order, each wait ends as it should', async () => {
    const calls = fc.array(
      fc.record({ at: fc.nat(300), takes: fc.oneof(fc.nat(90), fc.integer({ min: 110, max: 400 })) }),
      { maxLength: 80 },
    )
    await fc.assert(
      fc.asyncProperty(calls, async (asked) => {
        const clock = manualClock({ start: 0 })
        const deadlines = new Deadlines(clock, 100)
        const outcomes = asked.map(() => '')
        asked.forEach(({ at, takes }, i) => {
          clock.after(at, () => {
            const answer = new Promise<string>((resolve) => {
              clock.after(takes, () => resolve('answered'))
            })
            deadlines.hold(answer, late).then(
              (said) => (outcomes[i] = said),
              () => (outcomes[i] = 'late'),
            )
          })
        })
        for (let t = 0; t < 800; t += 5) await clock.advance(5)
        await settled()
        expect(outcomes).toEqual(asked.map(({ takes }) => (takes <= 100 ? 'answered' : 'late')))
      }),
      { numRuns: 40 },
    )
  })
})

test('what begins while another ends needs no timer of its own', async () => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock, 100)
  const again = (): void => void deadlines.begin(again)
  for (let i = 0; i < 3; i++) {
    deadlines.begin(again)
    await clock.advance(30)
  }
  await clock.advance(1_000)
  expect(clock.pending).toBe(1)
})
