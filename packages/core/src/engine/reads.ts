/*
 * Reads: the questions under way to a store that answers later.
 *
 * Callers of one key and one tick share a question; who comes when it has been sent asks anew, since the answer may be older
 * than what somebody elsewhere has said meanwhile. Answers overtake acknowledgements, so what was found also tells, up
 * to the moment of its use, whether it was overtaken: then nothing may be built upon it. And while something that was
 * said here is not yet acknowledged, that counts, not the store.
 */

import { ageOf, allLive, type Entry, entryProblem } from './entry.ts'
import type { Asker, Page, Round } from './rounds.ts'
import type { Space } from './space.ts'
import type { Inquiry, StoredMarks, Tokens } from './stored-marks.ts'

/** What a store that does not answer at once was found to have. */
export interface Found {
  /** May be believed, but need not be fresh. */
  readonly entry: Entry | undefined
  /** Something was said about the key since the store was asked, up to this very moment: nothing may be built upon the entry. */
  readonly overtaken: boolean
  /** The tokens that were read with it; undefined if the store did not answer. */
  readonly tokens: Tokens | undefined
  /** Who has the lease of the key, if it was wished for and there is no record. */
  readonly holder: string | undefined
  /** Whether that is this very question, so that its askers may load. */
  readonly isLeased: boolean
}

type Then = (found: Found) => void

/** The questions about one key that have not been answered. */
interface Open {
  /** Not sent yet: others may join it. */
  asking: Question | undefined
  /** How many there are. */
  questions: number
  /** How often something was said about the key since there are any. */
  cuts: number
}

class Question implements Found {
  readonly key: string
  readonly open: Open
  readonly reads: Reads
  readonly answers: Then[] = []
  wish: boolean = false
  /** Where on the page it stands. */
  at: number = 0
  entry: Entry | undefined = undefined
  tokens: Tokens | undefined = undefined
  holder: string | undefined = undefined
  isLeased: boolean = false
  #cutsBefore: number
  #isCut = false
  /** How many cuts there had been when the answer came; after that, cuts no longer find this question. */
  #cutsAtEnd = 0

  constructor(key: string, open: Open, reads: Reads) {
    this.key = key
    this.open = open
    this.reads = reads
    this.#cutsBefore = open.cuts
  }

  /** Between the answer and its use lie only a few turns, so any cut counts: seldom one too many. */
  get overtaken(): boolean {
    return this.#isCut || this.reads.cuts !== this.#cutsAtEnd
  }

  end(): void {
    this.#isCut = this.open.cuts !== this.#cutsBefore
    this.#cutsAtEnd = this.reads.cuts
    for (const then of this.answers) then(this)
  }
}

export class Reads implements Asker {
  /** How often something was said about any key. */
  cuts: number = 0
  readonly #space: Space
  readonly #marks: StoredMarks
  readonly #prefix: string
  readonly #open = new Map<string, Open>()
  #asking: Question[] = []
  #tags: readonly string[] = NO_TAGS

  constructor(space: Space, marks: StoredMarks) {
    this.#space = space
    this.#marks = marks
    this.#prefix = `${space.path}:`
  }

  /** Something was said about `key`. */
  cut(key: string): void {
    this.cuts++
    const open = this.#open.get(key)
    if (open !== undefined) open.cuts++
  }

  cutWhere(matches: (key: string) => boolean): void {
    this.cuts++
    for (const [key, open] of this.#open) if (matches(key)) open.cuts++
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
    const question = this.#questionOf(key)
    if (wish) question.wish = true
    if (tags.length > 0 && tags !== this.#tags) this.#tags = [...new Set([...this.#tags, ...tags])]
    question.answers.push(then)
  }

  #questionOf(key: string): Question {
    let open = this.#open.get(key)
    if (open?.asking !== undefined) return open.asking
    if (open === undefined) {
      open = { asking: undefined, questions: 0, cuts: 0 }
      this.#open.set(key, open)
    }
    const question = new Question(key, open, this)
    open.asking = question
    open.questions++
    if (this.#asking.push(question) === 1) this.#space.house.rounds.soon(this)
    return question
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
      tokens: undefined,
      holder: undefined,
      isLeased: false,
      get overtaken() {
        return writes.latest(key) !== latest
      },
    }
  }

  /** Puts all questions of this tick on the pages of one round. */
  ask(round: Round): void {
    const asking = this.#asking
    const tags = this.#tags
    this.#asking = []
    this.#tags = NO_TAGS
    const began = round.clock.exact()
    const byPage = new Map<Page, Question[]>()
    let last: Page | undefined
    let questions: Question[] = []
    for (const question of asking) {
      const key = this.#prefix + question.key
      const page = round.page(key)
      if (page !== last) {
        last = page
        questions = byPage.get(page) ?? []
        byPage.set(page, questions)
      }
      question.at = page.add(key, question.wish, round.clock)
      question.open.asking = undefined
      questions.push(question)
    }
    const inquiry = this.#marks.inquire(tags, round)
    for (const [page, those] of byPage) {
      page.onEnd(() => inquiry.onEnd(() => this.#answered(page, inquiry, those, began)))
    }
  }

  #answered(page: Page, inquiry: Inquiry, questions: readonly Question[], began: number): void {
    const { clock } = this.#space.house
    const failure = page.failure ?? inquiry.failure
    if (failure !== undefined) {
      this.#space.failed('get', questions[0]?.key, failure.error)
      for (const question of questions) this.#end(question, undefined, undefined)
      return
    }
    this.#space.counts.storeTime.record(clock.exact() - began)
    const unjudged: [Question, Entry][] = []
    for (const question of questions) {
      const record = page.records[question.at]
      question.holder = page.holders[question.at]
      question.isLeased = question.holder !== undefined && question.holder === page.token
      const entry = record === undefined ? undefined : this.#believed(question.key, record)
      const judged = entry && this.#marks.judge(entry, inquiry)
      if (isUnknown(judged)) unjudged.push([question, entry as Entry])
      else this.#end(question, judged, inquiry.tokens)
    }
    if (unjudged.length > 0) this.#space.background(this.#judgeLater(unjudged, inquiry.tokens))
  }

  /** Entries with tags that were not known: their marks are asked for. */
  async #judgeLater(unjudged: readonly [Question, Entry][], before: Tokens): Promise<void> {
    const { path } = this.#space
    const marks = new Set<string>()
    const collect = (tokens: Tokens): void => {
      for (const [, entry] of unjudged) {
        const judged = this.#marks.judge(entry, inquiryOf(tokens))
        if (isUnknown(judged)) for (const mark of judged) marks.add(mark)
      }
    }
    collect(before)
    let tokens: Tokens | undefined
    try {
      const more = await this.#space.within('get', path, this.#marks.tokens([...marks]))
      tokens = new Map([...before, ...more])
    } catch (error) {
      this.#space.failed('get', unjudged[0]?.[0].key, error)
    }
    for (const [question, entry] of unjudged) {
      const judged = tokens && this.#marks.judge(entry, inquiryOf(tokens))
      // A mark of which even now nothing is known counts as gone.
      this.#end(question, isUnknown(judged) ? undefined : judged, tokens)
    }
  }

  #believed(key: string, record: unknown): Entry | undefined {
    const problem = entryProblem(record)
    if (problem === undefined) return record as Entry
    this.#space.refuse(key, problem)
    return undefined
  }

  #end(question: Question, entry: Entry | undefined, tokens: Tokens | undefined): void {
    const { open, key } = question
    if (--open.questions === 0) this.#open.delete(key)
    const isDead = entry === undefined || ageOf(entry, this.#space.house.clock.now()) === 'dead'
    question.entry = isDead ? undefined : entry
    question.tokens = tokens
    question.end()
  }
}

const NO_TAGS: readonly string[] = []

function isUnknown(judged: Entry | undefined | readonly string[]): judged is readonly string[] {
  return Array.isArray(judged)
}

function inquiryOf(tokens: Tokens): Inquiry {
  return { tokens, failure: undefined, onEnd: (then) => then() }
}
