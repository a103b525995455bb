/*
 * A far store for several processes: records with leases and, if wished, a channel; in memory, and as unreliable as the
 * history says.
 *
 * What `leases.ts` and `channel.ts` of core promise is done here to the letter, in the moment in which an operation takes
 * effect (see world.ts). What they do not promise is not done: messages come late, in order for each listener, and all that
 * were not heard yet are lost when a line is cut; nobody tells of that before the line is mended. A process may die:
 * nothing that it asks is answered any more, and its leases end by themselves.
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
}

/** What all processes share. */
export class SharedPlace extends Place {
  readonly leases: Map<string, Lease> = new Map()
  readonly ears: Ear[] = []
  /** Called when something takes a lease, or a mark, away from those who have not asked for that. */
  disturbed: (what: string) => void = () => {}
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }

  holderOf(key: string): string | undefined {
    const lease = this.leases.get(key)
    if (lease === undefined || lease.until > this.#clock.now()) return lease?.token
    this.leases.delete(key)
    return undefined
  }

  /** Takes the lease if it is free. Who has it then. */
  take(key: string, token: string, ms: number): string {
    const holder = this.holderOf(key)
    if (holder === undefined) this.seize(key, token, ms)
    return holder ?? token
  }

  seize(key: string, token: string, ms: number): void {
    this.leases.set(key, { token, until: this.#clock.now() + ms })
  }

  /** Ends the lease, if it is still `token`. */
  end(key: string, token: string): boolean {
    if (this.holderOf(key) !== token) return false
    this.leases.delete(key)
    for (const ear of this.ears) ear.tell(`filled ${key}`, (listener) => listener.filled(key))
    return true
  }

  /** A record is replaced, or taken away. */
  change(by: Ear, key: string, record: Entry | undefined): void {
    if (isMark(key) && record !== undefined && this.records.has(key)) this.disturbed(`${key} is minted twice`)
    if (record === undefined) this.records.delete(key)
    else this.set(key, record)
    this.leases.delete(key)
    if (!isMark(key)) return
    for (const ear of this.ears)
      if (ear !== by) ear.tell(`changed ${key}`, (listener) => listener.changed(key))
  }

  /** The place loses everything, and everybody's line. */
  restart(): void {
    this.records.clear()
    this.leases.clear()
    for (const ear of this.ears) ear.cut()
  }
}

interface Message {
  readonly what: string
  readonly say: (listener: ChannelListener) => void
}

/** What one process hears. */
export class Ear {
  isCut: boolean = false
  readonly hears: 'marks' | 'nothing'
  #listener: ChannelListener | undefined
  #unheard: Message[] = []

  constructor(hears: 'marks' | 'nothing') {
    this.hears = hears
  }

  listen(listener: ChannelListener): () => void {
    this.#listener = listener
    return () => {
      this.#listener = undefined
      this.#unheard = []
    }
  }

  tell(what: string, say: Message['say']): void {
    if (this.#listener !== undefined && !this.isCut) this.#unheard.push({ what, say })
  }

  /** The process asks whether it has heard everything, and is answered behind all that was told before. */
  beat(now: number): void {
    this.tell('proven', (listener) => listener.proven(now))
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

  mend(): void {
    if (!this.isCut) return
    this.isCut = false
    this.#listener?.gap()
  }
}

/** How a process reaches the place. */
export class Line {
  isDead: boolean = false
  isClosed: boolean = false
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
    return this.#net.send(`p${this.#process} ${what}`, isWriting, effect)
  }
}

export interface FarOptions {
  /** It has getMany. */
  readonly bulk: boolean
  /** Whether it can add what is not there. */
  readonly adds: boolean
  /** Its keys fail each by itself. */
  readonly inParts: boolean
  readonly maxStaleness: number
}

/** One process's view of the place. */
export function sharedStore(
  place: SharedPlace,
  ear: Ear,
  line: Line,
  { bulk, adds, inParts, maxStaleness }: FarOptions,
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
    fill: (key, token, record) =>
      line.send(`fill ${key}`, true, () => {
        if (place.holderOf(key) !== token) return false
        place.set(key, record)
        return place.end(key, token)
      }),
    renew: (key, token, ms) =>
      line.send(`renew ${key}`, true, () => {
        const isHeld = place.holderOf(key) === token
        if (isHeld) place.seize(key, token, ms)
        return isHeld
      }),
    drop: (key, token) => line.send(`drop ${key}`, true, () => void place.end(key, token)),
  }
  const channel: Channel = { maxStaleness, listen: (listener) => ear.listen(listener) }
  return {
    name: 'far',
    get: (key) => line.send(`get ${key}`, false, () => read(key)),
    set: (key, record) => line.send(`set ${key}`, true, () => place.change(ear, key, record)),
    delete: (key) => line.send(`delete ${key}`, true, () => place.change(ear, key, undefined)),
    ...(adds && {
      add: (key: string, record: Entry) =>
        line.send(`add ${key}`, true, () => {
          const found = read(key)
          if (found === undefined) place.set(key, record)
          return found
        }),
    }),
    ...(bulk && {
      getMany: (keys: readonly string[]) =>
        line.send(`getMany ${keys.join(' ')}`, false, () => keys.map(read)),
      clear: (prefix: string) =>
        line.send(`clear ${prefix}`, true, () => {
          for (const key of place.records.keys())
            if (key.startsWith(prefix)) place.change(ear, key, undefined)
        }),
    }),
    ...(inParts && { partOf: (key: string) => key }),
    ...(ear.hears === 'marks' && { channel }),
    leases,
    close: () => {
      line.isClosed = true
    },
  }
}

const isWished = (wish: string | undefined): boolean => wish !== undefined
