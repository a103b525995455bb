/*
 * The benchmark suite, seen to see: a wrong answer is noticed before anything is timed, a loop that waits for its answers hides a
 * system that stands still and the open one does not, the ratchet lets noise pass and nothing else, and the report begins with what
 * matters.
 *
 * How fast anything is has no place here: that is `pnpm bench`.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Candidate, Case } from '../benchmarks/harness/question.ts'
import { best, type Held } from '../benchmarks/harness/ratchet.ts'
import { readsChart } from '../benchmarks/harness/reads-chart.ts'
import type { Result, Row } from '../benchmarks/harness/result.ts'
import { type Pace, timed } from '../benchmarks/harness/rounds.ts'
import { atMost, quantileOf, ratioOf, type Spread } from '../benchmarks/harness/spread.ts'
import { summary } from '../benchmarks/harness/summary.ts'
import { openLoop, type Stage } from '../benchmarks/load/open-loop.ts'
import { scheduleOf } from '../benchmarks/load/schedule.ts'

describe('a candidate', () => {
  const { gc } = globalThis
  beforeAll(() => {
    setFlagsFromString('--expose-gc')
    globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>
  })
  afterAll(() => {
    globalThis.gc = gc
  })

  const pace: Pace = { rounds: 2, slice: 2, warmup: 2 }
  const right = (key: string): unknown => ({ is: key })
  const candidate = (name: string, operation: (key: string) => unknown): Candidate => ({
    name,
    how: '',
    waits: true,
    open: () => ({ operation }),
  })
  const asked = (operation: (key: string) => unknown): Case => ({
    name: 'a case',
    keys: 64,
    value: right,
    batch: 64,
    baseline: 'right',
    candidates: [candidate('right', async (key) => right(key)), candidate('other', operation)],
    goals: [],
  })

  test('that answers everything right is timed, once a round', async () => {
    const times = await timed(asked(right), pace)

    expect([...times.values()].map(({ length }) => length)).toEqual([2, 2])
  })

  const failing: readonly (readonly [string, () => Case])[] = [
    [
      'is wrong about one key of all',
      () => asked(async (key) => (key === 'user:63' ? right('user:0') : right(key))),
    ],
    [
      'forgets while it is timed',
      () => {
        let asks = 0
        return asked(async (key) => (++asks > 64 ? undefined : right(key)))
      },
    ],
  ]

  test.each(failing)('that %s is left out, and the others are timed', async (_, made) => {
    const said = vi.spyOn(console, 'error').mockReturnValue()

    const times = await timed(made(), pace)

    expect([...times.keys()]).toEqual(['right'])
    expect(said).toHaveBeenCalledWith('left out: other:', expect.anything())
    said.mockRestore()
  })

  test('that a goal is about takes the case with it when it fails', async () => {
    const wrong: Case = {
      ...asked(async (key) => (key === 'user:63' ? right('user:0') : right(key))),
      goals: [{ says: 'no slower', what: 'other', against: 'right', limit: 1, means: 'at most' }],
    }

    await expect(timed(wrong, pace)).rejects.toThrow('other has a wrong value for user:63')
  })

  test('that writes nothing is not timed', async () => {
    const writes: Case = {
      ...asked(right),
      writes: '{ is: key }',
      candidates: [
        {
          ...candidate('other', async () => {}),
          open: () => ({ operation: async () => {}, read: () => undefined }),
        },
      ],
      baseline: 'other',
    }

    await expect(timed(writes, pace)).rejects.toThrow('other has a wrong value')
  })
})

describe('the open loop', () => {
  /** Time goes on when somebody waits. */
  function simulated(): Stage {
    let time = 0
    const go = async (ms: number): Promise<void> => {
      time += ms
      await Promise.resolve()
    }
    return { now: () => time, pause: (ms) => go(Math.max(ms, 0.1)), turn: () => go(0.1) }
  }

  /** Answers after a tenth of a millisecond, except that from the 500th on it once stands still for a second. */
  function stalling(stage: Stage): (arrival: number) => Promise<void> {
    const stillFrom = 500
    const stillUntil = 1_500
    return async () => {
      const ready = stage.now() >= stillFrom && stage.now() < stillUntil ? stillUntil : stage.now() + 0.1
      while (stage.now() < ready) await stage.pause(0.1)
    }
  }

  /** The same arrivals, of one who waits for each answer before he asks again, and counts from when he asked. */
  async function closedLoop(
    due: Float64Array,
    ask: (arrival: number) => Promise<void>,
    stage: Stage,
  ): Promise<number[]> {
    const latencies: number[] = []
    for (const [arrival, at] of due.entries()) {
      while (stage.now() < at) await stage.pause(Math.max(0.1, at - stage.now()))
      const began = stage.now()
      await ask(arrival)
      latencies.push(stage.now() - began)
    }
    return latencies
  }

  const { due } = scheduleOf({ seed: 1, rate: 1_000, ms: 5_000, keys: 100, writes: 0.05 })

  test('sees a system that stands still for everybody who would have come', async () => {
    const stage = simulated()
    const latencies = [...(await openLoop({ due }, stalling(stage), stage))]

    // A fifth of all came while it stood still, and waited half a second on average.
    expect(latencies.filter((ms) => ms > 100).length).toBeGreaterThan(due.length * 0.15)
    expect(quantileOf(latencies, 0.99)).toBeGreaterThan(900)
  })

  test('is not a closed one, which leaves them out', async () => {
    const stage = simulated()
    const latencies = await closedLoop(due, stalling(stage), stage)

    expect(latencies.filter((ms) => ms > 100).length).toBe(1)
    expect(quantileOf(latencies, 0.99)).toBeLessThan(1)
  })

  test('asks everything, in order, and never early', async () => {
    const stage = simulated()
    const asked: number[] = []
    const early: number[] = []
    await openLoop(
      { due },
      async (arrival) => {
        asked.push(arrival)
        if (stage.now() < (due[arrival] ?? Infinity)) early.push(arrival)
      },
      stage,
    )

    expect(asked).toEqual([...due.keys()])
    expect(early).toEqual([])
  })
})

describe('a schedule', () => {
  const mix = { seed: 7, rate: 2_000, ms: 5_000, keys: 1_000, writes: 0.05 }

  test('is the same for the same seed, and another for another', () => {
    expect(scheduleOf(mix)).toEqual(scheduleOf(mix))
    expect(scheduleOf({ ...mix, seed: 8 }).due).not.toEqual(scheduleOf(mix).due)
  })

  test('has as many arrivals as its rate says, few keys that are asked for often, and so many writes', () => {
    const { due, key, isWrite } = scheduleOf(mix)
    const share = (some: number): number => some / due.length

    expect(due.length).toBeGreaterThan(9_500)
    expect(due.length).toBeLessThan(10_500)
    expect(share(key.filter((each) => each < 10).length)).toBeGreaterThan(0.3)
    expect(Math.max(...key)).toBeLessThan(1_000)
    expect(share(isWrite.filter((each) => each === 1).length)).toBeCloseTo(0.05, 1)
  })
})

describe('the ratchet', () => {
  const held: Held = { question: 'q', case: 'c', what: 'a', against: 'b', ratio: 1, slack: 1.5 }
  const measuring = (...ratios: number[]) => {
    const left = [...ratios]
    return { left, measure: () => left.shift() ?? Number.NaN }
  }

  test('measures once what holds', () => {
    const { left, measure } = measuring(1.2, 9)
    expect(best(held, measure)).toBe(1.2)
    expect(left).toEqual([9])
  })

  test('lets noise pass: the best of three counts', () => {
    expect(best(held, measuring(4, 2, 1.4).measure)).toBe(1.4)
  })

  test('measures again what failed, and refuses what fails three times', () => {
    expect(best(held, measuring(Number.NaN, 1.2).measure)).toBe(1.2)
    expect(best(held, measuring().measure)).toBe(Infinity)
  })

  test('refuses what is slow three times', () => {
    expect(best(held, measuring(1.8, 1.7, 1.9, 1).measure)).toBeGreaterThan(1.5)
  })
})

describe('the report', () => {
  const even = (median: number): Spread => ({ q1: median, median, q3: median })
  const row = (name: string, ns: number): Row => ({
    name,
    version: '1.0.0',
    how: '',
    cost: even(ns),
    ratio: even(ns / 100),
  })
  const hit = {
    name: 'getOrSet, 8,192 keys, everybody',
    baseline: 'hand-written',
    rounds: 3,
    rows: [row('hand-written', 100), row('larder', 150), row('cacheable', 12_345)],
    goals: [],
  }
  const result: Result = {
    question: 'hit',
    asks: 'What does a hit cost?',
    unit: 'ns',
    command: 'pnpm bench hit',
    commit: 'abc',
    machine: { node: '20', v8: '11', cpu: 'a CPU', cores: 2, load: [0, 1], at: '2026-01-01' },
    cases: [hit],
  }

  test('begins with what was asked, who is best, and who has no words for it', () => {
    const [, , ...rows] = summary([result]).split('\n')

    expect(rows).toEqual([
      '| [a hit in process (`getOrSet`)](#hit) | 150 ns | **100 ns** | – | 12 µs | – | – |',
    ])
  })

  test('has a picture of reads only where reads were asked', () => {
    const reads = { ...result, question: 'redis-get', cases: [{ ...hit, name: '32 at once, 100 B' }] }

    expect(readsChart([result])).toBe(undefined)
    expect(readsChart([reads])).toContain('32 ask at once')
  })
})

describe('a difference', () => {
  test('inside the spread is a tie, and outside of it is not', () => {
    const baseline = [10, 10, 10, 10, 10]
    expect(atMost(ratioOf([9, 9.5, 10.5, 11, 11], baseline), 1)).toBe('tie')
    expect(atMost(ratioOf([12, 12, 13, 12, 12], baseline), 1)).toBe('missed')
    expect(atMost(ratioOf([8, 8, 9, 9, 8], baseline), 1)).toBe('reached')
  })
})
