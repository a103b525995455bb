/*
 * Rooms: the tree of namespaces of a store, and who is in them.
 *
 * A room knows the Space of its namespace while anybody holds it, so that all handles of one name share one. A
 * namespace per tenant is let go when the tenant has left; its counters are added up here.
 *
 * Its marks live longer: as long as there are entries that carry its stamps. Those entries hold them; the room
 * remembers them weakly, and hands them to the space that follows.
 */

import { Counts } from '../watch/stats.ts'
import { LocalMarks } from './marks.ts'
import type { Space } from './space.ts'

export class Room {
  readonly path: string
  /** The counters of spaces that are gone, of this room and of rooms that were inside it. */
  readonly departed: Counts = new Counts()
  readonly #around: Room | undefined
  readonly #inside = new Map<string, Room>()
  #space: WeakRef<Space> | undefined
  /** The counters of spaces that are held, or are gone and have not been missed yet. */
  readonly #present = new Set<Counts>()
  #marks: WeakRef<LocalMarks> | undefined
  #isDown = false

  constructor(path: string, around?: Room) {
    this.path = path
    this.#around = around
  }

  /** The room of the namespace `part`. */
  inside(part: string): Room {
    const known = this.#inside.get(part)
    if (known !== undefined) return known
    const room = new Room(this.path === '' ? part : `${this.path}/${part}`, this)
    this.#inside.set(part, room)
    return room
  }

  /** The space in this room, or the one that `open` makes with the marks that have survived. */
  space(open: (surviving: LocalMarks | undefined) => Space): Space {
    const known = this.#space?.deref()
    if (known !== undefined) return known
    const space = open(this.#marks?.deref())
    this.#space = new WeakRef(space)
    this.#present.add(space.counts)
    gone.register(space, { room: this, counts: space.counts })
    if (space.marks instanceof LocalMarks && this.#marks?.deref() !== space.marks) {
      this.#marks = new WeakRef(space.marks)
      gone.register(space.marks, { room: this, counts: undefined })
    }
    return space
  }

  /** The space of the namespace `path` in this room, if somebody holds it. */
  find(path: string): Space | undefined {
    const end = path.indexOf('/')
    const inside = this.#inside.get(end === -1 ? path : path.slice(0, end))
    return end === -1 ? inside?.here : inside?.find(path.slice(end + 1))
  }

  /** The space in this room, if somebody holds it. */
  get here(): Space | undefined {
    return this.#space?.deref()
  }

  /** The spaces that somebody holds, of this room and those inside it. */
  *spaces(): Generator<Space> {
    const space = this.#space?.deref()
    if (space !== undefined) yield space
    for (const room of this.#inside.values()) yield* room.spaces()
  }

  /** The marks of all rooms inside this one, outer before inner. */
  *marksInside(): Generator<LocalMarks> {
    for (const room of this.#inside.values()) {
      const marks = room.#marks?.deref()
      if (marks !== undefined) yield marks
      yield* room.marksInside()
    }
  }

  /** The counters of this room and of those inside it, present and past. */
  total(): Counts {
    const sum = new Counts()
    sum.add(this.departed)
    for (const counts of this.#present) sum.add(counts)
    for (const room of this.#inside.values()) sum.add(room.total())
    return sum
  }

  /** Somebody has left. A room without anybody and anything is taken down; who leaves it later is counted outside. */
  left(counts: Counts | undefined): void {
    const around = this.#around
    if (this.#isDown) {
      around?.left(counts)
      return
    }
    if (counts !== undefined) {
      this.departed.add(counts)
      this.#present.delete(counts)
    }
    const isHeld = this.#present.size > 0 || this.#marks?.deref() !== undefined
    if (isHeld || this.#inside.size > 0 || around === undefined) return
    this.#isDown = true
    around.#inside.delete(this.path.slice(this.path.lastIndexOf('/') + 1))
    around.left(this.departed)
  }
}

const gone = new FinalizationRegistry<{ room: Room; counts: Counts | undefined }>(({ room, counts }) =>
  room.left(counts),
)
