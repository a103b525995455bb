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
import { Deadlines, type Waiting } from '../store/deadline.ts'
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
  last: Said | undefined
  /** Operations that have not settled. */
  open: number
  /** What the last operation says that the key holds; undefined where that is nothing. */
  latest: Entry | undefined
  owing: boolean
}

/** What was called. All that an operation needs hangs here, and no promise but that of its caller: sets are many. */
class Said {
  readonly lane: Lane
  readonly name: string
  readonly key: string
  readonly latest: Entry | undefined
  readonly owes: boolean
  readonly operation: () => Awaitable<void>
  readonly reached: (far: Far) => void
  readonly resolve: (far: Far) => void
  readonly reject: (refusal: unknown) => void
  /** How long its caller waits; undefined until it has been said. */
  waiting: Waiting | undefined = undefined
  /** For how long the lane waits, once its caller does not. */
  patience: Waiting | undefined = undefined
  isUnderWay: boolean = false
  isLate: boolean = false
  /** Whether it has ended, well or badly. */
  hasSettled: boolean = false
  /** What comes after it: the operation behind it, and whoever waits for the lane. */
  after: (() => void)[] | undefined = undefined

  constructor(
    lane: Lane,
    name: string,
    key: string,
    latest: Entry | undefined,
    owes: boolean,
    operation: () => Awaitable<void>,
    reached: (far: Far) => void,
    resolve: (far: Far) => void,
    reject: (refusal: unknown) => void,
  ) {
    this.lane = lane
    this.name = name
    this.key = key
    this.latest = latest
    this.owes = owes
    this.operation = operation
    this.reached = reached
    this.resolve = resolve
    this.reject = reject
  }

  /** Its caller hears how far it got. */
  tell(far: Far): void {
    this.reached(far)
    this.resolve(far)
  }

  /** Calls `then` when it has settled. */
  whenSettled(then: () => void): void {
    this.after ??= []
    this.after.push(then)
  }
}

const nothing = (): void => {}

const laneOf = (): Lane => ({ last: undefined, open: 0, latest: undefined, owing: false })
keepShape(laneOf())
keepShape(new Said(laneOf(), '', '', undefined, false, nothing, nothing, nothing, nothing))

export interface WritesPorts {
  readonly clock: Clock
  readonly sync: boolean
  /** Forgets the key in the store. */
  forget(key: string): Awaitable<void>
  /** For how long one waits for this store. */
  readonly deadlines: Deadlines
  /** Nobody waits for an operation any longer. */
  late(operation: string, key: string): void
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
  /** Whether callers give up before an operation is taken for dead: then only for those that are late that is looked at. */
  readonly #isTimed: boolean
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
  /** What is to be called, while something of it is: one after the other, since a lane may be long. */
  readonly #calling: (() => void)[] = []

  constructor(ports: WritesPorts) {
    this.#ports = ports
    const { ms } = ports.deadlines
    this.#isTimed = ms < ABANDONED
    this.#patience = new Deadlines(ports.clock, this.#isTimed ? ABANDONED - ms : ABANDONED)
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
   * now; `reached` is called before whoever waits for it, unless the store answers at once. `owes`: if it fails, the old
   * record must go.
   */
  run(
    name: string,
    key: string,
    latest: Entry | undefined,
    owes: boolean,
    operation: () => Awaitable<void>,
    reached: (far: Far) => void = nothing,
  ): Awaitable<Far> {
    const lane = this.#lanes.get(key)
    if (lane === undefined && this.#ports.sync) return this.#atOnce(name, key, owes, operation, reached)
    return this.#inLane(lane ?? this.#newLane(key), name, key, latest, owes, operation, reached)
  }

  /** Settles with the operation on `key` that was called last. */
  tail(key: string): Promise<void> | undefined {
    const lane = this.#lanes.get(key)
    return lane && tailOf(lane)
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
    this.#ports.background(
      this.#inLane(lane, 'delete', key, undefined, true, () => this.#ports.forget(key), nothing),
    )
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#lanes.values().some((lane) => lane.open > 0)) {
      await Promise.all(this.#lanes.values().map(tailOf))
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
  #atOnce(
    name: string,
    key: string,
    owes: boolean,
    operation: () => Awaitable<void>,
    reached: (far: Far) => void,
  ): Awaitable<Far> {
    try {
      const pending = operation()
      if (!isPending(pending)) return 'applied'
      return this.#inLane(this.#newLane(key), name, key, undefined, owes, () => pending, reached)
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
    reached: (far: Far) => void,
  ): Promise<Far> {
    const before = lane.open === 0 ? undefined : lane.last
    lane.open++
    lane.latest = latest
    return new Promise((resolve, reject) => {
      const said = new Said(lane, name, key, latest, owes, operation, reached, resolve, reject)
      lane.last = said
      if (before === undefined) this.#begin(said)
      else before.whenSettled(() => this.#begin(said))
      if (!said.hasSettled) said.waiting = this.#ports.deadlines.begin(() => this.#late(said))
    })
  }

  /** One operation of a lane, from its turn to its end. */
  #begin(said: Said): void {
    if (this.#closed) return this.#fail(said, new Error('the cache was closed'))
    let answer: Awaitable<void>
    try {
      answer = said.operation()
    } catch (error) {
      return this.#fail(said, error)
    }
    if (!isPending(answer)) return this.#ok(said)
    said.isUnderWay = true
    if (said.isLate || !this.#isTimed) this.#abandonLater(said)
    answer.then(
      () => {
        if (!said.hasSettled) this.#ok(said)
      },
      (error: unknown) => {
        if (!said.hasSettled) this.#fail(said, error)
      },
    )
  }

  #abandonLater(said: Said): void {
    said.patience = this.#patience.begin(() => this.#fail(said, new Error(`no answer for ${ABANDONED} ms`)))
  }

  #ok(said: Said): void {
    if (said.owes) this.#ports.applied(said.key)
    this.#acknowledged(said.lane, said.key)
    this.#settled(said)
    if (this.#isWaitedFor(said)) said.tell('applied')
  }

  #fail(said: Said, error: unknown): void {
    const { lane, key } = said
    const isRefusal = isCacheError(error, 'VALUE_REFUSED')
    if (isRefusal) {
      if (lane.latest === said.latest) lane.latest = undefined
    } else {
      this.#ports.failed(said.name, key, error)
      if (said.owes || lane.owing) this.#owe(lane, key)
    }
    this.#settled(said)
    if (!this.#isWaitedFor(said)) return
    // Other failures are reported where they happen.
    if (isRefusal) said.reject(error)
    else said.tell('queued')
  }

  /** It is still under way, and its lane is not free; but nobody waits. */
  #late(said: Said): void {
    said.isLate = true
    if (said.isUnderWay && this.#isTimed && !this.#closed) this.#abandonLater(said)
    this.#ports.late(said.name, said.key)
    said.tell('queued')
  }

  #isWaitedFor({ waiting }: Said): boolean {
    return waiting === undefined || this.#ports.deadlines.end(waiting)
  }

  #settled(said: Said): void {
    said.hasSettled = true
    if (said.patience !== undefined) this.#patience.end(said.patience)
    this.#leave(said.lane, said.key)
    const { after } = said
    const calling = this.#calling
    if (after === undefined || calling.push(...after) > after.length) return
    for (const then of calling) then()
    calling.length = 0
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

/** Settles with the operation of a lane that was called last. */
function tailOf({ last }: Lane): Promise<void> {
  if (last === undefined || last.hasSettled) return Promise.resolve()
  return new Promise((resolve) => last.whenSettled(resolve))
}
