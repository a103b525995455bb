/*
 * The breaker, alone, under a clock that stands still: any history of calls keeps its rules.
 */

import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Breaker, type BreakerState } from '../../src/link/breaker.ts'

const opened = (random: () => number = () => 0.5) => {
  const clock = manualClock({ random })
  const states: BreakerState[] = []
  const breaker = new Breaker(clock, (state) => states.push(state))
  const fail = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      breaker.failed(breaker.admit())
      await clock.advance(1)
    }
  }
  return { clock, breaker, states, fail }
}

describe('a breaker', () => {
  test('opens after three failures in a row, not before, and a success between begins anew', async () => {
    const { breaker, fail } = opened()
    await fail(2)
    breaker.succeeded(breaker.admit())
    await fail(2)
    expect(breaker.state).toBe('closed')
    await fail(1)
    expect(breaker.state).toBe('open')
    expect(breaker.admit()).toBe(0)
  })

  test('takes many failures of one moment for one', () => {
    const { breaker } = opened()
    const tickets = Array.from({ length: 256 }, () => breaker.admit())
    for (const ticket of tickets) breaker.failed(ticket)
    expect(breaker.state).toBe('closed')
  })

  test('lets exactly one probe through after the pause, and closes when it succeeds', async () => {
    const { breaker, clock, fail, states } = opened()
    await fail(3)
    await clock.advance('1s')
    const probe = breaker.admit()
    expect(probe).not.toBe(0)
    expect(breaker.admit()).toBe(0)
    breaker.succeeded(probe)
    expect(breaker.admit()).not.toBe(0)
    expect(states).toEqual(['open', 'half-open', 'closed'])
  })

  test('a late success of an older generation closes nothing', async () => {
    const { breaker, clock, fail } = opened()
    const early = breaker.admit()
    await fail(3)
    breaker.succeeded(early)
    expect(breaker.state).toBe('open')
    await clock.advance('1s')
    breaker.admit()
    breaker.succeeded(early)
    expect(breaker.state).toBe('half-open')
  })

  test('never pauses longer than a second, whatever chance says', async () => {
    const { breaker, clock, fail } = opened(() => 0.999_999)
    await fail(3)
    for (let i = 0; i < 20; i++) {
      await clock.advance(1_000)
      const probe = breaker.admit()
      expect(probe).not.toBe(0)
      breaker.failed(probe)
    }
  })

  test('keeps its rules in any history', async () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('admit' as const) }),
      fc.record({
        what: fc.constantFrom('succeed' as const, 'fail' as const),
        which: fc.nat(20),
      }),
      fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1_200 }) }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (steps, chance) => {
          const clock = manualClock({ random: () => chance.next().value ?? 0 })
          const turns: { state: BreakerState; at: number }[] = [{ state: 'closed', at: clock.now() }]
          const breaker = new Breaker(clock, (state) => turns.push({ state, at: clock.now() }))
          const out: { ticket: number; turn: number }[] = []
          const isOut = (turn: number): boolean => out.some((each) => each.turn === turn)
          for (const each of steps) {
            const before = turns.length
            if (each.what === 'wait') await clock.advance(each.ms)
            else if (each.what === 'admit') {
              const state = breaker.state
              const ticket = breaker.admit()
              if (state === 'closed') expect(ticket).not.toBe(0)
              // Half-open: one at a time.
              if (ticket !== 0 && breaker.state === 'half-open') expect(isOut(turns.length)).toBe(false)
              if (ticket !== 0) out.push({ ticket, turn: turns.length })
            } else if (out.length > 0) {
              const [{ ticket, turn } = { ticket: 0, turn: 0 }] = out.splice(each.which % out.length, 1)
              if (each.what === 'succeed') breaker.succeeded(ticket)
              if (each.what === 'fail') breaker.failed(ticket)
              // What was let through in an earlier state changes nothing.
              if (turn !== before) expect(turns.length).toBe(before)
            }
          }
          turns.forEach(({ state, at }, i) => {
            const next = turns[i + 1]
            if (next === undefined) return
            const after = { closed: ['open'], open: ['half-open'], 'half-open': ['open', 'closed'] }[state]
            expect(after).toContain(next.state)
            if (state === 'open') expect(next.at - at).toBeGreaterThanOrEqual(50)
          })
          // It never stays shut: after the longest pause somebody may try, unless a probe is still out.
          await clock.advance(1_000)
          if (!isOut(turns.length) || breaker.state === 'closed') expect(breaker.admit()).not.toBe(0)
        },
      ),
      { numRuns: 500 },
    )
  })
})
