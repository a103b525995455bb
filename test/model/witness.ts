/*
 * The witness: sees every call and every answer, and knows what must never be seen.
 *
 * It keeps no model of what the cache holds; a cache may forget anything at any time. It only knows since when each
 * value was known to be true (`began`: when its load began, or when its `set` was called), when what was invalidated,
 * and when each read was called. Moments are numbers in the order of events.
 */

/** What is kept in the caches. Frozen, so it may be shared. */
export interface Value {
  readonly id: number
  readonly space: string
  readonly key: string
  readonly version: number
  readonly tags: readonly string[]
}

export type Kind = 'delete' | 'set' | 'expire' | 'tags' | 'clear'

interface Invalidation {
  readonly process: number
  readonly kind: Kind
  readonly space: string
  /** Keys, or tags. */
  readonly what: readonly string[]
  readonly called: number
  /** Its promise has resolved. */
  settled: number | undefined
  /** And said that the store will have to be told later. */
  isQueued: boolean
  /** Or that the store has it. */
  acknowledged: number | undefined
}

interface Load {
  /** When the read was called that it is for; what cut it came later. */
  readonly called: number
  readonly began: number
  readonly signal: AbortSignal
}

/** ms; that of createCache. */
const STORE_DEADLINE = 100

/** How strictly answers are judged: in one process everything; among several what §7 of the design promises. */
export type Scope = 'one process' | 'processes'

export class Violation extends Error {
  override readonly name: string = 'Violation'
}

export class Witness {
  readonly scope: Scope
  readonly log: string[] = []
  readonly counts = { loads: 0, failures: 0, sets: 0, deletes: 0, invalidations: 0, reads: 0 }
  #moment = 0
  #ids = 0
  readonly #began = new Map<number, number>()
  /** Of values that were set: until when the set was under way. */
  readonly #settled = new Map<number, number>()
  readonly #invalidations: Invalidation[] = []
  readonly #loading = new Map<string, Set<Load>>()
  readonly #passed: { readonly at: number; readonly ms: number }[] = []
  readonly #suspicions: (() => void)[] = []
  /** Something after which loads of any key may begin anew: somebody left, a mark got lost. */
  #disturbed = 0
  #isLosing = false

  constructor(scope: Scope) {
    this.scope = scope
  }

  now(what: string): number {
    this.#moment++
    this.log.push(`${this.#moment} ${what}`)
    return this.#moment
  }

  value(space: string, key: string, version: number, tags: readonly string[], began: number): Value {
    const value = Object.freeze({ id: ++this.#ids, space, key, version, tags: Object.freeze([...tags]) })
    this.#began.set(value.id, began)
    return value
  }

  /** A `set` is acknowledged: to other processes its value began somewhere between its call and now. */
  setSettled(value: Value): void {
    this.#settled.set(value.id, this.#moment)
  }

  /** The source says, to a load that began at `began`, that `value` is still true; unless it had been invalidated by then. */
  confirmed(process: number, value: Value, began: number): void {
    const explicit = this.#against(process, value, began).find(({ kind }) => kind !== 'expire')
    if (explicit === undefined) this.#began.set(value.id, Math.max(began, this.#beganOf(value)))
  }

  invalidated(process: number, kind: Kind, space: string, what: readonly string[]): Invalidation {
    const called = this.now(`p${process} ${kind} ${space} [${what.join(' ')}]`)
    const invalidation = {
      process,
      kind,
      space,
      what,
      called,
      settled: undefined,
      isQueued: false,
      acknowledged: undefined,
    }
    this.#invalidations.push(invalidation)
    return invalidation
  }

  settled(invalidation: Invalidation, far: string): void {
    invalidation.settled = this.now(`${far}: ${invalidation.called}`)
    invalidation.isQueued = far === 'queued'
    if (far === 'applied') invalidation.acknowledged = invalidation.settled
  }

  disturbed(what: string): void {
    this.#disturbed = this.now(what)
  }

  /** An operation of the store failed. Whoever shares it learns of that a few turns later, also those who come in between. */
  lost(what: string): void {
    this.disturbed(`the store loses ${what}`)
    this.#isLosing = true
  }

  /** A loader is called. Two loads of one key at once need something between them that cut the first. */
  loadBegins(
    process: number,
    called: number,
    space: string,
    keys: readonly string[],
    signal: AbortSignal,
  ): Load {
    const began = this.now(`p${process} load ${space} ${keys.join(' ')}`)
    if (signal.aborted) this.fail('a loader was called though nobody wants its value any more')
    const load = { called, began, signal }
    for (const key of keys) {
      const place = `${process} ${space}:${key}`
      const loading = this.#loading.get(place) ?? new Set()
      for (const other of loading) {
        const since = Math.min(called, other.called)
        if (this.scope === 'processes' || other.signal.aborted || this.#disturbed > since) continue
        if (this.#isUnmarked(since) || this.#waited(since) >= STORE_DEADLINE) continue
        this.#suspicions.push(() => {
          if (this.#disturbed <= since && !this.#isCut(space, key, since)) {
            this.fail(`two loads of ${space}:${key} at once, from ${other.began} and ${began}`)
          }
        })
      }
      loading.add(load)
      this.#loading.set(place, loading)
    }
    return load
  }

  /**
   * While an invalidation is on its way or owed, loads cannot take marks. Who knows marks later does not share such a load,
   * since it could not tell of an invalidation elsewhere: two at once are then the price.
   */
  #isUnmarked(since: number): boolean {
    return this.#invalidations.some(
      ({ called, settled, isQueued }) =>
        settled === undefined || isQueued || (settled > since && settled > called + 1),
    )
  }

  /** Judges what could not be judged at once: an acknowledgement that cut a load is heard of a few turns after it did. */
  judge(): void {
    if (this.#isLosing) this.#disturbed = this.#moment
    this.#isLosing = false
    for (const suspicion of this.#suspicions.splice(0)) suspicion()
  }

  loadEnds(process: number, space: string, keys: readonly string[], load: Load): void {
    for (const key of keys) this.#loading.get(`${process} ${space}:${key}`)?.delete(load)
  }

  /** Judges the answer to a read that was called at the moment `called`. */
  answered(
    process: number,
    called: number,
    how: 'get' | 'getOrSet',
    space: string,
    key: string,
    answer: unknown,
  ): void {
    if (answer === undefined) return
    const value = answer as Value
    this.now(`answer to ${called}: #${value.id}`)
    if (value.space !== space || value.key !== key) {
      this.fail(`${space}:${key} answered the value of ${value.space}:${value.key}`)
    }
    const isBlind = this.#isBlind(process, space, key, called)
    for (const { kind, called: since, process: by } of this.#against(process, value, called)) {
      if (kind === 'expire' && how === 'getOrSet') continue
      if (by !== process && isBlind) continue
      this.fail(`read ${called} of ${space}:${key} answered #${value.id}, invalidated by ${kind} at ${since}`)
    }
  }

  fail(why: string): never {
    throw new Violation(`${why}\n${this.log.join('\n')}`)
  }

  /**
   * A store that was not heard of within its deadline may have left a load without marks; who has heard of it since
   * does not share that one, since it could not tell of an invalidation elsewhere.
   */
  passed(ms: number): void {
    this.#passed.push({ at: this.now(`${ms} ms pass`), ms })
  }

  #waited(since: number): number {
    return this.#passed.reduce((sum, { at, ms }) => (at > since ? sum + ms : sum), 0)
  }

  /**
   * Whether a process may have answered a read without asking the store, and so cannot have heard of others: what it
   * has itself said about the key was not acknowledged, or the store took too long.
   */
  #isBlind(process: number, space: string, key: string, called: number): boolean {
    if (this.#waited(called) >= STORE_DEADLINE) return true
    return this.#invalidations.some((each) => {
      if (each.process !== process || (each.acknowledged ?? Infinity) < called) return false
      return each.kind === 'clear' || each.kind === 'tags'
        ? isWithin(space, each.space)
        : each.space === space && each.what.includes(key)
    })
  }

  /** The invalidations that forbid `value` to a read called at the moment `called`. */
  #against(process: number, value: Value, called: number): Invalidation[] {
    return this.#invalidations.filter((each) => {
      const isOwn = each.process === process
      const known = isOwn ? each.called : each.acknowledged
      if (known === undefined || known >= called) return false
      return this.#beganFor(isOwn, value) < each.called && this.#touches(each, value)
    })
  }

  /** A set elsewhere that was under way when something was invalidated may count as later. */
  #beganFor(isOwn: boolean, value: Value): number {
    const settled = this.#settled.get(value.id)
    if (isOwn && this.scope === 'one process') return this.#beganOf(value)
    return settled ?? (this.#isSet.has(value.id) ? Infinity : this.#beganOf(value))
  }

  readonly #isSet = new Set<number>()
  /** The value is set, not loaded. */
  given(value: Value): void {
    this.#isSet.add(value.id)
  }

  #beganOf(value: Value): number {
    return this.#began.get(value.id) ?? 0
  }

  #touches({ kind, space, what }: Invalidation, value: Value): boolean {
    if (kind === 'clear') return isWithin(value.space, space)
    if (kind === 'tags') return isWithin(value.space, space) && value.tags.some((tag) => what.includes(tag))
    return this.scope === 'one process' && space === value.space && what.includes(value.key)
  }

  /** Whether anything since `since` may have cut a load of this key. */
  #isCut(space: string, key: string, since: number): boolean {
    return this.#invalidations.some((each) => {
      // Of many keys each is acknowledged on its own, and only all of them are heard of.
      const last = each.settled ?? (each.what.length > 1 ? Infinity : each.called)
      if (last <= since) return false
      if (each.kind === 'clear' || each.kind === 'tags') return isWithin(space, each.space)
      return each.space === space && each.what.includes(key)
    })
  }
}

function isWithin(space: string, around: string): boolean {
  return space === around || space.startsWith(`${around}/`)
}
