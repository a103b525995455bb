/*
 * What several plain stores share: records, leases, and who listens. As plain as can be.
 */

import { type Channel, type ChannelListener, type Clock, isMark, type Leases } from '@larder/core'

interface Message {
  readonly what: 'changed' | 'filled'
  readonly key: string
  /** Which store did it. */
  readonly from: symbol
}

interface Lease {
  readonly token: string
  endsAt: number
  isAwaited: boolean
}

export interface Hub<R> {
  readonly records: Map<string, { record: R; endsAt: number }>
  readonly leases: Map<string, Lease>
  readonly listeners: Set<(message: Message) => void>
  tell(message: Message): void
  /** Loses what is being told, and says that something may have been lost. */
  interrupt(): void
  readonly gaps: Set<() => void>
  /** Loses everything, and says so. */
  replace(): void
  readonly replacements: Set<() => void>
}

export function hubOf<R>(): Hub<R> {
  const listeners = new Set<(message: Message) => void>()
  const gaps = new Set<() => void>()
  const replacements = new Set<() => void>()
  const next = { isLost: false }
  const records: Hub<R>['records'] = new Map()
  const leases: Hub<R>['leases'] = new Map()
  return {
    records,
    leases,
    listeners,
    gaps,
    replacements,
    replace() {
      records.clear()
      leases.clear()
      for (const each of [...gaps, ...replacements]) each()
    },
    tell(message) {
      if (!next.isLost) for (const listener of listeners) listener(message)
      next.isLost = false
    },
    interrupt() {
      next.isLost = true
      for (const gap of gaps) gap()
    },
  }
}

export function plainLeases<R>(
  clock: Clock,
  hub: Hub<R>,
  write: (key: string, record: R, ttl: number) => void,
): Leases<R> {
  const leaseOf = (key: string): Lease | undefined => {
    const lease = hub.leases.get(key)
    return lease !== undefined && lease.endsAt > clock.now() ? lease : undefined
  }
  const give = (key: string, token: string, ms: number, isAwaited: boolean): void => {
    hub.leases.set(key, { token, endsAt: clock.now() + ms, isAwaited })
  }
  const end = (key: string, lease: Lease): void => {
    hub.leases.delete(key)
    if (lease.isAwaited) hub.tell({ what: 'filled', key, from: Symbol('lease') })
  }
  const take = (key: string, token: string, ms: number): string => {
    const lease = leaseOf(key)
    if (lease === undefined) give(key, token, ms, false)
    else if (lease.token !== token) lease.isAwaited = true
    return lease?.token ?? token
  }
  return {
    read: (keys, wishes, ms) =>
      keys.map((key, i) => {
        const record = hub.records.get(key)?.record
        const wish = wishes[i]
        const isWished = record === undefined && wish !== undefined
        return { record, holder: isWished ? take(key, wish, ms) : undefined }
      }),
    take,
    seize(key, token, ms) {
      give(key, token, ms, leaseOf(key)?.isAwaited === true)
      return hub.records.get(key)?.record
    },
    fill(key, token, record, ttl, isChange) {
      const lease = leaseOf(key)
      if (lease?.token !== token) return false
      write(key, record, ttl)
      end(key, lease)
      if (isChange === true) hub.tell({ what: 'changed', key, from: Symbol('lease') })
      return true
    },
    renew(key, token, ms) {
      const lease = leaseOf(key)
      if (lease?.token !== token) return false
      lease.endsAt = clock.now() + ms
      return true
    },
    drop(key, token) {
      const lease = leaseOf(key)
      if (lease?.token === token) end(key, lease)
    },
  }
}

const BEAT = 10

export function plainChannel<R>(clock: Clock, hub: Hub<R>, self: symbol): Channel {
  return {
    maxStaleness: 100,
    listen(listener, what) {
      const hear = ({ what: kind, key, from }: Message): void => {
        if (kind === 'filled') return soon(() => listener.filled(key))
        if (from === self || (what === 'marks' && !isMark(key))) return
        soon(() => listener.changed(key))
      }
      let isOver = false
      /** Not in the call that it is about. */
      const soon = (tell: () => void): void =>
        queueMicrotask(() => {
          if (!isOver) tell()
        })
      hub.listeners.add(hear)
      const gap = (): void => soon(() => listener.gap())
      const replaced = (): void => soon(() => listener.replaced())
      hub.gaps.add(gap)
      hub.replacements.add(replaced)
      const stop = beating(clock, listener)
      return () => {
        isOver = true
        stop()
        hub.gaps.delete(gap)
        hub.replacements.delete(replaced)
        hub.listeners.delete(hear)
      }
    },
  }
}

/** Proves at every beat what has been told until then. */
function beating(clock: Clock, listener: ChannelListener): () => void {
  const timer = { stop: (): void => {} }
  const beat = (): void => {
    listener.proven(clock.now())
    timer.stop = clock.after(BEAT, beat)
  }
  timer.stop = clock.after(BEAT, beat)
  return () => timer.stop()
}
