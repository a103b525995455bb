/*
 * A view of a store in which every key stands behind a prefix. Never looks at the prefix, so `*`, `?`, `[` or `:` in
 * it mean nothing.
 */

import { isMark } from '../engine/marks.ts'
import type { Channel } from './channel.ts'
import type { Leases } from './leases.ts'
import type { Store, Usage } from './store.ts'

/**
 * A store in which every key stands behind a prefix: many caches in one place.
 *
 * @example
 * const theirs = prefixed(store, 'theirs:')
 */
export function prefixed<R>(store: Store<R>, prefix: string): Store<R> {
  const own = store.within?.(prefix)
  if (own !== undefined) return own
  const view: Store<R> = {
    name: store.name,
    sync: store.sync === true,
    get: (key) => store.get(prefix + key),
    set: (key, record, ttl) => store.set(prefix + key, record, ttl),
    delete: (key) => store.delete(prefix + key),
    ...(store.getMany && { getMany: (keys) => store.getMany?.(keys.map((key) => prefix + key)) ?? [] }),
    ...(store.setMany && {
      setMany: (records) =>
        store.setMany?.(records.map(([key, record, ttl]) => [prefix + key, record, ttl] as const)),
    }),
    ...(store.deleteMany && { deleteMany: (keys) => store.deleteMany?.(keys.map((key) => prefix + key)) }),
    ...(store.clear && { clear: (rest) => store.clear?.(prefix + rest) }),
    ...(store.keys && { keys: (rest) => stripped(store, prefix, rest) }),
    ...(store.usage && { usage: () => store.usage?.() as Usage }),
    ...(store.onRemoval && {
      onRemoval: (listener) => store.onRemoval?.(behind(prefix, listener)) ?? nothing,
    }),
    ...(store.onSized && { onSized: (listener) => store.onSized?.(behind(prefix, listener)) ?? nothing }),
    ...(store.facts && { facts: () => store.facts?.() ?? {} }),
    ...(store.check && { check: () => store.check?.() }),
    ...(store.time && { time: () => store.time?.() as number }),
    ...(store.partOf && { partOf: (key) => store.partOf?.(prefix + key) }),
    ...(store.add && { add: (key, record, ttl) => store.add?.(prefix + key, record, ttl) }),
    ...(store.prolong && {
      prolong: (keys, ttl) =>
        store.prolong?.(
          keys.map((key) => prefix + key),
          ttl,
        ),
    }),
    ...(store.leases && { leases: prefixedLeases(store.leases, prefix) }),
    ...(store.channel && { channel: prefixedChannel(store.channel, prefix) }),
  }
  return view
}

const nothing = (): void => {}

/** A listener that hears of its own keys only, as it knows them. */
function behind<A>(prefix: string, listener: (key: string, what: A) => void): (key: string, what: A) => void {
  return (key, what) => {
    if (key.startsWith(prefix)) listener(key.slice(prefix.length), what)
  }
}

function prefixedLeases<R>(leases: Leases<R>, prefix: string): Leases<R> {
  return {
    read: (keys, wishes, ms) =>
      leases.read(
        keys.map((key) => prefix + key),
        wishes,
        ms,
      ),
    take: (key, token, ms) => leases.take(prefix + key, token, ms),
    seize: (key, token, ms) => leases.seize(prefix + key, token, ms),
    fill: (key, token, record, ttl, isChange) => leases.fill(prefix + key, token, record, ttl, isChange),
    renew: (key, token, ms) => leases.renew(prefix + key, token, ms),
    drop: (key, token) => leases.drop(prefix + key, token),
  }
}

/** Of what happens to others, nothing is told. `what` is asked of all keys, since behind a prefix a mark may look like none. */
function prefixedChannel(channel: Channel, prefix: string): Channel {
  return {
    maxStaleness: channel.maxStaleness,
    listen: (listener, what) =>
      channel.listen(
        {
          believedFor: listener.believedFor,
          changed(key) {
            if (!key.startsWith(prefix)) return
            const own = key.slice(prefix.length)
            if (what === 'everything' || isMark(own)) listener.changed(own)
          },
          filled(key) {
            if (key.startsWith(prefix)) listener.filled(key.slice(prefix.length))
          },
          proven: (since) => listener.proven(since),
          gap: () => listener.gap(),
          replaced: () => listener.replaced(),
        },
        'everything',
      ),
  }
}

async function* stripped<R>(store: Store<R>, prefix: string, rest: string): AsyncGenerator<string> {
  if (store.keys === undefined) return
  for await (const key of store.keys(prefix + rest)) {
    if (key.startsWith(prefix)) yield key.slice(prefix.length)
  }
}
