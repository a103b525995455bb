/* Settings: how small a world is explored, and what may happen in it. */

export interface Setting {
  readonly keys: number
  /** How often each process may read, and change the source and tell the cache. */
  readonly gets: readonly [number, number]
  readonly writes: readonly [number, number]
  /** Whether it may tell by `set` as well as by `delete`. */
  readonly sets: boolean
  /** Whether time passes. In ticks; near copies are believed for one. */
  readonly time: boolean
  /** What a record is after its ttl: nothing, or stale, to be served while it is refreshed or in place of a load that fails. */
  readonly stale: 'no' | 'while-revalidating' | 'if-error'
  /** Whether a copy that may be out of date is served while far does not answer. */
  readonly servesUnproven: boolean
  /** Whether the source has no row at the beginning, so that a null is kept. */
  readonly negative: boolean
  /** Whether the source shows its changes to loads only when the cache has acknowledged. */
  readonly lags: boolean
  /** How often something may happen. */
  readonly faults: Faults
}

export interface Faults {
  /** A subscription is lost, and what was on its way with it. */
  readonly drops: number
  /** Far starts again, empty. */
  readonly restarts: number
  /** A replica takes over that has not got the last write; subscriptions stay with the old server. */
  readonly failovers: number
  /** A lease ends by itself. */
  readonly leaseEnds: number
  /** A request gets no answer, whether it was carried out or not. */
  readonly silences: number
  /** The ttl of a record ends. */
  readonly ends: number
  /** A loader fails. */
  readonly loadFailures: number
  /** Far or near drops a record. */
  readonly evictions: number
}

const NO_FAULTS: Faults = {
  drops: 0,
  restarts: 0,
  failovers: 0,
  leaseEnds: 0,
  silences: 0,
  ends: 0,
  loadFailures: 0,
  evictions: 0,
}

export function settingOf({
  faults,
  ...rest
}: Partial<Omit<Setting, 'faults'>> & { readonly faults?: Partial<Faults> }): Setting {
  return {
    keys: 1,
    gets: [1, 1],
    writes: [0, 1],
    sets: false,
    time: false,
    stale: 'no',
    servesUnproven: false,
    negative: false,
    lags: false,
    ...rest,
    faults: { ...NO_FAULTS, ...faults },
  }
}

const TROUBLES: Readonly<Record<keyof Faults, string>> = {
  drops: 'a lost subscription',
  restarts: 'a restart',
  failovers: 'a failover',
  leaseEnds: 'a lease that ends',
  silences: 'a lost request or answer',
  ends: 'a ttl that ends',
  loadFailures: 'a load that fails',
  evictions: 'an eviction',
}

/** How large the world is. */
export function described({ keys, gets, writes, sets, time, faults }: Setting): string {
  const words = [
    `reads ${gets.join(' + ')}`,
    `${sets ? 'sets or deletions' : 'deletions'} ${writes.join(' + ')}`,
  ]
  if (keys > 1) words.unshift(`${keys} keys`)
  if (time) words.push('time')
  for (const [fault, times] of Object.entries(faults)) {
    if (times > 0) words.push(`${times > 1 ? `${times} × ` : ''}${TROUBLES[fault as keyof Faults]}`)
  }
  return words.join(', ')
}
