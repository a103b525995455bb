/*
 * Two memories as one: a small one in front of a large one, both of this process. What is found below is lifted up.
 */

import type { Entry, Store, Usage } from '@larder/core'

export function layered(upper: Store<Entry>, lower: Store<Entry>): Store<Entry> {
  return {
    name: `${upper.name}, ${lower.name}`,
    sync: true,
    get(key) {
      const found = upper.get(key) as Entry | undefined
      if (found !== undefined) return found
      const below = lower.get(key) as Entry | undefined
      if (below !== undefined) upper.set(key, below, Infinity)
      return below
    },
    set(key, entry, ttl) {
      upper.set(key, entry, ttl)
      lower.set(key, entry, ttl)
    },
    delete(key) {
      upper.delete(key)
      lower.delete(key)
    },
    clear(prefix) {
      upper.clear?.(prefix)
      lower.clear?.(prefix)
    },
    ...(lower.keys && { keys: lower.keys.bind(lower) }),
    ...(lower.usage && { usage: (): Usage => lower.usage?.() as Usage }),
    close() {
      upper.close?.()
      lower.close?.()
    },
  }
}
