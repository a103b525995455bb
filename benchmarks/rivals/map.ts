/*
 * A Map: the least that keeps anything. No bound, no ttl, no promise.
 */
import type { Contender, MemoryPlace, Rival } from './rival.ts'

const inMemory: Contender<MemoryPlace> = {
  name: 'Map',
  packages: [],
  how: 'map.get(key); no bound, no ttl',
  waits: false,
  lacks: ['getOrSet'],
  open() {
    const map = new Map<string, unknown>()
    return {
      get: (key) => map.get(key),
      set: (key, value) => map.set(key, value),
      getMany: (keys) => keys.map((key) => map.get(key)),
      delete: (key) => map.delete(key),
    }
  },
}

export const map: Rival = { name: 'Map', packages: [], memory: [inMemory] }
