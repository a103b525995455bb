/*
 * The traffic of a process in the soak: many more reads than writes, of all kinds, in three namespaces, and a judge at its side.
 */

import { type CacheEvent, systemClock } from '@larder/core'
import { seeded } from '../processes/chance.ts'
import { now } from '../processes/orders.ts'
import {
  CLEAR_PLACES,
  KEYS,
  type KeyPlace,
  someKey,
  SPACES,
  type Spaces,
  spacesOf,
  TAG_PLACES,
} from '../processes/places.ts'
import { passed, Source } from '../processes/source.ts'
import { Attention } from './attention.ts'
import type { Soaked } from './cache.ts'
import { Judge, type Kept, setIn } from './judge.ts'
import type { Kind, Left, Opening, Report, Service, Tally } from './orders.ts'
import { Times } from './times.ts'
import type { Connection } from '@larder/testing/servers'

/** ms. */
const REPORT_EVERY = 25
/** All that is counted goes along so often: who is killed has not told the last of it. */
const TALLY_EVERY = 10
/** Loads of which it is known when they have ended. */
const LOADS_KNOWN = 4_096
/** Of a read without a value. */
const MISS = undefined
const UNDER_WAY = Infinity

export class Traffic {
  readonly #opening: Opening
  readonly #spaces: Spaces
  readonly #source: Source
  readonly #random: () => number
  readonly #judge: Judge
  readonly #attention = new Attention(now)
  readonly #report: (report: Report) => void
  readonly #times = new Times()
  readonly #undisturbed = new Times()
  #running: Promise<void>[] = []
  #isHalted = false
  #isLeaving = false
  readonly #changes: Record<Kind, number> = { delete: 0, set: 0, tags: 0, clear: 0 }
  readonly #sums = { reads: 0, misses: 0, loads: 0, fenced: 0, storeFailures: 0, queued: 0, foreign: 0 }
  #rejections = 0
  #unhandled = 0
  #near = 0
  #far = 0
  /** When the loads of this process have ended, by their number. */
  readonly #loads = new Map<number, number>()
  #sets = 0
  /** Own invalidations that are not acknowledged, by place. */
  readonly #pending = new Map<number, number>()
  #owing = 0
  /** When the store was last seen to fail, or to owe something. */
  #failedAt = -1
  #served = { at: now(), reads: 0, near: 0, far: 0, failures: 0 }

  constructor(opening: Opening, soaked: Soaked, truth: Connection, report: (report: Report) => void) {
    this.#opening = opening
    this.#spaces = spacesOf(soaked.cache)
    this.#random = seeded(opening.seed)
    this.#source = new Source(truth, this.#random)
    this.#judge = new Judge(opening.life, soaked.bounds)
    this.#report = report
    soaked.cache.on((event) => this.#saw(event))
    process.on('unhandledRejection', () => this.#unhandled++)
  }

  get judge(): Judge {
    return this.#judge
  }

  #saw(event: CacheEvent): void {
    if (event.type === 'store-failed') {
      this.#failedAt = now()
      this.#sums.storeFailures++
    }
    if (event.type === 'queued') this.#owing++
    if (event.type === 'delivered') this.#owing--
    if (event.type === 'unstored' && event.why === 'invalidated') this.#sums.fenced++
    if (event.type === 'hit' && event.near === true) this.#near++
    else if (event.type === 'hit') this.#far++
    if (this.#owing > 0) this.#failedAt = now()
  }

  begin(): void {
    const { readers, writers } = this.#opening.pace
    for (let n = 0; n < readers; n++) this.#running.push(this.#reader())
    for (let n = 0; n < writers; n++) this.#running.push(this.#writer())
    this.#running.push(this.#reporting())
  }

  /** Begins nothing new. The cache is about to be closed, which is no failure. */
  leave(): void {
    this.#isHalted = true
    this.#isLeaving = true
    this.#attention.end()
  }

  /** The last words. */
  left(): void {
    this.#judge.judge('end')
    this.#tell(this.tally())
  }

  async halt(): Promise<void> {
    this.#isHalted = true
    await Promise.all(this.#running)
    this.#running = []
    this.#tell()
    this.#attention.end()
  }

  async #reporting(): Promise<void> {
    for (let n = 1; !this.#isHalted; n++) {
      await passed(REPORT_EVERY)
      this.#tell(n % TALLY_EVERY === 0 ? this.tally() : undefined)
      this.#judge.judge()
    }
  }

  #tell(tally?: Tally): void {
    const until = now()
    const report = { news: this.#judge.news(until), service: this.#service(until) }
    this.#report(tally === undefined ? report : { ...report, tally })
  }

  /** Since the last time. */
  #service(until: number): Service {
    const { at, ...before } = this.#served
    const so = {
      reads: this.#sums.reads,
      near: this.#near,
      far: this.#far,
      failures: this.#sums.storeFailures,
    }
    this.#served = { at: until, ...so }
    return {
      from: at,
      until,
      reads: so.reads - before.reads,
      near: so.near - before.near,
      far: so.far - before.far,
      failures: so.failures - before.failures,
    }
  }

  tally(): Tally {
    return {
      ...this.#sums,
      ...this.#judge.verdict,
      near: this.#near,
      changes: { ...this.#changes },
      rejections: this.#rejections,
      unhandled: this.#unhandled,
      times: this.#times.told(),
      undisturbed: this.#undisturbed.told(),
      gaps: this.#attention.gaps,
      examples: this.#judge.examples,
    }
  }

  /** What there is of every key, in the store or in this process. */
  async look(): Promise<readonly Left[]> {
    const found = await Promise.all(
      KEYS.map(async ({ space, key }) => {
        const cache = this.#spaces[space]
        return [cache.peek(key), await cache.get(key)] as readonly (Kept | undefined)[]
      }),
    )
    return found
      .flat()
      .filter((kept) => kept !== MISS)
      .filter(({ set }) => set === 0)
      .map(({ place, versions }) => ({ place, versions }))
  }

  async #client(next: () => Promise<void>): Promise<void> {
    try {
      await next()
    } catch (error) {
      if (this.#isLeaving) return
      this.#rejections++
      if (this.#rejections === 1) console.error(error)
    }
  }

  // ---- reads -------------------------------------------------------------------------------------------------------

  async #reader(): Promise<void> {
    const { burst, pause } = this.#opening.pace
    while (!this.#isHalted) {
      for (let left = this.#random() * burst; left > 0 && !this.#isHalted; left--)
        await this.#client(() => this.#read())
      await passed(this.#random() * pause)
    }
  }

  async #read(): Promise<void> {
    const x = this.#random()
    const at = someKey(this.#random)
    const cache = this.#spaces[at.space]
    if (x < 0.15) return this.#noted([at], 'peek', () => [cache.peek(at.key)])
    if (x < 0.4) return this.#noted([at], 'get', async () => [await cache.get(at.key)])
    if (x < 0.9) return this.#noted([at], 'getOrSet', async () => [await this.#getOrSet(at)])
    const first = at.place - (at.place % 10)
    const ats = [0, 3, 6].map((n) => KEYS[first + ((at.place + n) % 10)]).filter((each) => each !== undefined)
    return this.#noted(ats, 'getMany', () => cache.getMany(ats.map(({ key }) => key)))
  }

  async #getOrSet(at: KeyPlace): Promise<unknown> {
    let load = 0
    const value = await this.#spaces[at.space].getOrSet(
      at.key,
      (context) => {
        context.tags(...at.lateTags)
        load = this.#sums.loads + 1
        return this.#load(at)
      },
      at.policy,
    )
    // Until its caller is answered it can be shared: what it has named late is asked of the store first.
    const ended = this.#loads.get(load)
    if (ended !== undefined && ended !== UNDER_WAY) this.#loads.set(load, now())
    return value
  }

  async #noted(
    ats: readonly KeyPlace[],
    how: string,
    read: () => readonly unknown[] | Promise<readonly unknown[]>,
  ): Promise<void> {
    const wasPending = ats.map(
      (at) => this.#pending.size > 0 && at.concerns.some((place) => this.#pending.has(place)),
    )
    const { turn } = this.#judge
    const start = this.#attention.look()
    const behind = systemClock.exact() - systemClock.now()
    const values = await read()
    const end = this.#attention.look()
    this.#times.record(end - start)
    if (!this.#attention.wasGoneSince(start)) this.#undisturbed.record(end - start)
    const failed = this.#failedAt >= start || this.#owing > 0
    ats.forEach((at, i) => {
      this.#sums.reads++
      const kept = values[i] as Kept | undefined
      if (kept === MISS) return void this.#sums.misses++
      if (kept.place !== at.place) return void this.#sums.foreign++
      const isShared = (failed || wasPending[i] === true) && this.#wasUnderWay(kept, start)
      this.#judge.saw({ kept, how, start, turn, isShared, behind })
    })
  }

  /** Whether it was brought by a load of this process that was under way then. */
  #wasUnderWay({ life, load }: Kept, at: number): boolean {
    return life === this.#opening.life && load !== 0 && (this.#loads.get(load) ?? -1) >= at
  }

  async #load(at: KeyPlace): Promise<Kept> {
    const load = ++this.#sums.loads
    this.#loads.set(load, UNDER_WAY)
    this.#loads.delete(load - LOADS_KNOWN)
    const versions = await this.#source.load(at)
    this.#loads.set(load, now())
    return { place: at.place, versions, life: this.#opening.life, load, set: 0 }
  }

  // ---- changes -----------------------------------------------------------------------------------------------------

  async #writer(): Promise<void> {
    while (!this.#isHalted) {
      await this.#client(() => this.#change())
      await passed(this.#random() * this.#opening.pace.writerPause)
    }
  }

  async #change(): Promise<void> {
    const x = this.#random()
    if (x < 0.75) return this.#delete()
    if (x < 0.86) return this.#set()
    if (x < 0.985) {
      const at = TAG_PLACES[Math.floor(this.#random() * TAG_PLACES.length)]
      if (at === undefined) return
      await this.#changed('tags', [at.place], () => this.#spaces[at.space].invalidateTags(at.tag))
      return
    }
    const at = CLEAR_PLACES[Math.floor((1 - this.#random() ** 2) * SPACES.length)]
    if (at !== undefined) await this.#changed('clear', [at.place], () => this.#spaces[at.space].clear())
  }

  async #delete(): Promise<void> {
    const at = someKey(this.#random)
    const other = KEYS[at.place + 1]
    const ats = other?.space === at.space && this.#random() < 0.2 ? [at, other] : [at]
    await this.#changed(
      'delete',
      ats.map(({ place }) => place),
      () => this.#spaces[at.space].delete(...ats.map(({ key }) => key)),
    )
  }

  async #set(): Promise<void> {
    const at = someKey(this.#random)
    const { life } = this.#opening
    const set = setIn(life, ++this.#sets)
    const kept: Kept = { place: at.place, versions: [], life, load: 0, set }
    await this.#changed('set', [at.place], () =>
      this.#spaces[at.space].set(at.key, kept, { ...at.policy, tags: [...at.tags, ...at.lateTags] }),
    )
    this.#judge.setSettled(set, await this.#source.versionsOf(at))
  }

  /** The source first, then the cache. */
  async #changed(
    kind: Kind,
    places: readonly number[],
    change: () => Promise<{ readonly far: string }>,
  ): Promise<void> {
    const versions = await Promise.all(places.map((place) => this.#source.change(place)))
    places.forEach((place, i) => {
      this.#pending.set(place, (this.#pending.get(place) ?? 0) + 1)
      this.#judge.called(place, versions[i] ?? 0)
    })
    try {
      const isApplied = (await change()).far === 'applied'
      const settled = now()
      places.forEach((place, i) => this.#judge.settled([place, versions[i] ?? 0, settled, isApplied]))
      if (isApplied) this.#changes[kind]++
      else this.#sums.queued++
      if (isApplied) this.#far++
    } finally {
      for (const place of places) {
        const left = (this.#pending.get(place) ?? 1) - 1
        if (left === 0) this.#pending.delete(place)
        else this.#pending.set(place, left)
      }
    }
  }
}
