/*
 * ARC (Megiddo and Modha, FAST 2003): two LRU lists, of what was asked for once and more than once, and for each of them a
 * list of keys that left it. Who comes back from one of these makes its list larger at the cost of the other.
 */
import type { Policy, Room } from '../policy.ts'
import { Place, Queue } from '../queue.ts'

export function arc({ capacity, sizeOf }: Room): Policy {
  const places = new Map<number, Place>()
  const once = new Queue()
  const often = new Queue()
  const onceGone = new Queue()
  const oftenGone = new Queue()
  /** What the list of those asked for once should hold. */
  let target = 0

  const forget = (queue: Queue): void => {
    const gone = queue.shift()
    if (gone !== undefined) places.delete(gone.key)
  }

  function makeRoom(bytes: number, isFromOften: boolean): void {
    while (once.bytes + often.bytes + bytes > capacity) {
      const isOnce =
        once.length > 0 &&
        (once.bytes > target || (isFromOften && once.bytes === target) || often.length === 0)
      const gone = (isOnce ? once : often).shift()
      if (gone !== undefined) (isOnce ? onceGone : oftenGone).push(gone)
    }
  }

  const weigh = (one: Queue, other: Queue, bytes: number): number =>
    bytes * Math.max(1, other.bytes / one.bytes)

  return {
    access(key) {
      const known = places.get(key)
      if (known !== undefined) {
        const from = known.queue
        if (from === once || from === often) {
          from.remove(known)
          often.push(known)
          return true
        }
        const isFromOften = from === oftenGone
        if (isFromOften) target = Math.max(0, target - weigh(oftenGone, onceGone, known.bytes))
        else target = Math.min(capacity, target + weigh(onceGone, oftenGone, known.bytes))
        from?.remove(known)
        makeRoom(known.bytes, isFromOften)
        often.push(known)
        return false
      }
      const place = new Place(key, sizeOf(key))
      if (place.bytes > capacity) return false
      if (once.bytes + onceGone.bytes + place.bytes > capacity) {
        if (onceGone.length > 0) forget(onceGone)
        else forget(once)
      }
      while (
        oftenGone.length > 0 &&
        once.bytes + often.bytes + onceGone.bytes + oftenGone.bytes + place.bytes > 2 * capacity
      ) {
        forget(oftenGone)
      }
      makeRoom(place.bytes, false)
      while (onceGone.length > 0 && once.bytes + onceGone.bytes + place.bytes > capacity) forget(onceGone)
      places.set(key, place)
      once.push(place)
      return false
    },
  }
}
