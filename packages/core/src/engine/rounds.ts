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
import type { LeasedRead } from '../store/leases.ts'
import { type Awaitable, isPending, type Store } from '../store/store.ts'
import type { Clock } from './clock.ts'
import type { Entry } from './entry.ts'
import type { LeaseCalls } from './lease-calls.ts'
import { newToken } from './marks.ts'
import { Passing } from './passing.ts'
import { keepShape } from './shapes.ts'

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
  #wishes: (string | undefined)[] | undefined
  #marks: Map<string, number> | undefined
  #isLeased = false
  readonly #listeners: (() => void)[] = []
  readonly #leaseCalls: Pick<LeaseCalls, 'drop'>

  constructor(leaseCalls: Pick<LeaseCalls, 'drop'>) {
    this.#leaseCalls = leaseCalls
  }

  /** Puts a question down. Its answer will be at the index that is returned. */
  add(key: string, wish: boolean, clock: Clock): number {
    if (wish) {
      this.token ??= newToken(clock)
      this.#wishes ??= []
      this.#wishes[this.keys.length] = this.token
    }
    return this.keys.push(key) - 1
  }

  /** The same for a mark, for which several may ask. */
  addMark(mark: string): number {
    this.#marks ??= new Map()
    const known = this.#marks.get(mark)
    if (known !== undefined) return known
    const at = this.keys.push(mark) - 1
    this.#marks.set(mark, at)
    return at
  }

  /** Calls `then` when the answer, or the failure, is there. */
  onEnd(then: () => void): void {
    if (this.hasEnded) then()
    else this.#listeners.push(then)
  }

  send(store: Store<Entry>, deadlines: Deadlines): void {
    let answer: Awaitable<unknown>
    try {
      answer = this.#ask(store)
    } catch (error) {
      return this.#fail(error)
    }
    if (!isPending(answer)) return this.#take(answer)
    const pending = answer
    deadlines.watch(
      pending,
      (said) => this.#take(said),
      (error) => this.#failed(pending, error),
      () => storeTimedOut(store.name, 'get', deadlines.ms),
    )
  }

  #ask(store: Store<Entry>): Awaitable<unknown> {
    const { keys, token } = this
    const { leases } = store
    this.#isLeased = token !== undefined || (keys.length > 1 && store.getMany === undefined)
    if (leases !== undefined && this.#isLeased) {
      const wishes = keys.map((_, i) => this.#wishes?.[i])
      return leases.read(keys, wishes, LEASE)
    }
    this.#isLeased = false
    return keys.length === 1 ? store.get(keys[0] as string) : store.getMany?.(keys)
  }

  /** What was answered. A store that breaks its contract may have answered with anything. */
  #read(said: unknown): void {
    const { keys } = this
    const answers: readonly unknown[] = Array.isArray(said) && said.length === keys.length ? said : []
    if (!this.#isLeased) {
      this.records = keys.length === 1 ? [said] : answers
      return
    }
    const reads = answers as readonly (LeasedRead<unknown> | null | undefined)[]
    this.records = reads.map((read) => read?.record)
    this.holders = reads.map((read) => read?.holder)
  }

  #take(said: unknown): void {
    this.#read(said)
    this.#end()
  }

  #failed(pending: PromiseLike<unknown>, error: unknown): void {
    this.#fail(error)
    // Leases that were taken although the answer comes too late.
    if (this.token !== undefined) this.#takeBackLater(pending).catch(nothing)
  }

  async #takeBackLater(answer: PromiseLike<unknown>): Promise<void> {
    this.#read(await answer)
    this.giveBack()
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

  #fail(error: unknown): void {
    this.failure = { error }
    this.#end()
  }

  #end(): void {
    this.hasEnded = true
    for (const then of this.#listeners) then()
  }
}

const nothing = (): void => {}

keepShape(new Page({ drop: nothing }))

/** What is asked in one tick. */
export class Round {
  readonly pages: Page[] = []
  readonly clock: Clock
  readonly #store: Store<Entry>
  readonly #leaseCalls: LeaseCalls
  #byPart: Map<string | undefined, Page> | undefined

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
    this.#byPart ??= new Map()
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

/** What hangs on it is called at the end of the tick. Costs a third of queueMicrotask, which opens an asynchronous resource. */
const NOW: Promise<void> = Promise.resolve()

export class Rounds {
  readonly #ports: RoundsPorts
  #askers: Asker[] = []
  readonly #open = new Passing<Page, Page>()
  /** The next one, made ahead so that its shape is kept. */
  #round: Round
  #isClosing = false
  readonly #going = (): void => this.#go()

  constructor(ports: RoundsPorts) {
    this.#ports = ports
    this.#round = new Round(ports)
  }

  /** Has `asker` asked at the end of this tick. */
  soon(asker: Asker): void {
    if (this.#askers.push(asker) === 1) NOW.then(this.#going, nothing)
  }

  /** All handles have been closed: nobody loads any more, so leases are given back as soon as they are had. */
  close(): void {
    this.#isClosing = true
  }

  /** When all that was asked has been answered. */
  async settled(): Promise<void> {
    for (const page of this.#open.values()) await new Promise<void>((resolve) => page.onEnd(resolve))
  }

  #go(): void {
    const { store, deadlines } = this.#ports
    const askers = this.#askers
    this.#askers = []
    const round = this.#round
    this.#round = new Round(this.#ports)
    for (const asker of askers) asker.ask(round)
    for (const page of round.pages) {
      this.#open.set(page, page)
      page.onEnd(() => {
        this.#open.delete(page)
        if (this.#isClosing) page.giveBack()
      })
      page.send(store, deadlines)
    }
  }
}
