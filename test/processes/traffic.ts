/*
 * Traffic: callers that read, load and invalidate at random, in one process of several.
 */

import type { CacheEvent, ICache } from '@larder/core'
import { seeded } from './chance.ts'
import type { ChangeNote, Kept, Kind, ReadNote, Traffic } from './orders.ts'
import { now } from './orders.ts'
import {
  CLEAR_PLACES,
  KEYS,
  type KeyPlace,
  someKey,
  SPACES,
  type Spaces,
  spacesOf,
  TAG_PLACES,
} from './places.ts'
import { passed, Source } from './source.ts'
import type { Desk } from './worker.child.ts'

const REPORT_EVERY = 50
/** What a read without a value is of. */
const MISS = undefined

export class TrafficRun {
  readonly #desk: Desk
  readonly #spaces: Spaces
  readonly #source: Source
  readonly #random: () => number
  readonly #options: Traffic
  readonly #running: Promise<void>[] = []
  #isHalted = false
  #isLeaving = false
  #sets = 0
  // What has happened since the last report.
  #reads: ReadNote[] = []
  #changes: ChangeNote[] = []
  #misses = 0
  #loads = 0
  #fenced = 0
  #rejections = 0
  /** Moments at which calls that are under way began: nothing before the oldest is still to be told. */
  readonly #open = new Set<number>()
  /** Own invalidations that are not acknowledged, by place. */
  readonly #pending = new Map<number, number>()
  #owing = 0
  /** When the store was last seen to fail, or to owe something. */
  #failedAt = -1

  constructor(desk: Desk, options: Traffic) {
    this.#desk = desk
    this.#options = options
    this.#random = seeded(options.seed)
    this.#spaces = spacesOf(desk.cache)
    this.#source = new Source(desk.truth, this.#random)
    desk.cache.on((event) => this.#saw(event))
  }

  #saw(event: CacheEvent): void {
    if (event.type === 'store-failed') this.#failedAt = now()
    if (event.type === 'queued') this.#owing++
    if (event.type === 'delivered') this.#owing--
    if (event.type === 'unstored' && event.why === 'invalidated') this.#fenced++
    if (this.#owing > 0) this.#failedAt = now()
  }

  start(): void {
    for (let n = 0; n < this.#options.clients; n++) this.#running.push(this.#client())
    this.#running.push(this.#reporting())
  }

  /** Begins nothing new. The cache is about to be closed, which is no failure. */
  leave(): void {
    this.#isHalted = true
    this.#isLeaving = true
  }

  async halt(): Promise<void> {
    this.#isHalted = true
    await Promise.all(this.#running)
    this.#report()
  }

  /** What every key has, and what is loaded where there is nothing. Only looks at those that may be served when they have been expired. */
  async look(): Promise<readonly (Kept | undefined)[]> {
    return Promise.all(
      KEYS.map(async (at) => {
        const cache = this.#cacheOf(at.space)
        const found =
          at.habit === 'short' ? cache.get(at.key) : cache.getOrSet(at.key, () => this.#load(at), at.policy)
        return (await found) as Kept | undefined
      }),
    )
  }

  #cacheOf(space: keyof Spaces): ICache {
    return this.#spaces[space]
  }

  async #reporting(): Promise<void> {
    while (!this.#isHalted) {
      await passed(REPORT_EVERY)
      this.#report()
    }
  }

  #report(): void {
    const until = this.#open.size === 0 ? now() : Math.min(...this.#open)
    this.#desk.report({
      what: 'notes',
      until,
      reads: this.#reads,
      changes: this.#changes,
      misses: this.#misses,
      loads: this.#loads,
      fenced: this.#fenced,
      rejections: this.#rejections,
    })
    this.#reads = []
    this.#changes = []
    this.#misses = this.#loads = this.#fenced = this.#rejections = 0
  }

  async #client(): Promise<void> {
    while (!this.#isHalted) {
      try {
        await (this.#random() < 0.15 ? this.#change() : this.#read())
      } catch (error) {
        if (this.#isLeaving) return
        this.#rejections++
        if (this.#rejections === 1) console.error(error)
      }
      const x = this.#random()
      if (x < 0.3) await passed(x * 10)
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }

  // ---- reads -------------------------------------------------------------------------------------------------------

  async #read(): Promise<void> {
    const x = this.#random()
    const at = someKey(this.#random)
    const cache = this.#cacheOf(at.space)
    if (x < 0.2) return this.#noted([at], 'get', async () => [await cache.get(at.key)])
    if (x < 0.75) {
      const load = (): Promise<unknown> =>
        cache.getOrSet(
          at.key,
          (context) => {
            context.tags(...at.lateTags)
            return this.#load(at)
          },
          at.policy,
        )
      return this.#noted([at], 'getOrSet', async () => [await load()])
    }
    const first = Math.floor(at.place / 10) * 10
    const some = [0, 3]
      .map((n) => KEYS[first + ((at.place + n * 5) % 10)])
      .filter((each) => each !== undefined)
    const alike = [...new Set(some)].filter(({ habit, tags }) => habit === at.habit && tags[0] === at.tags[0])
    const ats = alike.length === 0 ? [at] : alike
    const keys = ats.map(({ key }) => key)
    if (x < 0.85) return this.#noted(ats, 'get', () => cache.getMany(keys))
    return this.#noted(ats, 'getOrSet', () =>
      cache.getOrSetMany(
        keys,
        (missing, context) => {
          context.tags(...ats.flatMap(({ lateTags }) => lateTags))
          return Promise.all(missing.map((key) => this.#load(KEYS[first + Number(key.slice(1))] as KeyPlace)))
        },
        at.policy,
      ),
    )
  }

  async #noted(
    ats: readonly KeyPlace[],
    how: 'get' | 'getOrSet',
    read: () => Promise<readonly unknown[]>,
  ): Promise<void> {
    const called = now()
    const wasBlind = ats.map((at) => at.concerns.some((place) => this.#pending.has(place)))
    this.#open.add(called)
    try {
      const values = await read()
      const failed = this.#failedAt >= called || this.#owing > 0
      ats.forEach((at, i) => {
        const kept = values[i] as Kept | undefined
        if (kept === MISS) return void this.#misses++
        if (kept.place !== at.place) throw new Error(`${at.key} answered with the value of ${kept.place}`)
        const isBlind = failed || wasBlind[i] === true ? 1 : 0
        this.#reads.push([at.place, how, called, kept.began, kept.set, isBlind])
      })
    } finally {
      this.#open.delete(called)
    }
  }

  async #load(at: KeyPlace): Promise<Kept> {
    const began = now()
    this.#loads++
    return { place: at.place, began, set: 0, truth: await this.#source.load(at) }
  }

  // ---- changes -----------------------------------------------------------------------------------------------------

  async #change(): Promise<void> {
    const x = this.#random()
    if (x < 0.55) return this.#delete()
    if (x < 0.65) return this.#set()
    if (x < 0.75) return this.#expire()
    if (x < 0.95) {
      const at = TAG_PLACES[Math.floor(this.#random() * TAG_PLACES.length)]
      if (at === undefined) return
      return this.#changed('tags', [at.place], 0, () => this.#cacheOf(at.space).invalidateTags(at.tag))
    }
    const at = CLEAR_PLACES[Math.floor((1 - this.#random() ** 2) * SPACES.length)]
    if (at === undefined) return
    return this.#changed('clear', [at.place], 0, () => this.#cacheOf(at.space).clear())
  }

  #delete(): Promise<void> {
    const at = someKey(this.#random)
    const other = KEYS[at.place + 1]
    const ats = other?.space === at.space && this.#random() < 0.2 ? [at, other] : [at]
    return this.#changed(
      'delete',
      ats.map(({ place }) => place),
      0,
      () => this.#cacheOf(at.space).delete(...ats.map(({ key }) => key)),
    )
  }

  #expire(): Promise<void> {
    const at = someKey(this.#random)
    return this.#changed('expire', [at.place], 0, () => this.#cacheOf(at.space).expire(at.key))
  }

  async #set(): Promise<void> {
    const all = KEYS.filter(({ habit }) => habit === 'set')
    const at = all[Math.floor(this.#random() * all.length)]
    if (at === undefined) return
    const set = process.pid * 1e6 + ++this.#sets
    const truth = await this.#source.versionsOf(at)
    await this.#changed('set', [at.place], set, () => {
      const kept: Kept = { place: at.place, began: now(), set, truth }
      return this.#cacheOf(at.space).set(at.key, kept, { tags: [...at.tags, ...at.lateTags] })
    })
  }

  async #changed(
    kind: Kind,
    places: readonly number[],
    set: number,
    change: () => Promise<{ readonly far: string }>,
  ): Promise<void> {
    for (const place of places) await this.#source.change(place)
    for (const place of places) this.#pending.set(place, (this.#pending.get(place) ?? 0) + 1)
    const called = now()
    this.#open.add(called)
    try {
      const { far } = await change()
      this.#changes.push([kind, places, called, now(), far === 'applied' ? 1 : 0, set])
    } finally {
      this.#open.delete(called)
      for (const place of places) {
        const left = (this.#pending.get(place) ?? 1) - 1
        if (left === 0) this.#pending.delete(place)
        else this.#pending.set(place, left)
      }
    }
  }
}
