/*
 * Writes: what this process has told the store, and has not heard back about.
 *
 * From the call of a write until its acknowledgement, and for as long as it could not be delivered, the store may
 * still hold something older than what was said here. So reads of such a key do not ask the store. Each key has a lane:
 *
 *   open      operations wait for one another, so the store sees them in the order of their calls
 *   owing     an invalidation (or a set whose outcome is unknown) did not get through: a deletion is owed. It is
 *             tried again with growing pauses, and on every read of the key
 *   gone      all acknowledged: no lane, the store may be asked again
 *
 * A value that the store refuses as such has changed nothing: that is told to whoever wrote it.
 *
 * An operation that missed its deadline may still be carried out later, so its lane waits for it to settle before the
 * next one goes out; after `ABANDONED` it is taken for dead. Only deletions are owed, never values. At most `LIMIT`
 * lanes may owe; beyond that the whole namespace is distrusted, which loses copies and no invalidation.
 */

import type { Awaitable } from '../store/store.ts'
import { isCacheError } from '../errors.ts'
import { Deadlines } from '../store/deadline.ts'
import { isPending } from '../store/store.ts'
import type { Clock } from './clock.ts'
import type { Entry } from './entry.ts'
import { Passing } from './passing.ts'
import { keepShape } from './shapes.ts'

const LIMIT = 10_000
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1_000
/** So many are tried to see whether the store is back. */
const PROBES = 16
const ABANDONED = 30_000

export type Far = 'applied' | 'queued'

interface Lane {
  /** The operation that was called last; the next goes out when it has settled. */
  tail: Promise<void>
  /** Operations that have not settled. */
  open: number
  /** What the last operation says that the key holds; undefined where that is nothing. */
  latest: Entry | undefined
  owing: boolean
}

/** What was called. */
interface Said {
  readonly name: string
  readonly key: string
  readonly latest: Entry | undefined
  readonly owes: boolean
  readonly operation: () => Awaitable<void>
}

const nothing = (): void => {}

const laneOf = (): Lane => ({ tail: Promise.resolve(), open: 0, latest: undefined, owing: false })
keepShape(laneOf())

const saidOf = (
  name: string,
  key: string,
  latest: Entry | undefined,
  owes: boolean,
  operation: () => Awaitable<void>,
): Said => ({ name, key, latest, owes, operation })
keepShape(saidOf('', '', undefined, false, nothing))

export interface WritesPorts {
  readonly clock: Clock
  readonly sync: boolean
  /** Forgets the key in the store. */
  forget(key: string): Awaitable<void>
  /** Waits for an operation as long as one waits for this store, and reports if that is too long. */
  watch(
    operation: string,
    key: string,
    answer: PromiseLike<void>,
    then: () => void,
    failed: (error: unknown) => void,
  ): void
  failed(operation: string, key: string, error: unknown): void
  /** The store has acknowledged what made an older record invalid. */
  applied(key: string): void
  queued(key: string): void
  delivered(key: string): void
  /** Nobody waits for this. */
  background(work: Promise<unknown>): void
  /** More is owed than is kept in mind. */
  overflow(): void
}

export class Writes {
  readonly #ports: WritesPorts
  readonly #patience: Deadlines
  readonly #lanes = new Passing<string, Lane>()
  /** The keys of the lanes that owe, and since when, oldest first. */
  readonly #owed = new Map<string, number>()
  #pause = FIRST_PAUSE
  #waiting = false
  #stopWaiting: () => void = () => {}
  /** Whether the next that is delivered says that the store is back. */
  #isProbing = false
  #closed = false

  constructor(ports: WritesPorts) {
    this.#ports = ports
    this.#patience = new Deadlines(ports.clock, ABANDONED)
  }

  /** Lanes that exist; while there is none, every key may be asked for. */
  get size(): number {
    return this.#lanes.size
  }

  /** Whether the store's answer for `key` may be older than what was said here. */
  behind(key: string): boolean {
    return this.#lanes.has(key)
  }

  /** Whether the record of `key` should be gone, and may not be. */
  owes(key: string): boolean {
    return this.#lanes.get(key)?.owing === true
  }

  /** How many lanes owe. */
  get owing(): number {
    return this.#owed.size
  }

  /** Since when the oldest deletion is owed; Infinity if none is. */
  get owingSince(): number {
    const [oldest = Infinity] = this.#owed.values()
    return oldest
  }

  /** What `key` holds according to what was said here last. */
  latest(key: string): Entry | undefined {
    return this.#lanes.get(key)?.latest
  }

  /**
   * Carries out `operation` behind those of the same key. Resolves when the store has acknowledged it, or cannot for
   * now. `owes`: if it fails, the old record must go.
   */
  run(
    name: string,
    key: string,
    latest: Entry | undefined,
    owes: boolean,
    operation: () => Awaitable<void>,
  ): Awaitable<Far> {
    const lane = this.#lanes.get(key)
    if (lane === undefined && this.#ports.sync) return this.#atOnce(name, key, owes, operation)
    return this.#inLane(lane ?? this.#newLane(key), name, key, latest, owes, operation)
  }

  /** Settles with the operation on `key` that was called last. */
  tail(key: string): Promise<void> | undefined {
    return this.#lanes.get(key)?.tail
  }

  keys(): string[] {
    return this.#lanes.keys()
  }

  /** Forgets what the open operations write: it has been invalidated since. */
  hide(): void {
    for (const lane of this.#lanes.values()) lane.latest = undefined
  }

  /** Tries to deliver what is owed for `key`, in the background. */
  deliver(key: string): void {
    const lane = this.#lanes.get(key)
    if (lane === undefined || !lane.owing || lane.open > 0 || this.#closed) return
    this.#ports.background(this.#inLane(lane, 'delete', key, undefined, true, () => this.#ports.forget(key)))
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#lanes.values().some((lane) => lane.open > 0)) {
      await Promise.all(this.#lanes.values().map((lane) => lane.tail))
    }
  }

  /** One last attempt to deliver what is owed. */
  async flush(): Promise<void> {
    for (const key of this.#lanes.keys()) this.deliver(key)
    await this.settled()
  }

  close(): void {
    this.#closed = true
    this.#stopWaiting()
    this.#patience.forget()
  }

  /** Forgets what is owed: somebody has distrusted the whole namespace instead. */
  forgive(): void {
    for (const [key, lane] of this.#lanes.entries()) {
      lane.owing = false
      if (lane.open === 0) this.#lanes.delete(key)
    }
    this.#owed.clear()
  }

  /** A synchronous store needs no lane unless it fails. */
  #atOnce(name: string, key: string, owes: boolean, operation: () => Awaitable<void>): Awaitable<Far> {
    try {
      const pending = operation()
      if (!isPending(pending)) return 'applied'
      return this.#inLane(this.#newLane(key), name, key, undefined, owes, () => pending)
    } catch (error) {
      if (isCacheError(error, 'VALUE_REFUSED')) throw error
      this.#ports.failed(name, key, error)
      if (owes) this.#owe(this.#newLane(key), key)
      return 'queued'
    }
  }

  #newLane(key: string): Lane {
    const lane = laneOf()
    this.#lanes.set(key, lane)
    return lane
  }

  #inLane(
    lane: Lane,
    name: string,
    key: string,
    latest: Entry | undefined,
    owes: boolean,
    operation: () => Awaitable<void>,
  ): Promise<Far> {
    const before = lane.open === 0 ? undefined : lane.tail
    lane.open++
    lane.latest = latest
    const said = saidOf(name, key, latest, owes, operation)
    const settled = new Promise<void>((done, failed) => {
      if (before === undefined) this.#begin(lane, said, done, failed)
      else this.#ports.background(before.then(() => this.#begin(lane, said, done, failed)))
    })
    lane.tail = settled.then(nothing, nothing)
    return new Promise((resolve, reject) => {
      // Other failures are reported where they happen.
      const notApplied = (error: unknown): void => {
        if (isCacheError(error, 'VALUE_REFUSED')) reject(error)
        else resolve('queued')
      }
      this.#ports.watch(name, key, settled, () => resolve('applied'), notApplied)
    })
  }

  /** One operation of a lane, from its turn to its end. */
  #begin(
    lane: Lane,
    { name, key, latest, owes, operation }: Said,
    done: () => void,
    failed: (error: unknown) => void,
  ): void {
    const ok = (): void => {
      if (owes) this.#ports.applied(key)
      this.#acknowledged(lane, key)
      this.#leave(lane, key)
      done()
    }
    const fail = (error: unknown): void => {
      if (isCacheError(error, 'VALUE_REFUSED')) {
        if (lane.latest === latest) lane.latest = undefined
      } else {
        this.#ports.failed(name, key, error)
        if (owes || lane.owing) this.#owe(lane, key)
      }
      this.#leave(lane, key)
      failed(error)
    }
    if (this.#closed) return fail(new Error('the cache was closed before this could be said'))
    let answer: Awaitable<void>
    try {
      answer = operation()
    } catch (error) {
      return fail(error)
    }
    if (!isPending(answer)) return ok()
    this.#patience.watch(answer, ok, fail, () => new Error(`no answer for ${ABANDONED} ms`))
  }

  #leave(lane: Lane, key: string): void {
    lane.open--
    if (lane.open === 0 && !lane.owing && this.#lanes.get(key) === lane) this.#lanes.delete(key)
  }

  /** Whatever was written last has replaced what should have been deleted. */
  #acknowledged(lane: Lane, key: string): void {
    this.#pause = FIRST_PAUSE
    if (!lane.owing) return
    lane.owing = false
    this.#owed.delete(key)
    this.#ports.delivered(key)
    // It is back: now for all the rest, once.
    if (this.#isProbing) this.#deliverAll()
  }

  #deliverAll(): void {
    this.#isProbing = false
    for (const [key, lane] of this.#lanes.entries()) {
      if (lane.owing) this.deliver(key)
    }
  }

  #owe(lane: Lane, key: string): void {
    lane.latest = undefined
    if (!lane.owing) {
      lane.owing = true
      this.#owed.set(key, this.#ports.clock.now())
      this.#ports.queued(key)
    }
    if (this.owing > LIMIT) {
      this.#ports.overflow()
      return
    }
    this.#retryLater()
  }

  #retryLater(): void {
    if (this.#waiting || this.#closed) return
    this.#waiting = true
    const { clock } = this.#ports
    this.#stopWaiting = clock.after(Math.max(1, this.#pause * clock.random()), () => {
      this.#waiting = false
      this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
      this.#probe()
    })
  }

  /** Some of what is owed, here and there: parts of a store may be back while others are not. */
  #probe(): void {
    this.#isProbing = true
    let skip = this.owing <= PROBES ? 0 : Math.floor(this.#ports.clock.random() * (this.owing - PROBES))
    let left = PROBES
    for (const [key, lane] of this.#lanes.entries()) {
      if (!lane.owing || skip-- > 0) continue
      if (left-- === 0) return
      this.deliver(key)
    }
  }
}
