/*
 * The crew: the processes of a soak, each in a place of its own behind a network of its own. Who is killed is replaced by
 * another life; what one tells is passed on to the others.
 */

import type { RedisServer } from '@larder/testing/servers'
import { Child } from '../processes/child.ts'
import { now } from '../processes/orders.ts'
import type { Calendar } from './calendar.ts'
import type { ChangeNote, Loss, News, Opening, Orders, Report, Service, SetNote, Tally } from './orders.ts'

type Process = Child<Orders, Report>

/** What was set before is not read any more. */
const SETS_KNOWN = 2_000

export interface Member {
  readonly place: number
  readonly url: string
  readonly life: number
  readonly process: Process
  /** If its calendar can jump. */
  readonly calendar: Calendar | undefined
}

export interface CrewOptions {
  /** The program of the processes. */
  readonly file: () => string
  readonly truth: RedisServer
  readonly opening: Omit<Opening, 'life' | 'url' | 'truth' | 'seed'>
  readonly seed: number
}

export class Crew {
  readonly #options: CrewOptions
  readonly #members = new Map<number, Member>()
  readonly #tallies = new Map<number, Tally>()
  /** By life: of each place, the highest version whose invalidation is owed. */
  readonly #owed = new Map<number, Map<number, number>>()
  /** Of each place, the highest version whose invalidation was acknowledged, and when. */
  readonly #acknowledged = new Map<number, ChangeNote>()
  readonly #sets = new Map<number, SetNote>()
  readonly #losses = new Map<number, Loss>()
  /** Lives that can be told something. */
  readonly #open = new Set<number>()
  readonly #listeners = new Set<(place: number, service: Service) => void>()
  #lives = 0
  /** Why the soak cannot go on. */
  crashed: string | undefined

  constructor(options: CrewOptions) {
    this.#options = options
  }

  get members(): readonly Member[] {
    return [...this.#members.values()].toSorted((a, b) => a.place - b.place)
  }

  at(place: number): Member {
    const member = this.#members.get(place)
    if (member === undefined) throw new Error(`there is nobody in place ${place}`)
    return member
  }

  /** Of every life, as far as it was told. */
  get tallies(): readonly Tally[] {
    return [...this.#tallies.values()]
  }

  /** A process comes, and begins when all others know of it. */
  async join(place: number, url: string, calendar: Calendar | undefined): Promise<void> {
    const { file, truth, opening, seed } = this.#options
    const life = ++this.#lives
    const child: Process = new Child(file(), calendar?.env)
    this.#members.set(place, { place, url, life, process: child, calendar })
    child.onReport((report) => this.#heard(place, life, report))
    this.#watch(life, child)
    await child.ask('open', {
      ...opening,
      life,
      url,
      truth: truth.port,
      seed: seed * 1_000 + life,
    })
    const at = now()
    const changes = [...this.#acknowledged.values()]
    for (const loss of this.#losses.values()) child.tell('loss', loss)
    child.tell('hear', { by: 0, until: 0, changes, sets: [...this.#sets.values()] })
    for (const other of this.#others(life)) {
      other.process.tell('came', { by: life, at })
      child.tell('came', { by: other.life, at })
    }
    this.#open.add(life)
    await child.ask('begin', {})
  }

  /** At once, or in order; and another comes into its place. */
  async replace(place: number, how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { life, process: child, url, calendar } = this.at(place)
    child.signal(how)
    await child.ended
    this.#open.delete(life)
    for (const other of this.#others(life)) other.process.tell('gone', { by: life })
    this.#owed.delete(life)
    await this.join(place, url, calendar)
  }

  #others(life: number): readonly Member[] {
    return this.members.filter((other) => other.life !== life && this.#open.has(other.life))
  }

  onService(listener: (place: number, service: Service) => void): void {
    this.#listeners.add(listener)
  }

  /** What Redis acknowledges in a time may be lost. Told again when it is known how long that is. */
  lose(loss: Loss): void {
    this.#losses.set(loss.id, loss)
    for (const { life, process: child } of this.members) if (this.#open.has(life)) child.tell('loss', loss)
  }

  /** Of each place, the version that nothing may be older than when all is quiet. */
  required(): ReadonlyMap<number, number> {
    const required = new Map([...this.#acknowledged].map(([place, [, version]]) => [place, version]))
    for (const owed of this.#owed.values())
      for (const [place, version] of owed) required.set(place, Math.max(version, required.get(place) ?? 0))
    return required
  }

  /** No more traffic. Everything has been told to everybody when this resolves. */
  async halt(): Promise<void> {
    const members = this.members
    await Promise.all(members.map(({ process: child }) => child.ask('halt', {})))
    for (const { life, process: child } of members) this.#tallies.set(life, await child.ask('tally', {}))
  }

  async end(): Promise<void> {
    await Promise.all(this.members.map(({ process: child }) => child.kill()))
  }

  #heard(place: number, life: number, { news, service, tally }: Report): void {
    this.#note(news)
    for (const other of this.#others(life)) other.process.tell('hear', news)
    if (tally !== undefined) this.#tallies.set(life, tally)
    for (const listener of this.#listeners) listener(place, service)
  }

  #note({ by, changes, sets }: News): void {
    for (const set of sets) this.#sets.set(set[0], set)
    for (const old of [...this.#sets.keys()].slice(0, -SETS_KNOWN)) this.#sets.delete(old)
    const owed = this.#owed.get(by) ?? new Map<number, number>()
    this.#owed.set(by, owed)
    for (const change of changes) {
      const [place, version, , isApplied] = change
      if (!isApplied) owed.set(place, Math.max(version, owed.get(place) ?? 0))
      else if (version > (this.#acknowledged.get(place)?.[1] ?? 0)) this.#acknowledged.set(place, change)
    }
  }

  /** Processes end when they are killed or told to, not by themselves. */
  #watch(life: number, child: Process): void {
    child.ended.then(
      ({ code, signal }) => {
        if (signal !== 'SIGKILL' && code !== 0)
          this.crashed ??= `life ${life} ended by itself: ${signal ?? code}`
      },
      () => {},
    )
  }
}
