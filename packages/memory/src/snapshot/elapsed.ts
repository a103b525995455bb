/*
 * How long ago was it? The calendar of a machine can be set back, and what asks it alone would then give old values a longer
 * life than they had. So a moment is also remembered by a clock that only runs forward: that of the machine since it was
 * started. It says something as long as it is the same start of the same machine; then the longer of both times counts.
 */

import { readFileSync } from 'node:fs'
import type { Clock } from '@larder/core'

/** When something was taken. */
export interface Taken {
  /** ms since 1970, by the calendar. */
  readonly at: number
  /** Which start of which machine; null where it does not say. */
  readonly boot: string | null
  /** ms since that start. */
  readonly up: number
}

export function takenNow(clock: Clock): Taken {
  return { at: clock.epoch(), boot: bootOfMachine(), up: Number(process.hrtime.bigint() / 1_000_000n) }
}

/** ms between both, at least; undefined if there is no telling. */
export function elapsed(taken: Taken, now: Taken): number | undefined {
  const byCalendar = now.at - taken.at
  const isSameStart = taken.boot !== null && taken.boot === now.boot && now.up >= taken.up
  const most = Math.max(byCalendar, isSameStart ? now.up - taken.up : -1)
  return most < 0 ? undefined : most
}

export function isTaken(value: unknown): value is Taken {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('at' in value) ||
    !('boot' in value) ||
    !('up' in value)
  )
    return false
  return (
    Number.isFinite(value.at) &&
    Number.isFinite(value.up) &&
    (value.boot === null || typeof value.boot === 'string')
  )
}

/** Linux tells it; where nobody does, the calendar alone counts. */
function bootOfMachine(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}
