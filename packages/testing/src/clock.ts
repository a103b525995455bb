/*
 * A clock that stands still until it is moved. Timers fire in the order of their times, each at its own time, in the
 * call of `advance`; the promises that they settle are followed up when it is awaited.
 */

import { type Clock, type Duration, durationOf } from '@larder/core'

/**
 * A clock that stands still until a test moves it.
 *
 * @example
 * const clock: ManualClock = manualClock()
 * const users = createCache({ store: memory({ clock }), clock, ttl: '1m' })
 * await clock.advance('61s') // whatever is due by then happens
 */
export interface ManualClock extends Clock {
  /** Moves on at once, firing what falls due. Await it to see what the timers have set going. */
  advance(by: Duration): Promise<void>
  /** Sets the time, back as well as forth, without firing anything. */
  jump(to: number): void
  /** Timers that have not fired. */
  readonly pending: number
}

/**
 * What `manualClock` takes.
 *
 * @example
 * const clock = manualClock({ start: Date.UTC(2026, 0, 1), random: () => 0.5 })
 */
export interface ManualClockOptions {
  /** Default: 1,000,000. */
  readonly start?: number
  /** Chance. Default: always 0, which means no jitter and no early refresh. */
  readonly random?: () => number
}

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/** Longer chains of promises than this are not awaited. */
const TURNS = 50

/**
 * A clock that stands still until it is moved.
 *
 * @example
 * const clock = manualClock()
 * const cache = createCache({ store: memory({ clock }), clock, ttl: '1m' })
 * await cache.set('k', 1)
 * await clock.advance('61s')
 * expect(await cache.get('k')).toBe(undefined)
 */
export function manualClock(options: ManualClockOptions = {}): ManualClock {
  const { start = 1_000_000, random = () => 0 } = options
  const timers = new Set<Timer>()
  let now = start

  /** Fires what is due until `end`, each at its own time. */
  const fireUntil = (end: number): boolean => {
    let hasFired = false
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) return hasFired
      timers.delete(next)
      now = Math.max(now, next.at)
      hasFired = true
      next.fire()
    }
  }

  return {
    now: () => now,
    exact: () => now,
    epoch: () => now,
    random,
    after(ms, then) {
      if (ms === Infinity) return () => {}
      const timer = { at: now + Math.max(0, ms), fire: then }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    async advance(by) {
      const end = now + durationOf(by, 'advance')
      fireUntil(end)
      now = Math.max(now, end)
      await settled()
      // What the promises have set up for a time that has passed meanwhile.
      while (fireUntil(now)) await settled()
    },
    jump(to) {
      now = to
    },
    get pending() {
      return timers.size
    },
  }
}

/**
 * Lets promises that are already on their way be followed up.
 *
 * @example
 * source.release()
 * await settled()   // what was loaded has been stored, or refused
 */
export async function settled(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await Promise.resolve()
}
