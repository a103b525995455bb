/* LRU: what was not used for the longest time goes first. */
import type { Policy, Room } from '../policy.ts'
import { Place, Queue } from '../queue.ts'

export function lru({ capacity, sizeOf }: Room): Policy {
  const places = new Map<number, Place>()
  const queue = new Queue()
  return {
    access(key) {
      const known = places.get(key)
      if (known !== undefined) {
        queue.remove(known)
        queue.push(known)
        return true
      }
      const place = new Place(key, sizeOf(key))
      if (place.bytes > capacity) return false
      while (queue.bytes + place.bytes > capacity) {
        const gone = queue.shift()
        if (gone !== undefined) places.delete(gone.key)
      }
      places.set(key, place)
      queue.push(place)
      return false
    },
  }
}
