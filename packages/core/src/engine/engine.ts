/*
 * The engine: what a cache means. One handle of a namespace, with its policy; what handles share is in its Space.
 * How it reads is in reader.ts; here it changes things, and answers questions about itself.
 *
 * Every invalidation does the same three things in this order: cut what is under way (reads and loads that began
 * before must not be built upon), tell the store, and where the store's acknowledgement takes time, cut again.
 */

import type { CloseOptions, Defaults, ICache, Policy, WrapPolicy, Written } from '../cache.ts'
import { type Duration, durationOf, kindOf } from '../duration.ts'
import { misuse, storeCannot } from '../errors.ts'
import { type Key, type KeyPart, keyOfName } from '../key.ts'
import { checkOptions, isDuration, isFunction, isText } from '../options.ts'
import { type Awaitable, isPending } from '../store/store.ts'
import type { Observer } from '../watch/events.ts'
import type { Explanation, Health } from '../watch/report.ts'
import { type Stats, statsOf } from '../watch/stats.ts'
import { clear, expire, invalidateTags, remove, set, setMany, touch } from './changes.ts'
import { explain, health } from './explain.ts'
import { matcher } from './glob.ts'
import type { Lease } from './houses.ts'
import { HANDLE_OPTIONS, type Resolved, tagProblem } from './policy.ts'
import { Reader } from './reader.ts'
import type { Space } from './space.ts'
import type { Far } from './writes.ts'

const DEFAULT_DRAIN = 1_000
const CLOSE_OPTIONS = { drain: isDuration }

export class Engine<V> extends Reader<V> implements ICache<V> {
  /** Only the handle that opened the store closes it. */
  readonly #isRoot: boolean

  constructor(space: Space, policy: Resolved, lease: Lease, isRoot: boolean) {
    super(space, policy, lease)
    this.#isRoot = isRoot
  }

  // ---- writing -----------------------------------------------------------------------------------------------------

  set<T extends V>(key: Key, value: T, how?: Policy<T>): Promise<Written> {
    try {
      const name = this.nameOf(key)
      assertValue(value)
      const policy = how === undefined ? this.policy : this.resolve('set', how)
      return this.#written(set(this.space, name, value, policy))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async setMany(entries: Iterable<readonly [Key, V]>, how?: Policy<V>): Promise<Written> {
    const policy = how === undefined ? this.policy : this.resolve('setMany', how)
    const pairs: [string, V][] = []
    if (typeof entries !== 'object' || entries === null || !(Symbol.iterator in entries)) {
      throw new TypeError(
        `setMany: the entries must be pairs, such as Object.entries(…) or a Map, not ${kindOf(entries)}`,
      )
    }
    for (const entry of entries) {
      if (!Array.isArray(entry))
        throw new TypeError(`setMany: each entry must be a pair [key, value], not ${kindOf(entry)}`)
      const [key, value] = entry
      assertValue(value)
      pairs.push([this.nameOf(key), value])
    }
    return this.#writtenAll(setMany(this.space, pairs, policy))
  }

  async delete(...keys: Key[]): Promise<Written> {
    const names = this.namesOf('delete', keys)
    return this.#writtenAll(names.map((name) => remove(this.space, name)))
  }

  async expire(...keys: Key[]): Promise<Written> {
    const names = this.namesOf('expire', keys)
    return this.#writtenAll(names.map((name) => expire(this.space, name)))
  }

  async touch(key: Key, ttl: Duration): Promise<boolean> {
    return touch(this.space, this.nameOf(key), durationOf(ttl, 'touch: ttl'))
  }

  async invalidateTags(...tags: string[]): Promise<Written> {
    this.assertOpen()
    const problem = tagProblem(tags)
    if (problem !== undefined) throw misuse('invalidateTags', [`tags ${problem}`])
    if (tags.length === 0) return this.#written('applied')
    return this.#written(invalidateTags(this.space, tags))
  }

  async clear(): Promise<Written> {
    this.assertOpen()
    return this.#written(clear(this.space))
  }

  async deleteMatching(match: string): Promise<number> {
    this.assertOpen()
    const problem = isText(match)
    if (problem !== undefined) throw new TypeError(`deleteMatching: the pattern ${problem}`)
    const matches = matcher(match)
    this.space.cutWhere(matches)
    // What is being written is not yet among the keys of the store.
    const writing = this.space.writes.keys().filter(matches)
    await Promise.all(writing.map((name) => remove(this.space, name)))
    let count = 0
    for await (const name of this.#keys('deleteMatching', matches)) {
      await remove(this.space, name)
      count++
    }
    return count
  }

  #written(far: Awaitable<Far>): Promise<Written> {
    if (far === 'applied' && this.space.sync) return WRITTEN_HERE
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
    return this.space.sync ? NONE : APPLIED
  }

  // ---- everything else ---------------------------------------------------------------------------------------------

  wrap<A extends unknown[], T extends V>(
    fn: (...args: A) => Awaitable<T>,
    how: WrapPolicy<A, T> = {},
  ): (...args: A) => Promise<T> {
    const problem = isFunction(fn)
    if (problem !== undefined) throw new TypeError(`wrap: fn ${problem} (getOrSet takes a key)`)
    const { key, ...policy } = how
    if (key !== undefined && isFunction(key) !== undefined) throw misuse('wrap', [`key ${isFunction(key)}`])
    if (key === undefined && fn.name === '') {
      throw misuse('wrap', ['a function without a name needs the option key: (...args) => key'])
    }
    const inner = this.namespaceOfPolicy(this.resolve('wrap', policy, HANDLE_OPTIONS))
    const keyFor = key ?? ((...args: A): Key => [fn.name, ...(args as unknown as KeyPart[])])
    return async (...args) => {
      this.assertOpen()
      return inner.getOrSet(keyFor(...args), () => fn(...args))
    }
  }

  /** A handle of the same space with another policy. */
  namespaceOfPolicy(policy: Resolved): Engine<V> {
    return new Engine(this.space, policy, this.lease, false)
  }

  namespace<W extends V = V>(name: string, how?: Defaults<W>): ICache<W> {
    this.assertOpen()
    const problem = isText(name)
    if (problem !== undefined) throw new TypeError(`namespace: the name ${problem}`)
    const policy = how === undefined ? this.policy : this.resolve('namespace', how, HANDLE_OPTIONS)
    return new Engine<W>(this.space.inside(pathPart(name)), policy, this.lease, false)
  }

  async *keys(match: string = '*'): AsyncGenerator<Key> {
    this.assertOpen()
    const problem = isText(match)
    if (problem !== undefined) throw new TypeError(`keys: the pattern ${problem}`)
    for await (const name of this.#keys('keys', matcher(match))) yield keyOfName(name)
  }

  /** Names as the store knows them. Each step has the deadline of the store. */
  async *#keys(what: string, matches: (key: string) => boolean): AsyncGenerator<string> {
    const { view } = this.space
    if (view.keys === undefined) {
      throw storeCannot(
        view.name,
        `list its keys, which ${what} needs`,
        'keep the keys elsewhere, or use tags',
      )
    }
    const names = view.keys('')[Symbol.asyncIterator]()
    for (;;) {
      const next: IteratorResult<string, unknown> = await this.space.within('keys', this.name, names.next())
      if (next.done === true) return
      if (matches(next.value)) yield next.value
    }
  }

  stats(): Stats {
    const { clock, store, watch } = this.space.house
    const { loading, queued } = this.space.underWay()
    const now = {
      at: clock.now(),
      loading,
      queued,
      observerErrors: watch.observerErrors,
      store: store.usage?.(),
      near: store.near?.store.usage?.(),
    }
    return statsOf(this.space.total(), now)
  }

  async health(): Promise<Health> {
    this.assertOpen()
    return health(this.space)
  }

  async explain(key: Key): Promise<Explanation> {
    return explain(this.space, this.nameOf(key), this.policy)
  }

  on(observer: Observer): () => void {
    const problem = isFunction(observer)
    if (problem !== undefined) throw new TypeError(`on: the observer ${problem}`)
    return this.lease.house.watch.add(this.name, observer)
  }

  async close(how: CloseOptions = {}): Promise<void> {
    checkOptions('close', how, CLOSE_OPTIONS)
    const drain = how.drain === undefined ? DEFAULT_DRAIN : durationOf(how.drain, 'close: drain')
    this.isClosed = true
    if (this.#isRoot) await this.lease.release(drain)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
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
