/*
 * The engine: what a cache means. One handle of a namespace, with its policy; what handles share is in its Space.
 *
 * A hit in process goes straight down: key, lookup, fresh, valid, one promise. It allocates nothing else, reads no
 * clock of the system and builds no text. Everything else takes the second half of this file and those it calls.
 *
 * Every invalidation does the same three things in this order: cut what is under way (reads and loads that began
 * before must not be built upon), tell the store, and where the store's acknowledgement takes time, cut again.
 */

import type {
  CloseOptions,
  Defaults,
  ICache,
  Loader,
  ManyLoader,
  Policy,
  WrapPolicy,
  Written,
} from '../cache.ts'
import { type Duration, durationOf, kindOf } from '../duration.ts'
import { cacheClosed, misuse, storeCannot } from '../errors.ts'
import { type Key, type KeyPart, keyOf, keyOfName } from '../key.ts'
import { isFunction, isText, type OptionTable } from '../options.ts'
import type { StandardSchema } from '../schema.ts'
import { type Awaitable, isPending, type Store } from '../store/store.ts'
import type { Observer } from '../watch/events.ts'
import type { Explanation, Health } from '../watch/report.ts'
import { type Stats, statsOf } from '../watch/stats.ts'
import { answer, answerOfAnother, servedStale } from './answer.ts'
import { clear, expire, invalidateTags, remove, set, setMany, touch } from './changes.ts'
import { ageOf, allLive, type Entry, entryOf } from './entry.ts'
import { explain, health } from './explain.ts'
import { matcher } from './glob.ts'
import type { Lease } from './houses.ts'
import { beginOne, openFlight, refresh, type Wanted } from './loads.ts'
import { answerMany, findMany } from './many.ts'
import { HANDLE_OPTIONS, type Resolved, resolvePolicy, tagProblem } from './policy.ts'
import type { Space } from './space.ts'
import type { Tokens } from './stored-marks.ts'
import type { Far } from './writes.ts'

/** Every so many hits, one is timed. */
const HITS_PER_TIMING = 256
const DEFAULT_DRAIN = 1_000

export class Engine<V> implements ICache<V> {
  readonly name: string
  readonly #space: Space
  readonly #policy: Resolved
  readonly #view: Store<Entry>
  readonly #lease: Lease
  /** Only the handle that opened the store closes it. */
  readonly #isRoot: boolean
  #isClosed = false

  constructor(space: Space, policy: Resolved, lease: Lease, isRoot: boolean) {
    this.name = space.path
    this.#space = space
    this.#view = space.view
    this.#policy = policy
    this.#lease = lease
    this.#isRoot = isRoot
  }

  // ---- reading -----------------------------------------------------------------------------------------------------

  get(key: Key): Promise<V | undefined> {
    try {
      const name = this.#nameOf(key)
      if (!this.#space.sync) return this.#getFar(name)
      const found = this.#look(name)
      if (found === undefined) return this.#missed(name)
      if (!this.#isFresh(found)) {
        this.#space.believed(name, found) // says so if it is no entry
        return this.#missed(name)
      }
      if (this.#isForeign(found, this.#policy.schema)) return this.#getVetted(name, found)
      this.#hit(name)
      return Promise.resolve(found.value as V)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  getOrSet<T extends V>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> {
    try {
      const name = this.#nameOf(key)
      if (!this.#space.sync) return this.#getOrSetFar(key, name, load, how) as Promise<T>
      const found = this.#look(name)
      if (found === undefined) return this.#load(key, name, load, how, undefined, undefined) as Promise<T>
      if (this.#isForeign(found, how?.schema ?? this.#policy.schema)) {
        return this.#getOrSetVetted(key, name, found, load, how) as Promise<T>
      }
      if (this.#isFresh(found)) {
        this.#hit(name)
        if (found.terms.cost !== 0) this.#refreshEarly(key, name, found, load, how)
        return Promise.resolve(found.value as T)
      }
      return this.#load(key, name, load, how, this.#space.believed(name, found), undefined) as Promise<T>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  peek(key: Key): V | undefined {
    const name = this.#nameOf(key)
    if (!this.#space.sync) return undefined
    const found = this.#look(name)
    if (found === undefined || !this.#isFresh(found)) return undefined
    if (this.#isForeign(found, this.#policy.schema)) {
      const vetted = this.#vet(name, found, this.#policy.schema)
      return isPending(vetted) ? undefined : (vetted?.value as V | undefined)
    }
    this.#hit(name)
    return found.value as V
  }

  /** What a synchronous store has; it may be anything. */
  #look(name: string): Entry | undefined {
    const space = this.#space
    if (space.writes.size !== 0) return space.look(name)
    try {
      return this.#view.get(name) as Entry | undefined
    } catch (error) {
      space.failed('get', name, error)
      return undefined
    }
  }

  /** A store that breaks its contract may have handed out anything, so nothing is taken for granted here. */
  #isFresh(found: Entry): boolean {
    const space = this.#space
    if (!(space.house.clock.now() < found.freshUntil)) return false
    const stamps = (found.terms as Entry['terms'] | undefined)?.stamps
    return stamps === space.marks.base || (Array.isArray(stamps) && allLive(stamps))
  }

  #hit(name: string): void {
    const { counts, house } = this.#space
    if (++counts.hits % HITS_PER_TIMING === 0) this.#timeHit(name)
    if (house.watch.heard) house.watch.emit({ type: 'hit', cache: this.name, key: name })
  }

  /** Looks a second time, with a stopwatch. */
  #timeHit(name: string): void {
    const { clock } = this.#space.house
    const began = clock.exact()
    this.#look(name)
    this.#space.counts.hitTime.record(clock.exact() - began)
  }

  #missed(name: string): Promise<undefined> {
    this.#countMiss(name)
    return Promise.resolve(undefined)
  }

  #countMiss(name: string): void {
    const { counts, house } = this.#space
    counts.misses++
    if (house.watch.heard) house.watch.emit({ type: 'miss', cache: this.name, key: name })
  }

  /** Whether the value was stored under another schema than it is read with, or under none. */
  #isForeign(found: Entry, schema: StandardSchema | undefined): boolean {
    return schema !== undefined && (found.terms as Entry['terms'] | undefined)?.schema !== schema
  }

  /** The entry if its value satisfies the schema. One that does not is a miss. */
  #vet(name: string, found: Entry, schema: StandardSchema | undefined): Awaitable<Entry | undefined> {
    if (schema === undefined) return found
    const checked = schema['~standard'].validate(found.value)
    const judge = (result: Awaited<typeof checked>): Entry | undefined => {
      if (result.issues === undefined) return entryOf(result.value, found.freshUntil, found.terms)
      this.#space.refuse(name, 'a value that does not satisfy the schema')
      return undefined
    }
    return isPending(checked) ? checked.then(judge) : judge(checked)
  }

  async #getVetted(name: string, found: Entry): Promise<V | undefined> {
    const vetted = await this.#vet(name, found, this.#policy.schema)
    if (vetted === undefined) return this.#missed(name)
    this.#hit(name)
    return vetted.value as V
  }

  async #getOrSetVetted<T>(
    key: Key,
    name: string,
    found: Entry,
    load: Loader<T>,
    how?: Policy<T>,
  ): Promise<unknown> {
    const believed = this.#space.believed(name, found)
    const vetted = believed && (await this.#vet(name, believed, how?.schema ?? this.#policy.schema))
    // While the schema was asked, somebody may have replaced what it was asked about.
    if (this.#look(name) !== found) return this.#again(key, load, how)
    if (vetted === undefined || !this.#isFresh(vetted))
      return this.#load(key, name, load, how, vetted, undefined)
    this.#hit(name)
    return vetted.value
  }

  async #getFar(name: string): Promise<V | undefined> {
    const { entry } = await this.#space.read(name, this.#policy.tags)
    this.#assertOpen()
    if (entry === undefined || ageOf(entry, this.#space.house.clock.now()) !== 'fresh')
      return this.#missed(name)
    if (this.#isForeign(entry, this.#policy.schema)) return this.#getVetted(name, entry)
    this.#hit(name)
    return entry.value as V
  }

  async #getOrSetFar<T>(key: Key, name: string, load: Loader<T>, how?: Policy<T>): Promise<unknown> {
    const { clock } = this.#space.house
    const schema = how?.schema ?? this.#policy.schema
    const tags = how === undefined ? this.#policy.tags : this.#resolve('getOrSet', how).tags
    // Asked again when something was said about the key meanwhile; seldom more than once, so bounded.
    for (let left = 2; ; left--) {
      const found = await this.#space.read(name, tags)
      this.#assertOpen()
      const vetted = found.entry && (await this.#vetIfForeign(name, found.entry, schema))
      if (vetted !== undefined && ageOf(vetted, clock.now()) === 'fresh') {
        this.#hit(name)
        if (vetted.terms.cost !== 0 && !found.overtaken) this.#refreshEarly(key, name, vetted, load, how)
        return vetted.value
      }
      if (found.overtaken && left > 0) continue
      const old = found.overtaken ? undefined : vetted
      return this.#load(key, name, load, how, old, found.overtaken ? undefined : found.tokens)
    }
  }

  #vetIfForeign(
    name: string,
    found: Entry,
    schema: StandardSchema | undefined,
  ): Awaitable<Entry | undefined> {
    return this.#isForeign(found, schema) ? this.#vet(name, found, schema) : found
  }

  /** There is no fresh value: serves a stale one while it is refreshed, or waits for a load. */
  #load<T>(
    key: Key,
    name: string,
    load: Loader<T>,
    how: Policy<T> | undefined,
    old: Entry | undefined,
    tokens: Tokens | undefined,
  ): Promise<unknown> {
    const problem = isFunction(load)
    if (problem !== undefined) throw new TypeError(`getOrSet: the loader ${problem}`)
    const policy = how === undefined ? this.#policy : this.#resolve('getOrSet', how)
    how?.signal?.throwIfAborted()
    const space = this.#space
    const wanted: Wanted = { key, name, policy, old, tokens }
    if (old !== undefined && ageOf(old, space.house.clock.now()) === 'stale') {
      servedStale(space, name, 'refreshing')
      refresh(space, wanted, load as Loader<unknown>)
      return Promise.resolve(old.value)
    }
    const open = openFlight(space, name)
    this.#countMiss(name)
    if (open !== undefined) {
      return answerOfAnother(space, open, wanted, how?.signal, () => this.#again(key, load, how))
    }
    return answer(space, beginOne(space, wanted, load as Loader<unknown>, false), wanted, how?.signal)
  }

  /** From the start; the types were checked when the caller came. */
  #again<T>(key: Key, load: Loader<T>, how: Policy<T> | undefined): Promise<unknown> {
    return (this as unknown as ICache<T>).getOrSet(key, load, how)
  }

  /** XFetch: the nearer the end and the dearer the load, the likelier a hit refreshes the value before its end. */
  #refreshEarly<T>(key: Key, name: string, found: Entry, load: Loader<T>, how?: Policy<T>): void {
    const { clock } = this.#space.house
    const policy = how === undefined ? this.#policy : this.#resolve('getOrSet', how)
    const ahead = -found.terms.cost * policy.early * Math.log(1 - clock.random())
    if (clock.now() + ahead < found.freshUntil) return
    refresh(this.#space, { key, name, policy, old: found, tokens: new Map() }, load as Loader<unknown>)
  }

  async getMany(keys: readonly Key[]): Promise<(V | undefined)[]> {
    const names = this.#namesOf('getMany', keys)
    if (names.length === 0) return []
    const unique = [...new Set(names)]
    const found = await findMany(this.#space, unique, this.#policy.tags)
    this.#assertOpen()
    const now = this.#space.house.clock.now()
    const values = new Map<string, V | undefined>()
    await Promise.all(
      unique.map(async (name, i) => {
        const entry = found[i]?.entry
        const isFresh = entry !== undefined && ageOf(entry, now) === 'fresh'
        const vetted = isFresh ? await this.#vetIfForeign(name, entry, this.#policy.schema) : undefined
        if (vetted !== undefined) this.#hit(name)
        else this.#countMiss(name)
        values.set(name, vetted?.value as V | undefined)
      }),
    )
    return names.map((name) => values.get(name))
  }

  async getOrSetMany<T extends V, K extends Key = Key>(
    keys: readonly K[],
    load: ManyLoader<T, K>,
    how?: Policy<T>,
  ): Promise<T[]> {
    const names = this.#namesOf('getOrSetMany', keys)
    const problem = isFunction(load)
    if (problem !== undefined) throw new TypeError(`getOrSetMany: the loader ${problem}`)
    const policy = how === undefined ? this.#policy : this.#resolve('getOrSetMany', how)
    how?.signal?.throwIfAborted()
    if (names.length === 0) return []
    const space = this.#space
    const keyNamed = new Map(names.map((name, i) => [name, keys[i] as Key]))
    const unique = [...keyNamed.keys()]
    const found = await findMany(space, unique, policy.tags)
    this.#assertOpen()
    const vetted = await Promise.all(
      found.map(({ entry }, i) => entry && this.#vetIfForeign(unique[i] as string, entry, policy.schema)),
    )
    const now = space.house.clock.now()
    const answers = new Map<string, unknown>()
    const wanted: Wanted[] = []
    unique.forEach((name, i) => {
      const entry = vetted[i]
      if (entry !== undefined && ageOf(entry, now) === 'fresh') {
        this.#hit(name)
        answers.set(name, entry.value)
        return
      }
      const isOvertaken = found[i]?.overtaken === true
      if (entry === undefined || isOvertaken || ageOf(entry, now) !== 'stale') this.#countMiss(name)
      wanted.push({
        key: keyNamed.get(name) as Key,
        name,
        policy,
        old: isOvertaken ? undefined : entry,
        tokens: isOvertaken ? undefined : found[i]?.tokens,
      })
    })
    if (wanted.length > 0) {
      const again = (key: Key): Promise<unknown> =>
        this.getOrSetMany([key as K], load, how).then(([value]) => value)
      const waiting = answerMany(space, wanted, load as unknown as ManyLoader<unknown>, how?.signal, again)
      const values = await Promise.all(waiting)
      wanted.forEach(({ name }, i) => answers.set(name, values[i]))
    }
    return names.map((name) => answers.get(name) as T)
  }

  async has(key: Key): Promise<boolean> {
    return (await this.ttl(key)) !== undefined
  }

  async ttl(key: Key): Promise<number | undefined> {
    const name = this.#nameOf(key)
    const [found] = await findMany(this.#space, [name], this.#policy.tags)
    const left = found?.entry === undefined ? 0 : found.entry.freshUntil - this.#space.house.clock.now()
    if (found?.entry === undefined || left <= 0) return undefined
    const vetted = await this.#vetIfForeign(name, found.entry, this.#policy.schema)
    return vetted === undefined ? undefined : left
  }

  // ---- writing -----------------------------------------------------------------------------------------------------

  set<T extends V>(key: Key, value: T, how?: Policy<T>): Promise<Written> {
    try {
      const name = this.#nameOf(key)
      assertValue(value)
      const policy = how === undefined ? this.#policy : this.#resolve('set', how)
      return this.#written(set(this.#space, name, value, policy))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async setMany(entries: Iterable<readonly [Key, V]>, how?: Policy<V>): Promise<Written> {
    const policy = how === undefined ? this.#policy : this.#resolve('setMany', how)
    const pairs: [string, V][] = []
    if (typeof entries !== 'object' || entries === null || !(Symbol.iterator in entries)) {
      throw new TypeError(
        `setMany: the entries must be pairs, such as Object.entries(…) or a Map, not ${kindOf(entries)}`,
      )
    }
    for (const [key, value] of entries) {
      assertValue(value)
      pairs.push([this.#nameOf(key), value])
    }
    return this.#writtenAll(setMany(this.#space, pairs, policy))
  }

  async delete(...keys: Key[]): Promise<Written> {
    const names = this.#namesOf('delete', keys)
    return this.#writtenAll(names.map((name) => remove(this.#space, name)))
  }

  async expire(...keys: Key[]): Promise<Written> {
    const names = this.#namesOf('expire', keys)
    return this.#writtenAll(names.map((name) => expire(this.#space, name)))
  }

  async touch(key: Key, ttl: Duration): Promise<boolean> {
    return touch(this.#space, this.#nameOf(key), durationOf(ttl, 'touch: ttl'))
  }

  async invalidateTags(...tags: string[]): Promise<Written> {
    this.#assertOpen()
    const problem = tagProblem(tags)
    if (problem !== undefined) throw misuse('invalidateTags', [`tags ${problem}`])
    if (tags.length === 0) return this.#written('applied')
    return this.#written(invalidateTags(this.#space, tags))
  }

  async clear(): Promise<Written> {
    this.#assertOpen()
    return this.#written(clear(this.#space))
  }

  async deleteMatching(match: string): Promise<number> {
    this.#assertOpen()
    const problem = isText(match)
    if (problem !== undefined) throw new TypeError(`deleteMatching: the pattern ${problem}`)
    const matches = matcher(match)
    this.#space.cutWhere(matches)
    // What is being written is not yet among the keys of the store.
    const writing = this.#space.writes.keys().filter(matches)
    await Promise.all(writing.map((name) => remove(this.#space, name)))
    let count = 0
    for await (const name of this.#keys('deleteMatching', matches)) {
      await remove(this.#space, name)
      count++
    }
    return count
  }

  #written(far: Awaitable<Far>): Promise<Written> {
    if (far === 'applied' && this.#space.sync) return WRITTEN_HERE
    return isPending(far)
      ? Promise.resolve(far).then((reached) => this.#said(reached))
      : Promise.resolve(this.#said(far))
  }

  async #writtenAll(all: readonly Awaitable<Far>[]): Promise<Written> {
    const each = await Promise.all(all)
    return this.#said(each.every((far) => far === 'applied') ? 'applied' : 'queued')
  }

  /** A synchronous store is nowhere beyond this process. */
  #said(far: Far): Written {
    if (far === 'queued') return QUEUED
    return this.#space.sync ? NONE : APPLIED
  }

  // ---- everything else ---------------------------------------------------------------------------------------------

  wrap<A extends unknown[], T extends V>(
    fn: (...args: A) => Awaitable<T>,
    how: WrapPolicy<A, T> = {},
  ): (...args: A) => Promise<T> {
    const problem = isFunction(fn)
    if (problem !== undefined) throw new TypeError(`wrap: ${problem}`)
    const { key, ...policy } = how
    if (key !== undefined && isFunction(key) !== undefined) throw misuse('wrap', [`key ${isFunction(key)}`])
    if (key === undefined && fn.name === '') {
      throw misuse('wrap', ['a function without a name needs the option key: (...args) => key'])
    }
    const inner = this.namespaceOfPolicy(this.#resolve('wrap', policy, HANDLE_OPTIONS))
    const keyFor = key ?? ((...args: A): Key => [fn.name, ...(args as unknown as KeyPart[])])
    return async (...args) => {
      this.#assertOpen()
      return inner.getOrSet(keyFor(...args), () => fn(...args))
    }
  }

  /** A handle of the same space with another policy. */
  namespaceOfPolicy(policy: Resolved): Engine<V> {
    return new Engine(this.#space, policy, this.#lease, false)
  }

  namespace<W extends V = V>(name: string, how?: Defaults<W>): ICache<W> {
    this.#assertOpen()
    const problem = isText(name)
    if (problem !== undefined) throw new TypeError(`namespace: the name ${problem}`)
    const policy = how === undefined ? this.#policy : this.#resolve('namespace', how, HANDLE_OPTIONS)
    return new Engine<W>(this.#space.inside(pathPart(name)), policy, this.#lease, false)
  }

  async *keys(match: string = '*'): AsyncGenerator<Key> {
    this.#assertOpen()
    const problem = isText(match)
    if (problem !== undefined) throw new TypeError(`keys: the pattern ${problem}`)
    for await (const name of this.#keys('keys', matcher(match))) yield keyOfName(name)
  }

  /** Names as the store knows them. Each step has the deadline of the store. */
  async *#keys(what: string, matches: (key: string) => boolean): AsyncGenerator<string> {
    const { view } = this.#space
    if (view.keys === undefined) {
      throw storeCannot(
        view.name,
        `list its keys, which ${what} needs`,
        'keep the keys elsewhere, or use tags',
      )
    }
    const names = view.keys('')[Symbol.asyncIterator]()
    for (;;) {
      const next: IteratorResult<string, unknown> = await this.#space.within('keys', this.name, names.next())
      if (next.done === true) return
      if (matches(next.value)) yield next.value
    }
  }

  stats(): Stats {
    const { house } = this.#space
    let loading = 0
    let queued = 0
    for (const space of this.#space.all()) {
      loading += space.flights.size
      queued += space.queued
    }
    const store = house.store.usage?.()
    return statsOf(this.#space.total(), {
      loading,
      queued,
      observerErrors: house.watch.observerErrors,
      store,
    })
  }

  async health(): Promise<Health> {
    this.#assertOpen()
    return health(this.#space)
  }

  async explain(key: Key): Promise<Explanation> {
    return explain(this.#space, this.#nameOf(key), this.#policy)
  }

  on(observer: Observer): () => void {
    const problem = isFunction(observer)
    if (problem !== undefined) throw new TypeError(`on: the observer ${problem}`)
    return this.#lease.house.watch.add(this.name, observer)
  }

  async close(how: CloseOptions = {}): Promise<void> {
    const drain = how.drain === undefined ? DEFAULT_DRAIN : durationOf(how.drain, 'close: drain')
    this.#isClosed = true
    if (this.#isRoot) await this.#lease.release(drain)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #resolve<T>(what: string, how: Policy<T>, table?: OptionTable): Resolved {
    return resolvePolicy(what, how, this.#policy, table)
  }

  #nameOf(key: Key): string {
    const name = keyOf(key)
    if (this.#isClosed || this.#lease.isReleased) throw cacheClosed(this.name)
    return name
  }

  #namesOf(what: string, keys: readonly Key[]): string[] {
    this.#assertOpen()
    if (!Array.isArray(keys)) throw new TypeError(`${what}: the keys must be an array, not ${kindOf(keys)}`)
    return keys.map(keyOf)
  }

  #assertOpen(): void {
    if (this.#isClosed || this.#lease.isReleased) throw cacheClosed(this.name)
  }
}

const APPLIED: Written = Object.freeze({ far: 'applied' })
const QUEUED: Written = Object.freeze({ far: 'queued' })
const NONE: Written = Object.freeze({ far: 'none' })
/** What most writes answer; one promise is enough for all of them. */
const WRITTEN_HERE: Promise<Written> = Promise.resolve(NONE)

/** A name as a part of a path: the characters that separate parts and keys are written as codes. */
export function pathPart(name: string): string {
  return name.replace(/[%/:#]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}

function assertValue(value: unknown): void {
  if (value === undefined) {
    throw new TypeError(
      'set: the value is undefined, which cannot be told from a miss; use null, or delete the key',
    )
  }
  if (isPending(value as Awaitable<unknown>))
    throw new TypeError('set: the value is a promise; await it first')
}
