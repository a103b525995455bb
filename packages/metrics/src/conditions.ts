/*
 * The conditions of alerts: what is wrong, and for how long it must be so before anybody is told. The same as the rules of
 * docs/operations/alerts.yml, for a process that looks at itself.
 *
 * Each judges one look at a cache and the looks before it, and says in words what it has found, or nothing. No key is in them.
 */

import type { Health, Usage } from '@larder/core'
import type { Seen } from './seen.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** What a cache has counted up to a moment. */
export interface Counted {
  readonly at: number
  readonly hits: number
  readonly misses: number
  readonly refused: number
  readonly unknownKeys: number
  readonly loads: number
  readonly loadFailures: number
  readonly differences: number
}

/** A look at a cache. */
export interface Look {
  readonly stats: Seen
  readonly health: Health
  /** The counters of now, and those of the looks of the last minutes, oldest first. */
  readonly past: readonly Counted[]
}

export interface Condition {
  /** How long it must hold, in ms. */
  readonly holdsFor: number
  /** What is wrong; undefined if nothing is. */
  readonly says: (look: Look) => string | undefined
}

/** The longest time that a condition looks back. */
export const MEMORY_MS: number = 15 * MINUTE

const FULL = 0.8

/**
 * What is wrong.
 *
 * @example
 * const urgent: readonly AlertName[] = ['store-down', 'invalidations-wait']
 * alerts(cache, { on: ({ name, says }) => (urgent.includes(name) ? console.error(says) : console.warn(says)) })
 */
export type AlertName =
  | 'store-down'
  | 'breaker-open'
  | 'invalidations-wait'
  | 'changes-not-heard'
  | 'unknown-key'
  | 'records-refused'
  | 'memory-full'
  | 'server-memory-full'
  | 'hit-ratio-fell'
  | 'loads-fail'
  | 'values-differ'

export const CONDITIONS: Readonly<Record<AlertName, Condition>> = {
  'store-down': {
    holdsFor: 10 * SECOND,
    says: ({ health }) =>
      health.store.answers ? undefined : 'the store does not answer: reads load from the source',
  },
  'breaker-open': {
    holdsFor: 10 * SECOND,
    says({ stats }) {
      const left = stats.place?.servers?.leftAlone ?? 0
      return left === 0 ? undefined : `${left} of its servers fail again and again, and are left alone`
    },
  },
  'invalidations-wait': {
    holdsFor: 0,
    says: ({ stats: { queued, queuedFor } }) =>
      queuedFor <= 30 * SECOND
        ? undefined
        : `${queued} invalidations wait for the store, the oldest for ${seconds(queuedFor)}`,
  },
  'changes-not-heard': {
    holdsFor: 10 * SECOND,
    says({ stats: { coherence } }) {
      if (coherence === undefined || coherence.silence <= coherence.maxStaleness) return undefined
      return `for ${seconds(coherence.silence)} nothing has proven that changes of other processes are heard`
    },
  },
  'unknown-key': {
    holdsFor: 0,
    says: ({ past }) =>
      more(past, 5 * MINUTE, 'unknownKeys') === 0
        ? undefined
        : 'records are sealed with a key that this process has not',
  },
  'records-refused': {
    holdsFor: 5 * MINUTE,
    says({ past }) {
      const refused = more(past, 5 * MINUTE, 'refused')
      const asked = more(past, 5 * MINUTE, 'hits') + more(past, 5 * MINUTE, 'misses')
      return refused <= asked / 1_000 ? undefined : `${refused} records of ${asked} were not usable`
    },
  },
  'memory-full': {
    holdsFor: 10 * MINUTE,
    says({ stats: { store, near } }) {
      const full = [near, store].find((usage) => usage !== undefined && shareOf(usage) > FULL)
      return full && `memory is ${percent(shareOf(full))} full: what is least used will be evicted`
    },
  },
  'server-memory-full': {
    holdsFor: 5 * MINUTE,
    says({ stats: { place } }) {
      const { used, limit } = place?.memory ?? { used: 0, limit: 1 }
      return used / limit <= FULL ? undefined : `a server is at ${percent(used / limit)} of its memory`
    },
  },
  'hit-ratio-fell': {
    holdsFor: 5 * MINUTE,
    says({ past }) {
      const now = ratio(past, 0)
      const before = ratio(past, 10 * MINUTE)
      if (now === undefined || before === undefined || now >= before * 0.7) return undefined
      return `the hit ratio has fallen from ${percent(before)} to ${percent(now)}`
    },
  },
  'loads-fail': {
    holdsFor: 5 * MINUTE,
    says({ past }) {
      const failed = more(past, 5 * MINUTE, 'loadFailures')
      const all = failed + more(past, 5 * MINUTE, 'loads')
      return failed <= all / 10 ? undefined : `${failed} of ${all} loads have failed`
    },
  },
  'values-differ': {
    holdsFor: 0,
    says({ past }) {
      const differ = more(past, 10 * MINUTE, 'differences')
      return differ === 0 ? undefined : `${differ} values were served that their source did not say any more`
    },
  },
}

/** The last look that is at least `ms` old; the oldest one there is while none is. */
function ago(past: readonly Counted[], ms: number): Counted | undefined {
  const now = past.at(-1)?.at ?? 0
  return past.findLast(({ at }) => at <= now - ms) ?? past[0]
}

function more(past: readonly Counted[], ms: number, what: Exclude<keyof Counted, 'at'>): number {
  return (past.at(-1)?.[what] ?? 0) - (ago(past, ms)?.[what] ?? 0)
}

/** Over five minutes that ended `ms` ago; undefined if not enough is remembered, or nothing was asked. */
function ratio(past: readonly Counted[], ms: number): number | undefined {
  const [until, from] = [ago(past, ms), ago(past, ms + 5 * MINUTE)]
  if (until === undefined || from === undefined || until.at - from.at < 5 * MINUTE) return undefined
  const asked = until.hits - from.hits + until.misses - from.misses
  return asked === 0 ? undefined : (until.hits - from.hits) / asked
}

const shareOf = ({ bytes, maxBytes }: Usage): number => bytes / maxBytes
const seconds = (ms: number): string => `${Math.round(ms / SECOND)} s`
const percent = (share: number): string => `${Math.round(share * 100)} %`
