/*
 * A space: what all handles of one namespace share. Its part of the store, the loads, reads and writes under way, its
 * marks and counters. A cache and its namespaces are spaces of one House.
 *
 * A space answers two questions for the engine: what is kept under a key and may be believed (`look` where the store
 * answers at once, `read` where it does not), and how to put something there or take it away. Whatever the store does,
 * these never throw: a store that fails is a store that has nothing, and an event.
 */

import { isCacheError, isOverdue, storeTimedOut } from '../errors.ts'
import type { Deadlines } from '../store/deadline.ts'
import { prefixed } from '../store/prefixed.ts'
import { type Awaitable, isPending, type Store } from '../store/store.ts'
import type { Watch } from '../watch/events.ts'
import { Counts } from '../watch/stats.ts'
import type { Clock } from './clock.ts'
import { Copies } from './copies.ts'
import { ageOf, allLive, deadAt, type Entry, entryProblem, type Stamps, type Terms } from './entry.ts'
import { Flights } from './flights.ts'
import type { LeaseCalls } from './lease-calls.ts'
import { dropLease } from './leasing.ts'
import type { LoadFlight } from './load.ts'
import { type Captured, isMark, LocalMarks, type Marks } from './marks.ts'
import { type Found, Reads } from './reads.ts'
import type { Recent } from './recent.ts'
import type { Rounds } from './rounds.ts'
import type { Room } from './rooms.ts'
import { StoredMarks, type Tokens } from './stored-marks.ts'
import type { Trust } from './trust.ts'
import type { Waiting } from './waiting.ts'
import { type Far, Writes } from './writes.ts'

/** What a cache and all its namespaces have in common. */
export interface House {
  readonly store: Store<Entry>
  readonly clock: Clock
  readonly watch: Watch
  readonly deadlines: Deadlines
  /** What is asked of the store. */
  readonly rounds: Rounds
  readonly leaseCalls: LeaseCalls
  /** Whether what is remembered of the store may be believed. */
  readonly trust: Trust
  /** Those who wait for loads of other processes. */
  readonly waiting: Waiting
  /** What was said and acknowledged lately, where the store may be replaced by another. */
  readonly recent: Recent | undefined
  /** Whether anything was set or invalidated here: what comes from before may then be older. */
  isChanged: boolean
}

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
  /** What this process keeps of a store that others write too, if it does. */
  readonly copies: Copies | undefined
  /** How often tags or everything were invalidated here, by this process. */
  epoch: number = 0
  /** Of the last entry with stamps, and of the last without: each set makes one of each. */
  lastTerms: Terms | undefined
  lastBare: Terms | undefined
  /** The writes of marks, where they are records of the store. */
  readonly #markWrites: Writes
  readonly #stored: StoredMarks | undefined
  readonly #reads: Reads | undefined
  readonly #room: Room

  /** `surviving`: the marks of an earlier space of this room, which entries still carry. */
  constructor(house: House, room: Room, around?: Space, surviving?: LocalMarks) {
    const { path } = room
    this.house = house
    this.path = path
    this.#room = room
    this.view = prefixed(house.store, `${path}:`)
    this.sync = house.store.sync === true
    const { clock, store, trust } = house
    this.copies =
      store.near &&
      new Copies(store.near, path, {
        clock,
        trust,
        failed: (operation, key, error) => this.failed(operation, key, error),
      })
    this.writes = this.#newWrites((key) => this.view.delete(key), `${path}:`)
    this.#markWrites = this.#newWrites((mark) => this.#stored?.forget(mark), '')
    if (this.sync) {
      const marks = surviving ?? new LocalMarks(path, around?.marks as LocalMarks | undefined, house.clock)
      marks.rebase()
      this.marks = marks
      return
    }
    this.#stored = new StoredMarks(path, around === undefined ? undefined : around.#stored, {
      store: house.store,
      clock: house.clock,
      trust: house.trust,
      writes: this.#markWrites,
      cutReads: () => this.#cutAllReads(),
      background: (work) => this.background(work),
    })
    this.marks = this.#stored
    this.#reads = new Reads(this, this.#stored)
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
  believed(key: string, found: Entry | undefined | null): Entry | undefined {
    if (found === undefined) return undefined
    const problem = entryProblem(found)
    if (problem !== undefined || found === null) {
      if (isPending(found as unknown)) this.background(Promise.resolve(found as unknown))
      this.refuse(key, problem ?? 'nothing')
      return undefined
    }
    const isUsable = allLive(found.terms.stamps) && ageOf(found, this.house.clock.now()) !== 'dead'
    return isUsable ? found : undefined
  }

  /** What a store that answers later has under `key`, handed to `then`. See Reads. */
  read(key: string, tags: readonly string[], wish: boolean, then: (found: Found) => void): void {
    this.#asking().read(key, tags, wish, then)
  }

  /** The same as a promise. */
  find(key: string, tags: readonly string[], wish: boolean = false): Promise<Found> {
    return new Promise((resolve) => this.read(key, tags, wish, resolve))
  }

  /** The same for many keys, asked for together. */
  findMany(keys: readonly string[], tags: readonly string[], wish: boolean): Promise<readonly Found[]> {
    return new Promise((resolve) => {
      const all: Found[] = []
      let missing = keys.length
      keys.forEach((key, i) =>
        this.read(key, tags, wish, (found) => {
          all[i] = found
          if (--missing === 0) resolve(all)
        }),
      )
    })
  }

  #asking(): Reads {
    if (this.#reads === undefined) throw new Error('unreachable') // a synchronous store is looked at
    return this.#reads
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

  /** The stamps of a value that is being set, if nothing need be asked or waited for. */
  knownForSet(tags: readonly string[]): Stamps | undefined {
    return this.#stored?.knownStamps(tags)
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
    this.outlived(entry)
    return this.writes.run('set', key, entry, owes, () => this.view.set(key, entry, ttl))
  }

  /** The marks of what is put there must last at least as long. */
  outlived({ freshUntil, terms }: Entry): void {
    this.#stored?.outlive(terms.stamps, freshUntil + terms.keptFor - this.house.clock.now())
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
    try {
      const far = this.put(key, entry, false)
      if (isPending(far)) far.then(undefined, (error: unknown) => this.unstored(key, error))
    } catch (error) {
      this.unstored(key, error)
    }
  }

  /** A value was not taken in, or not in time. */
  unstored(key: string, error: unknown): void {
    this.copies?.drop(key)
    if (!isCacheError(error, 'VALUE_REFUSED')) return this.failed('set', key, error)
    const { watch } = this.house
    if (watch.heard) watch.emit({ type: 'unstored', cache: this.path, key, why: 'refused' })
  }

  /** Whether fills of this store need a lease. */
  get hasLeases(): boolean {
    return this.house.store.leases !== undefined
  }

  /** What was loaded has been invalidated meanwhile. */
  fenced(key: string): void {
    this.counts.fenced++
    this.copies?.drop(key)
    const { watch } = this.house
    if (watch.heard) watch.emit({ type: 'unstored', cache: this.path, key, why: 'invalidated' })
  }

  /** Another process has changed a mark of this namespace. */
  changedElsewhere(mark: string): void {
    this.#stored?.changed(mark)
    for (const space of this.all()) {
      space.copies?.invalidated()
      // Those with stamps are reached through them; the others cannot tell.
      space.#cutFlights((flight) => flight.hasBegun && flight.stamps === undefined)
    }
    this.cutInvalidated()
  }

  /** Another process has changed a record of this namespace. */
  recordChangedElsewhere(key: string): void {
    this.copies?.drop(key)
  }

  /** Says again, to a store that may not have heard it, that a record or a mark of this namespace is gone. */
  sayAgain(full: string): void {
    if (isMark(full)) {
      this.invalidating()
      this.background(Promise.resolve(this.#stored?.sayAgain(full)))
      return
    }
    const name = full.slice(this.path.length + 1)
    this.cut(name)
    this.background(Promise.resolve(this.remove(name)))
  }

  remove(key: string, reached?: (far: Far) => void): Awaitable<Far> {
    return this.writes.run('delete', key, undefined, true, () => this.view.delete(key), reached)
  }

  /** Something was said about `key`: what is under way must not outlive it. */
  cut(key: string): void {
    this.house.isChanged = true
    if (this.flights.size !== 0) this.flights.cut(key)
    this.#reads?.cut(key)
    this.copies?.drop(key)
  }

  cutWhere(matches: (key: string) => boolean): void {
    this.house.isChanged = true
    this.flights.cutWhere(matches)
    this.#reads?.cutWhere(matches)
    this.copies?.dropAll()
  }

  /** Tags, or everything, are about to be invalidated, here and inside: what was called before must not be seen any more. */
  invalidating(): void {
    this.house.isChanged = true
    for (const space of this.all()) {
      space.epoch++
      space.writes.hide()
      space.copies?.invalidated()
      // Flights with stamps are reached through them; the others cannot tell, so they count as touched.
      space.#cutFlights((flight) => flight.stamps === undefined)
    }
  }

  /** Cuts flights, and gives their leases back: what they bring will not be stored, so nobody need wait for it. */
  #cutFlights(matches: (flight: LoadFlight) => boolean): void {
    if (this.flights.size === 0) return
    this.flights.cutWhere((key, flight) => {
      if (!matches(flight)) return false
      if (flight.lease !== undefined) dropLease(this, key, flight.lease)
      return true
    })
  }

  /** The flights of this space and of those inside it whose marks are no longer live. */
  cutInvalidated(): void {
    for (const space of this.all())
      space.#cutFlights(({ stamps }) => stamps !== undefined && !allLive(stamps))
  }

  invalidate(tags: readonly string[]): Awaitable<Far> {
    if (this.sync) for (const marks of this.#room.marksInside()) marks.invalidate(tags)
    const far = this.marks.invalidate(tags)
    if (this.hasLeases) this.cutInvalidated()
    return far
  }

  invalidateAll(): Awaitable<Far> {
    const far = this.marks.invalidateAll()
    if (this.hasLeases) this.cutInvalidated()
    for (const marks of this.#room.marksInside()) marks.rebase()
    return far
  }

  /** A load of `key` has landed: whoever asked the store before may have missed it. */
  landed(key: string): void {
    this.#reads?.cut(key)
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
    for (const space of this.all()) space.copies?.clear()
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

  /** The marks of the namespace are changing: what is being read may be older. */
  cutReads(): void {
    this.#reads?.cutWhere(() => true)
  }

  #cutAllReads(): void {
    for (const space of this.all()) space.cutReads()
  }

  #newWrites(forget: (key: string) => Awaitable<void>, before: string): Writes {
    const { recent } = this.house
    return new Writes({
      clock: this.house.clock,
      sync: this.sync,
      forget,
      deadlines: this.house.deadlines,
      late: (operation, key) => this.#late(operation, key),
      failed: (operation, key, error) => this.failed(operation, key, error),
      applied: (key) => recent?.said(before, key),
      queued: (key) => this.#tell('queued', key),
      delivered: (key) => this.#tell('delivered', key),
      background: (work) => this.background(work),
      overflow: () => this.#distrust(),
    })
  }

  #late(operation: string, key: string): void {
    this.failed(operation, key, storeTimedOut(this.view.name, operation, this.house.deadlines.ms))
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

  /** Since when the oldest of them waits; Infinity if none does. */
  get queuedSince(): number {
    return Math.min(this.writes.owingSince, this.#markWrites.owingSince)
  }

  /** Loads, and invalidations that wait, here and inside. */
  underWay(): { loading: number; queued: number } {
    let loading = 0
    let queued = 0
    for (const space of this.all()) {
      loading += space.flights.size
      queued += space.queued
    }
    return { loading, queued }
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
    if (isOverdue(error)) this.counts.storeDeadlines++
    const { watch } = this.house
    if (watch.heard) watch.emit({ type: 'store-failed', cache: this.path, operation, key, error })
  }

  #tell(type: 'queued' | 'delivered', key: string): void {
    const { watch } = this.house
    if (watch.heard) watch.emit({ type, cache: this.path, key })
  }
}
