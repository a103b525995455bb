/*
 * S3-FIFO (Yang et al., SOSP 2023), as published: a small queue (a tenth) for what is new, a main queue, and the keys that
 * left the small one. What was asked for twice in the small queue moves to the main one, and so does what comes back while
 * its key is remembered. In the main queue one more round is given for each use, three at most.
 */
import type { Policy, Room } from '../policy.ts'
import { Place, Queue } from '../queue.ts'

const SMALL = 0.1
const MOST_USES = 3

export function s3Fifo({ capacity, sizeOf }: Room): Policy {
  const places = new Map<number, Place>()
  const small = new Queue()
  const main = new Queue()
  const ghost = new Queue()
  const smallRoom = Math.max(1, capacity * SMALL)
  const mainRoom = capacity - smallRoom

  function evictSmall(): void {
    for (let place = small.shift(); place !== undefined; place = small.shift()) {
      if (place.uses > 1) {
        place.uses = 0
        main.push(place)
        continue
      }
      ghost.push(place)
      while (ghost.bytes > mainRoom) {
        const gone = ghost.shift()
        if (gone !== undefined) places.delete(gone.key)
      }
      return
    }
  }

  function evictMain(): void {
    for (let place = main.shift(); place !== undefined; place = main.shift()) {
      if (place.uses === 0) {
        places.delete(place.key)
        return
      }
      place.uses--
      main.push(place)
    }
  }

  return {
    access(key) {
      const known = places.get(key)
      if (known !== undefined && known.queue !== ghost) {
        known.uses = Math.min(MOST_USES, known.uses + 1)
        return true
      }
      if (known !== undefined) ghost.remove(known)
      const place = known ?? new Place(key, sizeOf(key))
      if (place.bytes > capacity) return false
      while (small.bytes + main.bytes + place.bytes > capacity) {
        if (main.bytes > mainRoom || small.length === 0) evictMain()
        else evictSmall()
      }
      place.uses = 0
      places.set(key, place)
      if (known === undefined) small.push(place)
      else main.push(place)
      return false
    },
  }
}
