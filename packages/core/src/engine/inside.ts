/*
 * The spaces of the namespaces directly inside a space. One that nobody holds is let go, so that a namespace per
 * tenant costs nothing when the tenant has left; its counters are added up.
 *
 * Its marks must live longer: as long as there are entries that carry its stamps. Those entries hold them; here they
 * are only remembered weakly, and handed to the space that follows.
 */

import { Counts } from '../watch/stats.ts'
import { LocalMarks } from './marks.ts'
import type { Space } from './space.ts'

interface Room {
  readonly space: WeakRef<Space>
  readonly marks: WeakRef<LocalMarks> | undefined
}

export class Inside {
  /** The counters of spaces that are gone. */
  readonly departed: Counts = new Counts()
  readonly #rooms = new Map<string, Room>()
  readonly #gone = new FinalizationRegistry<{ path: string; counts: Counts | undefined }>(
    ({ path, counts }) => {
      if (counts !== undefined) this.departed.add(counts)
      const room = this.#rooms.get(path)
      if (room?.space.deref() === undefined && room?.marks?.deref() === undefined) this.#rooms.delete(path)
    },
  )

  get(path: string, open: (surviving: LocalMarks | undefined) => Space): Space {
    const room = this.#rooms.get(path)
    const known = room?.space.deref()
    if (known !== undefined) return known
    const space = open(room?.marks?.deref())
    const marks = space.marks instanceof LocalMarks ? space.marks : undefined
    this.#rooms.set(path, { space: new WeakRef(space), marks: marks && new WeakRef(marks) })
    this.#gone.register(space, { path, counts: space.counts })
    if (marks !== undefined) this.#gone.register(marks, { path, counts: undefined })
    return space
  }

  *alive(): Generator<Space> {
    for (const { space } of this.#rooms.values()) {
      const known = space.deref()
      if (known !== undefined) yield known
    }
  }
}
