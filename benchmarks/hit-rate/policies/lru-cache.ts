/* lru-cache itself: what LRU, ours and the simulator's, is held against. */
import { LRUCache } from 'lru-cache'
import type { Policy, Room } from '../policy.ts'

export function lruCache({ capacity, sizeOf, isByBytes }: Room): Policy {
  const cache = new LRUCache<number, true>(
    isByBytes ? { maxSize: capacity, sizeCalculation: (_, key) => sizeOf(key) } : { max: capacity },
  )
  return {
    access(key) {
      if (cache.get(key) === true) return true
      cache.set(key, true)
      return false
    },
  }
}
