/*
 * Belady's optimum: what is asked for again last goes first, and what comes later than all that is held is not taken in.
 * It knows the future, so nobody reaches it. With sizes it is no longer the optimum, but still what to aim at.
 */
import type { Policy, Room } from '../policy.ts'

export function belady({ capacity, sizeOf, accesses }: Room): Policy {
  const nextOf = nextAccesses(accesses)
  /** The next access of each key that is held. */
  const held = new Map<number, number>()
  const farthest = new Heap()
  let bytes = 0
  let now = -1

  return {
    access(key) {
      now++
      const next = nextOf[now] ?? Infinity
      const isHit = held.has(key)
      const size = sizeOf(key)
      if (!isHit && (size > capacity || next === Infinity)) return false
      if (!isHit) bytes += size
      if (next === Infinity) {
        held.delete(key)
        bytes -= size
        return isHit
      }
      held.set(key, next)
      farthest.push(next)
      while (bytes > capacity) {
        const gone = accesses[farthest.pop()] as number
        held.delete(gone)
        bytes -= sizeOf(gone)
      }
      return isHit
    },
  }
}

/** For each access, when the same key is asked for next. */
function nextAccesses(accesses: Uint32Array): Float64Array {
  const next = new Float64Array(accesses.length)
  const seen = new Map<number, number>()
  for (let at = accesses.length - 1; at >= 0; at--) {
    const key = accesses[at] as number
    next[at] = seen.get(key) ?? Infinity
    seen.set(key, at)
  }
  return next
}

/**
 * The largest first. A key that was hit has its former next access in here too, but that one has passed: it is smaller
 * than all that lie ahead, and so never comes out while there is something to throw out.
 */
class Heap {
  readonly #items: number[] = []

  push(item: number): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above] as number
      if (parent >= item) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  pop(): number {
    const items = this.#items
    const top = items[0] as number
    const moved = items.pop() as number
    const { length } = items
    let at = 0
    for (let below = 1; below < length; below = 2 * at + 1) {
      if (below + 1 < length && (items[below + 1] as number) > (items[below] as number)) below++
      if ((items[below] as number) <= moved) break
      items[at] = items[below] as number
      at = below
    }
    if (length > 0) items[at] = moved
    return top
  }
}
