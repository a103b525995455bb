/*
 * Reads: the questions under way to a store that answers later.
 *
 * Callers of one key share a question, unless something was said about the key since it was put. Answers overtake
 * acknowledgements, so what was found also tells, up to the moment of its use, whether it was overtaken: then nothing
 * may be built upon it. And while something that was said here is not yet acknowledged, that counts, not the store.
 */

import { storeTimedOut } from '../errors.ts'
import { ageOf, allLive, type Entry } from './entry.ts'
import { Flight, Flights } from './flights.ts'
import type { Space } from './space.ts'
import type { StoredMarks, Tokens } from './stored-marks.ts'

/** What a store that does not answer at once was found to have. */
export interface Found {
  /** May be believed, but need not be fresh. */
  readonly entry: Entry | undefined
  /** Something was said about the key since the store was asked, up to this very moment: nothing may be built upon the entry. */
  readonly overtaken: boolean
  /** The tokens that were read with it; undefined if the store did not answer. */
  readonly tokens: Tokens | undefined
}

class Read extends Flight<Answer> {
  /** How many cuts there had been when the answer came; after that, cuts no longer find this read. */
  cutsAtEnd: number = 0
}

type Answer = Pick<Found, 'entry' | 'tokens'>

export class Reads {
  readonly #space: Space
  readonly #marks: StoredMarks
  readonly #open = new Flights<Read>()
  #cuts = 0

  constructor(space: Space, marks: StoredMarks) {
    this.#space = space
    this.#marks = marks
  }

  /** Something was said about `key`. */
  cut(key: string): void {
    this.#cuts++
    this.#open.cut(key)
  }

  cutWhere(matches: (key: string) => boolean): void {
    this.#cuts++
    this.#open.cutWhere(matches)
  }

  /** What the store has under `key`. Callers of one key share the question. Never rejects. */
  read(key: string, tags: readonly string[]): Promise<Found> {
    return this.#finding(key, this.#readOf(key) ?? this.#behind(key) ?? this.#newRead([key], tags))
  }

  /** The same for many keys, asked for together. */
  readMany(keys: readonly string[], tags: readonly string[]): Promise<readonly Found[]> {
    const found = keys.map((key) => this.#readOf(key) ?? this.#behind(key))
    const rest = keys.filter((_, i) => found[i] === undefined)
    if (rest.length > 0) this.#newRead(rest, tags)
    return Promise.all(keys.map((key, i) => this.#finding(key, found[i] ?? this.#open.get(key))))
  }

  #readOf(key: string): Read | undefined {
    return this.#space.writes.behind(key) ? undefined : this.#open.get(key)
  }

  async #finding(key: string, found: Read | Found | undefined): Promise<Found> {
    if (found === undefined) throw new Error(`unreachable: '${key}' was asked for`)
    if (!(found instanceof Read)) return found
    const { entry, tokens } = await found.result
    const cuts = (): number => this.#cuts
    return {
      entry,
      tokens,
      // Between the answer and its use lie only a few turns, so any cut counts: seldom one too many.
      get overtaken() {
        return found.cut || cuts() !== found.cutsAtEnd
      },
    }
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
      get overtaken() {
        return writes.latest(key) !== latest
      },
    }
  }

  #newRead(keys: readonly string[], tags: readonly string[]): Read | undefined {
    const reads = keys.map((key) => {
      const read = new Read()
      this.#open.open(key, read)
      return read
    })
    this.#space.background(this.#ask(keys, tags, reads))
    return reads[0]
  }

  async #ask(keys: readonly string[], tags: readonly string[], reads: readonly Read[]): Promise<void> {
    const { clock, deadlines } = this.#space.house
    const began = clock.exact()
    let answer: Awaited<ReturnType<StoredMarks['fetch']>> | undefined
    try {
      answer = await deadlines.hold(this.#fetch(keys, tags), () =>
        storeTimedOut(this.#space.view.name, 'get', deadlines.ms),
      )
      this.#space.counts.storeTime.record(clock.exact() - began)
    } catch (error) {
      this.#space.failed('get', keys[0], error)
    }
    const now = clock.now()
    keys.forEach((key, i) => {
      const read = reads[i]
      if (read === undefined) return
      this.#open.close(key, read)
      read.cutsAtEnd = this.#cuts
      const entry = answer?.entries[i]
      const isDead = entry === undefined || ageOf(entry, now) === 'dead'
      read.resolve({ entry: isDead ? undefined : entry, tokens: answer?.tokens })
    })
  }

  /** An async function, so that a store that throws at once rejects like others. */
  async #fetch(keys: readonly string[], tags: readonly string[]): ReturnType<StoredMarks['fetch']> {
    return this.#marks.fetch(keys, tags)
  }
}
