/*
 * The judge of a process: knows what it has read, hears from the others what they have invalidated, and computes how stale
 * every read was: its start, minus the acknowledgement of the oldest invalidation that is newer than the value.
 *
 * A value says which version of each place it has seen. A read is judged when everybody has told what was acknowledged up
 * to its start; until then it waits. What nobody lived to tell was not acknowledged.
 *
 * Excused, and counted, is only what docs/guarantees.md excludes:
 *
 *   set      what is set while others change the same: the order of the two is left to chance, as at the source. So a set counts
 *            as new as what the source said when it had settled. If its process did not live to ask, nobody knows.
 *   lost     what Redis had acknowledged, and a failover lost
 *   shared   a read that the store did not answer may share a load of its process that was under way
 *
 * Counted apart, and not excused: a process that is stopped in the middle of a turn reads on by the clock of before, for the rest of
 * that turn, or of the readings that share one look at it.
 */

import { KEYS, nameOf } from '../processes/places.ts'
import { History } from './history.ts'
import type { ChangeNote, Loss, News, SetNote } from './orders.ts'

/** What a load brings, or a `set` writes. */
export interface Kept {
  readonly place: number
  /** What the source of truth said, for each of the places that concern it. */
  readonly versions: readonly number[]
  /** Which load of which life of a process. 0: it was set. */
  readonly life: number
  readonly load: number
  /** Which set; 0 if none. Of all lives, see `lifeOf`. */
  readonly set: number
}

const SETS_OF_A_LIFE = 1e6
export const setIn = (life: number, n: number): number => life * SETS_OF_A_LIFE + n
const lifeOf = (set: number): number => Math.floor(set / SETS_OF_A_LIFE)

export interface Read {
  readonly kept: Kept
  readonly how: string
  readonly start: number
  /** How many changes had been called for in this process. */
  readonly turn: number
  /** It shared a load that was under way, and the store had not answered. */
  readonly isShared: boolean
  /** ms by which the clock of the cache was behind when the read began. */
  readonly behind: number
}

/** ms: how old a value may be that a read answers. */
export interface Bounds {
  readonly key: number
  /** After an invalidation by tag or `clear`. */
  readonly wide: number
}

export interface Verdict {
  judged: number
  unjudged: number
  stale: number
  beyond: number
  stopped: number
  own: number
  shared: number
  lost: number
  worst: number
  worstLost: number
  worstStopped: number
  worstShared: number
}

export class Judge {
  readonly life: number
  readonly verdict: Verdict = {
    judged: 0,
    unjudged: 0,
    stale: 0,
    beyond: 0,
    stopped: 0,
    own: 0,
    shared: 0,
    lost: 0,
    worst: 0,
    worstLost: 0,
    worstStopped: 0,
    worstShared: 0,
  }
  /** The first few violations, in words. */
  readonly examples: string[] = []
  readonly #bounds: Bounds
  readonly #histories = new Map<number, History>()
  /** Up to when each of the others has told everything. */
  readonly #told = new Map<number, number>()
  readonly #sets = new Map<number, readonly number[]>()
  readonly #losses = new Map<number, Loss>()
  /** Reads of a set that has not settled, or has not been heard of. */
  readonly #undecided = new Map<number, Read[]>()
  #waiting: Read[] = []
  #news: { changes: ChangeNote[]; sets: SetNote[] } = { changes: [], sets: [] }
  #turn = 0

  constructor(life: number, bounds: Bounds) {
    this.life = life
    this.#bounds = bounds
  }

  get turn(): number {
    return this.#turn
  }

  // ---- what happens here -------------------------------------------------------------------------------------------

  /** At the call: what a read answers from now on is newer. */
  called(place: number, version: number): void {
    this.#at(place).called(version, ++this.#turn)
  }

  settled(change: ChangeNote): void {
    this.#news.changes.push(change)
    this.#learn(change)
  }

  setSettled(set: number, versions: readonly number[]): void {
    this.#news.sets.push([set, versions])
    this.#learnSet(set, versions)
  }

  saw(read: Read): void {
    this.#waiting.push(read)
  }

  /** What the others do not know yet. */
  news(until: number): News {
    const news = { by: this.life, until, ...this.#news }
    this.#news = { changes: [], sets: [] }
    return news
  }

  // ---- what is heard of the others ---------------------------------------------------------------------------------

  came(by: number, at: number): void {
    this.#told.set(by, at)
  }

  gone(by: number): void {
    this.#told.delete(by)
    for (const [set, reads] of this.#undecided) {
      if (lifeOf(set) !== by) continue
      this.verdict.unjudged += reads.length
      this.#undecided.delete(set)
    }
  }

  loses(loss: Loss): void {
    this.#losses.set(loss.id, loss)
  }

  #isSafe(acknowledged: number): boolean {
    for (const { from, until } of this.#losses.values())
      if (acknowledged >= from && acknowledged <= until) return false
    return true
  }

  hear({ by, until, changes, sets }: News): void {
    for (const change of changes) this.#learn(change)
    for (const [set, versions] of sets) this.#learnSet(set, versions)
    if (this.#told.has(by)) this.#told.set(by, until)
  }

  #learn([place, version, settled, isApplied]: ChangeNote): void {
    if (isApplied) this.#at(place).acknowledged(version, settled)
  }

  #learnSet(set: number, versions: readonly number[]): void {
    this.#sets.set(set, versions)
    const reads = this.#undecided.get(set) ?? []
    this.#undecided.delete(set)
    for (const read of reads) this.#judge(read)
  }

  #at(place: number): History {
    const known = this.#histories.get(place)
    if (known !== undefined) return known
    const history = new History()
    this.#histories.set(place, history)
    return history
  }

  // ---- the judgement -----------------------------------------------------------------------------------------------

  /** `end`: no more will be told by anybody. */
  judge(how: 'so far' | 'end' = 'so far'): void {
    const told = how === 'end' ? Infinity : Math.min(...this.#told.values())
    const ready = this.#waiting.findIndex(({ start }) => start > told)
    const reads = this.#waiting.splice(0, ready === -1 ? this.#waiting.length : ready)
    for (const read of reads) this.#judge(read)
    if (how === 'so far') return
    for (const left of this.#undecided.values()) this.verdict.unjudged += left.length
    this.#undecided.clear()
  }

  #judge(read: Read): void {
    const { set } = read.kept
    const versions = set === 0 ? read.kept.versions : this.#sets.get(set)
    if (versions === undefined && this.#isGone(lifeOf(set))) this.verdict.unjudged++
    else if (versions === undefined) {
      const reads = this.#undecided.get(set) ?? []
      this.#undecided.set(set, reads)
      reads.push(read)
    } else this.#compare(read, versions)
  }

  #isGone(life: number): boolean {
    return life !== this.life && !this.#told.has(life)
  }

  #compare(read: Read, versions: readonly number[]): void {
    const { verdict } = this
    verdict.judged++
    const concerns = KEYS[read.kept.place]?.concerns ?? []
    let isOwn = false
    let lost = 0
    let stale = 0
    let excess = -Infinity
    let worst = -1
    for (const [i, place] of concerns.entries()) {
      const version = versions[i] ?? 0
      const history = this.#histories.get(place)
      if (history === undefined || version >= history.newest) continue
      if (!isOwn && history.wasOvertakenHere(version, read.turn)) {
        isOwn = true
        verdict.own++
        this.#example('own', read, place, 0)
      }
      const ms = read.start - history.overtakenAt(version, (at) => this.#isSafe(at))
      if (this.#losses.size > 0) lost = Math.max(lost, read.start - history.overtakenAt(version))
      if (ms <= 0) continue
      stale = Math.max(stale, ms)
      const more = ms - (i === 0 ? this.#bounds.key : this.#bounds.wide)
      if (more <= excess) continue
      excess = more
      worst = place
    }
    if (worst !== -1) return this.#wasStale(read, worst, stale, excess)
    if (lost > 0) verdict.lost++
    verdict.worstLost = Math.max(verdict.worstLost, lost)
  }

  #wasStale(read: Read, place: number, ms: number, excess: number): void {
    const { verdict } = this
    if (read.isShared) {
      verdict.shared++
      verdict.worstShared = Math.max(verdict.worstShared, ms)
      return
    }
    if (excess <= 0) {
      verdict.stale++
      verdict.worst = Math.max(verdict.worst, ms)
      return
    }
    const isStopped = excess <= read.behind
    const kind = isStopped ? 'stopped' : 'beyond'
    const worst = isStopped ? 'worstStopped' : 'worst'
    verdict[kind]++
    verdict[worst] = Math.max(verdict[worst], ms)
    if (!isStopped) this.#example('beyond', read, place, ms)
  }

  #example(what: string, { kept, how, start, behind }: Read, place: number, ms: number): void {
    if (this.examples.length >= 5) return
    const came = kept.set === 0 ? `load ${kept.load} of life ${kept.life}` : `set ${kept.set}`
    this.examples.push(
      `${what}: life ${this.life} at ${start.toFixed(1)} called ${how} ${nameOf(kept.place)}, and was answered with what ` +
        `${came} had brought, ${ms.toFixed(1)} ms after ${nameOf(place)} was invalidated; by a clock that was ${behind.toFixed(1)} ms behind`,
    )
  }
}
