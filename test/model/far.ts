/*
 * A far store for several processes: records with leases and, if wished, a channel; in memory, and as unreliable as the
 * history says.
 *
 * What `leases.ts` and `channel.ts` of core promise is done here to the letter, in the moment in which an operation takes
 * effect (see world.ts). What they do not promise is not done: messages come late, in order for each listener, and all that
 * were not heard yet are lost when a line is cut; nobody tells of that before the line is mended. A process may die:
 * nothing that it asks is answered any more, and its leases end by themselves. The place may be replaced by another, which
 * lacks what was said last; who reaches that one is told before he is answered.
 *
 * Where there is no promise it does what the scripts of @larder/redis do; far.test.ts compares them.
 */

import {
  type Channel,
  type ChannelListener,
  type Entry,
  isMark,
  type LeasedRead,
  type Leases,
  type Stamps,
  type Store,
} from '@larder/core'
import type { ManualClock } from '@larder/testing'
import { copied, type Net, Place } from './world.ts'

export interface Lease {
  readonly token: string
  readonly until: number
  /** Somebody was told of it, and waits for its end. */
  readonly isAwaited: boolean
}

/** What all processes share. */
export class SharedPlace extends Place {
  readonly leases: Map<string, Lease> = new Map()
  readonly ears: Ear[] = []
  readonly lines: Line[] = []
  /** Called when something takes a lease, or a mark, away from those who have not asked for that. */
  disturbed: (what: string) => void = () => {}
  readonly #clock: ManualClock
  /** When records end; those that are not here last for ever. */
  readonly #ends = new Map<string, number>()
  #spare: readonly (readonly [string, Entry, number])[] = []

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }

  override get(key: string): Entry | undefined {
    if (this.endOf(key) <= this.#clock.now()) this.forget(key)
    return super.get(key)
  }

  override set(key: string, record: Entry, ttl = Infinity): void {
    super.set(key, record)
    this.#ends.delete(key)
    if (ttl !== Infinity) this.#ends.set(key, this.#clock.now() + ttl)
  }

  endOf(key: string): number {
    return this.#ends.get(key) ?? Infinity
  }

  /** Nobody is told, and its lease stays. */
  forget(key: string): void {
    this.records.delete(key)
    this.#ends.delete(key)
  }

  prolong(key: string, ttl: number): void {
    if (this.get(key) === undefined) return
    const end = this.#clock.now() + ttl
    if (end > this.endOf(key)) this.#ends.set(key, end)
  }

  leaseOf(key: string): Lease | undefined {
    const lease = this.leases.get(key)
    if (lease === undefined || lease.until > this.#clock.now()) return lease
    this.leases.delete(key)
    return undefined
  }

  holderOf(key: string): string | undefined {
    return this.leaseOf(key)?.token
  }

  /** Takes the lease if it is free. Who has it then. */
  take(key: string, token: string, ms: number): string {
    const lease = this.leaseOf(key)
    if (lease === undefined) {
      this.leases.set(key, { token, until: this.#clock.now() + ms, isAwaited: false })
      return token
    }
    if (lease.token !== token) this.leases.set(key, { ...lease, isAwaited: true })
    return lease.token
  }

  /** Who waited for the other holder waits for this one. */
  seize(key: string, token: string, ms: number): void {
    const isAwaited = this.leaseOf(key)?.isAwaited === true
    this.leases.set(key, { token, until: this.#clock.now() + ms, isAwaited })
  }

  /** Ends the lease, if it is still `token`. */
  end(key: string, token: string): boolean {
    const lease = this.leaseOf(key)
    if (lease?.token !== token) return false
    this.leases.delete(key)
    if (lease.isAwaited) this.#filled(key)
    return true
  }

  #filled(key: string): void {
    for (const ear of this.ears) ear.tell(`filled ${key}`, true, (listener) => listener.filled(key))
  }

  changed(by: Ear, key: string): void {
    for (const ear of this.ears) {
      if (ear !== by) ear.tell(`changed ${key}`, isMark(key), (listener) => listener.changed(key))
    }
  }

  /** A record is replaced, or taken away. */
  change(by: Ear, key: string, record: Entry | undefined, ttl?: number): void {
    if (isMark(key) && record !== undefined && this.records.has(key)) this.disturbed(`${key} is minted twice`)
    if (record === undefined) this.forget(key)
    else this.set(key, record, ttl)
    this.#said(by, [key])
  }

  /** The same at once for several. */
  changeAll(by: Ear, writes: readonly (readonly [string, Entry | undefined, number])[]): void {
    for (const [key, record, ttl] of writes) {
      if (record === undefined) this.forget(key)
      else this.set(key, record, ttl)
    }
    this.#said(by, [...new Set(writes.map(([key]) => key))])
  }

  /** Their leases end. If somebody may wait for one, all of them are called: which it was is not looked at. */
  #said(by: Ear, keys: readonly string[]): void {
    const wasLeased = keys.some((key) => this.leaseOf(key) !== undefined)
    for (const key of keys) this.leases.delete(key)
    for (const key of keys) this.changed(by, key)
    if (wasLeased) for (const key of keys) this.#filled(key)
  }

  /** The place loses everything, and everybody's line. */
  restart(): void {
    this.#spare = []
    this.replace()
  }

  /** Another place is ready to replace this one. It will know nothing of what comes now. */
  standBy(): void {
    this.#spare = [...this.records].map(([key, record]) => [key, record, this.endOf(key)])
  }

  /** It does. Nobody is answered before he has found the other one. */
  replace(): void {
    this.records.clear()
    this.#ends.clear()
    this.leases.clear()
    for (const [key, record, end] of this.#spare) this.set(key, record, end - this.#clock.now())
    for (const ear of this.ears) ear.lose()
    for (const line of this.lines) line.isAway = true
  }
}

interface Message {
  readonly what: string
  readonly say: (listener: ChannelListener) => void
}

/** What one process hears. */
export class Ear {
  isCut: boolean = false
  readonly hasChannel: boolean
  #listener: ChannelListener | undefined
  #what: 'marks' | 'everything' = 'marks'
  #unheard: Message[] = []
  #isReplaced = false

  constructor(hasChannel: boolean) {
    this.hasChannel = hasChannel
  }

  listen(listener: ChannelListener, what: 'marks' | 'everything'): () => void {
    this.#listener = listener
    this.#what = what
    return () => {
      this.#listener = undefined
      this.#unheard = []
    }
  }

  /** `forAll`: it is not about a record only. */
  tell(what: string, forAll: boolean, say: Message['say']): void {
    if (this.#listener === undefined || this.isCut || !(forAll || this.#what === 'everything')) return
    this.#unheard.push({ what, say })
  }

  /** The process asks whether it has heard everything, and is answered behind all that was told before. */
  beat(now: number): void {
    this.tell('proven', true, (listener) => listener.proven(now))
  }

  /** What it is going to hear next. */
  get next(): string | undefined {
    return this.#unheard[0]?.what
  }

  hear(): void {
    const message = this.#unheard.shift()
    if (this.#listener !== undefined) message?.say(this.#listener)
  }

  cut(): void {
    this.isCut = true
    this.#unheard = []
  }

  /** What it listened to is gone. */
  lose(): void {
    this.cut()
    this.#isReplaced = true
  }

  mend(): void {
    if (!this.isCut) return
    this.isCut = false
    this.#listener?.gap()
    if (this.#isReplaced) this.#listener?.replaced()
    this.#isReplaced = false
  }
}

/** How a process reaches the place. */
export class Line {
  isDead: boolean = false
  isClosed: boolean = false
  /** The place was replaced, and this process has not found the new one. */
  isAway: boolean = false
  /** What was asked although the store had been closed. */
  tooLate: string | undefined
  readonly #net: Net
  readonly #process: number

  constructor(net: Net, process: number) {
    this.#net = net
    this.#process = process
  }

  send<T>(what: string, isWriting: boolean, effect: () => T): Promise<T> {
    if (this.isDead) return new Promise(() => {})
    if (this.isClosed) this.tooLate ??= what
    const named = `p${this.#process} ${what}`
    return this.isAway ? this.#net.refuse(named) : this.#net.send(named, isWriting, effect)
  }
}

export interface FarOptions {
  /** It has getMany. */
  readonly bulk: boolean
  /** Whether it can add what is not there. */
  readonly adds: boolean
  /** Its keys fail each by itself. */
  readonly inParts: boolean
  /** It has all that Redis has. */
  readonly isWhole?: boolean
  readonly maxStaleness: number
}

/** One process's view of the place. */
export function sharedStore(
  place: SharedPlace,
  ear: Ear,
  line: Line,
  { bulk, adds, inParts, isWhole = false, maxStaleness }: FarOptions,
): Store<Entry> {
  const states = new Map<string, Stamps>()
  /** Entries of one state come with one array, as those of core's `encoded` do. */
  const read = (key: string): Entry | undefined => {
    const found = place.get(key)
    if (found === undefined) return undefined
    const state = JSON.stringify(found.terms.stamps)
    const stamps = states.get(state) ?? found.terms.stamps
    states.set(state, stamps)
    return copied(found, stamps)
  }
  const leases: Leases<Entry> = {
    read: (keys, wishes, ms) =>
      line.send(`read ${keys.join(' ')}`, wishes.some(isWished), () =>
        keys.map((key, i): LeasedRead<Entry> => {
          const record = read(key)
          const wish = wishes[i]
          const holder = record !== undefined || wish === undefined ? undefined : place.take(key, wish, ms)
          return { record, holder }
        }),
      ),
    take: (key, token, ms) => line.send(`take ${key}`, true, () => place.take(key, token, ms)),
    seize: (key, token, ms) =>
      line.send(`seize ${key}`, true, () => {
        place.disturbed(`${key} is seized`)
        place.seize(key, token, ms)
        return read(key)
      }),
    fill: (key, token, record, ttl, isChange = false) =>
      line.send(`fill ${key}`, true, () => {
        if (place.holderOf(key) !== token) return false
        place.set(key, record, ttl)
        place.end(key, token)
        if (isChange) place.changed(ear, key)
        return true
      }),
    renew: (key, token, ms) =>
      line.send(`renew ${key}`, true, () => {
        const isHeld = place.holderOf(key) === token
        if (isHeld) place.seize(key, token, ms)
        return isHeld
      }),
    drop: (key, token) => line.send(`drop ${key}`, true, () => void place.end(key, token)),
  }
  const channel: Channel = { maxStaleness, listen: (listener, what) => ear.listen(listener, what) }
  return {
    name: 'far',
    get: (key) => line.send(`get ${key}`, false, () => read(key)),
    set: (key, record, ttl) => line.send(`set ${key}`, true, () => place.change(ear, key, record, ttl)),
    delete: (key) => line.send(`delete ${key}`, true, () => place.change(ear, key, undefined)),
    ...(adds && {
      add: (key: string, record: Entry, ttl: number) =>
        line.send(`add ${key}`, true, () => {
          const found = read(key)
          if (found === undefined) place.set(key, record, ttl)
          return found
        }),
    }),
    ...(bulk && {
      getMany: (keys: readonly string[]) =>
        line.send(`getMany ${keys.join(' ')}`, false, () => keys.map(read)),
      clear: (prefix: string) =>
        line.send(`clear ${prefix}`, true, () => {
          for (const key of place.records.keys())
            if (key.startsWith(prefix) && !isMark(key)) place.forget(key)
        }),
    }),
    ...(isWhole && {
      setMany: (records: readonly (readonly [string, Entry, number])[]) =>
        line.send(`setMany ${records.map(([key]) => key).join(' ')}`, true, () => {
          place.changeAll(ear, records)
        }),
      deleteMany: (keys: readonly string[]) =>
        line.send(`deleteMany ${keys.join(' ')}`, true, () => {
          place.changeAll(
            ear,
            keys.map((key) => [key, undefined, 0] as const),
          )
        }),
      prolong: (keys: readonly string[], ttl: number) =>
        line.send(`prolong ${keys.join(' ')}`, true, () => {
          for (const key of keys) place.prolong(key, ttl)
        }),
    }),
    ...(inParts && { partOf: (key: string) => key }),
    ...(ear.hasChannel && { channel }),
    leases,
    close: () => {
      line.isClosed = true
    },
  }
}

const isWished = (wish: string | undefined): boolean => wish !== undefined
