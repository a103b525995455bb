/*
 * Leases: compare-and-set fills, for stores that several processes write.
 *
 * A load that was begun before an invalidation in another process must not be kept after it. So whoever is going to
 * load a key takes its lease, a random token beside the record, BEFORE the load begins; `delete` and `set` drop the lease together with the
 * record; and `fill` writes only where the lease is still the one that was taken. A load that lost the race cannot
 * write, in whatever process, however late.
 *
 * A store that has leases also deletes many records in the order in which they are named, or all at once.
 *
 * The same lease makes one load of many processes: who finds it taken waits for the fill instead of loading as well.
 * It ends by itself when its holder dies.
 */

import type { Awaitable } from './store.ts'

/**
 * Fills by compare-and-set: what lets no slow load of another process bring back what was invalidated.
 *
 * @example
 * const leases: Leases<Entry> | undefined = store.leases
 * if ((await leases?.take(key, 'my token', 5_000)) === 'my token') await leases?.fill(key, 'my token', entry, 60_000)
 */
export interface Leases<R> {
  /**
   * The records under `keys`, as getMany. Where there is none and `wishes` has a token: takes the lease for `ms`, if
   * nobody has it, in the same request. One round trip.
   */
  read(
    keys: readonly string[],
    wishes: readonly (string | undefined)[],
    ms: number,
  ): Awaitable<readonly LeasedRead<R>[]>
  /** Takes the lease of a key whatever record it has, if nobody has it. Says who has it then, as `read`. */
  take(key: string, token: string, ms: number): Awaitable<string | undefined>
  /** Takes the lease from whoever has it, and reads the record. */
  seize(key: string, token: string, ms: number): Awaitable<R | undefined>
  /**
   * Writes the record if the lease is still `token`, and gives the lease back. Whether it was. `isChange`: the record says
   * less than the one before it, so the channel tells of it; as a rule a fill is news to nobody.
   */
  fill(key: string, token: string, record: R, ttl: number, isChange?: boolean): Awaitable<boolean>
  /** Lets the lease last `ms` from now, if it is still `token`. Whether it was. */
  renew(key: string, token: string, ms: number): Awaitable<boolean>
  /** Gives the lease back, if it is still `token`: nothing will be filled. */
  drop(key: string, token: string): Awaitable<void>
}

/**
 * A record, and who holds the lease of its key.
 *
 * @example
 * const [read]: readonly LeasedRead<Entry>[] = (await store.leases?.read([key], ['my token'], 5_000)) ?? []
 * if (read?.record === undefined && read?.holder === 'my token') console.log('to be loaded here')
 */
export interface LeasedRead<R> {
  readonly record: R | undefined
  /** Who has the lease of a key that was wished for and has no record: one's own token if it was taken. Undefined if it could not be. */
  readonly holder: string | undefined
}
