/*
 * A library that takes part: how it is set up, and the few words in which all of them are asked.
 *
 * Each is set up as its own documentation recommends for two tiers and a bus, with a ttl of a minute; where it has no two
 * tiers or no bus, in its best form without. What the documentation offers against a fault is on.
 */

export interface Library {
  readonly name: string
  /** What is installed, by the names in benchmarks/package.json: first the library itself. */
  readonly packages: readonly string[]
  /** The configuration, in words and code, for the page. */
  readonly how: string
  /** Whose advice that is: the pages of its own documentation, by name. */
  readonly documented: string
  /** Copies in the process. */
  readonly hasNear: boolean
  /** A message to the other processes when something is invalidated. */
  readonly hasBus: boolean
  /** How an invalidation of several entries at once is called; undefined if there is none. */
  readonly tags?: string
  readonly open: (place: Place) => Promise<Opened>
}

/** What a process gives the library. */
export interface Place {
  readonly url: string
  readonly host: string
  readonly port: number
  /** Asks the source of truth. */
  readonly load: (key: string) => Promise<string>
  /** Everything that is loaded has the tag `tagOf(key)`. */
  readonly isTagged: boolean
}

export interface Opened {
  /** The value, loaded if there is none. */
  readonly read: (key: string) => Promise<unknown>
  readonly invalidate: (key: string) => Promise<unknown>
  readonly invalidateTag?: (tag: string) => Promise<unknown>
}

export const tagOf = (key: string): string => `of-${key}`

/** Of every entry, in near memory and in Redis. Longer than any trial. */
export const TTL = 60_000
