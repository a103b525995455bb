/*
 * SIEVE (Zhang et al., NSDI 2024): one queue and a hand. A hit sets a mark. The hand goes from the oldest to the newest,
 * wipes marks, and takes the first that has none; it stays where it is.
 */
import type { Policy, Room } from '../policy.ts'
import { Place, Queue } from '../queue.ts'

export function sieve({ capacity, sizeOf }: Room): Policy {
  const places = new Map<number, Place>()
  const queue = new Queue()
  let hand: Place | undefined

  function evict(): void {
    let at = hand ?? queue.first
    while (at !== undefined && at.uses > 0) {
      at.uses = 0
      at = at.after ?? queue.first
    }
    if (at === undefined) return
    hand = at.after
    queue.remove(at)
    places.delete(at.key)
  }

  return {
    access(key) {
      const known = places.get(key)
      if (known !== undefined) {
        known.uses = 1
        return true
      }
      const place = new Place(key, sizeOf(key))
      if (place.bytes > capacity) return false
      while (queue.bytes + place.bytes > capacity) evict()
      places.set(key, place)
      queue.push(place)
      return false
    },
  }
}
