/*
 * Changes: what set, delete, expire, touch, invalidateTags and clear do to a space.
 *
 * All begin by cutting what is under way, in the same turn in which they were called. Where the store answers later,
 * they cut again at its acknowledgement: a load that began in between may have seen the old state of a lagging source.
 */

import type { SchemaResult } from '../schema.ts'
import type { Awaitable } from '../store/store.ts'
import { isPending } from '../store/store.ts'
import { ageOf, allLive, deadAt, type Entry, entryOf, entryProblem, type Stamps } from './entry.ts'
import { freshUntil, tagsOf, termsFor } from './loads.ts'
import type { Resolved } from './policy.ts'
import type { Space } from './space.ts'
import type { Far } from './writes.ts'
import { loadRefused } from '../errors.ts'

const NO_STAMPS: Stamps = []

/** Keeps a value. */
export function set(space: Space, name: string, value: unknown, policy: Resolved): Awaitable<Far> {
  if (policy.schema === undefined) return setChecked(space, name, value, policy)
  const checked = policy.schema['~standard'].validate(value)
  if (isPending(checked)) return setWhenChecked(space, name, checked, policy)
  return setChecked(space, name, satisfying(name, checked), policy)
}

function satisfying(name: string, result: SchemaResult<unknown>): unknown {
  if (result.issues !== undefined) throw loadRefused(name, result.issues)
  return result.value
}

function setChecked(space: Space, name: string, value: unknown, policy: Resolved): Awaitable<Far> {
  const tags = policy.tagsOf.length === 0 ? policy.tags : [...policy.tags, ...tagsOf(policy, value)]
  announceSet(space, name)
  const until = freshUntil(space, policy, value, undefined, 0)
  if (!space.sync) return setFar(space, name, value, until, policy, tags)
  const stamps = space.stampsNow(tags)
  return space.put(name, entryOf(value, until, termsFor(space, policy, stamps, undefined, 0)), true)
}

function announceSet(space: Space, name: string): void {
  space.counts.sets++
  const { watch } = space.house
  if (watch.heard) watch.emit({ type: 'set', cache: space.path, key: name })
  space.cut(name)
}

/** While the schema is asked, the key's lane is held: what is called later must also happen later. */
async function setWhenChecked(
  space: Space,
  name: string,
  checked: PromiseLike<SchemaResult<unknown>>,
  policy: Resolved,
): Promise<Far> {
  announceSet(space, name)
  const { epoch } = space
  let refusal: { readonly error: unknown } | undefined
  const far = await space.writes.run('set', name, undefined, false, async () => {
    let value: unknown
    try {
      value = satisfying(name, await checked)
    } catch (error) {
      refusal = { error }
      return
    }
    const tags = [...policy.tags, ...tagsOf(policy, value)]
    await writeStamped(
      space,
      name,
      value,
      freshUntil(space, policy, value, undefined, 0),
      policy,
      tags,
      epoch,
    )
  })
  if (refusal !== undefined) throw refusal.error
  return far
}

async function setFar(
  space: Space,
  name: string,
  value: unknown,
  until: number,
  policy: Resolved,
  tags: readonly string[],
): Promise<Far> {
  const { epoch } = space
  // Readers in this process see the value until it is acknowledged; an invalidation of tags hides it.
  const latest = entryOf(value, until, termsFor(space, policy, NO_STAMPS, undefined, 0))
  const far = await space.writes.run('set', name, latest, true, () =>
    writeStamped(space, name, value, until, policy, tags, epoch),
  )
  space.cut(name)
  return far
}

/** Writes a value under the marks as they are now, unless something was invalidated since the call: by now the marks are new ones, so they would not tell. */
async function writeStamped(
  space: Space,
  name: string,
  value: unknown,
  until: number,
  policy: Resolved,
  tags: readonly string[],
  epoch: number,
): Promise<void> {
  const captured = await space.capture(tags, new Map())
  if (captured === undefined) throw new Error('the marks of its tags could not be read')
  if (space.epoch !== epoch || !allLive(captured.stamps)) return space.view.delete(name)
  const entry = entryOf(value, until, termsFor(space, policy, captured.stamps, undefined, 0))
  return space.view.set(name, entry, deadAt(entry) - space.house.clock.now())
}

/** Forgets a key. */
export function remove(space: Space, name: string): Awaitable<Far> {
  space.counts.deletes++
  const { watch } = space.house
  if (watch.heard) watch.emit({ type: 'delete', cache: space.path, key: name })
  space.cut(name)
  return acknowledged(space, name, space.remove(name))
}

function acknowledged(space: Space, name: string, far: Awaitable<Far>): Awaitable<Far> {
  if (!isPending(far)) return far
  return far.then((reached) => {
    space.cut(name)
    return reached
  })
}

/** Makes a key stale. */
export function expire(space: Space, name: string): Awaitable<Far> {
  const { watch, clock } = space.house
  if (watch.heard) watch.emit({ type: 'expire', cache: space.path, key: name })
  space.cut(name)
  if (space.sync) {
    const entry = space.believed(name, space.look(name))
    return entry === undefined ? 'applied' : space.put(name, expired(entry, clock.now()), true)
  }
  const far = space.writes.run('expire', name, undefined, true, async () => {
    const record: unknown = await space.view.get(name)
    if (record === undefined) return
    if (entryProblem(record) !== undefined) return space.view.delete(name)
    const entry = expired(record as Entry, clock.now())
    const ttl = deadAt(entry) - clock.now()
    return ttl > 0 ? space.view.set(name, entry, ttl) : space.view.delete(name)
  })
  return acknowledged(space, name, far)
}

function expired(entry: Entry, now: number): Entry {
  return entry.freshUntil <= now ? entry : entryOf(entry.value, now, entry.terms)
}

/** Makes a fresh value fresh for `ttl` from now. */
export function touch(space: Space, name: string, ttl: number): Awaitable<boolean> {
  if (!space.sync) return touchFar(space, name, ttl)
  return touched(space, name, space.believed(name, space.look(name)), ttl)
}

async function touchFar(space: Space, name: string, ttl: number): Promise<boolean> {
  const found = await space.read(name, [])
  return found.overtaken ? false : touched(space, name, found.entry, ttl)
}

function touched(space: Space, name: string, entry: Entry | undefined, ttl: number): Awaitable<boolean> {
  const now = space.house.clock.now()
  if (entry === undefined || ageOf(entry, now) !== 'fresh') return false
  const far = space.put(name, entryOf(entry.value, Math.floor(now + ttl), entry.terms), false)
  return isPending(far) ? far.then((reached) => reached === 'applied') : far === 'applied'
}

/** Invalidates tags. */
export function invalidateTags(space: Space, tags: readonly string[]): Awaitable<Far> {
  space.counts.invalidations++
  const { watch } = space.house
  if (watch.heard) watch.emit({ type: 'invalidate-tags', cache: space.path, tags })
  space.invalidating()
  return space.invalidate(tags)
}

/** Forgets everything in a space and in those inside it. */
export function clear(space: Space): Awaitable<Far> {
  space.counts.invalidations++
  const { watch } = space.house
  if (watch.heard) watch.emit({ type: 'clear', cache: space.path })
  space.invalidating()
  const far = space.invalidateAll()
  if (space.sync) {
    space.giveBackNow()
    return far
  }
  return (async () => {
    const reached = await far
    await space.giveBackLater()
    return reached
  })()
}
