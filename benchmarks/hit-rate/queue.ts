/*
 * A queue of keys that knows the sum of their sizes; any of them can be taken out. What the policies are made of.
 */

export class Place {
  readonly key: number
  readonly bytes: number
  /** How often it was asked for here; what counts as one is the policy's business. */
  uses = 0
  queue: Queue | undefined
  before: Place | undefined
  after: Place | undefined

  constructor(key: number, bytes: number) {
    this.key = key
    this.bytes = bytes
  }
}

export class Queue {
  first: Place | undefined
  last: Place | undefined
  bytes = 0
  length = 0

  /** Puts it at the end. */
  push(place: Place): void {
    place.queue = this
    place.before = this.last
    place.after = undefined
    if (this.last === undefined) this.first = place
    else this.last.after = place
    this.last = place
    this.bytes += place.bytes
    this.length++
  }

  remove(place: Place): void {
    const { before, after } = place
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    place.queue = undefined
    this.bytes -= place.bytes
    this.length--
  }

  shift(): Place | undefined {
    const { first } = this
    if (first !== undefined) this.remove(first)
    return first
  }
}
