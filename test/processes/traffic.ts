/*
 * Traffic: callers that read, load and invalidate at random, in one process of several.
 *
 * The source of truth has a counter for each place. Who changes something counts first and invalidates then, as one
 * writes a row and then calls `delete`. A load reads the counters that concern it as the first thing it does, and then takes
 * its time: so what it brings is as old as it could be.
 */

import type { CacheEvent, ICache } from '@larder/core'
import type { ChangeNote, Kept, Kind, ReadNote, Traffic } from './orders.ts'
import { now } from './orders.ts'
import { CLEAR_PLACES, KEYS, type KeyPlace, SPACES, TAG_PLACES } from './places.ts'
import type { Desk } from './worker.child.ts'

const TRUTH = 'truth'
const REPORT_EVERY = 50
/** What a read without a value is of. */
const MISS = undefined

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export class TrafficRun {
  readonly #desk: Desk
  readonly #spaces: ReadonlyMap<string, ICache>
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
    const { cache } = desk
    const a = cache.namespace('a')
    this.#spaces = new Map<string, ICache>([
      ['', cache],
      ['a', a],
      ['a/b', a.namespace('b')],
    ])
    cache.on((event) => this.#saw(event))
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

  #cacheOf(space: string): ICache {
    const cache = this.#spaces.get(space)
    if (cache === undefined) throw new Error(`there is no namespace ${space}`)
    return cache
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

  /** The first of a few are asked for more often. */
  #someKey(): KeyPlace {
    const n = Math.floor(this.#random() ** 1.5 * KEYS.length)
    return KEYS[n] ?? (KEYS[0] as KeyPlace)
  }

  // ---- reads -------------------------------------------------------------------------------------------------------

  async #read(): Promise<void> {
    const x = this.#random()
    const at = this.#someKey()
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
    const truth = await this.#truthOf(at)
    const x = this.#random()
    await passed(
      x < 0.02 ? 100 + this.#random() * 200 : x < 0.2 ? 10 + this.#random() * 40 : this.#random() * 5,
    )
    return { place: at.place, began, set: 0, truth }
  }

  async #truthOf({ concerns }: KeyPlace): Promise<readonly number[]> {
    const found = (await this.#desk.truth.command('HMGET', TRUTH, ...concerns)) as readonly (string | null)[]
    return found.map(Number)
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
    const at = this.#someKey()
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
    const at = this.#someKey()
    return this.#changed('expire', [at.place], 0, () => this.#cacheOf(at.space).expire(at.key))
  }

  async #set(): Promise<void> {
    const all = KEYS.filter(({ habit }) => habit === 'set')
    const at = all[Math.floor(this.#random() * all.length)]
    if (at === undefined) return
    const set = process.pid * 1e6 + ++this.#sets
    const truth = await this.#truthOf(at)
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
    for (const place of places) await this.#desk.truth.command('HINCRBY', TRUTH, place, 1)
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
