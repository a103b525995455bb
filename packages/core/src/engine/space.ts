/*
 * A space: what all handles of one namespace share. Its part of the store, the loads, reads and writes under way, its
 * marks and counters. A cache and its namespaces are spaces of one House.
 *
 * A space answers two questions for the engine: what is kept under a key and may be believed (`look` where the store
 * answers at once, `read` where it does not), and how to put something there or take it away. Whatever the store does,
 * these never throw: a store that fails is a store that has nothing, and an event.
 */

import { isCacheError, storeTimedOut } from '../errors.ts'
import type { Deadlines } from '../store/deadline.ts'
import { prefixed } from '../store/prefixed.ts'
import { type Awaitable, isPending, type Store } from '../store/store.ts'
import type { Watch } from '../watch/events.ts'
import { Counts } from '../watch/stats.ts'
import type { Clock } from './clock.ts'
import { ageOf, allLive, deadAt, type Entry, entryProblem, type Stamps, type Terms } from './entry.ts'
import { Flight, Flights } from './flights.ts'
import type { LoadFlight } from './load.ts'
import { type Captured, LocalMarks, type Marks } from './marks.ts'
import type { Room } from './rooms.ts'
import { StoredMarks, type Tokens } from './stored-marks.ts'
import { type Far, Writes } from './writes.ts'

/** What a cache and all its namespaces have in common. */
export interface House {
  readonly store: Store<Entry>
  readonly clock: Clock
  readonly watch: Watch
  readonly deadlines: Deadlines
}

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

export class Space {
  readonly house: House
  readonly path: string
  /** The part of the store that belongs to this namespace. */
  readonly view: Store<Entry>
  /** The store answers at once and is nobody else's. */
  readonly sync: boolean
  readonly marks: Marks
  readonly counts: Counts = new Counts()
  readonly flights: Flights<LoadFlight> = new Flights()
  readonly writes: Writes
  /** How often tags or everything were invalidated here, by this process. */
  epoch: number = 0
  lastTerms: Terms | undefined
  /** The writes of marks, where they are records of the store. */
  readonly #markWrites: Writes
  readonly #stored: StoredMarks | undefined
  readonly #reads = new Flights<Read>()
  #cuts = 0
  readonly #room: Room

  /** `surviving`: the marks of an earlier space of this room, which entries still carry. */
  constructor(house: House, room: Room, around?: Space, surviving?: LocalMarks) {
    const { path } = room
    this.house = house
    this.path = path
    this.#room = room
    this.view = prefixed(house.store, `${path}:`)
    this.sync = house.store.sync === true
    this.writes = this.#newWrites((key) => this.view.delete(key))
    this.#markWrites = this.#newWrites((mark) => this.#stored?.forget(mark))
    if (this.sync) {
      const marks = surviving ?? new LocalMarks(path, around?.marks as LocalMarks | undefined, house.clock)
      marks.rebase()
      this.marks = marks
      return
    }
    this.#stored = new StoredMarks(path, around === undefined ? undefined : around.#stored, {
      store: house.store,
      clock: house.clock,
      writes: this.#markWrites,
      refused: (key, why) => this.refuse(key, why),
      cutReads: () => this.#cutReads(),
    })
    this.marks = this.#stored
  }

  /** The space of a namespace in this one; the same one while anybody holds it. */
  inside(part: string): Space {
    const room = this.#room.inside(part)
    return room.space((surviving) => new Space(this.house, room, this, surviving))
  }

  /** This space and those inside it. */
  all(): Iterable<Space> {
    return this.#room.spaces()
  }

  /** The counters of this space and of those inside it, also of those that are no longer held. */
  total(): Counts {
    return this.#room.total()
  }

  /** What a synchronous store has under `key`; anything, if it does not keep its contract. Never throws. */
  look(key: string): Entry | undefined {
    try {
      return this.lookOrThrow(key)
    } catch (error) {
      this.failed('get', key, error)
      return undefined
    }
  }

  lookOrThrow(key: string): Entry | undefined {
    if (this.writes.size === 0 || !this.writes.behind(key)) return this.view.get(key) as Entry | undefined
    this.writes.deliver(key)
    return this.writes.latest(key)
  }

  /** What `look` found, if it may be believed; fresh or not. */
  believed(key: string, found: Entry | undefined): Entry | undefined {
    if (found === undefined) return undefined
    const problem = entryProblem(found)
    if (problem !== undefined) {
      if (isPending(found as unknown)) this.background(Promise.resolve(found as unknown))
      this.refuse(key, problem)
      return undefined
    }
    const isUsable = allLive(found.terms.stamps) && ageOf(found, this.house.clock.now()) !== 'dead'
    return isUsable ? found : undefined
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
    return Promise.all(keys.map((key, i) => this.#finding(key, found[i] ?? this.#reads.get(key))))
  }

  #readOf(key: string): Read | undefined {
    return this.writes.behind(key) ? undefined : this.#reads.get(key)
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
    const { writes } = this
    if (!writes.behind(key)) return undefined
    writes.deliver(key)
    const latest = writes.latest(key)
    const isUsable =
      latest !== undefined && allLive(latest.terms.stamps) && ageOf(latest, this.house.clock.now()) !== 'dead'
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
      this.#reads.open(key, read)
      return read
    })
    this.background(this.#ask(keys, tags, reads))
    return reads[0]
  }

  async #ask(keys: readonly string[], tags: readonly string[], reads: readonly Read[]): Promise<void> {
    const { clock, deadlines } = this.house
    const began = clock.exact()
    let answer: Awaited<ReturnType<StoredMarks['fetch']>> | undefined
    try {
      answer = await deadlines.hold(this.#fetch(keys, tags), () =>
        storeTimedOut(this.view.name, 'get', deadlines.ms),
      )
      this.counts.storeTime.record(clock.exact() - began)
    } catch (error) {
      this.failed('get', keys[0], error)
    }
    const now = clock.now()
    keys.forEach((key, i) => {
      const read = reads[i]
      if (read === undefined) return
      this.#reads.close(key, read)
      read.cutsAtEnd = this.#cuts
      const entry = answer?.entries[i]
      const isDead = entry === undefined || ageOf(entry, now) === 'dead'
      read.resolve({ entry: isDead ? undefined : entry, tokens: answer?.tokens })
    })
  }

  /** An async function, so that a store that throws at once rejects like others. */
  async #fetch(keys: readonly string[], tags: readonly string[]): ReturnType<StoredMarks['fetch']> {
    if (this.#stored === undefined)
      throw new Error('unreachable: only stores that do not answer at once are read')
    return this.#stored.fetch(keys, tags)
  }

  /** The stamps of a synchronous store's namespace and of `tags`. */
  stampsNow(tags: readonly string[]): Stamps {
    return (this.marks as LocalMarks).stamps(tags)
  }

  /** The marks as they are now; `tokens` were read after the caller asked. Undefined if the store does not tell. */
  capture(
    tags: readonly string[],
    tokens: Tokens | undefined,
  ): Captured | undefined | Promise<Captured | undefined> {
    if (this.marks instanceof LocalMarks) return this.marks.capture(tags)
    return this.#captureStored(tags, tokens)
  }

  async #captureStored(tags: readonly string[], tokens: Tokens | undefined): Promise<Captured | undefined> {
    return this.#askMarks((marks) => marks.capture(tags, tokens))
  }

  /** The marks of a value that is being set: those after any invalidation that was called before. */
  async captureForSet(tags: readonly string[]): Promise<Captured | undefined> {
    return this.#askMarks(async (marks) => {
      await marks.settled(tags)
      return marks.capture(tags)
    })
  }

  /** The marks of tags that a load has named at its end; the late marks are looked at after theirs. */
  async captureLate(tags: readonly string[]): Promise<Captured | undefined> {
    return this.#askMarks(async (marks) => {
      const captured = await marks.capture(tags)
      await marks.lookAtLate()
      return captured
    })
  }

  async #askMarks(
    question: (marks: StoredMarks) => Promise<Captured | undefined>,
  ): Promise<Captured | undefined> {
    if (!(this.marks instanceof StoredMarks)) return this.marks.capture([])
    try {
      return await this.within('get', this.path, question(this.marks))
    } catch (error) {
      if (!isCacheError(error, 'STORE_TIMEOUT')) this.failed('get', undefined, error)
      return undefined
    }
  }

  /** Puts an entry there. `owes`: the old record must not survive a failure. */
  put(key: string, entry: Entry, owes: boolean): Awaitable<Far> {
    const ttl = deadAt(entry) - this.house.clock.now()
    if (!(ttl > 0)) return this.remove(key)
    if (this.sync && this.writes.size === 0) return this.#putNow(key, entry, ttl, owes)
    return this.writes.run('set', key, entry, owes, () => this.view.set(key, entry, ttl))
  }

  /** A synchronous store with nothing owed needs no lane, unless it fails or does not keep its contract. */
  #putNow(key: string, entry: Entry, ttl: number, owes: boolean): Awaitable<Far> {
    let outcome: () => Awaitable<void>
    try {
      const answer = this.view.set(key, entry, ttl)
      if (!isPending(answer)) return 'applied'
      outcome = () => answer
    } catch (error) {
      outcome = () => {
        throw error
      }
    }
    return this.writes.run('set', key, entry, owes, outcome)
  }

  /** Puts there what was loaded. Nobody waits for it: a failure is an event, and the next one loads again. */
  fill(key: string, entry: Entry): void {
    const notFilled = (error: unknown): void => {
      if (!isCacheError(error, 'VALUE_REFUSED')) return this.failed('set', key, error)
      const { watch } = this.house
      if (watch.heard) watch.emit({ type: 'unstored', cache: this.path, key, why: 'refused' })
    }
    try {
      const far = this.put(key, entry, false)
      if (isPending(far)) far.then(undefined, notFilled)
    } catch (error) {
      notFilled(error)
    }
  }

  remove(key: string): Awaitable<Far> {
    return this.writes.run('delete', key, undefined, true, () => this.view.delete(key))
  }

  /** Something was said about `key`: what is under way must not outlive it. */
  cut(key: string): void {
    if (this.flights.size !== 0) this.flights.cut(key)
    if (this.sync) return
    this.#cuts++
    this.#reads.cut(key)
  }

  cutWhere(matches: (key: string) => boolean): void {
    this.#cuts++
    this.flights.cutWhere(matches)
    this.#reads.cutWhere(matches)
  }

  /** Tags, or everything, are about to be invalidated, here and inside: what was called before must not be seen any more. */
  invalidating(): void {
    for (const space of this.all()) {
      space.epoch++
      space.writes.hide()
      // Flights with stamps are reached through them; the others cannot tell, so they count as touched.
      space.flights.cutWhere((_, flight) => flight.stamps === undefined)
    }
  }

  invalidate(tags: readonly string[]): Awaitable<Far> {
    if (this.sync) for (const marks of this.#room.marksInside()) marks.invalidate(tags)
    return this.marks.invalidate(tags)
  }

  invalidateAll(): Awaitable<Far> {
    const far = this.marks.invalidateAll()
    for (const marks of this.#room.marksInside()) marks.rebase()
    return far
  }

  /** A load of `key` has landed: whoever asked the store before may have missed it. */
  landed(key: string): void {
    if (this.sync) return
    this.#cuts++
    this.#reads.cut(key)
  }

  /** Gives back the space of everything kept here, which has just been invalidated; for a store that answers at once. */
  giveBackNow(): void {
    const { store } = this.house
    try {
      this.view.clear?.('')
      store.clear?.(`${this.path}/`)
      for (const space of this.all()) space.writes.forgive()
    } catch (error) {
      this.failed('clear', undefined, error)
    }
  }

  /** The same for others. */
  async giveBackLater(): Promise<void> {
    const { store } = this.house
    const clearing = async (): Promise<void> => {
      await this.view.clear?.('')
      await store.clear?.(`${this.path}/`)
    }
    try {
      await this.within('clear', this.path, clearing())
    } catch (error) {
      if (!isCacheError(error, 'STORE_TIMEOUT')) this.failed('clear', undefined, error)
    }
  }

  /** For each stamp of an entry, whether it still holds. */
  async validity({ terms }: Entry): Promise<readonly boolean[]> {
    if (this.#stored === undefined) return terms.stamps.map(({ live }) => live)
    const tokens = await this.#stored.tokens(terms.stamps.map(({ tag }) => tag))
    return terms.stamps.map(({ tag, token }) => tokens.get(tag) === token)
  }

  /** What the store answers, believed or not; a store that throws at once rejects like others. */
  async ask(key: string): Promise<unknown> {
    return this.view.get(key)
  }

  /** What the store says is wrong with it. */
  async check(): Promise<string | undefined> {
    const { store } = this.house
    try {
      return await this.within('check', this.path, (async () => store.check?.())())
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** Asks the store for something. Says what went wrong. */
  async probe(): Promise<string | undefined> {
    try {
      await this.within('get', this.path, this.ask('larder.health'))
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #cutReads(): void {
    for (const space of this.all()) {
      space.#cuts++
      space.#reads.cutWhere(() => true)
    }
  }

  #newWrites(forget: (key: string) => Awaitable<void>): Writes {
    return new Writes({
      clock: this.house.clock,
      sync: this.sync,
      forget,
      within: (operation, key, answer) => this.within(operation, key, answer),
      failed: (operation, key, error) => this.failed(operation, key, error),
      queued: (key) => this.#tell('queued', key),
      delivered: (key) => this.#tell('delivered', key),
      background: (work) => this.background(work),
      overflow: () => this.#distrust(),
    })
  }

  /** Waits for the store's answer as long as one waits for this store. */
  async within<T>(operation: string, key: string, answer: PromiseLike<T>): Promise<T> {
    const { deadlines } = this.house
    let isLate = false
    try {
      return await deadlines.hold(answer, () => {
        isLate = true
        return storeTimedOut(this.view.name, operation, deadlines.ms)
      })
    } catch (error) {
      if (isLate) this.failed(operation, key, error)
      throw error
    }
  }

  /** More invalidations are owed than are kept in mind: the namespace as a whole is invalidated instead. */
  #distrust(): void {
    this.writes.forgive()
    this.#markWrites.forgive()
    this.background(Promise.resolve(this.invalidateAll()))
  }

  /** Invalidations that wait for the store. */
  get queued(): number {
    return this.writes.owing + this.#markWrites.owing
  }

  /** When nothing is under way; with one more attempt at what is owed if `flush`. */
  async settled(flush: boolean): Promise<void> {
    await Promise.all(
      [this.writes, this.#markWrites].map((writes) => (flush ? writes.flush() : writes.settled())),
    )
  }

  stop(): void {
    this.writes.close()
    this.#markWrites.close()
  }

  /** Work that nobody waits for. It reports its own failures; one that does not is reported here. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.failed('background', undefined, error))
  }

  refuse(key: string, why: string): void {
    this.counts.refused++
    const { watch } = this.house
    if (watch.heard) watch.emit({ type: 'refused', cache: this.path, key, why })
  }

  failed(operation: string, key: string | undefined, error: unknown): void {
    this.counts.storeFailures++
    const { watch } = this.house
    if (watch.heard) watch.emit({ type: 'store-failed', cache: this.path, operation, key, error })
  }

  #tell(type: 'queued' | 'delivered', key: string): void {
    const { watch } = this.house
    if (watch.heard) watch.emit({ type, cache: this.path, key })
  }
}
