/*
 * Ablations: for every fence in core, how to take it away, and what must then be seen to fail.
 *
 * A fence is text in a source file; taking it away replaces that text. `find` must occur exactly once, so that this
 * table follows the code: whoever moves a fence moves its row.
 */

import { type Scenario, scenarios } from './model/scenarios.ts'
import type { World } from './model/history.ts'

export interface Ablation {
  /** The fence, as what it does. */
  readonly what: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** What fails without it: the random histories of a world, or a story. */
  readonly seenBy: World | keyof typeof scenarios
}

export const stories: Readonly<Record<string, Scenario>> = scenarios

export const ablations: readonly Ablation[] = [
  // ---- what an invalidation cuts ---------------------------------------------------------------------------------
  {
    what: 'delete cuts the load under way',
    file: 'engine/changes.ts',
    find: `export function remove(space: Space, name: string): Awaitable<Far> {
  space.cut(name)`,
    replace: `export function remove(space: Space, name: string): Awaitable<Far> {`,
    seenBy: 'near',
  },
  {
    what: 'set cuts the load under way',
    file: 'engine/changes.ts',
    find: `  space.cut(name)
  const until`,
    replace: `  const until`,
    seenBy: 'near',
  },
  {
    what: 'expire cuts the load under way',
    file: 'engine/changes.ts',
    find: `export function expire(space: Space, name: string): Awaitable<Far> {
  space.cut(name)`,
    replace: `export function expire(space: Space, name: string): Awaitable<Far> {`,
    seenBy: 'near',
  },
  {
    what: 'a cut reaches loads',
    file: 'engine/space.ts',
    find: `if (this.flights.size !== 0) this.flights.cut(key)`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'a cut reaches reads',
    file: 'engine/space.ts',
    find: `    this.#cuts++
    this.#reads.cut(key)
  }`,
    replace: `  }`,
    seenBy: 'far',
  },
  {
    what: 'a load that was cut is not stored',
    file: 'engine/loads.ts',
    find: `if (flight.cut || isLateCut`,
    replace: `if (isLateCut`,
    seenBy: 'near',
  },
  {
    what: 'a load that was cut is not joined',
    file: 'engine/flights.ts',
    find: `    flight.cut = true
    this.#open.delete(key)`,
    replace: `    flight.cut = true`,
    seenBy: 'near',
  },
  {
    what: 'acknowledgements cut again',
    file: 'engine/changes.ts',
    find: `  return far.then((reached) => {
    space.cut(name)`,
    replace: `  return far.then((reached) => {`,
    seenBy: 'who comes after a deletion was acknowledged does not join a load from before that',
  },
  {
    what: 'loads whose marks are not known yet are cut by any invalidation',
    file: 'engine/space.ts',
    find: `space.flights.cutWhere((_, flight) => flight.stamps === undefined)`,
    replace: ``,
    seenBy: 'far',
  },
  {
    what: 'an invalidation of tags cuts reads under way',
    file: 'engine/stored-marks.ts',
    find: `      this.#ports.cutReads()
    }
    kill()`,
    replace: `    }
    kill()`,
    seenBy: 'far',
  },
  // ---- stamps ------------------------------------------------------------------------------------------------------
  {
    what: 'stamps are taken before the load',
    file: 'engine/loads.ts',
    find: `    const stamps = tags.length === 0 ? flight.stamps : lateStamps(space, flight.stamps, tags)`,
    replace: `    const stamps = lateStamps(space, [], [...wanted.policy.tags, ...tags])`,
    seenBy: 'near',
  },
  {
    what: 'stamps are looked at when a load lands',
    file: 'engine/loads.ts',
    find: `|| !allLive(all)) {`,
    replace: `) {`,
    seenBy: 'far',
  },
  {
    what: 'a load is joined only while its stamps live',
    file: 'engine/loads.ts',
    find: `  if (open.stamps === undefined || allLive(open.stamps)) {
    if (isInside`,
    replace: `  if (open !== undefined) {
    if (isInside`,
    seenBy: 'near',
  },
  {
    what: 'late tags are fenced by the late mark',
    file: 'engine/loads.ts',
    find: `const isLateCut = flight.namedLate && !(flight.late !== undefined && allLive(flight.late))`,
    replace: `const isLateCut = false`,
    seenBy: 'near',
  },
  {
    what: 'who joins a load that may yet name an invalidated tag looks again',
    file: 'engine/answer.ts',
    find: `(flight.namedLate ? again() : value)`,
    replace: `value`,
    seenBy: 'near',
  },
  {
    what: 'tags that are named late join the stamps',
    file: 'engine/loads.ts',
    find: `    : captured && union(before, captured.stamps)`,
    replace: `    : captured && before`,
    seenBy: 'near',
  },
  {
    what: 'a kept value keeps its tags',
    file: 'engine/loads.ts',
    find: `const all = kept === undefined ? stamps : union(stamps, keptStamps(space, kept))`,
    replace: `const all = stamps`,
    seenBy: 'near',
  },
  {
    what: 'a value that is kept may have tags that its load did not know of',
    file: 'engine/loads.ts',
    find: ` || keepsMore(flight, wanted, remarks)`,
    replace: ``,
    seenBy: 'a value that is kept ("not modified") keeps its tags, also for those who wait for it',
  },
  {
    what: 'an invalidated tag is invalid in this process at once',
    file: 'engine/marks.ts',
    find: `for (const tag of tags) this.#known.kill(tagMark(this.#path, tag))`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'the late mark changes with every invalidation of a tag',
    file: 'engine/marks.ts',
    find: `    this.#late.live = false
    this.#late = this.#newLate()
    return 'applied'`,
    replace: `    return 'applied'`,
    seenBy: 'near',
  },
  {
    what: 'a namespace has a stamp that clear turns off',
    file: 'engine/marks.ts',
    find: `    this.#own.live = false
    this.#own = this.#newOwn()`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'the base of a namespace is made anew when it is cleared',
    file: 'engine/marks.ts',
    find: `    this.#own = this.#newOwn()
    this.rebase()
    return 'applied'`,
    replace: `    this.#own = this.#newOwn()
    return 'applied'`,
    seenBy: 'near',
  },
  {
    what: 'the namespaces inside follow when one is cleared',
    file: 'engine/space.ts',
    find: `for (const marks of this.#room.marksInside()) marks.rebase()`,
    replace: ``,
    seenBy: 'a namespace inside one that is cleared goes on as an empty one',
  },
  {
    what: 'tags reach the namespaces inside',
    file: 'engine/space.ts',
    find: `if (this.sync) for (const marks of this.#room.marksInside()) marks.invalidate(tags)`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'a dead stamp makes an entry a miss',
    file: 'engine/engine.ts',
    find: `(Array.isArray(stamps) && allLive(stamps))`,
    replace: `Array.isArray(stamps)`,
    seenBy: 'near',
  },
  {
    what: 'a stale entry with a dead stamp is none',
    file: 'engine/space.ts',
    find: `const isUsable = allLive(found.terms.stamps) && ageOf`,
    replace: `const isUsable = ageOf`,
    seenBy: 'near',
  },
  // ---- writes ------------------------------------------------------------------------------------------------------
  {
    what: 'a key is not read from the store while a write of it is unacknowledged',
    file: 'engine/writes.ts',
    find: `    return this.#lanes.has(key)
  }`,
    replace: `    return this.#lanes.has(key) && false
  }`,
    seenBy: 'far',
  },
  {
    what: 'the writes of a key go out one after the other',
    file: 'engine/writes.ts',
    find: `if (before !== undefined) await before`,
    replace: `if (before !== undefined) await undefined`,
    seenBy: 'far',
  },
  {
    what: 'an invalidation that did not get through is owed',
    file: 'engine/writes.ts',
    find: `if (owes || lane.owing) this.#owe(lane, key)`,
    replace: ``,
    seenBy: 'far, failing',
  },
  {
    what: 'an invalidation that a synchronous store refused is owed',
    file: 'engine/writes.ts',
    find: `if (owes) this.#owe(this.#newLane(key), key)`,
    replace: ``,
    seenBy: 'near, failing',
  },
  {
    what: 'a set whose outcome is unknown owes a deletion',
    file: 'engine/changes.ts',
    find: `space.writes.run('set', name, latest, true, () =>`,
    replace: `space.writes.run('set', name, latest, false, () =>`,
    seenBy: 'far, failing',
  },
  {
    what: 'what is owed is tried again by itself',
    file: 'engine/writes.ts',
    find: `        if (lane.owing) this.deliver(key)`,
    replace: ``,
    seenBy: 'far, failing',
  },
  {
    what: 'an operation that missed its deadline is waited for before the next goes out',
    file: 'engine/writes.ts',
    find: `    lane.tail = settled.then(
      () => {},
      () => {},
    )
    try {
      await this.#ports.within(name, key, settled)`,
    replace: `    lane.tail = this.#ports.within(name, key, settled).then(
      () => {},
      () => {},
    )
    try {
      await this.#ports.within(name, key, settled)`,
    seenBy: 'far',
  },
  {
    what: 'the value that is being set is hidden by an invalidation of tags',
    file: 'engine/space.ts',
    find: `      space.writes.hide()`,
    replace: ``,
    seenBy: 'far',
  },
  {
    what: 'a set that was invalidated since its call is not stored',
    file: 'engine/changes.ts',
    find: `if (space.epoch !== epoch || !allLive(captured.stamps)) return`,
    replace: `if (!allLive(captured.stamps)) return`,
    seenBy: 'far',
  },
  {
    what: 'nothing goes out after close',
    file: 'engine/writes.ts',
    find: `      if (this.#closed) throw new Error('the cache was closed before this could be said')
`,
    replace: ``,
    seenBy: 'nothing is asked of a store that was closed',
  },
  // ---- reads -------------------------------------------------------------------------------------------------------
  {
    what: 'a read that was overtaken is not built upon',
    file: 'engine/engine.ts',
    find: `const old = found.overtaken ? undefined : vetted`,
    replace: `const old = vetted`,
    seenBy: 'a value that was deleted while its schema was asked is not kept by the load that follows',
  },
  {
    what: 'a read that was overtaken is asked again',
    file: 'engine/engine.ts',
    find: `if (found.overtaken && left > 0) continue`,
    replace: ``,
    seenBy: 'far',
  },
  {
    what: 'a load that has landed cuts the reads that may have missed it',
    file: 'engine/loads.ts',
    find: `  space.landed(name)`,
    replace: ``,
    seenBy: 'who asked the store before a load landed does not load again',
  },
  {
    what: 'a touch that was overtaken does nothing',
    file: 'engine/changes.ts',
    find: `if (!found.overtaken) return touched`,
    replace: `if (found !== undefined) return touched`,
    seenBy: 'a touch does not bring back what was deleted in the same breath',
  },
  {
    what: 'what expires under a failing store must go',
    file: 'engine/changes.ts',
    find: `    return space.remove(name)
  }`,
    replace: `    return 'applied'
  }`,
    seenBy: 'near, failing',
  },
  // ---- marks that are records of the store ---------------------------------------------------------------------------
  {
    what: 'a missing token means invalid',
    file: 'engine/stored-marks.ts',
    find: `return stamps.every(({ tag, token }) => tokens.get(tag) === token)`,
    replace: `return stamps.every(({ tag, token }) => (tokens.get(tag) ?? token) === token)`,
    seenBy: 'far',
  },
  {
    what: 'another token means invalid',
    file: 'engine/stored-marks.ts',
    find: `return stamps.every(({ tag, token }) => tokens.get(tag) === token)`,
    replace: `return stamps.every(({ tag }) => typeof tokens.get(tag) === 'string')`,
    seenBy: 'processes',
  },
  {
    what: 'an entry without the marks of its namespace is not valid',
    file: 'engine/stored-marks.ts',
    find: `if (!this.#chain.every((mark) => stamps.some(({ tag }) => tag === mark))) return false`,
    replace: ``,
    seenBy: 'an entry without the mark of its namespace is not believed',
  },
  {
    what: 'a token that was minted is acknowledged before the load begins',
    file: 'engine/stored-marks.ts',
    find: `    return home.#minting.get(mark) ?? home.#mint(mark)`,
    replace: `    void (home.#minting.get(mark) ?? home.#mint(mark))
    return home.#known.get(mark)`,
    seenBy: 'processes',
  },
  {
    what: 'a token that could not be minted is none',
    file: 'engine/stored-marks.ts',
    find: `.then((far) => (far === 'applied' ? stamp : undefined))`,
    replace: `.then(() => stamp)`,
    seenBy: 'a mark that is minted late does not vouch for a load that began before',
  },
  {
    what: 'an invalidation on its way is believed before the store',
    file: 'engine/stored-marks.ts',
    find: `if (doubtful.has(mark) || home.#isInvalidating(mark)) {`,
    replace: `if (doubtful.has(mark)) {`,
    seenBy: 'far',
  },
  {
    what: 'an answer that overtook an invalidation is not believed',
    file: 'engine/stored-marks.ts',
    find: `if (doubtful.has(mark) || home.#isInvalidating(mark)) {`,
    replace: `if (home.#isInvalidating(mark)) {`,
    seenBy: 'a read that overtakes an invalidation on its way does not believe the old token',
  },
  {
    what: 'another token than the known one ends what was known',
    file: 'engine/marks.ts',
    find: `if (known !== undefined) known.live = false`,
    replace: ``,
    seenBy: 'processes',
  },
  {
    what: 'a token that is gone ends what was known',
    file: 'engine/stored-marks.ts',
    find: `if (!home.#minting.has(mark)) home.#known.kill(mark)`,
    replace: ``,
    seenBy: 'a caller who sees that a mark is gone does not join a load that began under it',
  },
  {
    what: 'the late mark is deleted before those of tags',
    file: 'engine/stored-marks.ts',
    find: `    if (tagOfMark(mark) !== undefined) await store.delete(lateMark(this.#path))
    await store.delete(mark)`,
    replace: `    await store.delete(mark)
    if (tagOfMark(mark) !== undefined) await store.delete(lateMark(this.#path))`,
    seenBy:
      'a load of another process that names its tags late cannot slip between the two halves of an invalidation',
  },
  {
    what: 'the late mark is looked at after those of tags',
    file: 'engine/space.ts',
    find: `      await marks.lookAtLate()`,
    replace: ``,
    seenBy: 'processes, key by key',
  },
  {
    what: 'marks dropped from memory count as invalidated',
    file: 'engine/marks.ts',
    find: `      this.kill(mark)
      toGo--`,
    replace: `      this.#stamps.delete(mark)
      toGo--`,
    seenBy: 'a tag that this process can no longer remember counts as invalidated',
  },
  // ---- loads that end otherwise --------------------------------------------------------------------------------------
  {
    what: 'a hard timeout ends the wait',
    file: 'engine/loads.ts',
    find: `      giveUp(space, keys[i] ?? '', flight, loadTimedOut(keys[i] ?? '', policy.hard)),`,
    replace: `      void [space, keys[i], flight, loadTimedOut],`,
    seenBy: 'a hard timeout frees the key, and what the load then brings is not stored',
  },
  {
    what: 'a hard timeout frees the key',
    file: 'engine/loads.ts',
    find: `  space.flights.close(name, flight)
  flight.giveUp(reason)`,
    replace: `  flight.giveUp(reason)`,
    seenBy: 'a hard timeout frees the key, and what the load then brings is not stored',
  },
  {
    what: 'what a load brings that was given up is not stored',
    file: 'engine/loads.ts',
    find: `if (flight.isGivenUp) return unstored(space, name, 'given-up', value)
  if (flight.cut || isLateCut`,
    replace: `if (!flight.isGivenUp && (flight.cut || isLateCut)) return value
  if (isLateCut`,
    seenBy: 'a hard timeout frees the key, and what the load then brings is not stored',
  },
  {
    what: 'the last who leaves gives the load up',
    file: 'engine/answer.ts',
    find: `if (flight.waiters === 0) giveUp(space, wanted.name, flight, signal?.reason)`,
    replace: ``,
    seenBy: 'a load is aborted when the last who waits for it has left, and not before',
  },
  {
    what: 'who waits without a way to leave keeps the load going',
    file: 'engine/answer.ts',
    find: `flight.waiters += signal === undefined ? Infinity : 1`,
    replace: `flight.waiters += signal === undefined ? 0 : 1`,
    seenBy: 'a load is aborted when the last who waits for it has left, and not before',
  },
  {
    what: 'a loader that asks for its own key is told so',
    file: 'engine/loads.ts',
    find: `if (isInside(open.call)) throw loadRecursed(name)`,
    replace: `void [isInside, loadRecursed]`,
    seenBy: 'a loader that asks for its own key fails at once, however deep it asks',
  },
  {
    what: 'callers of one key share one load',
    file: 'engine/loads.ts',
    find: `    if (isInside(open.call)) throw loadRecursed(name)
    return open`,
    replace: `    if (isInside(open.call)) throw loadRecursed(name)
    return undefined`,
    seenBy: 'near',
  },
  {
    what: 'a load that fails fails for all who wait for it, once',
    file: 'engine/loads.ts',
    find: `    failed(space, keys, error, background)
    flights.forEach((flight, i) => {
      flight.reject(error)`,
    replace: `    failed(space, keys, error, background)
    flights.forEach((flight, i) => {
      void flight.reject`,
    seenBy: 'near',
  },
  {
    what: 'undefined is not stored',
    file: 'engine/loads.ts',
    find: `if (value === undefined) return unstored(space, name, 'undefined', value)`,
    replace: ``,
    seenBy: 'undefined is handed back, and not kept',
  },
  {
    what: 'a stale value that was invalidated is not served for a failed load',
    file: 'engine/answer.ts',
    find: `  return isInvalidated || ageOf`,
    replace: `  void isInvalidated
  return ageOf`,
    seenBy: 'a value that was deleted while its load was slow is not served stale',
  },
  {
    what: 'a namespace and its marks outlive those who opened it, while there are entries',
    file: 'engine/rooms.ts',
    find: `    const known = this.#space?.deref()
    if (known !== undefined) return known
    const space = open(this.#marks?.deref())`,
    replace: `    const space = open(undefined)`,
    seenBy: 'two handles of a namespace are one namespace',
  },
]
