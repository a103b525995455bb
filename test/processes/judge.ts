/*
 * The judge: hears from all processes what they read and what they invalidated, and knows what must never be read.
 *
 *   G1   in the process that invalidated: from the call on, nothing older
 *   G3   anywhere: after the acknowledgement, nothing older than the call; single keys exactly, tags and `clear` at the
 *        latest `maxStaleness` after it, if the process hears of them at all by the channel
 *
 * A value is older than an invalidation if its load began before that was called. Processes report late, and in no order
 * among each other; so everything is put in the order of its time, and judged when all have told up to then.
 *
 * Only what is certain is a violation: an invalidation that its process did not live to report does not count, nor what a
 * process read that could not ask the store (a promise about reads from far says nothing of those); they are counted.
 */

import type { ChangeNote, Kind, ReadNote, Report } from './orders.ts'
import { KEYS, nameOf } from './places.ts'

interface Change {
  readonly by: number
  readonly kind: Kind
  readonly called: number
  readonly settled: number
}

/** What is known of a place. */
interface Heard {
  /** By process: its last call. */
  readonly own: Map<number, number>
  /** Acknowledged ones, in the order of that; those of single keys are only kept by process, the last. */
  readonly acknowledged: Map<number, number>
  /** Of tags and namespaces: those whose time has come, and those that may still be unheard of. */
  due: number
  dueAt: number
  recent: Change[]
}

type Moment =
  | { readonly at: number; readonly by: number; readonly read: ReadNote }
  | { readonly at: number; readonly by: number; readonly call: ChangeNote }
  | { readonly at: number; readonly by: number; readonly change: ChangeNote }

export interface Verdict {
  readonly reads: number
  readonly misses: number
  readonly loads: number
  /** Acknowledged as `applied`, by kind. */
  readonly invalidations: Readonly<Record<Kind, number>>
  readonly queued: number
  /** Loads that were not stored, since something had been invalidated meanwhile. */
  readonly fenced: number
  readonly rejections: number
  /** Reads that answered what an acknowledged invalidation of their key should have ended. */
  readonly resurrected: number
  /** Reads that answered what their own process had invalidated. */
  readonly own: number
  /** Reads that answered what was invalidated by tag or `clear` more than `maxStaleness` ago. */
  readonly late: number
  /** Reads of a process that could not ask the store, and how many of their answers were older than something elsewhere. */
  readonly blind: number
  readonly blindOld: number
  /** ms: the longest that an invalidated tag, or namespace, was still read elsewhere. */
  readonly worstStaleness: number
  /** How often one was read at all after its acknowledgement elsewhere. */
  readonly stale: number
  /** The first few, in words. */
  readonly examples: readonly string[]
}

const isWide = (kind: Kind): boolean => kind === 'tags' || kind === 'clear'

export class Judge {
  readonly #maxStaleness: number
  readonly #places = new Map<number, Heard>()
  /** Up to when each process that lives has told everything. */
  readonly #told = new Map<number, number>()
  readonly #settledSets = new Map<number, number>()
  #waiting: Moment[] = []
  readonly #sums = {
    reads: 0,
    misses: 0,
    loads: 0,
    queued: 0,
    fenced: 0,
    rejections: 0,
    resurrected: 0,
    own: 0,
    late: 0,
    blind: 0,
    blindOld: 0,
    worstStaleness: 0,
    stale: 0,
  }
  readonly #invalidations: Record<Kind, number> = { delete: 0, set: 0, expire: 0, tags: 0, clear: 0 }
  readonly #examples: string[] = []

  constructor(maxStaleness: number) {
    this.#maxStaleness = maxStaleness
  }

  get verdict(): Verdict {
    return { ...this.#sums, invalidations: { ...this.#invalidations }, examples: [...this.#examples] }
  }

  get isBroken(): boolean {
    const { resurrected, own, late } = this.#sums
    return resurrected + own + late > 0
  }

  /** Invalidations so far. */
  get rounds(): number {
    return Object.values(this.#invalidations).reduce((sum, each) => sum + each, 0)
  }

  joins(by: number, at: number): void {
    this.#told.set(by, at)
  }

  /** What a process did not tell in its life is never told. */
  leaves(by: number): void {
    this.#told.delete(by)
  }

  hear(by: number, report: Report): void {
    if (report.what !== 'notes') return
    const sums = this.#sums
    sums.misses += report.misses
    sums.loads += report.loads
    sums.fenced += report.fenced
    sums.rejections += report.rejections
    for (const read of report.reads) this.#waiting.push({ at: read[2], by, read })
    for (const change of report.changes) {
      this.#waiting.push({ at: change[2], by, call: change }, { at: change[3], by, change })
      if (change[5] !== 0) this.#settledSets.set(change[5], change[4] === 1 ? change[3] : Infinity)
    }
    if (this.#told.has(by)) this.#told.set(by, report.until)
    this.#judgeUntil(Math.min(...this.#told.values()))
  }

  /** When all have halted: whatever is left. */
  end(): void {
    this.#judgeUntil(Infinity)
  }

  #judgeUntil(end: number): void {
    if (this.#waiting.length < 500 && end !== Infinity) return
    const ready = this.#waiting.filter(({ at }) => at < end)
    this.#waiting = this.#waiting.filter(({ at }) => at >= end)
    ready.sort((a, b) => a.at - b.at)
    for (const moment of ready) {
      if ('read' in moment) this.#read(moment.by, moment.read)
      else if ('call' in moment) this.#called(moment.by, moment.call)
      else this.#settled(moment.by, moment.change)
    }
  }

  #at(place: number): Heard {
    const known = this.#places.get(place)
    if (known !== undefined) return known
    const heard: Heard = { own: new Map(), acknowledged: new Map(), due: -1, dueAt: -1, recent: [] }
    this.#places.set(place, heard)
    return heard
  }

  #called(by: number, [, places, called]: ChangeNote): void {
    for (const place of places) this.#at(place).own.set(by, called)
  }

  #settled(by: number, [kind, places, called, settled, isApplied]: ChangeNote): void {
    if (isApplied === 0) {
      this.#sums.queued++
      return
    }
    this.#invalidations[kind]++
    for (const place of places) {
      const heard = this.#at(place)
      if (isWide(kind)) heard.recent.push({ by, kind, called, settled })
      // A value in the window of `staleWhileRevalidate` may be served although it was expired.
      else if (kind !== 'expire' || KEYS[place]?.habit !== 'short')
        heard.acknowledged.set(by, Math.max(called, heard.acknowledged.get(by) ?? -1))
    }
  }

  #read(by: number, read: ReadNote): void {
    const [place, how, called, , , isBlind] = read
    this.#sums.reads++
    this.#sums.blind += isBlind
    for (const concern of KEYS[place]?.concerns ?? []) {
      const heard = this.#places.get(concern)
      if (heard === undefined) continue
      const own = heard.own.get(by)
      if (own !== undefined && !(how === 'getOrSet' && KEYS[place]?.habit === 'short')) {
        if (this.#beganFor(by, read) < own) this.#violation('own', by, read, concern, own)
      }
      for (const [other, since] of heard.acknowledged) {
        if (this.#beganFor(other, read) >= since) continue
        if (isBlind === 0) this.#violation('resurrected', by, read, concern, since)
        else if (other !== by) this.#sums.blindOld++
      }
      this.#readWide(by, read, concern, heard, called)
    }
  }

  #readWide(by: number, read: ReadNote, concern: number, heard: Heard, called: number): void {
    while (heard.recent.length > 0) {
      const [oldest] = heard.recent
      if (oldest === undefined || oldest.settled + this.#maxStaleness >= called) break
      heard.recent.shift()
      if (oldest.called > heard.due) {
        heard.due = oldest.called
        heard.dueAt = oldest.settled
      }
    }
    const began = this.#beganFor(undefined, read)
    const isBlind = read[5] === 1
    if (began < heard.due) {
      if (isBlind) this.#sums.blindOld++
      else this.#violation('late', by, read, concern, heard.due)
      this.#sawStale(called - heard.dueAt, isBlind)
      return
    }
    const overdue = heard.recent.find(
      ({ by: other, called: since, settled }) => other !== by && settled < called && began < since,
    )
    if (overdue !== undefined) this.#sawStale(called - overdue.settled, isBlind)
  }

  #sawStale(ms: number, isBlind: boolean): void {
    if (isBlind) return
    this.#sums.stale++
    this.#sums.worstStaleness = Math.max(this.#sums.worstStaleness, ms)
  }

  /** Since when a value is true, as seen by who invalidates: a `set` elsewhere may count as late as its acknowledgement. */
  #beganFor(by: number | undefined, [, , , began, set]: ReadNote): number {
    if (set === 0 || Math.floor(set / 1e6) === by) return began
    return this.#settledSets.get(set) ?? Infinity
  }

  #violation(
    kind: 'own' | 'resurrected' | 'late',
    by: number,
    read: ReadNote,
    concern: number,
    since: number,
  ): void {
    const [place, how, called, began, set, isBlind] = read
    this.#sums[kind]++
    if (this.#examples.length >= 10) return
    this.#examples.push(
      `${kind}: process ${by} called ${how} ${nameOf(place)} ${(called - since).toFixed(1)} ms after the call of the invalidation of ` +
        `${nameOf(concern)}, and was answered with what ${set === 0 ? 'was loaded' : 'was set'} from ${(since - began).toFixed(1)} ms before it${isBlind ? ' (blind)' : ''}`,
    )
  }
}
