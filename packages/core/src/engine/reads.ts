/*
 * Reads: the questions under way to a store that answers later.
 *
 * Callers of one key and one tick share a question; who comes when it has been sent asks anew, since the answer may be older
 * than what somebody elsewhere has said meanwhile. Answers overtake acknowledgements, so what was found also tells, up
 * to the moment of its use, whether it was overtaken: then nothing may be built upon it. And while something that was
 * said here is not yet acknowledged, that counts, not the store.
 */

import type { Asked } from './copies.ts'
import { ageOf, allLive, type Entry, entryOf, entryProblem, type Stamps, type Terms } from './entry.ts'
import { Passing } from './passing.ts'
import type { Asker, Page, Round } from './rounds.ts'
import { keepShape } from './shapes.ts'
import type { Space } from './space.ts'
import { type Inquiry, type StoredMarks, type Tokens, Unknown } from './stored-marks.ts'

/** What a store that does not answer at once was found to have. */
export interface Found {
  /** May be believed, but need not be fresh. To look at. */
  readonly entry: Entry | undefined
  /** The same with the stamps of this process, so that an invalidation here reaches whoever holds it. To build upon. */
  own(): Entry | undefined
  /** Something was said about the key since the store was asked, up to this very moment: nothing may be built upon the entry. */
  readonly overtaken: boolean
  /** The tokens that were read with it; undefined if the store did not answer. */
  readonly tokens: Tokens | undefined
  /** Who has the lease of the key, if it was wished for and there is no record. */
  readonly holder: string | undefined
  /** Whether that is this very question, so that its askers may load. */
  readonly isLeased: boolean
  /** How often those who wait for leases had been called when the question was put: what was called later may have ended that one. */
  readonly calls: number
  /** Whether a copy has answered, and not the store. */
  readonly isNear: boolean
}

/** Between an answer and its use lie a few turns, and seldom more cuts than this. */
const REMEMBERED = 64
const NO_TAGS: readonly string[] = []
const NO_STAMPS: Stamps = []

type Then = (found: Found) => void

/** What has been said since, and what an answer is known by. */
type Cuts = Pick<Reads, 'cuts' | 'wasCut' | 'ownTerms'>

class Question implements Found {
  readonly key: string
  readonly reads: Cuts
  /** Who asked. */
  readonly first: Then
  /** Others who want to know. */
  more: Then[] | undefined = undefined
  wish: boolean
  /** Where on the page it stands. */
  at: number = 0
  /** Something was said about the key since it was put. */
  isCut: boolean = false
  entry: Entry | undefined = undefined
  /** The stamps of the entry as this process knows them. */
  stamps: Stamps = NO_STAMPS
  tokens: Tokens | undefined = undefined
  /** What a near copy of the answer is known by. */
  asked: Asked | undefined = undefined
  holder: string | undefined = undefined
  isLeased: boolean = false
  readonly isNear: boolean = false
  readonly calls: number
  /** How many cuts there had been when the answer came; after that, cuts no longer find this question. */
  #cutsAtEnd = 0

  constructor(key: string, wish: boolean, reads: Cuts, then: Then, calls: number) {
    this.key = key
    this.wish = wish
    this.reads = reads
    this.first = then
    this.calls = calls
  }

  own(): Entry | undefined {
    const { entry } = this
    return (
      entry &&
      entryOf(entry.value, entry.freshUntil, this.reads.ownTerms(entry.terms, this.stamps, this.asked))
    )
  }

  get overtaken(): boolean {
    return this.isCut || this.reads.wasCut(this.key, this.#cutsAtEnd)
  }

  answer(): void {
    this.#cutsAtEnd = this.reads.cuts
    this.first(this)
    if (this.more !== undefined) for (const then of this.more) then(this)
  }
}

keepShape(new Question('', false, { cuts: 0, wasCut: () => false, ownTerms: (terms) => terms }, () => {}, 0))

function withStamps({ staleFor, keptFor, meta, cost, schema }: Terms, stamps: Stamps): Terms {
  return { staleFor, keptFor, stamps, meta, cost, schema, since: undefined }
}

/** The questions of one tick. Thrown away as a whole: single deletions from a Map cost more than all the rest. */
interface Tick {
  readonly questions: Map<string, Question>
  tags: readonly string[]
  /** How many have not been answered. */
  open: number
  /** What near copies of the answers are known by. */
  asked: Asked | undefined
}

const tickOf = (): Tick => ({ questions: new Map(), tags: NO_TAGS, open: 0, asked: undefined })
keepShape(tickOf())

export class Reads implements Asker {
  /** How often something was said about any key. */
  cuts: number = 0
  /** Of which keys the last cuts were; undefined for many. */
  readonly #lastCuts: (string | undefined)[] = []
  readonly #space: Space
  readonly #marks: StoredMarks
  readonly #prefix: string
  /** Not sent yet: others may join. */
  #asking: Tick | undefined
  readonly #sent = new Passing<Tick, Tick>()

  constructor(space: Space, marks: StoredMarks) {
    this.#space = space
    this.#marks = marks
    this.#prefix = `${space.path}:`
  }

  /** Something was said about `key`. */
  cut(key: string): void {
    this.#lastCuts[this.cuts++ % REMEMBERED] = key
    for (const tick of this.#ticks()) {
      const question = tick.questions.get(key)
      if (question !== undefined) question.isCut = true
    }
  }

  cutWhere(matches: (key: string) => boolean): void {
    this.#lastCuts[this.cuts++ % REMEMBERED] = undefined
    for (const tick of this.#ticks()) {
      for (const [key, question] of tick.questions) if (matches(key)) question.isCut = true
    }
  }

  /** Whether something was said about `key` after the first `cuts` cuts. If that is too long ago, it may have been. */
  wasCut(key: string, cuts: number): boolean {
    if (this.cuts === cuts) return false
    if (this.cuts - cuts > REMEMBERED) return true
    for (let i = cuts; i < this.cuts; i++) {
      const cut = this.#lastCuts[i % REMEMBERED]
      if (cut === undefined || cut === key) return true
    }
    return false
  }

  #ticks(): readonly Tick[] {
    const sent = this.#sent.values()
    return this.#asking === undefined ? sent : [...sent, this.#asking]
  }

  /**
   * What the store has under `key`, handed to `then`, which must not throw; at once if that is known here. `tags`: those that a load would have.
   * `wish`: takes the lease, if there is no record and the store has leases.
   */
  read(key: string, tags: readonly string[], wish: boolean, then: Then): void {
    if (this.#space.writes.size !== 0) {
      const behind = this.#behind(key)
      if (behind !== undefined) return then(behind)
    }
    const tick = this.#asking ?? this.#newTick()
    const question = tick.questions.get(key)
    if (question === undefined)
      tick.questions.set(key, new Question(key, wish, this, then, this.#space.house.waiting.calls))
    else {
      question.more ??= []
      question.more.push(then)
      question.wish ||= wish
    }
    if (tags !== tick.tags && tags.length > 0) tick.tags = [...new Set([...tick.tags, ...tags])]
  }

  #newTick(): Tick {
    const tick = tickOf()
    this.#asking = tick
    this.#space.house.rounds.soon(this)
    return tick
  }

  /** What was said here about `key` and is not yet acknowledged counts more than what the store would say. */
  #behind(key: string): Found | undefined {
    const { writes } = this.#space
    if (!writes.behind(key)) return undefined
    writes.deliver(key)
    const latest = writes.latest(key)
    const isUsable =
      latest !== undefined &&
      allLive(latest.terms.stamps) &&
      ageOf(latest, this.#space.house.clock.now()) !== 'dead'
    return {
      entry: isUsable ? latest : undefined,
      own: () => (isUsable ? latest : undefined),
      tokens: undefined,
      holder: undefined,
      isLeased: false,
      isNear: false,
      calls: 0,
      get overtaken() {
        return writes.latest(key) !== latest
      },
    }
  }

  /** Puts all questions of this tick on the pages of one round. */
  ask(round: Round): void {
    const tick = this.#asking
    if (tick === undefined) return
    this.#asking = undefined
    this.#sent.set(tick, tick)
    tick.open = tick.questions.size
    tick.asked = this.#space.copies?.asking()
    const began = round.clock.exact()
    const byPage: [Page, Question[]][] = []
    let last: (typeof byPage)[0] | undefined
    for (const question of tick.questions.values()) {
      const key = this.#prefix + question.key
      const page = round.page(key)
      if (last?.[0] !== page) {
        last = byPage.find(([each]) => each === page)
        if (last === undefined) byPage.push((last = [page, []]))
      }
      question.at = page.add(key, question.wish, round.clock)
      last[1].push(question)
    }
    const inquiry = this.#marks.inquire(tick.tags, round)
    for (const [page, questions] of byPage) {
      page.onEnd(() => inquiry.onEnd(() => this.#answered(tick, page, inquiry, questions, began)))
    }
  }

  #answered(tick: Tick, page: Page, inquiry: Inquiry, questions: readonly Question[], began: number): void {
    const { clock } = this.#space.house
    const failure = page.failure ?? inquiry.failure
    if (failure !== undefined) {
      this.#space.failed('get', questions[0]?.key, failure.error)
      for (const question of questions) {
        // It was answered, and the marks were not: what cannot be stored needs no lease.
        if (page.isTaken(question.at))
          this.#space.house.leaseCalls.drop(this.#prefix + question.key, page.token ?? '')
        this.#end(tick, question, undefined, undefined)
      }
      return
    }
    this.#space.counts.storeTime.record(clock.exact() - began)
    const { token } = page
    const unjudged: [Question, Entry][] = []
    for (const question of questions) {
      const record = page.records[question.at]
      if (token !== undefined) {
        question.holder = page.holders[question.at]
        question.isLeased = question.holder === token
      }
      const entry = record === undefined ? undefined : this.#believed(question.key, record)
      const judged = entry && this.#marks.judge(entry, inquiry)
      if (isUnknown(judged)) unjudged.push([question, entry as Entry])
      else this.#judged(tick, question, entry, judged, inquiry.tokens)
    }
    if (unjudged.length > 0) this.#space.background(this.#judgeLater(tick, unjudged, inquiry))
  }

  #judged(
    tick: Tick,
    question: Question,
    entry: Entry | undefined,
    stamps: Stamps | undefined,
    tokens: Tokens | undefined,
  ): void {
    if (stamps !== undefined) question.stamps = stamps
    this.#end(tick, question, stamps === undefined ? undefined : entry, tokens)
  }

  /** Entries with tags that were not known: their marks are asked for. */
  async #judgeLater(tick: Tick, unjudged: readonly [Question, Entry][], before: Inquiry): Promise<void> {
    const { path } = this.#space
    const marks = new Set<string>()
    for (const [, entry] of unjudged) {
      const judged = this.#marks.judge(entry, before)
      if (isUnknown(judged)) for (const mark of judged.marks) marks.add(mark)
    }
    const { ended } = this.#marks
    let tokens: Tokens | undefined
    try {
      const more = await this.#space.within('get', path, this.#marks.tokens([...marks]))
      tokens = new Map([...before.tokens, ...more])
    } catch (error) {
      this.#space.failed('get', unjudged[0]?.[0].key, error)
    }
    for (const [question, entry] of unjudged) {
      const judged = tokens && this.#marks.judge(entry, { tokens, ended })
      // A mark of which even now nothing is known counts as gone.
      this.#judged(tick, question, entry, isUnknown(judged) ? undefined : judged, tokens)
    }
  }

  #believed(key: string, record: unknown): Entry | undefined {
    const problem = entryProblem(record)
    if (problem === undefined) return record as Entry
    this.#space.refuse(key, problem)
    return undefined
  }

  #end(tick: Tick, question: Question, entry: Entry | undefined, tokens: Tokens | undefined): void {
    if (--tick.open === 0) this.#sent.delete(tick)
    if (entry !== undefined && ageOf(entry, this.#space.house.clock.now()) !== 'dead') question.entry = entry
    question.tokens = tokens
    question.asked = tick.asked
    if (tick.asked !== undefined && tokens !== undefined) this.#keepNear(question, tick.asked)
    question.answer()
  }

  #keepNear(question: Question, asked: Asked): void {
    const { copies } = this.#space
    const own = question.own()
    if (own === undefined) copies?.forget(question.key, asked)
    else if (!question.isCut) copies?.keep(question.key, own, asked)
  }

  /** The terms of a record as an entry of this process has them. */
  ownTerms(terms: Terms, stamps: Stamps, asked: Asked | undefined): Terms {
    return asked === undefined
      ? withStamps(terms, stamps)
      : (this.#space.copies?.terms(terms, stamps, asked.since) ?? withStamps(terms, stamps))
  }
}

function isUnknown(judged: Stamps | undefined | Unknown): judged is Unknown {
  return judged instanceof Unknown
}
