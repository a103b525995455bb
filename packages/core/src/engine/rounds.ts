/*
 * Rounds: what is asked of a store in one tick leaves together, whichever cache or namespace asked. This is what makes
 * many reads at once cheaper than each alone, and the deadline is one for all of them.
 *
 *   get a ┐
 *   get b ├─ a page: one getMany ──▶ store        (a page for each part of the store that fails by itself)
 *   get c ┘
 */

import { storeTimedOut } from '../errors.ts'
import type { Deadlines } from '../store/deadline.ts'
import type { Leases } from '../store/leases.ts'
import { type Awaitable, isPending, type Store } from '../store/store.ts'
import type { Clock } from './clock.ts'
import type { Entry } from './entry.ts'
import type { LeaseCalls } from './lease-calls.ts'
import { newToken } from './marks.ts'

/** For how long a lease lasts that is not renewed: after that, others take the load of a dead process over. */
export const LEASE = 3_000

/** Somebody with something to ask. */
export interface Asker {
  /** Writes it down. */
  ask(round: Round): void
}

/** One request, and its answer. */
export class Page {
  readonly keys: string[] = []
  /** What was answered, in the order of the keys. */
  records: readonly unknown[] = []
  /** Who has the leases that were wished for. */
  holders: readonly (string | undefined)[] = []
  /** Why there is no answer. */
  failure: { readonly error: unknown } | undefined
  hasEnded: boolean = false
  /** The token that is offered for the leases that are wished for. */
  token: string | undefined
  readonly #wishes: (string | undefined)[] = []
  readonly #listeners: (() => void)[] = []
  readonly #marks = new Map<string, number>()
  readonly #leaseCalls: LeaseCalls

  constructor(leaseCalls: LeaseCalls) {
    this.#leaseCalls = leaseCalls
  }

  /** Puts a question down. Its answer will be at the index that is returned. */
  add(key: string, wish: boolean, clock: Clock): number {
    if (wish) {
      this.token ??= newToken(clock)
      this.#wishes[this.keys.length] = this.token
    }
    return this.keys.push(key) - 1
  }

  /** Calls `then` when the answer, or the failure, is there. */
  onEnd(then: () => void): void {
    if (this.hasEnded) then()
    else this.#listeners.push(then)
  }

  /** The same for a mark, for which several may ask. */
  addMark(mark: string): number {
    const known = this.#marks.get(mark)
    if (known !== undefined) return known
    const at = this.keys.push(mark) - 1
    this.#marks.set(mark, at)
    return at
  }

  send(store: Store<Entry>, deadlines: Deadlines): Promise<void> | undefined {
    try {
      const answer = this.#ask(store)
      if (!isPending(answer)) return this.#end()
      return deadlines
        .hold(answer, () => storeTimedOut(store.name, 'get', deadlines.ms))
        .then(undefined, (error: unknown) => {
          this.#fail(error)
          // Leases that were taken although the answer comes too late.
          if (this.token !== undefined) {
            answer.then(
              () => this.giveBack(),
              () => {},
            )
          }
        })
        .then(() => this.#end())
    } catch (error) {
      this.#fail(error)
      return this.#end()
    }
  }

  #ask(store: Store<Entry>): Awaitable<void> {
    const { leases } = store
    const isPlain = this.token === undefined && (this.keys.length === 1 || store.getMany !== undefined)
    if (leases !== undefined && !isPlain) return this.#askWithLeases(leases)
    const [first] = this.keys
    if (this.keys.length > 1 || first === undefined) return this.#keep(store.getMany?.(this.keys) ?? [])
    const record = store.get(first)
    return isPending(record)
      ? record.then((found) => {
          this.records = [found]
        })
      : void (this.records = [record])
  }

  async #askWithLeases(leases: Leases<Entry>): Promise<void> {
    while (this.#wishes.length < this.keys.length) this.#wishes.push(undefined)
    const reads = await leases.read(this.keys, this.#wishes, LEASE)
    this.records = reads.map(({ record }) => record)
    this.holders = reads.map(({ holder }) => holder)
  }

  /** Whether the lease of the key there was taken. */
  isTaken(at: number): boolean {
    return this.token !== undefined && this.holders[at] === this.token
  }

  /** Gives back the leases that were taken: others would wait for somebody who does not load. */
  giveBack(): void {
    const { token } = this
    if (token === undefined) return
    for (const [at, key] of this.keys.entries()) {
      if (this.isTaken(at)) this.#leaseCalls.drop(key, token)
    }
  }

  #keep(answer: Awaitable<readonly unknown[]>): Awaitable<void> {
    if (isPending(answer)) return answer.then((records) => this.#check(records))
    return this.#check(answer)
  }

  /** A store that breaks its contract may have answered with anything. */
  #check(records: unknown): void {
    const isWhole = Array.isArray(records) && records.length === this.keys.length
    this.records = isWhole ? (records as readonly unknown[]) : this.keys.map(() => undefined)
  }

  #fail(error: unknown): void {
    this.failure = { error }
  }

  #end(): undefined {
    this.hasEnded = true
    for (const then of this.#listeners) then()
  }
}

/** What is asked in one tick. */
export class Round {
  readonly pages: Page[] = []
  readonly clock: Clock
  readonly #store: Store<Entry>
  readonly #leaseCalls: LeaseCalls
  readonly #byPart = new Map<string | undefined, Page>()

  constructor({ store, clock, leaseCalls }: RoundsPorts) {
    this.#store = store
    this.#leaseCalls = leaseCalls
    this.clock = clock
  }

  /** The page that a question about `key` belongs on. */
  page(key: string): Page {
    const store = this.#store
    const isAlone = store.getMany === undefined && store.leases === undefined
    if (!isAlone && store.partOf === undefined) return this.pages[0] ?? this.#newPage()
    const part = isAlone ? `:${key}` : store.partOf?.(key)
    const known = this.#byPart.get(part)
    if (known !== undefined) return known
    const page = this.#newPage()
    this.#byPart.set(part, page)
    return page
  }

  #newPage(): Page {
    const page = new Page(this.#leaseCalls)
    this.pages.push(page)
    return page
  }
}

export interface RoundsPorts {
  readonly store: Store<Entry>
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly leaseCalls: LeaseCalls
}

export class Rounds {
  readonly #ports: RoundsPorts
  #askers: Asker[] = []
  readonly #open = new Set<Promise<void>>()
  #isClosing = false

  constructor(ports: RoundsPorts) {
    this.#ports = ports
  }

  /** Has `asker` asked at the end of this tick. */
  soon(asker: Asker): void {
    if (this.#askers.push(asker) === 1) queueMicrotask(() => this.#go())
  }

  /** All handles have been closed: nobody loads any more, so leases are given back as soon as they are had. */
  close(): void {
    this.#isClosing = true
  }

  /** When all that was asked has been answered. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open)
  }

  #go(): void {
    const { store, deadlines } = this.#ports
    const askers = this.#askers
    this.#askers = []
    const round = new Round(this.#ports)
    for (const asker of askers) asker.ask(round)
    for (const page of round.pages) {
      page.onEnd(() => {
        if (this.#isClosing) page.giveBack()
      })
      const sent = page.send(store, deadlines)
      if (sent === undefined) continue
      const call: Promise<void> = sent.finally(() => this.#open.delete(call))
      this.#open.add(call)
    }
  }
}
