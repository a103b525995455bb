/*
 * What `explain` and `health` answer: types only.
 */

/**
 * Why a key would, or would not, be served: the answer of `explain`.
 *
 * @example
 * const { found, served, because }: Explanation = await cache.explain('user:42')
 * console.log(served, found, because)
 */
export interface Explanation {
  readonly key: string
  /** As the store knows it. */
  readonly storedAs: string
  readonly found: 'fresh' | 'stale' | 'error-only' | 'dead' | 'invalidated' | 'refused' | 'absent'
  /** What `get` would answer now. */
  readonly served: boolean
  /** In words. */
  readonly because: string
  /** ms; present when something usable was found. */
  readonly freshFor?: number
  readonly staleFor?: number
  readonly keptFor?: number
  readonly tags?: readonly { readonly tag: string; readonly valid: boolean }[]
  /** ms its load took. */
  readonly loadTook?: number
  readonly meta?: Readonly<Record<string, string | number | boolean | null>>
  /** The copy in this process, where there are tiers. */
  readonly near?: NearExplanation
  /** A load of this key is under way. */
  readonly loading: boolean
  /** What this process has told the store about this key has not been acknowledged yet. */
  readonly pending: boolean
}

/**
 * What is known of the copy of a key in this process.
 *
 * @example
 * const { near } = await cache.explain('user:42')
 * console.log(near?.served === true ? 'from the copy here' : near?.because)
 */
export interface NearExplanation {
  /** Whether `get` would answer with it, without asking the store. */
  readonly served: boolean
  /** In words. */
  readonly because: string
}

/**
 * How a cache is, and what it can promise: the answer of `health`.
 *
 * @example
 * const { status, problems }: Health = await cache.health()
 * if (status !== 'ok') console.warn(problems.join('; '))
 */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failed'
  /** What is wrong, in words; empty when all is well. */
  readonly problems: readonly string[]
  readonly store: { readonly name: string; readonly answers: boolean; readonly ms: number }
  /** Invalidations that wait for the store to come back. */
  readonly queued: number
  readonly loading: number
  /** The copies in this process, where there are tiers. */
  readonly near?: NearHealth
  /** What holds of this very store, in words: G1 to G7 of docs/guarantees.md. */
  readonly promises: Promises
}

/**
 * Whether what others change is heard.
 *
 * @example
 * const { near } = await cache.health()
 * if (near?.believedBy === 'life') console.warn('no channel: copies live for', near.maxStaleness, 'ms')
 */
export interface NearHealth {
  /** What they are believed by: a channel that tells of changes; or their life alone, since nobody tells. */
  readonly believedBy: 'channel' | 'life'
  /** ms. */
  readonly maxStaleness: number
  /** ms since it was last proven that no change was missed; undefined while it is not. */
  readonly provenAgo: number | undefined
}

/**
 * What of the guarantees holds in this setting, in words, under their names in docs/guarantees.md.
 *
 * @example
 * const { G1, G2 }: Promises = (await cache.health()).promises
 * console.log(G1, G2)
 */
export type Promises = Readonly<Record<'G1' | 'G2' | 'G3' | 'G4' | 'G6' | 'G7', string>>
