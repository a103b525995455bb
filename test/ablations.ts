/*
 * Ablations: for every fence in core, how to take it away, and what must then be seen to fail.
 *
 * A fence is text in the sources; taking it away replaces that text. `find` must occur exactly once in all of them, so
 * that this table follows the code: whoever changes a fence changes its row.
 */

import { patternScenarios } from './model/pattern-scenarios.ts'
import { type Scenario, scenarios } from './model/scenarios.ts'
import { sharedScenarios } from './model/shared-scenarios.ts'
import { tierScenarios } from './model/tier-scenarios.ts'
import type { World } from './model/history.ts'

export interface Ablation {
  /** The fence, as what it does. */
  readonly what: string
  readonly find: string
  readonly replace: string
  /** What fails without it: the random histories of a world, or a story. */
  readonly seenBy:
    | World
    | keyof typeof scenarios
    | keyof typeof sharedScenarios
    | keyof typeof tierScenarios
    | keyof typeof patternScenarios
}

export const stories: Readonly<Record<string, Scenario>> = {
  ...scenarios,
  ...sharedScenarios,
  ...tierScenarios,
  ...patternScenarios,
}

export const ablations: readonly Ablation[] = [
  // ---- what an invalidation cuts ---------------------------------------------------------------------------------
  {
    what: 'delete cuts the load under way',
    find: `export function remove(space: Space, name: string): Awaitable<Far> {
  space.cut(name)`,
    replace: `export function remove(space: Space, name: string): Awaitable<Far> {`,
    seenBy: 'near',
  },
  {
    what: 'set cuts the load under way',
    find: `  space.cut(name)
  const until`,
    replace: `  const until`,
    seenBy: 'near',
  },
  {
    what: 'expire cuts the load under way',
    find: `export function expire(space: Space, name: string): Awaitable<Far> {
  space.cut(name)`,
    replace: `export function expire(space: Space, name: string): Awaitable<Far> {`,
    seenBy: 'near',
  },
  {
    what: 'a cut reaches loads',
    find: `if (this.flights.size !== 0) this.flights.cut(key)`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'a cut reaches reads',
    find: `this.flights.cut(key)
    this.#reads?.cut(key)`,
    replace: `this.flights.cut(key)`,
    seenBy: 'a touch does not bring back what was deleted in the same breath',
  },
  {
    what: 'a load that was cut is not stored',
    find: `if (flight.cut || isLateCut`,
    replace: `if (isLateCut`,
    seenBy: 'near',
  },
  {
    what: 'a load that was cut is not joined',
    find: `each = each.before) each.cut = true
    this.#open.delete(key)`,
    replace: `each = each.before) each.cut = true`,
    seenBy: 'near',
  },
  {
    what: 'acknowledgements cut again',
    find: `    space.cut(name)
    leaseEnded(space, name)
    if (copy`,
    replace: `    leaseEnded(space, name)
    if (copy`,
    seenBy: 'who comes after a deletion was acknowledged does not join a load from before that',
  },
  {
    what: 'loads whose marks are not known yet are cut by any invalidation',
    find: `space.#cutFlights((flight) => flight.stamps === undefined)`,
    replace: ``,
    seenBy: 'far',
  },
  {
    what: 'an invalidation of tags cuts reads under way',
    find: `      this.#ports.cutReads()
    }
    kill()`,
    replace: `    }
    kill()`,
    seenBy:
      'a value whose tag was invalidated while its schema was asked is not offered to the load that follows',
  },
  // ---- stamps ------------------------------------------------------------------------------------------------------
  {
    what: 'stamps are taken before the load',
    find: `    const ms = clock.exact() - began
`,
    replace: `    const after = await space.capture(policy.tags, new Map())
    for (const flight of flights) {
      flight.stamps = after?.stamps
      flight.late = after?.late
    }
    const ms = clock.exact() - began
`,
    seenBy: 'near',
  },
  {
    what: 'stamps are looked at when a load lands',
    find: `|| !allLive(all)) return space.fenced(name)`,
    replace: `) return space.fenced(name)`,
    seenBy: 'what is invalidated while it is loaded is not stored, and the books say so',
  },
  {
    what: 'a load is joined only while its stamps live',
    find: `if (stamps !== undefined) return allLive(stamps)`,
    replace: `if (stamps !== undefined) return true`,
    seenBy: 'near',
  },
  {
    what: 'late tags are fenced by the late mark',
    find: `const isLateCut = flight.namedLate && !(flight.late !== undefined && allLive(flight.late))`,
    replace: `const isLateCut = false`,
    seenBy: 'near',
  },
  {
    what: 'who joins a load that may yet name an invalidated tag looks again',
    find: `(flight.namedLate ? again() : value)`,
    replace: `value`,
    seenBy: 'near',
  },
  {
    what: 'tags that are named late join the stamps',
    find: `    : captured && union(before, captured.stamps)`,
    replace: `    : captured && before`,
    seenBy: 'near',
  },
  {
    what: 'a kept value keeps its tags',
    find: `const all = kept === undefined ? stamps : union(stamps, kept.terms.stamps)`,
    replace: `const all = stamps`,
    seenBy: 'a value that is kept can still be invalidated by the tags it had',
  },
  {
    what: 'a value that is kept may have tags that its load did not know of',
    find: ` || keepsMore(flight, wanted, remarks)`,
    replace: ``,
    seenBy: 'a value that is kept ("not modified") keeps its tags, also for those who wait for it',
  },
  {
    what: 'an invalidated tag is invalid in this process at once',
    find: `for (const tag of tags) this.#known.kill(tagMark(this.#path, tag))`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'the late mark changes with every invalidation of a tag',
    find: `    this.#late.live = false
    this.#late = this.#newLate()
    return 'applied'`,
    replace: `    return 'applied'`,
    seenBy: 'near',
  },
  {
    what: 'a namespace has a stamp that clear turns off',
    find: `    this.#own.live = false
    this.#own = this.#newOwn()`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'the base of a namespace is made anew when it is cleared',
    find: `    this.#own = this.#newOwn()
    this.rebase()
    return 'applied'`,
    replace: `    this.#own = this.#newOwn()
    return 'applied'`,
    seenBy: 'near',
  },
  {
    what: 'the namespaces inside follow when one is cleared',
    find: `for (const marks of this.#room.marksInside()) marks.rebase()`,
    replace: ``,
    seenBy: 'a namespace inside one that is cleared goes on as an empty one',
  },
  {
    what: 'tags reach the namespaces inside',
    find: `if (this.sync) for (const marks of this.#room.marksInside()) marks.invalidate(tags)`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'a dead stamp makes an entry a miss',
    find: `stamps.length > 0 && allLive(stamps))`,
    replace: `stamps.length > 0)`,
    seenBy: 'near',
  },
  {
    what: 'a stale entry with a dead stamp is none',
    find: `const isUsable = allLive(found.terms.stamps) && ageOf`,
    replace: `const isUsable = ageOf`,
    seenBy: 'near',
  },
  // ---- writes ------------------------------------------------------------------------------------------------------
  {
    what: 'a key is not read from the store while a write of it is unacknowledged',
    find: `    return this.#lanes.has(key)
  }`,
    replace: `    return this.#lanes.has(key) && false
  }`,
    seenBy: 'what is being deleted, or replaced, is not read from the store',
  },
  {
    what: 'the writes of a key go out one after the other',
    find: `const before = lane.open === 0 ? undefined : lane.last`,
    replace: `const before = undefined`,
    seenBy: 'far',
  },
  {
    what: 'an invalidation that did not get through is owed',
    find: `if (said.owes || lane.owing) this.#owe(lane, key)`,
    replace: ``,
    seenBy: 'what could not be deleted, or replaced, is not read again',
  },
  {
    what: 'an invalidation that a synchronous store refused is owed',
    find: `if (owes) this.#owe(this.#newLane(key), key)`,
    replace: ``,
    seenBy: 'near, failing',
  },
  {
    what: 'a set whose outcome is unknown owes a deletion',
    find: `space.writes.run('set', name, latest, true, write`,
    replace: `space.writes.run('set', name, latest, false, write`,
    seenBy: 'what could not be deleted, or replaced, is not read again',
  },
  {
    what: 'what is owed is not paid by an expiry',
    find: `    if (space.writes.owes(name)) return space.view.delete(name)
`,
    replace: ``,
    seenBy: 'what was to be replaced, and was not, is not kept as stale',
  },
  {
    what: 'what is owed is not paid by a set that was refused',
    find: `      if (space.writes.owes(name)) await space.view.delete(name)
`,
    replace: ``,
    seenBy: 'what was to be replaced, and was not, does not come back with a set that is refused',
  },
  {
    what: 'what is owed is tried again by itself',
    find: `      this.#probe()
    })`,
    replace: `    })`,
    seenBy: 'far, failing',
  },
  {
    what: 'an operation that missed its deadline is waited for before the next goes out',
    find: `    this.#ports.late(said.name, said.key)
`,
    replace: `    this.#ports.late(said.name, said.key)
    this.#settled(said)
`,
    seenBy: 'a deletion waits for a set that has missed its deadline',
  },
  {
    what: 'the value that is being set is hidden by an invalidation of tags',
    find: `      space.writes.hide()`,
    replace: ``,
    seenBy: 'far',
  },
  {
    what: 'a set that was invalidated since its call is not stored',
    find: `if (space.epoch !== epoch || !allLive(stamps)) return`,
    replace: `if (!allLive(stamps)) return`,
    seenBy: 'a set is undone by an invalidation that was called after it',
  },
  {
    what: 'nothing goes out after close',
    find: `    if (this.#closed) return this.#fail(said, new Error('the cache was closed'))
`,
    replace: ``,
    seenBy: 'nothing is asked of a store that was closed',
  },
  // ---- reads -------------------------------------------------------------------------------------------------------
  {
    what: 'a read that was overtaken is not built upon',
    find: `const old = found.overtaken ? undefined : vetted`,
    replace: `const old = vetted`,
    seenBy: 'a value that was deleted after the store was asked three times is not offered to the load',
  },
  {
    what: 'a read that was overtaken is asked again',
    find: `if (found.overtaken && left > 0) {`,
    replace: `if (left < 0) {`,
    seenBy: 'who asked the store before a load landed does not load again',
  },
  {
    what: 'a load that has landed cuts the reads that may have missed it',
    find: `  space.landed(name)
  if (flight.lease`,
    replace: `  if (flight.lease`,
    seenBy: 'who asked the store before a load landed does not load again',
  },
  {
    what: 'a touch that was overtaken does nothing',
    find: `if (found.tokens !== undefined && !found.overtaken) {`,
    replace: `if (found.tokens !== undefined) {`,
    seenBy: 'a touch does not bring back what was deleted in the same breath',
  },
  {
    what: 'what expires under a failing store must go',
    find: `    return space.remove(name)
  }`,
    replace: `    return 'applied'
  }`,
    seenBy: 'a key that was expired while the store could not be read is not fresh when it can',
  },
  // ---- marks that are records of the store ---------------------------------------------------------------------------
  {
    what: 'a missing token means invalid',
    find: `else if (said !== token) return undefined`,
    replace: `else if (said !== null && said !== token) return undefined`,
    seenBy: 'an entry whose mark is gone is not believed',
  },
  {
    what: 'another token means invalid',
    find: `else if (said !== token) return undefined`,
    replace: `else if (said === null) return undefined`,
    seenBy: 'an entry from before an invalidation stays invalid when its mark is minted anew',
  },
  {
    what: 'an entry without the marks of its namespace is not valid',
    find: `if (!this.#chain.every((mark) => stamps.some(({ tag }) => tag === mark))) return undefined`,
    replace: ``,
    seenBy: 'an entry without the mark of its namespace is not believed',
  },
  {
    what: 'a token that was minted is acknowledged before the load begins',
    find: `    return home.#minting.get(mark) ?? home.#known.get(mark) ?? home.#mint(mark)`,
    replace: `    if (!home.#minting.has(mark)) void home.#mint(mark)
    return home.#known.get(mark)`,
    seenBy: 'a mark that is minted late does not vouch for a load that began before',
  },
  {
    what: 'a token that could not be minted is none',
    find: `if (far === 'applied' && there === undefined) return stamp
        this.#known.kill(mark)
        return far === 'applied' ? this.#first(mark, there, question) : undefined`,
    replace: `return stamp`,
    seenBy: 'what was loaded under a mark that the store refused is not stored',
  },
  {
    what: 'an answer that overtook an invalidation is not believed',
    find: `        if (home.#isInvalidating(mark)) return [mark, 'invalidating']`,
    replace: ``,
    seenBy: 'a read that overtakes an invalidation that is owed does not believe the old token',
  },
  {
    what: 'another token than the known one ends what was known',
    find: `if (known !== undefined) this.kill(mark)`,
    replace: ``,
    seenBy: 'a caller who sees another mark does not join a load that began under the old one',
  },
  {
    what: 'a token that is gone ends what was known',
    find: `if (!home.#minting.has(mark)) home.#known.kill(mark)`,
    replace: ``,
    seenBy: 'a caller who sees that a mark is gone does not join a load that began under it',
  },
  {
    what: 'the late mark is deleted before those of tags',
    find: `[mark] : [lateMark(this.#path), mark]`,
    replace: `[mark] : [mark, lateMark(this.#path)]`,
    seenBy:
      'a load of another process that names its tags late cannot slip between the two halves of an invalidation',
  },
  {
    what: 'the late mark is looked at after those of tags',
    find: `      await marks.lookAtLate()`,
    replace: ``,
    seenBy:
      'a load of another process that names its tags late cannot slip between the two halves of an invalidation',
  },
  {
    what: 'marks dropped from memory count as invalidated',
    find: `      this.kill(mark)
      toGo--`,
    replace: `      this.#stamps.delete(mark)
      toGo--`,
    seenBy: 'a tag that this process can no longer remember counts as invalidated',
  },
  // ---- loads that end otherwise --------------------------------------------------------------------------------------
  {
    what: 'a hard timeout ends the wait',
    find: `      giveUp(space, keys[i] ?? '', flight, loadTimedOut(keys[i] ?? '', policy.hard)),`,
    replace: `      void [space, keys[i], flight, loadTimedOut],`,
    seenBy: 'a hard timeout frees the key, and what the load then brings is not stored',
  },
  {
    what: 'a hard timeout frees the key',
    find: `  space.flights.close(name, flight)
  flight.giveUp(reason)`,
    replace: `  flight.giveUp(reason)`,
    seenBy: 'a hard timeout frees the key, and what the load then brings is not stored',
  },
  {
    what: 'what a load brings that was given up is not stored',
    find: `if (flight.isGivenUp) return unstored(space, name, 'given-up')
  if (flight.cut || isLateCut`,
    replace: `if (!flight.isGivenUp && (flight.cut || isLateCut)) return
  if (isLateCut`,
    seenBy: 'a hard timeout frees the key, and what the load then brings is not stored',
  },
  {
    what: 'the last who leaves gives the load up',
    find: `if (flight.waiters === 0) giveUp(space, wanted.name, flight, signal?.reason)`,
    replace: ``,
    seenBy: 'a load is aborted when the last who waits for it has left, and not before',
  },
  {
    what: 'who waits without a way to leave keeps the load going',
    find: `flight.waiters += signal === undefined ? Infinity : 1`,
    replace: `flight.waiters += signal === undefined ? 0 : 1`,
    seenBy: 'a load is aborted when the last who waits for it has left, and not before',
  },
  {
    what: 'a loader that asks for its own key is told so',
    find: `if (may !== 'no' && isInsideOf(open)) throw loadRecursed(wanted.name)`,
    replace: ``,
    seenBy: 'a loader that asks for its own key fails at once, however deep it asks',
  },
  {
    what: 'callers of one key share one load',
    find: `if (may === 'yes') return open`,
    replace: ``,
    seenBy: 'near',
  },
  {
    what: 'a load that fails fails for all who wait for it, once',
    find: `      flight.reject(error)
      close(space, keys[i]`,
    replace: `      void flight.reject
      close(space, keys[i]`,
    seenBy: 'near',
  },
  {
    what: 'undefined is not stored',
    find: `if (value === undefined) return unstored(space, name, 'undefined')`,
    replace: ``,
    seenBy: 'undefined is handed back, and not kept',
  },
  {
    what: 'a stale value that was invalidated is not served for a failed load',
    find: `  return isInvalidated || ageOf`,
    replace: `  void isInvalidated
  return ageOf`,
    seenBy: 'a value that was deleted while its load was slow is not served stale',
  },
  {
    what: 'a namespace and its marks outlive those who opened it, while there are entries',
    find: `    const known = this.#space?.deref()
    if (known !== undefined) return known
    const space = open(this.#marks?.deref())`,
    replace: `    const space = open(undefined)`,
    seenBy: 'two handles of a namespace are one namespace',
  },
  {
    what: 'a load that could not take marks is not joined by who has asked the store',
    find: `  return (
    open.tokens !== undefined &&
    [...tokens].every(([mark, token]) => (open.tokens?.get(mark) ?? null) === token)
  )`,
    replace: `  return true`,
    seenBy: 'a caller who has asked the store does not join a load that began without it',
  },
  {
    what: 'a load that nobody wants any more does not begin',
    find: `if (!isWanted()) return`,
    replace: ``,
    seenBy: 'a load that everybody has left before it began does not begin',
  },
  {
    what: 'deleteMatching reaches what is being written',
    find: `const writing = this.space.writes.keys().filter(matches)`,
    replace: `const writing: string[] = []`,
    seenBy: 'deleteMatching also forgets what is being written',
  },
  {
    what: 'a set under a slow schema owes a deletion, like any other',
    find: `space.writes.run('set', name, undefined, true, write`,
    replace: `space.writes.run('set', name, undefined, false, write`,
    seenBy: 'a value set under a slow schema replaces the old one also where the store fails',
  },
  {
    what: 'a late answer about a mark does not outweigh what is known since',
    find: `if (known !== knownThen) return token !== null && known?.token === token ? token : null`,
    replace: `void knownThen`,
    seenBy: 'callers share a load though an answer about its mark was late',
  },
  {
    what: 'what a cache has left is invalid once it is closed',
    find: `for (const marks of shared.rooms.marksInside()) marks.invalidateAll()`,
    replace: ``,
    seenBy: 'what a closed cache has left in a store is nothing to the next cache on it',
  },
  {
    what: 'options are compared by what was in them',
    find: `{ tags: tags.slice() }`,
    replace: `{ tags }`,
    seenBy: 'tags that are changed in a list which is given again are the new ones',
  },
]
