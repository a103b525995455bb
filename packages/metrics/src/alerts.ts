/*
 * Alerts: a process that looks at its own cache now and then, and tells when something begins to be wrong and when it ends.
 * For programs without Prometheus, and for what a program does itself: shed load, say so on a status page.
 *
 * It asks `stats()` and `health()` only, and keeps a few numbers of each look of the last quarter of an hour. Its timer keeps no
 * process alive.
 */

import {
  checkOptions,
  type Clock,
  durationOf,
  type Duration,
  type Health,
  isCacheError,
  isDuration,
  isFunction,
  misuse,
  type OptionTable,
  systemClock,
} from '@larder/core'
import {
  type AlertName,
  CONDITIONS,
  type Condition,
  type Counted,
  type Look,
  MEMORY_MS,
} from './conditions.ts'
import { type Watched, watchedBy } from './reader.ts'
import { UNKNOWN_KEY } from './refusal-class.ts'
import { seen } from './seen.ts'

/**
 * The onset of something that is wrong, or its end.
 *
 * @example
 * const tell = ({ name, cache, state, says }: Alert): void => console.warn(`${cache} ${name} (${state}): ${says}`)
 * alerts(cache, { on: tell })
 */
export interface Alert {
  readonly name: AlertName
  /** The cache that was handed in. */
  readonly cache: string
  /** `onset`: it holds for as long as is needed to be worth telling. `end`: it holds no more. */
  readonly state: 'onset' | 'end'
  /** What is wrong, or was at last, in words. */
  readonly says: string
  /** For how long it holds, or has held, in ms. */
  readonly for: number
}

/**
 * What `alerts` takes.
 *
 * @example
 * alerts(cache, { every: '10s', on: ({ says }) => console.warn(says) })
 */
export interface AlertsOptions {
  /** Called with every onset and every end. */
  readonly on: (alert: Alert) => void
  /** How often to look. Default: 5 s. */
  readonly every?: Duration
  /** Time and timers; for tests. Default: those of the system. */
  readonly clock?: Clock
}

const OPTIONS: OptionTable = {
  on: isFunction,
  every: isDuration,
  clock: (value) => (typeof value === 'object' && value !== null ? undefined : 'must be a clock'),
}

/**
 * A look at a cache now and then.
 *
 * @example
 * const watch: Alerts = alerts(cache, { on: (alert) => console.warn(alert.says) })
 * console.log(watch.active().map(({ name }) => name))
 * watch.stop()
 */
export interface Alerts {
  /** What is wrong now. */
  active(): readonly Alert[]
  /** How often `on` threw. */
  readonly errors: number
  stop(): void
}

/**
 * Looks at a cache, with the namespaces inside it, until `stop`, or until the cache is closed.
 *
 * @example
 * const watching = alerts(cache, { on: ({ name, state, says }) => logger.warn(`${name}: ${state}: ${says}`) })
 */
export function alerts(cache: Watched, options: AlertsOptions): Alerts {
  watchedBy('alerts', cache)
  checkOptions('alerts', options, OPTIONS)
  const { on, every = '5s', clock = systemClock } = options
  if (on === undefined)
    throw misuse('alerts', ['on is missing; for example on: ({ says }) => console.warn(says)'])
  return new Watchman(cache, on, durationOf(every, 'every'), clock)
}

interface Holding {
  readonly since: number
  says: string
  isTold: boolean
}

class Watchman implements Alerts {
  errors = 0
  readonly #cache: Watched
  readonly #on: (alert: Alert) => void
  readonly #every: number
  readonly #clock: Clock
  readonly #past: Counted[] = []
  readonly #holding = new Map<AlertName, Holding>()
  readonly #deafen: () => void
  #unknownKeys = 0
  #isStopped = false
  #cancel: () => void = () => {}

  constructor(cache: Watched, on: (alert: Alert) => void, every: number, clock: Clock) {
    this.#cache = cache
    this.#on = on
    this.#every = every
    this.#clock = clock
    this.#deafen = cache.on((event) => {
      if (event.type === 'refused' && event.why === UNKNOWN_KEY) this.#unknownKeys++
    })
    this.#remember()
    this.#lookLater()
  }

  active(): readonly Alert[] {
    return [...this.#holding]
      .filter(([, { isTold }]) => isTold)
      .map(([name, holding]) => this.#alert(name, 'onset', holding))
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#deafen()
  }

  #lookLater(): void {
    this.#cancel = this.#clock.after(this.#every, () => {
      this.#cache.health().then(
        (health) => this.#judge(health),
        (error: unknown) => this.#unanswered(error),
      )
    })
  }

  /** A cache that is closed has nothing to tell any more; anything else may be better next time. */
  #unanswered(error: unknown): void {
    if (isCacheError(error, 'CACHE_CLOSED')) return this.stop()
    if (!this.#isStopped) this.#lookLater()
  }

  #judge(health: Health): void {
    if (this.#isStopped) return
    const look = { stats: this.#remember(), health, past: this.#past }
    for (const [name, condition] of NAMED) this.#weigh(name, condition, look)
    this.#lookLater()
  }

  #weigh(name: AlertName, { says, holdsFor }: Condition, look: Look): void {
    const said = says(look)
    const holding = this.#holding.get(name)
    if (said === undefined) {
      this.#holding.delete(name)
      if (holding?.isTold === true) this.#tell(this.#alert(name, 'end', holding))
      return
    }
    const now = holding ?? { since: this.#clock.now(), says: said, isTold: false }
    now.says = said
    this.#holding.set(name, now)
    if (now.isTold || this.#clock.now() - now.since < holdsFor) return
    now.isTold = true
    this.#tell(this.#alert(name, 'onset', now))
  }

  #alert(name: AlertName, state: Alert['state'], { since, says }: Holding): Alert {
    return { name, cache: this.#cache.name, state, says, for: this.#clock.now() - since }
  }

  #tell(alert: Alert): void {
    try {
      this.#on(alert)
    } catch {
      this.errors++
    }
  }

  /** Adds the counters of now, and drops what nobody looks back to. */
  #remember(): Look['stats'] {
    const stats = seen(this.#cache)
    const { hits, misses, refused, loads, loadFailures, differences } = stats
    const at = this.#clock.now()
    this.#past.push({
      at,
      hits,
      misses,
      refused,
      loads,
      loadFailures,
      differences,
      unknownKeys: this.#unknownKeys,
    })
    const first = this.#past.findIndex((each) => each.at > at - MEMORY_MS)
    // One that is older than that stays, to count from.
    if (first > 1) this.#past.splice(0, first - 1)
    return stats
  }
}

const NAMED = Object.entries(CONDITIONS) as readonly (readonly [AlertName, Condition])[]
