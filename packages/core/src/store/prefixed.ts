/*
 * A view of a store in which every key stands behind a prefix. Never looks at the prefix, so `*`, `?`, `[` or `:` in
 * it mean nothing.
 */

import type { Store, Usage } from './store.ts'

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
    ...(store.check && { check: () => store.check?.() }),
  }
  return view
}

async function* stripped<R>(store: Store<R>, prefix: string, rest: string): AsyncGenerator<string> {
  if (store.keys === undefined) return
  for await (const key of store.keys(prefix + rest)) {
    if (key.startsWith(prefix)) yield key.slice(prefix.length)
  }
}
