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

/** A read of one key. */
export interface Read {
  readonly process: number
  /** The moment of its call. */
  readonly called: number
  readonly how: 'get' | 'getOrSet'
  readonly space: string
  readonly key: string
  /** It is answered from the memory of the process. */
  readonly isNear: boolean
}

interface Load {
  readonly process: number
  /** Of many keys: those that another process is loading, too, are loaded again where there is a stale record. */
  readonly isBulk: boolean
  /** When the read was called that it is for; what cut it came later. */
  readonly called: number
  readonly began: number
  readonly signal: AbortSignal
}

/** ms; that of createCache. */
export const STORE_DEADLINE = 100

/**
 * How strictly answers are judged. In one process, everything. Among processes: what was invalidated by tags and `clear`;
 * where the store has leases, single keys too, and there is one load of a key among them all; where it has a channel, tags and
 * `clear` may be heard of late.
 */
export type Scope = 'one process' | 'processes' | 'leases' | 'channel'

export interface WitnessOptions {
  readonly scope: Scope
  readonly time: () => number
  /** Of the channel. */
  readonly maxStaleness: number
}

export class Violation extends Error {
  override readonly name: string = 'Violation'
}

export class Witness {
  readonly scope: Scope
  readonly #options: WitnessOptions
  /** The time of each moment. */
  readonly #times: number[] = []
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
  /** What was acknowledged since then would be lost with the place. */
  #stoodBy = 0
  /** When another place took over. */
  #replaced = 0
  /** When an operation of a process failed last: it knows no more than it knew before. */
  readonly #failed = new Map<number, number>()

  constructor(options: WitnessOptions) {
    this.#options = options
    this.scope = options.scope
  }

  now(what: string): number {
    this.#moment++
    this.#times[this.#moment] = this.#options.time()
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
    // What was called before the place was replaced may have been acknowledged by the one before, and lost with it.
    if (far === 'applied' && invalidation.called > this.#replaced)
      invalidation.acknowledged = invalidation.settled
  }

  disturbed(what: string): void {
    this.#disturbed = this.now(what)
  }

  standBy(): void {
    this.#stoodBy = this.now('another place stands by')
  }

  /** Another place has taken over, and knows nothing of what was acknowledged since it stood by. */
  replaced(what: string): void {
    this.disturbed(what)
    this.#replaced = this.#moment
    for (const each of this.#invalidations) {
      if ((each.acknowledged ?? 0) > this.#stoodBy) each.acknowledged = undefined
    }
  }

  /** What was said by `process` has got through, also what could not be delivered at first, or was lost with the place. */
  delivered(process: number): void {
    const at = this.now(`all that p${process} has said got through`)
    for (const each of this.#invalidations) {
      if (each.process === process && each.settled !== undefined) each.acknowledged ??= at
    }
  }

  /** An operation of a process failed. */
  failed(process: number, what: string): void {
    this.#failed.set(process, this.now(`p${process} fails: ${what}`))
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
    isBulk: boolean,
  ): Load {
    const began = this.now(`p${process} load ${space} ${keys.join(' ')}`)
    if (signal.aborted) this.fail('a loader was called though nobody wants its value any more')
    const load = { process, isBulk, called, began, signal }
    for (const key of keys) {
      const place = this.#loadingPlace(process, space, key)
      const loading = this.#loading.get(place) ?? new Set()
      for (const other of loading) {
        const since = Math.min(called, other.called)
        if (this.scope === 'processes' || other.signal.aborted || this.#disturbed > since) continue
        if (other.process !== process && (isBulk || other.isBulk)) continue
        const failed = Math.max(this.#failed.get(process) ?? 0, this.#failed.get(other.process) ?? 0)
        // A load that could not ask the store is not shared by those who could, nor does it end for those who come after them.
        if (failed > since) continue
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
    for (const key of keys) this.#loading.get(this.#loadingPlace(process, space, key))?.delete(load)
  }

  /** Where loads must not overlap. */
  #loadingPlace(process: number, space: string, key: string): string {
    return this.scope === 'leases' || this.scope === 'channel'
      ? `${space}:${key}`
      : `${process} ${space}:${key}`
  }

  /** Judges what the store keeps: nothing that is older than an acknowledged invalidation may stay there as valid. */
  kept(value: Value, isFresh: boolean, isMarked: boolean): void {
    const older = this.#acknowledged(value, this.#moment + 1).find(({ kind }) => {
      if (kind === 'expire') return isFresh
      return kind === 'tags' || kind === 'clear' ? isMarked : true
    })
    if (older === undefined) return
    this.fail(
      `the store keeps #${value.id} of ${value.space}:${value.key}, invalidated by ${older.kind} at ${older.called}`,
    )
  }

  #acknowledged(value: Value, at: number): Invalidation[] {
    return this.#invalidations.filter(
      (each) =>
        (each.acknowledged ?? Infinity) < at && this.#isOlder(each, value) && this.#touches(each, value),
    )
  }

  /** Judges the answer to a read. */
  answered(read: Read, answer: unknown): void {
    if (answer === undefined) return
    const { process, called, how, space, key, isNear } = read
    const value = answer as Value
    this.now(`answer to ${called}: #${value.id}`)
    if (value.space !== space || value.key !== key) {
      this.fail(`${space}:${key} answered the value of ${value.space}:${value.key}`)
    }
    // A store that did not answer excuses nothing that was not asked of it.
    const isExcused =
      !isNear && (this.#isBlind(process, space, key, called) || (this.#failed.get(process) ?? 0) > called)
    for (const { kind, called: since, process: by } of this.#against(process, value, called, isNear)) {
      if (kind === 'expire' && how === 'getOrSet' && !isNear) continue
      if (by !== process && isExcused) continue
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
  #against(process: number, value: Value, called: number, isNear = false): Invalidation[] {
    return this.#invalidations.filter((each) => {
      const isOwn = each.process === process
      const known = isOwn ? each.called : each.acknowledged
      if (known === undefined || known >= called) return false
      if (!isOwn && this.#maySeeLate(each, known, called, isNear)) return false
      return this.#isOlder(each, value) && this.#touches(each, value)
    })
  }

  /** Tags and `clear` of others are heard of through the channel; and what is near was asked for a while ago. */
  #maySeeLate({ kind }: Invalidation, acknowledged: number, called: number, isNear: boolean): boolean {
    if (!isNear && (this.scope !== 'channel' || (kind !== 'tags' && kind !== 'clear'))) return false
    const passed = (this.#times[called] ?? 0) - (this.#times[acknowledged] ?? 0)
    return passed <= this.#options.maxStaleness
  }

  /** A set elsewhere that was under way when something was invalidated may count as later. */
  #isOlder({ process, called }: Invalidation, value: Value): boolean {
    const by = this.#setBy.get(value.id)
    if (by === undefined) return this.#beganOf(value) < called
    const isOrdered = by === process && this.scope !== 'processes'
    const began = this.#beganOf(value)
    return (isOrdered ? began : Math.max(began, this.#settled.get(value.id) ?? Infinity)) < called
  }

  /** Of values that are set, not loaded: by whom. */
  readonly #setBy = new Map<number, number>()
  given(value: Value, process: number): void {
    this.#setBy.set(value.id, process)
  }

  #beganOf(value: Value): number {
    return this.#began.get(value.id) ?? 0
  }

  #touches({ kind, space, what }: Invalidation, value: Value): boolean {
    if (kind === 'clear') return isWithin(value.space, space)
    if (kind === 'tags') return isWithin(value.space, space) && value.tags.some((tag) => what.includes(tag))
    return this.scope !== 'processes' && space === value.space && what.includes(value.key)
  }

  /** Whether anything since `since` may have cut a load of this key. */
  #isCut(space: string, key: string, since: number): boolean {
    return this.#invalidations.some((each) => {
      // Of many keys each is acknowledged on its own, and only all of them are heard of.
      const last = each.settled ?? (each.what.length > 1 ? Infinity : each.called)
      if (last <= since && !this.#maySeeLate(each, last, since, false)) return false
      if (each.kind === 'clear' || each.kind === 'tags') return isWithin(space, each.space)
      return each.space === space && each.what.includes(key)
    })
  }
}

function isWithin(space: string, around: string): boolean {
  return space === around || space.startsWith(`${around}/`)
}
