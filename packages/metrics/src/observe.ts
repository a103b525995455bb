/*
 * Events as lines for people, in development. Quiet: only what somebody should look at, and a line that was just written is
 * counted instead of written again. What is secret may be in keys and in errors, so neither is shown unless it is asked for.
 */

import {
  type CacheEvent,
  checkOptions,
  type Clock,
  durationOf,
  type Duration,
  isCacheError,
  isDuration,
  isOneOf,
  misuse,
  type OptionTable,
  systemClock,
} from '@larder/core'
import { errorClass } from './error-class.ts'
import { type Watched, watchedBy } from './reader.ts'

/**
 * Where lines go: `console` will do.
 *
 * @example
 * const lines: Lines = { info: (line) => console.log(line), warn: (line) => console.warn(line) }
 * const stop = observe(cache, { to: lines })
 */
export interface Lines {
  info(line: string): void
  warn(line: string): void
}

/**
 * What `observe` takes.
 *
 * @example
 * observe(cache, { to: console, show: 'all', slow: '200ms' })
 */
export interface ObserveOptions {
  /** Where lines go. */
  readonly to: Lines
  /** `problems`: what somebody should look at. `all`: every event. Default: problems. */
  readonly show?: 'problems' | 'all'
  /** A load that takes longer is a problem. Default: 1 s. */
  readonly slow?: Duration
  /** Whether keys, and what errors say, are shown. Default: false. */
  readonly details?: boolean
}

const OPTIONS: OptionTable = {
  to: (value) =>
    typeof value === 'object' && value !== null && 'info' in value && 'warn' in value
      ? undefined
      : 'must have the methods info and warn, as console has',
  show: isOneOf('problems', 'all'),
  slow: isDuration,
  details: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
}

/** ms for which a line is not written again. */
const PAUSE = 1_000
const MOST_LINES = 1_000

interface Written {
  readonly at: number
  hidden: number
}

/**
 * Writes what happens in `cache` and in the namespaces inside it. Returns the way to stop it.
 *
 * @example
 * if (isDevelopment) observe(cache, { to: console, details: true })
 */
export function observe(cache: Watched, options: ObserveOptions): () => void {
  watchedBy('observe', cache)
  checkOptions('observe', options, OPTIONS)
  const { to, show = 'problems', slow = '1s', details = false } = options
  if (to === undefined) throw misuse('observe', ['to is missing; for example to: console'])
  const slowMs = durationOf(slow, 'slow')
  const lines = new Repeats(systemClock)
  return cache.on((event) => {
    const isWorse = isProblem(event, slowMs)
    if (!isWorse && show === 'problems') return
    const line = lines.next(`${event.cache}: ${textOf(event)}${details ? detailsOf(event) : ''}`)
    if (line === undefined) return
    if (isWorse) to.warn(line)
    else to.info(line)
  })
}

class Repeats {
  readonly #clock: Clock
  readonly #written = new Map<string, Written>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The line as it is to be written, or undefined if it just was. */
  next(line: string): string | undefined {
    const now = this.#clock.now()
    const before = this.#written.get(line)
    if (before !== undefined && Math.abs(now - before.at) < PAUSE) {
      before.hidden++
      return undefined
    }
    this.#written.delete(line)
    this.#written.set(line, { at: now, hidden: 0 })
    const [oldest] = this.#written.keys()
    if (this.#written.size > MOST_LINES && oldest !== undefined) this.#written.delete(oldest)
    return before === undefined || before.hidden === 0 ? line : `${line} (and ${before.hidden} times before)`
  }
}

function isProblem(event: CacheEvent, slowMs: number): boolean {
  switch (event.type) {
    case 'load':
      return event.ms > slowMs
    case 'stale':
      return event.why !== 'refreshing'
    case 'probe':
      return !event.same
    case 'unstored':
      return event.why === 'given-up' || event.why === 'refused' || event.why === 'store-behind'
    case 'load-failed':
    case 'store-failed':
    case 'queued':
    case 'refused':
      return true
    default:
      return false
  }
}

/** In words, without a key. */
function textOf(event: CacheEvent): string {
  switch (event.type) {
    case 'hit':
      return event.near === true ? 'hit, near' : 'hit'
    case 'stale':
      return `a stale value was served: ${event.why}`
    case 'load': {
      const many = event.keys.length === 1 ? 'loaded' : `loaded ${event.keys.length} keys`
      return `${many} in ${Math.round(event.ms)} ms`
    }
    case 'load-failed':
      return `a load failed: ${errorClass(event.error)}`
    case 'store-failed':
      return `the store failed ${event.operation}: ${errorClass(event.error)}`
    case 'join':
      return 'waits for the load of another'
    case 'unstored':
      return `a loaded value was not stored: ${event.why}`
    case 'probe':
      return event.same ? 'a hit was what its source says' : 'a hit was not what its source says'
    case 'evict':
      return `evicted: ${event.cause}`
    case 'queued':
      return 'an invalidation waits for the store'
    case 'delivered':
      return 'an invalidation has reached the store'
    case 'refused':
      return 'a record of the store was not usable'
    case 'invalidate-tags':
      return `${event.tags.length} tags invalidated`
    default:
      return event.type
  }
}

function detailsOf(event: CacheEvent): string {
  const about: string[] = []
  if ('key' in event && event.key !== undefined) about.push(event.key)
  if ('keys' in event) about.push(...event.keys)
  if ('tags' in event) about.push(...event.tags)
  if (event.type === 'refused') about.push(event.why)
  if ('error' in event) about.push(messageOf(event.error))
  return about.length === 0 ? '' : ` [${about.join(', ')}]`
}

function messageOf(error: unknown): string {
  if (isCacheError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
