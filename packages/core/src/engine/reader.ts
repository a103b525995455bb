/*
 * Reading: the half of a handle that answers. Every read goes through here.
 *
 * A hit in process goes straight down: key, lookup, fresh, valid, one promise. It allocates nothing else, reads no
 * clock of the system and builds no text. What is not a hit, or lies in a store that answers later, takes the methods
 * behind: ask the store, have a value vetted by its schema, wait for a load.
 */

import type { ICache, Loader, ManyLoader, Policy } from '../cache.ts'
import { kindOf } from '../duration.ts'
import { cacheClosed } from '../errors.ts'
import { type Key, keyOf } from '../key.ts'
import { isFunction, type OptionTable } from '../options.ts'
import { isPending, type Store } from '../store/store.ts'
import { answer, answerOfAnother, servedStale } from './answer.ts'
import { ageOf, allLive, type Entry } from './entry.ts'
import type { Lease } from './houses.ts'
import { abandon, beginOne, openFlight, refresh, type Wanted } from './loads.ts'
import { answerMany, findMany } from './many.ts'
import { sameTexts } from './marks.ts'
import { type Resolved, resolvePolicy } from './policy.ts'
import { probe } from './probe.ts'
import type { Found } from './reads.ts'
import type { Space } from './space.ts'
import { isForeign, vet } from './vet.ts'
import type { Tokens } from './stored-marks.ts'

/** Every so many hits, one is timed; a power of two. */
const HITS_PER_TIMING = 256

export class Reader<V> {
  readonly name: string
  readonly space: Space
  protected readonly policy: Resolved
  protected readonly lease: Lease
  protected isClosed: boolean = false
  /** The last options of a call, and what they came to: most calls of a handle say the same. */
  #recent: { readonly how: Policy; readonly policy: Resolved } | undefined
  readonly #view: Store<Entry>

  constructor(space: Space, policy: Resolved, lease: Lease) {
    this.name = space.path
    this.space = space
    this.policy = policy
    this.lease = lease
    this.#view = space.view
  }

  get(key: Key): Promise<V | undefined> {
    try {
      const name = this.nameOf(key)
      if (!this.space.sync) return this.#getNear(name) ?? this.#getFar(name)
      const found = this.#look(name)
      if (found === undefined) return this.#missed(name)
      if (!this.#isFresh(found)) {
        this.space.believed(name, found) // says so if it is no entry
        return this.#missed(name)
      }
      if (isForeign(found, this.policy.schema)) return this.#getVetted(name, found)
      this.#hit(name)
      return Promise.resolve(found.value as V)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  getOrSet<T extends V>(key: Key, load: Loader<T>, how?: Policy<T>): Promise<T> {
    try {
      const name = this.nameOf(key)
      if (!this.space.sync) {
        const near = this.#getOrSetNear(key, name, load, how)
        return (near ?? this.#getOrSetFar(key, name, load, how)) as Promise<T>
      }
      const found = this.#look(name)
      if (found === undefined) return this.#load(key, name, load, how, undefined, undefined) as Promise<T>
      if (isForeign(found, how?.schema ?? this.policy.schema)) {
        return this.#getOrSetVetted(key, name, found, load, how) as Promise<T>
      }
      if (this.#isFresh(found)) {
        this.#hit(name)
        if (found.terms.cost !== 0 || (how?.probe ?? this.policy.probe) !== 0)
          this.#besides(key, name, found, load, how)
        return Promise.resolve(found.value as T)
      }
      return this.#load(key, name, load, how, this.space.believed(name, found), undefined) as Promise<T>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  peek(key: Key): V | undefined {
    const name = this.nameOf(key)
    if (!this.space.sync) return this.#peekNear(name)
    const found = this.#look(name)
    if (found === undefined || !this.#isFresh(found)) return undefined
    if (isForeign(found, this.policy.schema)) {
      const vetted = vet(this.space, name, found, this.policy.schema)
      return isPending(vetted) ? undefined : (vetted?.value as V | undefined)
    }
    this.#hit(name)
    return found.value as V
  }

  /** The answer of a copy, if there is one that may be served. */
  #getNear(name: string): Promise<V | undefined> | undefined {
    const copy = this.space.copies?.fresh(name)
    if (copy === undefined) return undefined
    if (isForeign(copy, this.policy.schema)) return this.#getVetted(name, copy)
    this.#hitNear(name)
    return Promise.resolve(copy.value as V)
  }

  #getOrSetNear<T>(
    key: Key,
    name: string,
    load: Loader<T>,
    how: Policy<T> | undefined,
  ): Promise<unknown> | undefined {
    const copy = this.space.copies?.fresh(name)
    // One that has to satisfy a schema first is looked at where it is replaced if it does not.
    if (copy === undefined || isForeign(copy, how?.schema ?? this.policy.schema)) return undefined
    this.#hitNear(name)
    if (copy.terms.cost !== 0 || (how?.probe ?? this.policy.probe) !== 0)
      this.#besides(key, name, copy, load, how)
    return Promise.resolve(copy.value)
  }

  /** What a hit may begin in the background. */
  #besides<T>(key: Key, name: string, hit: Entry, load: Loader<T>, how: Policy<T> | undefined): void {
    if (hit.terms.cost !== 0) this.#refreshEarly(key, name, hit, load, how)
    if ((how?.probe ?? this.policy.probe) !== 0) this.#probe(key, name, hit, load, how)
  }

  #peekNear(name: string): V | undefined {
    const copy = this.space.copies?.fresh(name)
    if (copy === undefined) return undefined
    if (isForeign(copy, this.policy.schema)) {
      const vetted = vet(this.space, name, copy, this.policy.schema)
      return isPending(vetted) ? undefined : (vetted?.value as V | undefined)
    }
    this.#hitNear(name)
    return copy.value as V
  }

  #hitNear(name: string): void {
    const { counts, house } = this.space
    if ((++counts.nearHits & (HITS_PER_TIMING - 1)) === 0) this.#timeHitNear(name)
    if (house.watch.heard) house.watch.emit({ type: 'hit', cache: this.name, key: name, near: true })
  }

  #timeHitNear(name: string): void {
    const { clock } = this.space.house
    const began = clock.exact()
    this.space.copies?.fresh(name)
    this.space.counts.hitTime.record(clock.exact() - began)
  }

  /** What a synchronous store has; it may be anything. */
  #look(name: string): Entry | undefined {
    const { space } = this
    if (space.writes.size !== 0) return space.look(name)
    try {
      const found = this.#view.get(name) as Entry | undefined | null
      return found === null ? space.believed(name, found) : found
    } catch (error) {
      space.failed('get', name, error)
      return undefined
    }
  }

  /** A store that breaks its contract may have handed out anything, so nothing is taken for granted here. */
  #isFresh(found: Entry): boolean {
    const { space } = this
    const { value, freshUntil } = found
    if (typeof freshUntil !== 'number' || !(space.house.clock.now() < freshUntil) || value === undefined)
      return false
    const stamps = (found.terms as Entry['terms'] | undefined)?.stamps
    return stamps === space.marks.base || (Array.isArray(stamps) && stamps.length > 0 && allLive(stamps))
  }

  #hit(name: string): void {
    const { counts, house } = this.space
    // A store that answers later would be asked a second time, and nobody would hear if it fails.
    if ((++counts.hits & (HITS_PER_TIMING - 1)) === 0 && this.space.sync) this.#timeHit(name)
    if (house.watch.heard) house.watch.emit({ type: 'hit', cache: this.name, key: name })
  }

  /** Looks a second time, with a stopwatch. */
  #timeHit(name: string): void {
    const { clock } = this.space.house
    const began = clock.exact()
    this.#look(name)
    this.space.counts.hitTime.record(clock.exact() - began)
  }

  #missed(name: string): Promise<undefined> {
    this.#countMiss(name)
    return Promise.resolve(undefined)
  }

  #countMiss(name: string): void {
    const { counts, house } = this.space
    counts.misses++
    if (house.watch.heard) house.watch.emit({ type: 'miss', cache: this.name, key: name })
  }

  async #getVetted(name: string, found: Entry): Promise<V | undefined> {
    const vetted = await vet(this.space, name, found, this.policy.schema)
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
    const believed = this.space.believed(name, found)
    const vetted = believed && (await vet(this.space, name, believed, how?.schema ?? this.policy.schema))
    // While the schema was asked, somebody may have replaced what it was asked about.
    if (this.#look(name) !== found) return this.#again(key, load, how)
    if (vetted === undefined || !this.#isFresh(vetted))
      return this.#load(key, name, load, how, vetted, undefined)
    this.#hit(name)
    return vetted.value
  }

  #getFar(name: string): Promise<V | undefined> {
    const { space, policy } = this
    return new Promise((resolve, reject) => {
      space.read(name, policy.tags, false, ({ entry }) => {
        if (this.isClosed || this.lease.isReleased) return reject(cacheClosed(this.name))
        if (entry === undefined || ageOf(entry, space.house.clock.now()) !== 'fresh') {
          this.#countMiss(name)
          return resolve(undefined)
        }
        if (isForeign(entry, policy.schema)) return resolve(this.#getVetted(name, entry))
        this.#hit(name)
        resolve(entry.value as V)
      })
    })
  }

  #getOrSetFar<T>(key: Key, name: string, load: Loader<T>, how?: Policy<T>): Promise<unknown> {
    const { space } = this
    const schema = how?.schema ?? this.policy.schema
    const tags = how === undefined ? this.policy.tags : this.resolve('getOrSet', how).tags
    // The loader runs in the asynchronous context of its caller, so in a continuation of the caller's own.
    return space.find(name, tags, true).then((found) => {
      const { entry } = found
      const isHit =
        entry !== undefined &&
        entry.terms.cost === 0 &&
        ageOf(entry, space.house.clock.now()) === 'fresh' &&
        !isForeign(entry, schema) &&
        !(this.isClosed || this.lease.isReleased)
      if (!isHit) return this.#getOrLoadFar(key, name, load, how, found)
      this.#hit(name)
      if ((how?.probe ?? this.policy.probe) !== 0) this.#probe(key, name, entry, load, how)
      return entry.value
    })
  }

  /** What there is when it is not simply a hit. */
  async #getOrLoadFar<T>(
    key: Key,
    name: string,
    load: Loader<T>,
    how: Policy<T> | undefined,
    first: Found,
  ): Promise<unknown> {
    const { clock } = this.space.house
    const policy = how === undefined ? this.policy : this.resolve('getOrSet', how)
    let found = first
    // Asked again when something was said about the key meanwhile; seldom more than once, so bounded.
    for (let left = 2; ; left--) {
      this.#assertOpenWith([name], [found])
      const own = found.own()
      const vetted = own && (await vet(this.space, name, own, policy.schema))
      if (vetted !== undefined && ageOf(vetted, clock.now()) === 'fresh') {
        this.#hit(name)
        if (vetted.terms.cost !== 0 && !found.overtaken) this.#refreshEarly(key, name, vetted, load, how)
        if (policy.probe !== 0) this.#probe(key, name, vetted, load, how)
        return vetted.value
      }
      if (found.overtaken && left > 0) {
        abandon(this.space, name, found)
        found = await this.space.find(name, policy.tags, true)
        continue
      }
      const unproven = this.#unproven(name, found, policy)
      if (unproven !== undefined) return unproven.value
      const old = found.overtaken ? undefined : vetted
      return this.#load(key, name, load, how, old, found)
    }
  }

  /** Where that was asked for: a copy that may be out of date, since the store does not answer. */
  #unproven(name: string, found: Found | undefined, { schema }: Resolved): Entry | undefined {
    const { copies } = this.space
    if (found?.tokens !== undefined || copies?.near.whenFarIsDown !== 'serve-stale') return undefined
    const copy = copies.unproven(name)
    if (copy === undefined || isForeign(copy, schema)) return undefined
    servedStale(this.space, name, 'far-down')
    return copy
  }

  /** A handle that was closed meanwhile loads nothing: leases that were taken for it are given back. */
  #assertOpenWith(names: readonly string[], found: readonly Found[]): void {
    if (this.isClosed) found.forEach((each, i) => abandon(this.space, names[i] as string, each))
    this.assertOpen()
  }

  /** There is no fresh value: serves a stale one while it is refreshed, or waits for a load. */
  #load<T>(
    key: Key,
    name: string,
    load: Loader<T>,
    how: Policy<T> | undefined,
    old: Entry | undefined,
    found: Found | undefined,
  ): Promise<unknown> {
    const space = this.space
    const wanted = this.#wanted(key, name, load, how, old, found)
    if (old !== undefined && ageOf(old, space.house.clock.now()) === 'stale') {
      servedStale(space, name, 'refreshing')
      refresh(space, wanted, load as Loader<unknown>)
      return Promise.resolve(old.value)
    }
    // An observer may load the key himself: then that is the load.
    this.#countMiss(name)
    const open = openFlight(space, wanted)
    if (open !== undefined) {
      return answerOfAnother(space, open, wanted, how?.signal, () => this.#again(key, load, how))
    }
    return answer(space, beginOne(space, wanted, load as Loader<unknown>, false), wanted, how?.signal)
  }

  /** Checks what was passed. A lease that was taken is given back if it is wrong. */
  #wanted<T>(
    key: Key,
    name: string,
    load: Loader<T>,
    how: Policy<T> | undefined,
    old: Entry | undefined,
    found: Found | undefined,
  ): Wanted {
    try {
      const problem = isFunction(load)
      if (problem !== undefined) throw new TypeError(`getOrSet: the loader ${problem}`)
      const policy = how === undefined ? this.policy : this.resolve('getOrSet', how)
      how?.signal?.throwIfAborted()
      return wantedOf(key, name, policy, old, found)
    } catch (error) {
      if (found !== undefined) abandon(this.space, name, found)
      throw error
    }
  }

  /** From the start; the types were checked when the caller came. */
  #again<T>(key: Key, load: Loader<T>, how: Policy<T> | undefined): Promise<unknown> {
    return (this as unknown as ICache<T>).getOrSet(key, load, how)
  }

  #probe<T>(key: Key, name: string, served: Entry, load: Loader<T>, how?: Policy<T>): void {
    const policy = how === undefined ? this.policy : this.resolve('getOrSet', how)
    probe(this.space, key, name, served, load as Loader<unknown>, policy)
  }

  /** XFetch: the nearer the end and the dearer the load, the likelier a hit refreshes the value before its end. */
  #refreshEarly<T>(key: Key, name: string, found: Entry, load: Loader<T>, how?: Policy<T>): void {
    const { clock } = this.space.house
    const policy = how === undefined ? this.policy : this.resolve('getOrSet', how)
    const ahead = -found.terms.cost * policy.early * Math.log(1 - clock.random())
    if (clock.now() + ahead < found.freshUntil) return
    const wanted = { ...wantedOf(key, name, policy, found, undefined), tokens: NOT_READ }
    refresh(this.space, wanted, load as Loader<unknown>)
  }

  async getMany(keys: readonly Key[]): Promise<(V | undefined)[]> {
    const names = this.namesOf('getMany', keys)
    if (names.length === 0) return []
    const unique = [...new Set(names)]
    const values = this.#hitsOf(unique) ?? (await this.#valuesOf(unique))
    if (names.length === unique.length) return values
    const byName = new Map(unique.map((name, i) => [name, values[i]]))
    return names.map((name) => byName.get(name))
  }

  /** The values, if this process has all of them, fresh, and none has to satisfy a schema first: what is asked most. */
  #hitsOf(names: readonly string[]): V[] | undefined {
    if (!this.space.sync) return undefined
    const values: V[] = []
    for (const name of names) {
      const found = this.#look(name)
      if (found === undefined || !this.#isFresh(found) || isForeign(found, this.policy.schema))
        return undefined
      values.push(found.value as V)
    }
    for (const name of names) this.#hit(name)
    return values
  }

  async #valuesOf(unique: readonly string[]): Promise<(V | undefined)[]> {
    const found = await findMany(this.space, unique, this.policy.tags, false, this.policy.schema)
    this.assertOpen()
    const { schema } = this.policy
    const now = this.space.house.clock.now()
    const fresh = found.map(({ entry }) =>
      entry !== undefined && ageOf(entry, now) === 'fresh' ? entry : undefined,
    )
    const isVetted = !fresh.some((entry) => entry !== undefined && isForeign(entry, schema))
    const vetted = isVetted
      ? fresh
      : await Promise.all(
          fresh.map((entry, i) => entry && vet(this.space, unique[i] as string, entry, schema)),
        )
    return vetted.map((entry, i) => {
      if (entry === undefined) this.#countMiss(unique[i] as string)
      else if (found[i]?.isNear === true) this.#hitNear(unique[i] as string)
      else this.#hit(unique[i] as string)
      return entry?.value as V | undefined
    })
  }

  async getOrSetMany<T extends V, K extends Key = Key>(
    keys: readonly K[],
    load: ManyLoader<T, K>,
    how?: Policy<T>,
  ): Promise<T[]> {
    const names = this.namesOf('getOrSetMany', keys)
    const problem = isFunction(load)
    if (problem !== undefined) throw new TypeError(`getOrSetMany: the loader ${problem}`)
    const policy = how === undefined ? this.policy : this.resolve('getOrSetMany', how)
    how?.signal?.throwIfAborted()
    if (names.length === 0) return []
    const space = this.space
    const keyNamed = new Map(names.map((name, i) => [name, keys[i] as Key]))
    const unique = [...keyNamed.keys()]
    const found = await findMany(space, unique, policy.tags, true, policy.schema)
    this.#assertOpenWith(unique, found)
    const vetted = await Promise.all(
      found.map((each, i) => {
        const entry = each.own()
        return entry && vet(this.space, unique[i] as string, entry, policy.schema)
      }),
    )
    const now = space.house.clock.now()
    const answers = new Map<string, unknown>()
    const wanted: Wanted[] = []
    unique.forEach((name, i) => {
      const entry = vetted[i]
      if (entry !== undefined && ageOf(entry, now) === 'fresh') {
        if (found[i]?.isNear === true) this.#hitNear(name)
        else this.#hit(name)
        answers.set(name, entry.value)
        return
      }
      const unproven = this.#unproven(name, found[i], policy)
      if (unproven !== undefined) {
        answers.set(name, unproven.value)
        return
      }
      const isOvertaken = found[i]?.overtaken === true
      if (entry === undefined || isOvertaken || ageOf(entry, now) !== 'stale') this.#countMiss(name)
      const old = isOvertaken ? undefined : entry
      wanted.push(wantedOf(keyNamed.get(name) as Key, name, policy, old, found[i]))
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
    const name = this.nameOf(key)
    const [found] = await findMany(this.space, [name], this.policy.tags, false, this.policy.schema)
    const left = found?.entry === undefined ? 0 : found.entry.freshUntil - this.space.house.clock.now()
    if (found?.entry === undefined || left <= 0) return undefined
    const vetted = await vet(this.space, name, found.entry, this.policy.schema)
    return vetted === undefined ? undefined : left
  }

  protected resolve<T>(what: string, how: Policy<T>, table?: OptionTable): Resolved {
    if (table !== undefined) return resolvePolicy(what, how, this.policy, table)
    const recent = this.#recent
    if (recent !== undefined && saysTheSame(how, recent.how)) return recent.policy
    const policy = resolvePolicy(what, how, this.policy)
    const { tags } = how
    // A list may be changed, and given again.
    this.#recent = { how: { ...how, ...(Array.isArray(tags) && { tags: tags.slice() }) } as Policy, policy }
    return policy
  }

  protected nameOf(key: Key): string {
    const name = keyOf(key)
    if (this.isClosed || this.lease.isReleased) throw cacheClosed(this.name)
    return name
  }

  protected namesOf(what: string, keys: readonly Key[]): string[] {
    this.assertOpen()
    if (!Array.isArray(keys)) throw new TypeError(`${what}: the keys must be an array, not ${kindOf(keys)}`)
    return keys.map(keyOf)
  }

  assertOpen(): void {
    if (this.isClosed || this.lease.isReleased) throw cacheClosed(this.name)
  }
}

/** Whether two options objects hold the same values under the same names. */
function saysTheSame(how: object, recent: object): boolean {
  if (typeof how !== 'object' || how === null) return false
  let names = 0
  for (const name in how) {
    const is: unknown = how[name as keyof typeof how]
    const was: unknown = recent[name as keyof typeof recent]
    if (is !== was && !(Array.isArray(is) && Array.isArray(was) && sameTexts(is, was))) return false
    names++
  }
  return names > 0 && names === Object.keys(recent).length
}

/** `found`: what the store said besides. Where its answer was overtaken the tokens are read anew, before the load. */
function wantedOf(
  key: Key,
  name: string,
  policy: Resolved,
  old: Entry | undefined,
  found: Found | undefined,
): Wanted {
  const { overtaken, tokens, holder, isLeased, calls } = found ?? NOTHING_SAID
  const said = overtaken && tokens !== undefined ? NOT_READ : tokens
  return { key, name, policy, old, tokens: said, holder, isLeased, calls }
}

const NOTHING_SAID = { overtaken: false, tokens: undefined, holder: undefined, isLeased: false, calls: 0 }
const NOT_READ: Tokens = new Map()
