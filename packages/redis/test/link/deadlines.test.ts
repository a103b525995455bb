/*
 * Deadlines of calls, under a clock that stands still.
 */

import { manualClock } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Call, type Caller } from '../../src/link/call.ts'
import { Deadlines } from '../../src/link/deadlines.ts'

test('every call that is not answered is told so, at its own time and once', async () => {
  const calls = fc.array(
    fc.record({ ms: fc.constantFrom(10, 50, 100, 100, 100), begins: fc.nat(300), isAnswered: fc.boolean() }),
    { maxLength: 150 },
  )
  await fc.assert(
    fc.asyncProperty(calls, async (plans) => {
      const clock = manualClock()
      const deadlines = new Deadlines(clock)
      const start = clock.now()
      const told = new Map<Call, number[]>()
      const caller: Caller = {
        heard() {},
        failed() {},
        late(call) {
          told.get(call)?.push(clock.now() - start)
          call.fail(new Error('late'))
        },
      }
      const made: { readonly call: Call; readonly plan: (typeof plans)[number] }[] = []
      for (const plan of plans.toSorted((a, b) => a.begins - b.begins)) {
        await clock.advance(Math.max(0.001, start + plan.begins - clock.now()))
        const call = new Call(['GET', 'k'], plan.ms, caller, nothing, nothing)
        told.set(call, [])
        deadlines.add(call)
        if (plan.isAnswered) call.resolve('value')
        made.push({ call, plan })
      }
      await clock.advance(1_000)
      for (const { call, plan } of made) {
        const [at, ...more] = told.get(call) ?? []
        expect(more).toEqual([])
        if (plan.isAnswered) {
          expect(at).toBe(undefined)
          continue
        }
        expect(at).toBeGreaterThanOrEqual(plan.begins + plan.ms - 1)
        expect(at).toBeLessThanOrEqual(plan.begins + plan.ms + 2)
      }
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 200 },
  )
})

test('a timer that was held up grants a moment: what was to be written may have waited as well', async () => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock)
  let isLate = false
  const caller: Caller = {
    heard() {},
    failed() {},
    late() {
      isLate = true
    },
  }
  const call = new Call(['GET', 'k'], 50, caller, nothing, nothing)
  deadlines.add(call)
  clock.jump(clock.now() + 250)
  await clock.advance(20)
  expect(isLate).toBe(false)
  await clock.advance(10)
  expect(isLate).toBe(true)
})

test('a call that is settled keeps nothing alive', () => {
  const call = new Call(['SET', 'k', Buffer.alloc(1_000)], 100, IGNORANT, nothing, nothing)
  call.script = 'text'
  call.resolve('value')
  expect([call.args, call.script]).toEqual([[], undefined])
})

test('stopping leaves no timer', () => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock)
  deadlines.add(new Call(['GET', 'k'], 100, IGNORANT, nothing, nothing))
  deadlines.stop()
  expect(clock.pending).toBe(0)
})

const IGNORANT: Caller = { heard() {}, failed() {}, late() {} }

function nothing(): void {}

test('when all are answered nothing need ring, and what comes later rings again', async () => {
  const clock = manualClock()
  const deadlines = new Deadlines(clock)
  const late: Call[] = []
  const caller: Caller = {
    heard() {},
    failed() {},
    late(call) {
      late.push(call)
      call.fail(new Error('late'))
    },
  }
  const [one, two, three] = [1, 2, 3].map(() => new Call(['GET', 'k'], 100, caller, nothing, nothing))
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three')
  deadlines.add(one)
  deadlines.add(two)
  one.resolve('value')
  deadlines.rest()
  expect(clock.pending).toBe(1)
  two.resolve('value')
  deadlines.rest()
  expect(clock.pending).toBe(0)

  deadlines.add(three)
  await clock.advance(200)
  expect(late).toEqual([three])
})
