/*
 * Time, waiting and chance, as seen by everything else. The only file that knows the real ones; a test passes its own.
 */

/**
 * Time, waiting and chance, as a cache sees them; a test passes its own.
 *
 * @example
 * // In a program there is one, `systemClock`. In tests it stands still until it is moved.
 * const clock = manualClock()
 * const users = createCache({ store: memory({ clock }), clock, ttl: '1m' })
 * await clock.advance('61s')
 */
export interface Clock {
  /** Milliseconds that never run backwards, from no particular moment. Cheap: may lag a millisecond behind. */
  now(): number
  /** The same time, exact and with fractions: for measuring. */
  exact(): number
  /** Milliseconds since 1970 by the system's calendar, which may be set back and forth: for what leaves the process. */
  epoch(): number
  /** Calls `then` once, after `ms` (any length, Infinity is never). Keeps no process alive. Returns the way to cancel. */
  after(ms: number, then: () => void): () => void
  /** Evenly from 0 up to, not including, 1. */
  random(): number
}

/** setTimeout counts in 32 bits; what is longer waits in several turns. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * How many readings may share one look at the system's clock, which costs as much as a lookup. The end of the turn ends the
 * sharing: a process that sleeps, or is stopped, or does something long, must not wake up with an old time. The count ends it
 * also where a turn has no end.
 */
const SHARED_READINGS = 64

let shared = 0
let readings = SHARED_READINGS
let armed = false

function look(): number {
  readings = 0
  shared = Math.floor(performance.now())
  if (!armed) {
    armed = true
    atEndOfTurn(unshare)
  }
  return shared
}

function unshare(): void {
  armed = false
  readings = SHARED_READINGS
}

interface Ticking {
  readonly process?: { readonly nextTick?: (then: () => void) => void }
}

/** Behind all promises of this turn, before anything else happens. Elsewhere than on Node a millisecond later. */
function atEndOfTurn(then: () => void): void {
  const { process } = globalThis as Ticking
  if (process?.nextTick === undefined) unref(setTimeout(then, 1))
  else process.nextTick(then)
}

/**
 * The clock of this process.
 *
 * @example
 * const startedAt = systemClock.now() // ms, never set back
 * const startedOn = new Date(systemClock.epoch())
 */
export const systemClock: Clock = {
  now: () => (++readings < SHARED_READINGS ? shared : look()),
  exact: () => performance.now(),
  epoch: () => Date.now(),
  after(ms, then) {
    if (ms === Infinity) return () => {}
    let timer: ReturnType<typeof setTimeout>
    const wait = (left: number): void => {
      const turn = Math.min(left, LONGEST_TIMER)
      timer = setTimeout(() => (left > turn ? wait(left - turn) : then()), turn)
      unref(timer)
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/**
 * Keeps the process alive until called off: for work that somebody awaits while only timers are under way.
 *
 * @example
 * const sleepless = stayAwake()
 * await connected.finally(sleepless)
 */
export function stayAwake(): () => void {
  const timer = setInterval(() => {}, LONGEST_TIMER)
  return () => clearInterval(timer)
}

/** Where timers are plain numbers (browsers, workers) nothing is kept alive by them anyway. */
function unref(timer: { unref?: () => unknown } | number): void {
  if (typeof timer === 'object') timer.unref?.()
}
