/*
 * Refreshing: a chosen key is loaded again before its value ends, so that nobody ever waits for it.
 *
 *   loaded ─────────── every ─────────── 2 × every
 *          left alone        looked at,    no longer
 *                            loaded again  fresh
 *
 * Values are fresh for twice the interval. Whoever looks and finds more than one interval left leaves it alone: somebody has
 * loaded it meanwhile, here or elsewhere. So of many processes on one store one loads: who gets the lease looks once more
 * before it calls the loader. A load that fails is tried again three times before the value ends.
 *
 * A key that nobody has read for a while is let go of, and taken up again by the next read.
 */

import type { Defaults, ICache, Loader } from '../cache.ts'
import { isClock } from '../create.ts'
import { type Duration, durationOf } from '../duration.ts'
import { type Clock, systemClock } from '../engine/clock.ts'
import { isCacheError, misuse } from '../errors.ts'
import type { Key } from '../key.ts'
import { checkOptions, isDuration, isFunction, isObject, type OptionTable } from '../options.ts'

/**
 * What `refreshEvery` takes.
 *
 * @example
 * const rates = refreshEvery(cache, 'rates', fetchRates, '1m', { idleAfter: '10m', policy: { staleIfError: '1h' } })
 */
export interface RefreshOptions<T = unknown> {
  /** Not refreshed any more when it was not read for this long. Default: ten times the interval. */
  readonly idleAfter?: Duration
  /** How the value is kept, but for its life. Default: as the cache says. */
  readonly policy?: Omit<Defaults<T>, 'ttl' | 'jitter' | 'refreshEarly'>
  /** Time, timers and chance; for tests. Default: those of the system. */
  readonly clock?: Clock
}

/**
 * A key that is kept fresh.
 *
 * @example
 * const rates: Kept<Record<string, number>> = refreshEvery(cache, 'rates', fetchRates, '1m')
 * console.log(await rates.get())
 * rates.stop()
 */
export interface Kept<T> {
  /** The value. Reading is what keeps it fresh: what is read past this is not noticed. */
  get(): Promise<T>
  /** Not refreshed any more; it can still be read. */
  stop(): void
}

const OPTIONS: OptionTable = { idleAfter: isDuration, policy: isObject, clock: isClock }

/** As early as can be, and not before its end: both make the engine measure the load, without which it refreshes nothing early. */
const AT_ONCE = Number.MAX_VALUE
const NOT_EARLY = Number.MIN_VALUE
/** A look that comes by chance up to this share of the interval later than it could keeps processes from looking together. */
const SPREAD = 0.1
const TRIES = 4

/**
 * Keeps one key fresh from now on: loads it now, and again and again, before anybody waits.
 *
 * @example
 * const rates = refreshEvery(cache, 'rates', () => fetchRates(), '1m')
 * await rates.get()
 */
export function refreshEvery<T extends V, V = unknown>(
  cache: ICache<V>,
  key: Key,
  load: Loader<T>,
  every: Duration,
  options: RefreshOptions<T> = {},
): Kept<T> {
  checkOptions('refreshEvery', options, OPTIONS)
  const problem = isFunction(load)
  if (problem !== undefined) throw misuse('refreshEvery', [`the loader ${problem}`])
  const { clock = systemClock, policy } = options
  const interval = durationOf(every, 'refreshEvery: every')
  const idleAfter =
    options.idleAfter === undefined ? 10 * interval : durationOf(options.idleAfter, 'idleAfter')
  const how = { ...policy, ttl: 2 * interval, jitter: 0 }
  let lastRead = clock.now()
  let isStopped = false
  /** The next look; undefined while nobody reads. */
  let cancel: (() => void) | undefined

  /** Called with the lease in hand: another process may have loaded it since it was looked at. */
  const again: Loader<T> = async (context) => {
    const { stale } = context
    if (stale === undefined || ((await cache.ttl(key)) ?? 0) <= interval) return load(context)
    context.skip()
    return stale.value
  }

  const lookIn = (ms: number): void => {
    cancel = isStopped ? undefined : clock.after(ms + clock.random() * SPREAD * interval, () => void look())
  }

  const look = async (): Promise<void> => {
    if (clock.now() - lastRead > idleAfter) {
      cancel = undefined
      return
    }
    try {
      const left = (await cache.ttl(key)) ?? 0
      if (isStopped) return
      if (left > interval) return lookIn(left - interval)
      await cache.getOrSet(key, again, { ...how, refreshEarly: AT_ONCE })
    } catch (error) {
      // Whatever else has failed was told as an event, and is tried again.
      if (isCacheError(error, 'CACHE_CLOSED')) isStopped = true
    }
    lookIn(interval / TRIES)
  }

  lookIn(0)
  return {
    get() {
      lastRead = clock.now()
      if (cancel === undefined) lookIn(0)
      return cache.getOrSet(key, load, { ...how, refreshEarly: NOT_EARLY })
    },
    stop() {
      isStopped = true
      cancel?.()
      cancel = undefined
    },
  }
}
