/*
 * Copies: what one namespace keeps near, in the memory of this process, of a store that others write too.
 *
 * Four rules keep them honest:
 *
 *   sequence    what the store answers is kept only if nothing was said or heard about the key since the question was put
 *   barrier     what this process says about a key drops its copy, at the call and at the acknowledgement
 *   period      after a gap in what is heard no earlier copy counts
 *   heartbeat   a copy is believed for `maxStaleness` after the last proof that nothing was missed; so a lost message, a
 *               sleeping process and a silent server cost a question, never the truth
 *
 * Where nobody tells what others change, or nobody can be heard, a copy is believed for `maxStaleness` after the question that
 * brought it.
 *
 * Tags need no rule of their own: a copy carries the stamps of this process, which die when a mark changes.
 */

import type { Near } from '../store/near.ts'
import { prefixed } from '../store/prefixed.ts'
import type { Store } from '../store/store.ts'
import type { NearExplanation } from '../watch/report.ts'
import type { Clock } from './clock.ts'
import {
  ageOf,
  allLive,
  deadAt,
  type Entry,
  entryOf,
  entryProblem,
  type Since,
  type Stamp,
  type Stamps,
  type Terms,
} from './entry.ts'
import { Heard } from './heard.ts'
import type { Trust } from './trust.ts'

export interface CopiesPorts {
  readonly clock: Clock
  readonly trust: Trust
  failed(operation: string, key: string, error: unknown): void
}

/** What was asked of the store, or is being loaded. */
export interface Asked {
  /** What a copy of the answer will be known by. */
  readonly since: Since
  /** How many changes had been heard of by then. */
  readonly changes: number
  /** Live until tags are invalidated that it may have, where it is not known which. */
  readonly moment: Stamp
}

/** What is asked within this part of the time for which a copy is believed counts as asked at its beginning, which is never too long. */
const AT_ONCE = 1 / 64

export class Copies {
  readonly near: Near<Entry>
  readonly #ports: CopiesPorts
  readonly #view: Store<Entry>
  readonly #heard = new Heard()
  /** Dies with the next invalidation of any tag: for what was loaded while the marks could not be asked for. */
  #moment: Stamp = newMoment()
  /** Copies of another owner count no longer. */
  #owner: object = {}
  /** The last one, and when it was made. Copies share it: what a hit looks at should be little, and so in reach of the processor. */
  #since: Since | undefined
  #sinceAt = -Infinity
  readonly #atOnce: number
  #lastTerms: Terms | undefined

  constructor(near: Near<Entry>, path: string, ports: CopiesPorts) {
    this.near = near
    this.#ports = ports
    this.#view = prefixed(near.store, `${path}:`)
    this.#atOnce = Math.min(near.maxStaleness, near.ttl) * AT_ONCE
  }

  /** The copy that may be served as fresh. Of all that is done here, this is done most. */
  fresh(name: string): Entry | undefined {
    const found = this.#get(name)
    if (found === undefined) return undefined
    const { value, freshUntil, terms } = found
    // The memory may hand out anything; but what has the owner in it was made here, and all that is beside it.
    const since = (terms as Terms | undefined)?.since
    if (since?.owner !== this.#owner) return void this.#believed(name, found)
    const now = this.#ports.clock.now()
    if (typeof freshUntil !== 'number' || !(now < freshUntil) || value === undefined) return undefined
    return this.#isBelieved(since, now) && allLive(terms.stamps) ? found : undefined
  }

  #isBelieved(since: Since, now: number): boolean {
    if (now >= since.ends) return false
    return since.period === 0 ? now <= since.until : this.#ports.trust.coversAt(now, since.period)
  }

  /** Whether there is a copy that would be served, and why not. */
  explain(name: string): NearExplanation {
    const found = this.#look(name)
    const now = this.#ports.clock.now()
    const no = (because: string): NearExplanation => ({ served: false, because })
    if (found === undefined) return no('this process has no copy')
    const { since, stamps } = found.terms
    if (since?.owner !== this.#owner || !allLive(stamps)) return no('the copy was invalidated')
    if (now >= found.freshUntil) return no('the copy is no longer fresh')
    if (now >= since.ends) return no('the copy is older than nearTtl')
    if (this.#isBelieved(since, now))
      return { served: true, because: since.period === 0 ? BY_LIFE : BY_CHANNEL }
    return no('for longer than maxStaleness nothing has proven that the copy is up to date')
  }

  #look(name: string): Entry | undefined {
    const found = this.#get(name)
    return found === undefined ? undefined : this.#believed(name, found)
  }

  #get(name: string): Entry | undefined {
    try {
      return (this.#view.get(name) as Entry | undefined | null) ?? undefined
    } catch (error) {
      this.#ports.failed('near', name, error)
      return undefined
    }
  }

  /** The same, if it is an entry at all. */
  #believed(name: string, found: Entry): Entry | undefined {
    if (entryProblem(found) === undefined) return found
    this.drop(name)
    return undefined
  }

  /**
   * A copy that nothing said or heard here has invalidated, though it can no longer be proven, as an entry that was fresh for
   * as long as it was. For when the store does not answer.
   */
  unproven(name: string): Entry | undefined {
    const found = this.#look(name)
    const since = found?.terms.since
    if (found === undefined || since?.owner !== this.#owner || !allLive(found.terms.stamps)) return undefined
    const { period, until, ends } = since
    const wasKnown = Math.min(ends, period === 0 ? until : this.#ports.trust.believedUntil(period))
    const entry = entryOf(found.value, Math.min(found.freshUntil, wasKnown), found.terms)
    return ageOf(entry, this.#ports.clock.now()) === 'dead' ? undefined : entry
  }

  /** What is asked for now will be known by this. */
  asking(): Asked {
    return this.#asked(this.#ports.trust.period)
  }

  /** What is loaded from now on, while the store does not say under which marks. */
  loadingAlone(): Asked {
    return this.#asked(0)
  }

  #asked(period: number): Asked {
    return { since: this.#sinceNow(period), changes: this.#heard.count, moment: this.#moment }
  }

  #sinceNow(period: number): Since {
    const now = this.#ports.clock.now()
    const last = this.#since
    if (last?.owner === this.#owner && last.period === period && now - this.#sinceAt <= this.#atOnce)
      return last
    const { maxStaleness, ttl } = this.near
    this.#since = { period, until: now + maxStaleness, ends: now + ttl, owner: this.#owner }
    this.#sinceAt = now
    return this.#since
  }

  /** The terms of a copy. Copies in a row mostly have the same, and then share one object. */
  terms(of: Terms, stamps: Stamps, since: Since): Terms {
    const { staleFor, keptFor, meta, cost, schema } = of
    const last = this.#lastTerms
    const isSame =
      last?.since === since &&
      last.stamps === stamps &&
      last.staleFor === staleFor &&
      last.keptFor === keptFor &&
      last.meta === meta &&
      last.cost === cost &&
      last.schema === schema
    if (isSame) return last
    this.#lastTerms = { staleFor, keptFor, stamps, meta, cost, schema, since }
    return this.#lastTerms
  }

  /** Keeps what was found or loaded, unless something was said or heard about it since it was asked for. */
  keep(name: string, entry: Entry, asked: Asked): void {
    if (this.isUntouched(name, asked) && allLive(entry.terms.stamps)) this.put(name, entry, asked.since)
  }

  isUntouched(name: string, asked: Asked): boolean {
    return !this.#heard.isAfter(asked.changes, name)
  }

  /** The same without looking: nothing was said about it, and it has just been acknowledged. */
  put(name: string, entry: Entry, since: Since): void {
    const { clock } = this.#ports
    const { value, freshUntil, terms } = entry
    const isCopy = terms.since === since
    const copy = isCopy ? entry : entryOf(value, freshUntil, this.terms(terms, terms.stamps, since))
    const ttl = Math.min(deadAt(entry), since.ends + copy.terms.keptFor) - clock.now()
    try {
      if (ttl > 0) this.#view.set(name, copy, ttl)
    } catch (error) {
      this.#ports.failed('near', name, error)
    }
  }

  /** Keeps what was loaded while the store did not answer, unless any tag was invalidated since; the next time one is, it ends. */
  keepAlone(name: string, entry: Entry, asked: Asked): void {
    const since = { ...asked.since, period: 0 }
    const terms = this.terms(entry.terms, [asked.moment], since)
    this.keep(name, entryOf(entry.value, entry.freshUntil, terms), { ...asked, since })
  }

  /** A copy whose value has just been found to satisfy a schema; so it need not be asked again. */
  vetted(name: string, found: Entry, vetted: Entry, schema: Terms['schema']): void {
    const { freshUntil, terms } = found
    const { since } = terms
    const kept = this.#look(name)
    if (kept === undefined || since === undefined) return
    // Another copy may be known by the same, but has another value; or have the same value, but other tags.
    if (kept.value !== found.value || kept.terms !== terms) return
    this.put(name, entryOf(vetted.value, freshUntil, { ...terms, schema }), since)
  }

  /** Something was said about a key, here or elsewhere. */
  drop(name: string): void {
    this.#heard.of(name)
    try {
      this.#view.delete(name)
    } catch (error) {
      this.#ports.failed('near', name, error)
    }
  }

  /** The store has nothing there. */
  forget(name: string, asked: Asked): void {
    if (this.isUntouched(name, asked)) this.drop(name)
  }

  /** Something was said about many keys: which, it would take long to find out. */
  dropAll(): void {
    this.#heard.ofAll()
    this.#owner = {}
  }

  /** Marks have changed: copies with stamps are reached through them. */
  invalidated(): void {
    this.#moment.live = false
    this.#moment = newMoment()
  }

  /** Gives back the space of everything kept. */
  clear(): void {
    this.#heard.ofAll()
    try {
      this.#view.clear?.('')
    } catch (error) {
      this.#ports.failed('near', '', error)
    }
  }
}

const BY_LIFE = 'the copy was taken less than maxStaleness ago'
const BY_CHANNEL = 'the channel has told of no change since the copy was taken'

const newMoment = (): Stamp => ({ tag: '', token: '', live: true })
