/*
 * A load that is overtaken by an invalidation: of its key in the same process or in another, or of a tag.
 */
import type { Actor } from '../actor.ts'
import { type Arena, passed } from '../arena.ts'
import type { Asked } from '../orders.ts'
import { correct, type Observed, type Scenario, Void } from '../scenario.ts'

/** ms after which a message has arrived everywhere. */
const HEARD = 100
/** ms after which an invalidation that waits for the load is let have it. */
const WAITS = 1_500

interface Overtaken {
  readonly key: string
  readonly wanted: string
}

/** A has read the old value from the source when `invalidate` is called, and gets it when that has been acknowledged. */
async function overtake(
  { a, source }: Arena,
  key: string,
  invalidate: () => Promise<Asked>,
): Promise<Overtaken> {
  const hold = source.hold(key)
  const reading = a.read(key)
  await hold.begun
  const wanted = source.change(key)
  const invalidating = invalidate()
  await Promise.race([invalidating, passed(WAITS)])
  await passed(HEARD)
  hold.release()
  const invalidated = await invalidating
  if (invalidated.end !== 'done') throw new Void(`the invalidation: ${invalidated.error ?? invalidated.end}`)
  await reading
  return { key, wanted }
}

/** What these processes read at once, and again when everything has settled. */
async function judged(readers: readonly Actor[], { key, wanted }: Overtaken): Promise<Observed> {
  const values: unknown[] = []
  for (const pause of [0, HEARD]) {
    await passed(pause)
    for (const reader of readers) values.push((await reader.read(key)).value)
  }
  return values.every((value) => value === wanted) ? correct : { isGood: false, says: 'old value back' }
}

export const sameProcess: Scenario = {
  name: 'delete in the same process',
  title: 'slow load, delete in the same process',
  story:
    'A loads a key, and the source has read the old row. Then the row is changed, and A deletes the key and waits until that is acknowledged. Now the old row arrives. Who asked before the delete may have it; it must not be cached, since nothing but the ttl would end it. The key is read again at once and 100 ms later.',
  trials: 20,
  isFresh: false,
  parts: [
    {
      name: '',
      async play(arena) {
        const key = arena.newKey()
        const overtaken = await overtake(arena, key, () => arena.a.invalidate(key))
        return judged([arena.a], overtaken)
      },
    },
  ],
}

export const otherProcess: Scenario = {
  name: 'delete in another process',
  title: 'slow load, delete in another process',
  story:
    'The same, but B deletes while A loads. The delete has been acknowledged and its message has had 100 ms when the old row arrives in A. If A writes it to Redis, it is back for all processes. B and A are both asked, twice.',
  trials: 20,
  isFresh: false,
  parts: [
    {
      name: '',
      async play(arena) {
        const key = arena.newKey()
        const overtaken = await overtake(arena, key, () => arena.b.invalidate(key))
        return judged([arena.b, arena.a], overtaken)
      },
    },
  ],
}

export const taggedLoad: Scenario = {
  name: 'tag',
  title: 'tag invalidated during a load that carries it',
  story:
    'A loads a value that will carry a tag, and the source has read the old row. The row is changed, and A invalidates the tag. A tag that is looked at when the value is stored, and not when its load began, does not know of that. A and B are asked, twice. Groups are taken where a library has those.',
  trials: 20,
  isFresh: false,
  isTagged: true,
  lacks: ({ tags }) => (tags === undefined ? 'has no tags' : undefined),
  parts: [
    {
      name: '',
      async play(arena) {
        const key = arena.newKey()
        const overtaken = await overtake(arena, key, () => arena.a.invalidateTagOf(key))
        return judged([arena.a, arena.b], overtaken)
      },
    },
  ],
}
