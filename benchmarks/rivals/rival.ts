/*
 * A rival: who keeps values, and how it is asked. One small file each; nothing else in the suite knows its words.
 *
 * A rival can do one or more of three things: keep live objects in this process, keep values in Redis, or both in tiers. For each
 * it takes part in one or more configurations: what its own documentation recommends, and of what is documented there the
 * fastest. A contender is a rival in one configuration. From here on all of them look the same, so that every question can ask
 * everybody in the same words.
 */

export interface Rival {
  readonly name: string
  /** As they are named in the manifest of the suite: itself first, then what it needs to do all that it does here. */
  readonly packages: readonly string[]
  /** What a program imports of them, where that is not their names. */
  readonly entries?: readonly string[]
  readonly memory?: readonly Contender<MemoryPlace>[]
  readonly redis?: readonly Contender[]
  readonly tiered?: readonly Contender[]
}

export interface Contender<P extends MemoryPlace = RedisPlace> {
  readonly name: string
  /** Whose versions are printed: itself first. */
  readonly packages: readonly string[]
  /** The configuration, in words or code. */
  readonly how: string
  /** Whether its answers are promises. */
  readonly waits: boolean
  /** It answers with what is no longer fresh, and refreshes that meanwhile. */
  readonly hasStale?: true
  /** What it has no words for. */
  readonly lacks?: readonly (keyof Asked)[]
  /** Worth it only where many ask at once. */
  readonly isForCrowds?: true
  readonly open: (place: P) => Asked | Promise<Asked>
}

export interface MemoryPlace {
  /** Entries that must find room in this process. */
  readonly room: number
  /** Asks the source, for those who load. */
  readonly load: Load
  /** ms for which an entry is fresh. */
  readonly ttl: number
  /** ms for which it may be served after that while it is refreshed, by those who can. */
  readonly stale?: number
}

export interface RedisPlace extends MemoryPlace {
  /** Of a database that nobody else has. */
  readonly url: string
  /** Whether many ask at once. */
  readonly isCrowded: boolean
  /** Told of each key of which a copy here has been dropped since another process changed it, by those who hear of that. */
  readonly gone?: (key: string) => void
}

export type Load = (key: string) => Promise<unknown>

/** What can be asked of it. What it has no words for is missing. */
export interface Asked {
  readonly get?: (key: string) => unknown
  readonly set: (key: string, value: unknown) => unknown
  /** The value, loaded if there is none. */
  readonly getOrSet?: (key: string) => unknown
  /** The values alone, in order. */
  readonly getMany?: (keys: readonly string[]) => unknown
  readonly delete?: (key: string) => unknown
  readonly close?: () => unknown
}

/** For all entries, where nothing else is said: none expires while it is measured. */
export const HOUR = 3_600_000

export const neverLoads: Load = () => Promise.reject(new Error('a miss, where only hits are measured'))

/** Puts values under all keys, some at once. */
export async function fill(
  { set }: Pick<Asked, 'set'>,
  keys: readonly string[],
  valueOf: (key: string) => unknown,
): Promise<void> {
  for (let at = 0; at < keys.length; at += 100) {
    await Promise.all(keys.slice(at, at + 100).map((key) => set(key, valueOf(key))))
  }
}
