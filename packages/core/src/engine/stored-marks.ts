/*
 * Marks that are records of the store, for stores that other processes write too.
 *
 *   shop/users#:        the namespace shop/users        shop/users#=vip     its tag 'vip'
 *   shop/users#~        its late mark
 *
 * Without a channel that tells of invalidations elsewhere, a token is only known when it was read just now: so the
 * tokens travel with the data, in one request. Tags that an entry turns out to have besides cost a second request.
 * Invalidating is a deletion, which works also where a full store refuses writes; a missing token is minted by the
 * next load. Marks are kept without end: one that is lost costs misses.
 */

import type { Store } from '../store/store.ts'
import type { Clock } from './clock.ts'
import { type Entry, entryOf, entryProblem, type Stamp, termsOf } from './entry.ts'
import {
  type Captured,
  Known,
  lateMark,
  type Marks,
  namespaceMark,
  newToken,
  tagMark,
  tagOfMark,
} from './marks.ts'
import type { Far, Writes } from './writes.ts'

/** The tokens that were read; null where there is none. */
export type Tokens = ReadonlyMap<string, string | null>

export interface Fetched {
  /** Valid entries, in the order of the keys. */
  readonly entries: readonly (Entry | undefined)[]
  readonly tokens: Tokens
}

/** What was known of a mark when a question was put. */
type Before = Stamp | undefined | 'invalidating' | 'minting'

export interface StoredMarksPorts {
  readonly store: Store<Entry>
  readonly clock: Clock
  /** The writes of marks, which like all writes may fail and be owed. */
  readonly writes: Writes
  refused(key: string, why: string): void
  /** Called when an invalidation begins: whatever is being read may be older. */
  cutReads(): void
}

const MARK_TERMS = termsOf(0, 0, [])

export class StoredMarks implements Marks {
  readonly base: readonly Stamp[] = []
  readonly #path: string
  readonly #ports: StoredMarksPorts
  readonly #known = new Known()
  /** This namespace and those it lies in, outermost first. */
  readonly #paths: readonly string[]
  /** Their marks. */
  readonly #chain: readonly string[]
  readonly #late: readonly string[]
  readonly #around: StoredMarks | undefined
  /** Tokens on their way to the store; callers that need the same one share it. */
  readonly #minting = new Map<string, Promise<Stamp | undefined>>()

  constructor(path: string, around: StoredMarks | undefined, ports: StoredMarksPorts) {
    this.#path = path
    this.#around = around
    this.#ports = ports
    this.#paths = [...(around === undefined ? [] : around.#paths), path]
    this.#chain = this.#paths.map(namespaceMark)
    this.#late = this.#paths.map(lateMark)
  }

  /** The marks that an entry with `tags` has: an invalidation further out reaches it too. */
  #marksOf(tags: readonly string[]): string[] {
    return [...this.#chain, ...tags.flatMap((tag) => this.#paths.map((path) => tagMark(path, tag)))]
  }

  /** The entries under `keys` that are valid, and the tokens of the namespace and of `tags`, in one request where that can be. */
  async fetch(keys: readonly string[], tags: readonly string[]): Promise<Fetched> {
    const marks = [...this.#late, ...this.#marksOf(tags)]
    const before = this.#before(marks)
    const records = await this.#many([...keys.map((key) => `${this.#path}:${key}`), ...marks])
    const tokens = new Map<string, string | null>()
    marks.forEach((mark, i) => tokens.set(mark, this.#tokenIn(mark, records[keys.length + i], before)))

    const found = keys.map((key, i) => this.#entryIn(key, records[i]))
    const more = new Set<string>()
    for (const entry of found) {
      for (const { tag } of entry?.terms.stamps ?? []) if (!tokens.has(tag)) more.add(tag)
    }
    for (const [mark, token] of await this.tokens([...more])) tokens.set(mark, token)
    const entries = found.map((entry) =>
      entry !== undefined && this.#isValid(entry, tokens) ? this.#ours(entry) : undefined,
    )
    return { entries, tokens }
  }

  /**
   * `read`: tokens that were read after the caller asked; the others are read now. Undefined while a mark is being
   * invalidated, or cannot be minted: what is loaded then cannot be stored.
   */
  async capture(tags: readonly string[], read: Tokens = new Map()): Promise<Captured | undefined> {
    const marks = [...this.#late, ...this.#marksOf(tags)]
    const tokens = new Map([...read, ...(await this.tokens(marks.filter((mark) => !read.has(mark))))])
    if (marks.some((mark) => this.#homeOf(mark).#isInvalidating(mark))) return undefined
    const stamps = await Promise.all(marks.map((mark) => this.#stampOf(mark, tokens.get(mark) ?? null)))
    const known = stamps.filter((stamp) => stamp !== undefined)
    if (known.length < stamps.length) return undefined
    return { stamps: known.slice(this.#late.length), late: known.slice(0, this.#late.length) }
  }

  /** Reads the late marks again: one that has changed is no longer live. */
  async lookAtLate(): Promise<void> {
    await this.tokens(this.#late)
  }

  /** When no invalidation of the namespace or of `tags` waits for the store. */
  async settled(tags: readonly string[]): Promise<void> {
    await Promise.all(this.#marksOf(tags).map((mark) => this.#homeOf(mark).#ports.writes.tail(mark)))
  }

  /** The tokens of marks, as the store has them now. */
  async tokens(marks: readonly string[]): Promise<Tokens> {
    const before = this.#before(marks)
    const records = marks.length === 0 ? [] : await this.#many(marks)
    return new Map(marks.map((mark, i) => [mark, this.#tokenIn(mark, records[i], before)]))
  }

  async invalidate(tags: readonly string[]): Promise<Far> {
    return this.#delete(tags.map((tag) => tagMark(this.#path, tag)))
  }

  async invalidateAll(): Promise<Far> {
    return this.#delete([namespaceMark(this.#path)])
  }

  /**
   * Deletes a mark. The late mark goes before that of a tag: who finds the tag's mark gone, and mints it anew, must
   * also find the late one changed.
   */
  async forget(mark: string): Promise<void> {
    const { store } = this.#ports
    if (tagOfMark(mark) !== undefined) await store.delete(lateMark(this.#path))
    await store.delete(mark)
  }

  async #delete(marks: readonly string[]): Promise<Far> {
    const kill = (): void => {
      for (const mark of [...marks, lateMark(this.#path)]) this.#known.kill(mark)
      this.#ports.cutReads()
    }
    kill()
    const { writes } = this.#ports
    const results = await Promise.all(
      marks.map((mark) => writes.run('delete', mark, undefined, true, () => this.forget(mark))),
    )
    kill() // again at the acknowledgement: loads that began in between may have taken the old token
    return results.every((each) => each === 'applied') ? 'applied' : 'queued'
  }

  /** A valid entry with the stamps of this process in the place of those it came with: an invalidation here reaches whoever holds it. */
  #ours({ value, freshUntil, terms }: Entry): Entry {
    const stamps = terms.stamps.map(({ tag, token }) => this.#homeOf(tag).#known.learn(tag, token))
    return entryOf(value, freshUntil, { ...terms, stamps })
  }

  #isValid(entry: Entry, tokens: Tokens): boolean {
    const { stamps } = entry.terms
    // An entry that lacks a mark of the namespace was not made for it.
    if (!this.#chain.every((mark) => stamps.some(({ tag }) => tag === mark))) return false
    return stamps.every(({ tag, token }) => tokens.get(tag) === token)
  }

  /**
   * What is known of marks when the store is asked for them. Its answer may overtake what is said meanwhile, so it
   * counts only for marks of which nothing newer is known by then; while an invalidation is on its way, for none.
   */
  #before(marks: readonly string[]): ReadonlyMap<string, Before> {
    return new Map(
      marks.map((mark): [string, Before] => {
        const home = this.#homeOf(mark)
        if (home.#isInvalidating(mark)) return [mark, 'invalidating']
        return [mark, home.#minting.has(mark) ? 'minting' : home.#known.get(mark)]
      }),
    )
  }

  /** The token in a record; null if there is none that counts. */
  #tokenIn(mark: string, record: unknown, before: ReadonlyMap<string, Before>): string | null {
    const home = this.#homeOf(mark)
    const knownThen = before.get(mark)
    if (knownThen === 'invalidating' || home.#isInvalidating(mark)) {
      home.#ports.writes.deliver(mark)
      return null
    }
    const value = entryProblem(record) === undefined ? (record as Entry).value : undefined
    const token = typeof value === 'string' ? value : null
    const known = home.#known.get(mark)
    // Something is known since the question was put: an entry under another token may be older than that.
    if (known !== knownThen) return token !== null && known?.token === token ? token : null
    if (token !== null) return home.#known.learn(mark, token).token
    // Gone: somebody has invalidated it, and loads under the old token are not to be joined.
    if (!home.#minting.has(mark)) home.#known.kill(mark)
    return null
  }

  #isInvalidating(mark: string): boolean {
    const { writes } = this.#ports
    return writes.behind(mark) && writes.latest(mark) === undefined
  }

  #stampOf(mark: string, token: string | null): Stamp | undefined | Promise<Stamp | undefined> {
    const home = this.#homeOf(mark)
    if (token !== null) return home.#known.learn(mark, token)
    if (home.#isInvalidating(mark)) return undefined
    // What is known although the answer was none, was learnt after the question: there is no need for another token.
    return home.#minting.get(mark) ?? home.#known.get(mark) ?? home.#mint(mark)
  }

  /** Acknowledged before the load begins, so that an invalidation elsewhere that comes later also arrives later. */
  #mint(mark: string): Promise<Stamp | undefined> {
    const { clock, store, writes } = this.#ports
    const stamp = this.#known.learn(mark, newToken(clock))
    const record = entryOf<unknown>(stamp.token, Infinity, MARK_TERMS)
    const minting = Promise.resolve(
      writes.run('set', mark, record, true, () => store.set(mark, record, Infinity)),
    )
      .then((far) => (far === 'applied' ? stamp : undefined))
      .finally(() => this.#minting.delete(mark))
    this.#minting.set(mark, minting)
    return minting
  }

  /** Marks of the namespaces around this one are kept there. */
  #homeOf(mark: string): StoredMarks {
    return this.#around === undefined || mark.startsWith(`${this.#path}#`) ? this : this.#around.#homeOf(mark)
  }

  #entryIn(key: string, record: unknown): Entry | undefined {
    if (record === undefined) return undefined
    const problem = entryProblem(record)
    if (problem === undefined) return record as Entry
    this.#ports.refused(key, problem)
    return undefined
  }

  async #many(keys: readonly string[]): Promise<readonly unknown[]> {
    const { store } = this.#ports
    if (store.getMany === undefined) return Promise.all(keys.map((key) => store.get(key)))
    const records: readonly unknown[] = await store.getMany(keys)
    return Array.isArray(records) && records.length === keys.length
      ? (records as readonly unknown[])
      : keys.map(() => undefined)
  }
}
