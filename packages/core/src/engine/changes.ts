/*
 * Changes: what set, delete, expire, touch, invalidateTags and clear do to a space.
 *
 * All begin by cutting what is under way, in the same turn in which they were called. Where the store answers later,
 * they cut again at its acknowledgement: a load that began in between may have seen the old state of a lagging source.
 */

import type { SchemaResult } from '../schema.ts'
import type { Awaitable } from '../store/store.ts'
import { isPending } from '../store/store.ts'
import type { CacheEvent } from '../watch/events.ts'
import type { Asked } from './copies.ts'
import { ageOf, allLive, deadAt, type Entry, entryOf, entryProblem, type Stamps } from './entry.ts'
import { dropLease, fillNow, leaseEnded, seizeLease, takeLease } from './leasing.ts'
import { freshUntil, tagsOf, termsFor } from './loads.ts'
import type { Resolved } from './policy.ts'
import { newToken } from './marks.ts'
import { LEASE } from './rounds.ts'
import type { Space } from './space.ts'
import type { Far } from './writes.ts'
import { isCacheError, loadRefused } from '../errors.ts'

const NO_STAMPS: Stamps = []

/** Keeps a value. */
export function set(space: Space, name: string, value: unknown, policy: Resolved): Awaitable<Far> {
  if (policy.schema === undefined) return setChecked(space, name, value, policy)
  const checked = policy.schema['~standard'].validate(value)
  if (isPending(checked)) return setWhenChecked(space, name, checked, policy)
  return setChecked(space, name, satisfying(name, checked), policy)
}

/** Keeps several values, or none if one of them is refused. */
export function setMany(
  space: Space,
  pairs: readonly (readonly [string, unknown])[],
  policy: Resolved,
): readonly Awaitable<Far>[] {
  const { schema } = policy
  if (schema === undefined) return pairs.map(([name, value]) => setChecked(space, name, value, policy))
  const checks = pairs.map(([, value]) => schema['~standard'].validate(value))
  const valuesOf = (results: readonly SchemaResult<unknown>[]): readonly unknown[] =>
    results.map((result, i) => satisfying(pairs[i]?.[0] ?? '', result))
  if (checks.some((check) => isPending(check))) {
    const values = Promise.all(checks).then(valuesOf)
    return pairs.map(([name], i) =>
      setWhenChecked(
        space,
        name,
        values.then((all) => ({ value: all[i] })),
        policy,
      ),
    )
  }
  const values = valuesOf(checks as readonly SchemaResult<unknown>[])
  return pairs.map(([name], i) => setChecked(space, name, values[i], policy))
}

function satisfying(name: string, result: SchemaResult<unknown>): unknown {
  if (result.issues !== undefined) throw loadRefused(name, result.issues)
  return result.value
}

function setChecked(space: Space, name: string, value: unknown, policy: Resolved): Awaitable<Far> {
  const tags = policy.tagsOf.length === 0 ? policy.tags : [...policy.tags, ...tagsOf(policy, value)]
  space.cut(name)
  const until = freshUntil(space, policy, value, undefined, 0)
  const far = space.sync
    ? space.put(
        name,
        entryOf(value, until, termsFor(space, policy, space.stampsNow(tags), undefined, 0)),
        true,
      )
    : setFar(space, name, value, until, policy, tags)
  wasSet(space, name)
  return far
}

function wasSet(space: Space, name: string): void {
  space.counts.sets++
  tell(space, { type: 'set', cache: space.path, key: name })
}

/** While the schema is asked, the key's lane is held: what is called later must also happen later. */
async function setWhenChecked(
  space: Space,
  name: string,
  checked: PromiseLike<SchemaResult<unknown>>,
  policy: Resolved,
): Promise<Far> {
  space.cut(name)
  // If it fails before it is the lane's turn, that is heard then.
  checked.then(undefined, () => {})
  const { epoch } = space
  let refusal: { readonly error: unknown } | undefined
  const write = async (): Promise<void> => {
    let value: unknown
    try {
      value = satisfying(name, await checked)
    } catch (error) {
      refusal = { error }
      // Nothing is written, so what should be gone by now is still owed.
      if (space.writes.owes(name)) await space.view.delete(name)
      return
    }
    const tags = [...policy.tags, ...tagsOf(policy, value)]
    const until = freshUntil(space, policy, value, undefined, 0)
    await writeStamped(space, name, value, until, policy, tags, epoch)
  }
  const said = space.writes.run('set', name, undefined, true, write, acknowledging(space, name))
  wasSet(space, name)
  const far = await said
  if (refusal !== undefined) throw refusal.error
  return far
}

function setFar(
  space: Space,
  name: string,
  value: unknown,
  until: number,
  policy: Resolved,
  tags: readonly string[],
): Awaitable<Far> {
  const { copies, epoch } = space
  // Readers in this process see the value until it is acknowledged; an invalidation of tags hides it.
  const latest = entryOf(value, until, termsFor(space, policy, NO_STAMPS, undefined, 0))
  const copy: Sent | undefined = copies && { entry: undefined, asked: copies.asking() }
  const isAwaited = copies?.near.farWrites !== 'background'
  const written = (): Awaitable<void> => writeStamped(space, name, value, until, policy, tags, epoch, copy)
  const write = (): Awaitable<void> =>
    isAwaited ? written() : writtenOrForgotten(space, name, written, copy)
  const far = space.writes.run('set', name, latest, true, write, acknowledging(space, name, copy))
  if (isAwaited) return far
  space.background(Promise.resolve(far))
  return 'queued'
}

/** Where nobody waits, nobody can be told that a value is refused: what it was to replace goes all the same. */
async function writtenOrForgotten(
  space: Space,
  name: string,
  write: () => Awaitable<void>,
  sent: Sent | undefined,
): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!isCacheError(error, 'VALUE_REFUSED')) throw error
    space.unstored(name, error)
    if (sent !== undefined) sent.entry = undefined
    await space.view.delete(name)
  }
}

/** A value on its way to the store, for a near copy once it is there. */
interface Sent {
  entry: Entry | undefined
  asked: Asked
}

/** Writes a value under the marks as they are now, unless something was invalidated since the call: by now the marks are new ones, so they would not tell. */
function writeStamped(
  space: Space,
  name: string,
  value: unknown,
  until: number,
  policy: Resolved,
  tags: readonly string[],
  epoch: number,
  sent?: Sent,
): Awaitable<void> {
  const write = (stamps: Stamps): Awaitable<void> =>
    writeNow(space, name, value, until, policy, stamps, epoch, sent)
  const known = space.knownForSet(tags)
  return known === undefined ? stampsForSet(space, tags).then(write) : write(known)
}

async function stampsForSet(space: Space, tags: readonly string[]): Promise<Stamps> {
  const captured = await space.captureForSet(tags)
  if (captured === undefined) throw new Error('its marks could not be read')
  return captured.stamps
}

function writeNow(
  space: Space,
  name: string,
  value: unknown,
  until: number,
  policy: Resolved,
  stamps: Stamps,
  epoch: number,
  sent: Sent | undefined,
): Awaitable<void> {
  if (space.epoch !== epoch || !allLive(stamps)) return space.view.delete(name)
  const entry = entryOf(value, until, termsFor(space, policy, stamps, undefined, 0))
  space.outlived(entry)
  if (sent !== undefined) {
    sent.entry = entry
    sent.asked = space.copies?.asking() ?? sent.asked
  }
  // It may have waited for its turn for longer than it lives.
  const ttl = deadAt(entry) - space.house.clock.now()
  return ttl > 0 ? space.view.set(name, entry, ttl) : space.view.delete(name)
}

/** Forgets a key. */
export function remove(space: Space, name: string): Awaitable<Far> {
  space.cut(name)
  const far = space.remove(name, acknowledging(space, name))
  space.counts.deletes++
  tell(space, { type: 'delete', cache: space.path, key: name })
  return far
}

/** Observers are told last: what they read must show what happened. */
function tell(space: Space, event: CacheEvent): void {
  const { watch } = space.house
  if (watch.heard) watch.emit(event)
}

/** What is to be done when the store has acknowledged something about a key, or nobody waits for that any longer. */
function acknowledging(space: Space, name: string, sent?: Sent): (far: Far) => void {
  return (reached) => {
    const copy = reached === 'applied' ? copyOf(space, name, sent) : undefined
    space.cut(name)
    leaseEnded(space, name)
    if (copy !== undefined && sent !== undefined) space.copies?.put(name, copy, sent.asked.since)
  }
}

/** What was written, if nothing was said or heard about it since it was sent. */
function copyOf({ copies, writes }: Space, name: string, sent: Sent | undefined): Entry | undefined {
  if (sent?.entry === undefined || copies === undefined || writes.behind(name)) return undefined
  return copies.isUntouched(name, sent.asked) && allLive(sent.entry.terms.stamps) ? sent.entry : undefined
}

/** Makes a key stale. */
export function expire(space: Space, name: string): Awaitable<Far> {
  space.cut(name)
  const far = space.sync ? expireNow(space, name) : expireFar(space, name)
  tell(space, { type: 'expire', cache: space.path, key: name })
  return far
}

function expireNow(space: Space, name: string): Awaitable<Far> {
  let found: Entry | undefined
  try {
    found = space.lookOrThrow(name)
  } catch (error) {
    // What cannot be made stale must go.
    space.failed('expire', name, error)
    return space.remove(name)
  }
  const entry = space.believed(name, found)
  return entry === undefined ? 'applied' : space.put(name, expired(entry, space.house.clock.now()), true)
}

function expireFar(space: Space, name: string): Awaitable<Far> {
  const say = (): Awaitable<void> => {
    // What should be gone by now is not kept as stale.
    if (space.writes.owes(name)) return space.view.delete(name)
    return space.hasLeases ? expireLeased(space, name) : expireRecord(space, name)
  }
  return space.writes.run('expire', name, undefined, true, say, acknowledging(space, name))
}

async function expireRecord(space: Space, name: string): Promise<void> {
  const record = await space.ask(name)
  if (record === undefined) return
  if (entryProblem(record) !== undefined) return space.view.delete(name)
  const entry = expired(record as Entry, space.house.clock.now())
  const ttl = deadAt(entry) - space.house.clock.now()
  return ttl > 0 ? space.view.set(name, entry, ttl) : space.view.delete(name)
}

/** The lease is taken from whoever loads the key: what he brings is older than this. */
async function expireLeased(space: Space, name: string): Promise<void> {
  const { clock, store } = space.house
  const { leases } = store
  const full = `${space.path}:${name}`
  for (let left = 3; left > 0; left--) {
    const token = newToken(clock)
    const record = await leases?.seize(full, token, LEASE)
    // What is being loaded elsewhere is older than this, and near there when it lands: so it is told, as a deletion is.
    if (record === undefined) return space.view.delete(name)
    if (entryProblem(record) !== undefined) break
    const entry = expired(record, clock.now())
    const ttl = deadAt(entry) - clock.now()
    if (!(ttl > 0)) break
    // If it was not, somebody has come in between: perhaps with a touch of what should have been stale by then.
    if ((await leases?.fill(full, token, entry, ttl, true)) === true) return
  }
  return space.view.delete(name)
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
  // What is being written is not there yet to be touched.
  const writing = space.writes.tail(name)
  if (writing !== undefined) await space.within('touch', name, writing).catch(() => {})
  for (let left = 3; left > 0; left--) {
    const lease = space.hasLeases ? await leaseForTouch(space, name) : undefined
    if (space.hasLeases && lease === undefined) return false
    const found = await space.find(name, [])
    if (found.tokens !== undefined && !found.overtaken) {
      return lease === undefined
        ? touched(space, name, found.own(), ttl)
        : touchLeased(space, name, found.own(), ttl, lease)
    }
    if (lease !== undefined) dropLease(space, name, lease)
    if (found.tokens === undefined) return false // not from the store: there is nothing that could be touched
  }
  return false
}

/** Who loads what is not there, or not fresh, is not robbed of his lease: there is nothing to touch. */
async function leaseForTouch(space: Space, name: string): Promise<string | undefined> {
  const { clock } = space.house
  const token = newToken(clock)
  const holder = await takeLease(space, name, token)
  if (holder === token || holder === undefined) return holder
  const { entry } = await space.find(name, [])
  if (entry === undefined || ageOf(entry, clock.now()) !== 'fresh') return undefined
  return (await seizeLease(space, name, token)) ? token : undefined
}

/** Under a lease, so that nothing newer is overwritten. */
async function touchLeased(
  space: Space,
  name: string,
  entry: Entry | undefined,
  ttl: number,
  token: string,
): Promise<boolean> {
  const now = space.house.clock.now()
  if (entry === undefined || ageOf(entry, now) !== 'fresh') {
    dropLease(space, name, token)
    return false
  }
  const renewed = entryOf(entry.value, Math.floor(now + ttl), entry.terms)
  const isFilled = await fillNow(space, name, token, renewed, true)
  space.copies?.drop(name)
  if (isFilled === undefined) dropLease(space, name, token)
  else leaseEnded(space, name)
  return isFilled === true
}

function touched(space: Space, name: string, entry: Entry | undefined, ttl: number): Awaitable<boolean> {
  const now = space.house.clock.now()
  if (entry === undefined || ageOf(entry, now) !== 'fresh') return false
  const far = space.put(name, entryOf(entry.value, Math.floor(now + ttl), entry.terms), false)
  if (!isPending(far)) return far === 'applied'
  return far.then((reached) => {
    space.copies?.drop(name)
    return reached === 'applied'
  })
}

/** Invalidates tags. */
export function invalidateTags(space: Space, tags: readonly string[]): Awaitable<Far> {
  space.invalidating()
  const far = space.invalidate(tags)
  space.counts.invalidations++
  tell(space, { type: 'invalidate-tags', cache: space.path, tags })
  return far
}

/** Forgets everything in a space and in those inside it. */
export function clear(space: Space): Awaitable<Far> {
  space.invalidating()
  const far = space.invalidateAll()
  if (space.sync) space.giveBackNow()
  space.counts.invalidations++
  tell(space, { type: 'clear', cache: space.path })
  return space.sync ? far : clearedFar(space, far)
}

async function clearedFar(space: Space, far: Awaitable<Far>): Promise<Far> {
  const reached = await far
  await space.giveBackLater()
  return reached
}
