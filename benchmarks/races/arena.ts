/*
 * The arena of a scenario: a real Redis, a source of truth, and two processes with a cache each, A and B, that reach Redis
 * through a proxy each.
 *
 * Before anything is judged it proves that the set-up works: B reads what A has loaded, near copies answer without Redis,
 * and an invalidation in one process is seen in the other where there is a bus.
 */
import { type RedisServer, startRedis } from '@larder/testing/servers'
import { Actor, type Stage } from './actor.ts'
import { type LibraryName, libraryOf } from './libraries/all.ts'
import type { Library } from './library.ts'
import { now } from './orders.ts'
import { Source } from './source.ts'

export interface ArenaOptions {
  readonly library: LibraryName
  /** What the processes run. */
  readonly program: string
  readonly isTagged: boolean
  /** So many keys are in Redis before B enters: whatever is told of them, B has not heard. */
  readonly seeds: number
}

/** ms in which a set-up must have begun to work. */
const PATIENCE = 30_000
/** ms in which an invalidation is seen elsewhere when nothing is wrong. */
const USUAL = 1_000
const NEAR_READS = 20

export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class Arena {
  readonly library: Library
  readonly redis: RedisServer
  readonly source: Source
  readonly a: Actor
  readonly b: Actor
  readonly #seeds: readonly string[]
  #keys = 0
  #seedsTaken = 0

  static async open({ library, program, isTagged, seeds }: ArenaOptions): Promise<Arena> {
    const redis = await startRedis()
    const source = new Source()
    const stage: Stage = { library, program, isTagged, redis, source }
    const actors: Actor[] = []
    try {
      const a = await Actor.enter(stage)
      actors.push(a)
      const seeded = await seed(a, redis, seeds)
      const b = await Actor.enter(stage)
      actors.push(b)
      const arena = new Arena(await libraryOf(library), redis, source, a, b, seeded)
      await arena.#prove(isTagged)
      return arena
    } catch (error) {
      await Promise.all(actors.map((actor) => actor.leave()))
      await redis.stop()
      throw error
    }
  }

  private constructor(
    library: Library,
    redis: RedisServer,
    source: Source,
    a: Actor,
    b: Actor,
    seeds: readonly string[],
  ) {
    this.library = library
    this.redis = redis
    this.source = source
    this.a = a
    this.b = b
    this.#seeds = seeds
  }

  newKey(): string {
    return `user-${++this.#keys}`
  }

  /** In Redis, and never told of to B. */
  newSeed(): string {
    const key = this.#seeds[this.#seedsTaken++]
    if (key === undefined) throw new Error('all seeds have been taken')
    return key
  }

  get isSpent(): boolean {
    return this.#seeds.length > 0 && this.#seedsTaken === this.#seeds.length
  }

  /** A key that both have read: where there are near copies, both have one. */
  async sharedKey(): Promise<string> {
    const key = this.newKey()
    const value = this.source.valueOf(key)
    for (const actor of [this.a, this.b]) {
      const read = await actor.read(key)
      if (read.value !== value) throw new Error(`a first read gave ${read.value ?? read.error ?? 'nothing'}`)
    }
    return key
  }

  async close(): Promise<void> {
    await Promise.all([this.a.leave(), this.b.leave()])
    await this.redis.stop()
  }

  async #prove(isTagged: boolean): Promise<void> {
    const until = now() + PATIENCE
    for (;;) {
      const wrong = (await this.#wrongBetween(this.a, this.b)) ?? (await this.#wrongBetween(this.b, this.a))
      if (wrong === undefined) break
      if (now() > until) throw new Error(`the set-up of ${this.library.name} does not work: ${wrong}`)
      await passed(50)
    }
    // With tags some look at them in Redis at every read, which is their right.
    if (this.library.hasNear && !isTagged) await this.#proveNear()
  }

  /** What does not work yet when `one` loads and invalidates, and `other` reads. */
  async #wrongBetween(one: Actor, other: Actor): Promise<string | undefined> {
    const { hasBus, hasNear } = this.library
    const key = this.newKey()
    const old = this.source.valueOf(key)
    const before = this.source.loads
    for (const actor of [one, other]) {
      const { value } = await actor.read(key)
      if (value !== old) return `a read gave ${value}, not ${old}`
    }
    if (this.source.loads - before !== 1) return 'what one process has loaded, the other loads too'
    const wanted = this.source.change(key)
    await one.invalidate(key)
    const own = await one.read(key)
    if (own.value !== wanted) return `after its own invalidation a process reads ${own.value}`
    if (hasNear && !hasBus) return undefined
    const reads = await other.watch(key, wanted, USUAL)
    return reads.at(-1)?.value === wanted ? undefined : 'an invalidation is not seen in the other process'
  }

  async #proveNear(): Promise<void> {
    const key = await this.sharedKey()
    const before = await this.#commands()
    for (let n = 0; n < NEAR_READS; n++) await this.b.read(key)
    const asked = (await this.#commands()) - before
    if (asked >= NEAR_READS / 2)
      throw new Error(`near reads of ${this.library.name} ask Redis: ${asked} times`)
  }

  /** How often Redis was asked for a value. */
  async #commands(): Promise<number> {
    const stats = String(await this.redis.command('INFO', 'commandstats'))
    return [...stats.matchAll(/cmdstat_(?:get|mget|getrange|eval|evalsha):calls=(\d+)/g)].reduce(
      (sum, [, calls]) => sum + Number(calls),
      0,
    )
  }
}

async function seed(a: Actor, redis: RedisServer, count: number): Promise<readonly string[]> {
  if (count === 0) return []
  const keys = Array.from({ length: count }, (_, n) => `seed-${n}`)
  const until = now() + PATIENCE
  // A client may not be there yet when the first is loaded.
  const isThere = async (): Promise<boolean> => Number(await redis.command('DBSIZE')) > 0
  for (let warm = 0; !(await isThere()); warm++) {
    if (now() > until) throw new Error('nothing arrives in Redis')
    await a.read(`warm-${warm}`)
    await passed(20)
  }
  for (const key of keys) await a.read(key)
  return keys
}
