/*
 * Histories: what a program, its users, its database and its network may do, as plain data; and `play`, which does it.
 *
 * A step names its operands by small numbers (the third load under way, the first parcel on its way), so any list of
 * steps means something, and any part of it too: that is what lets fast-check shrink a failure to a few lines.
 * After each step the promises get `turns` turns, between none and enough to come to rest. So one step can fall into
 * the middle of what another has set going, between any two awaits of the engine.
 */

import {
  type createCache,
  type ICache,
  type LoadContext,
  type Policy,
  type Store,
  type Entry,
} from '@larder/core'
import { memory } from '@larder/memory'
import { manualClock, type ManualClock } from '@larder/testing'
import fc from 'fast-check'
import { type Value, Violation, Witness } from './witness.ts'
import { farStore, nearStore, Net, Place, turns } from './world.ts'

const KEYS = ['k', 'l', 'm'] as const
const TAGS = ['t', 'u'] as const
const SPACES = ['larder', 'larder/a', 'larder/a/b'] as const
const MAX_ENTRIES = 5

/** What a loader does when it is let go, or at once if `at once`. */
type Behaviour = 'value' | 'at once' | 'undefined' | 'fail' | 'keep' | 'skip'
/** How tags are named: as an option, by a function of the value, or during the load. */
type Naming = 'none' | 'declared' | 'function' | 'late'

interface Where {
  readonly cache: number
  readonly space: number
}

interface LoadHow {
  readonly behaviour: Behaviour
  readonly naming: Naming
  readonly tags: readonly number[]
  readonly policy: number
  /** The caller can leave. */
  readonly leaves: boolean
}

type Act =
  | ({ readonly act: 'get' | 'peek' | 'touch'; readonly key: number } & Where)
  | ({ readonly act: 'getMany' | 'delete' | 'expire'; readonly keys: readonly number[] } & Where)
  | ({ readonly act: 'getOrSet'; readonly key: number; readonly how: LoadHow } & Where)
  | ({ readonly act: 'getOrSetMany'; readonly keys: readonly number[]; readonly how: LoadHow } & Where)
  | ({
      readonly act: 'set'
      readonly keys: readonly number[]
      readonly tags: readonly number[]
      readonly policy: number
    } & Where)
  | ({ readonly act: 'invalidateTags'; readonly tags: readonly number[] } & Where)
  | ({ readonly act: 'clear' } & Where)
  | { readonly act: 'write'; readonly key: number }
  | { readonly act: 'leave'; readonly which: number }
  | { readonly act: 'advance'; readonly ms: number }
  | { readonly act: 'land'; readonly which: number }
  | {
      readonly act: 'deliver'
      readonly which: number
      readonly how: 'apply' | 'answer' | 'lose' | 'lose answer'
    }
  | { readonly act: 'network'; readonly state: Net['state'] }
  | { readonly act: 'vanish'; readonly which: number }

export interface Step {
  readonly turns: number
  readonly step: Act
}

/** Windows of the policies, in ms. */
const POLICIES: readonly Policy[] = [
  {},
  { ttl: 100 },
  { ttl: 100, staleWhileRevalidate: 500 },
  { ttl: 100, staleIfError: 2_000 },
  { ttl: 100, staleIfError: 2_000, loadTimeout: { soft: 50, hard: 300 } },
]

export const WORLDS = [
  'near',
  'near, failing',
  'far',
  'far, failing',
  'far, failing, key by key',
  'processes',
  'processes, key by key',
] as const
export type World = (typeof WORLDS)[number]

/** What one runs the histories against: core, or a copy of it with something broken. */
export interface Core {
  readonly createCache: typeof createCache
}

const index = (upTo: number): fc.Arbitrary<number> => fc.nat({ max: upTo - 1 })
const some = (upTo: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(index(upTo), { minLength: 1, maxLength: 2 })

/** What one history is about: few keys and few kinds of steps meet more often than many. */
interface Theme {
  readonly keys: number
  readonly spaces: number
  readonly caches: number
  /** For each kind of step how often it comes, of 3. */
  readonly often: readonly number[]
  readonly namings: readonly Naming[]
}

const KINDS = 14
/** Turns after which nothing moves any more until something is delivered, landed or due. */
const AT_REST = 60

const themes: fc.Arbitrary<Theme> = fc.record({
  keys: fc.constantFrom(1, 1, 2, KEYS.length),
  spaces: fc.constantFrom(1, 1, SPACES.length),
  caches: fc.constantFrom(1, 2),
  often: fc.array(fc.constantFrom(0, 1, 1, 3), { minLength: KINDS, maxLength: KINDS }),
  namings: fc.subarray<Naming>(['none', 'declared', 'function', 'late'], { minLength: 1 }),
})

/** Histories that make sense in `world`. */
export function histories(world: World, length = 40): fc.Arbitrary<Step[]> {
  return themes.chain((theme) => historiesOn(world, theme, length))
}

function historiesOn(world: World, theme: Theme, length: number): fc.Arbitrary<Step[]> {
  const isFar = !world.startsWith('near')
  const caches = world.startsWith('processes') ? 2 : theme.caches
  const where = { cache: index(caches), space: index(theme.spaces) }
  const key = index(theme.keys)
  const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 2 })
  const how: fc.Arbitrary<LoadHow> = fc.record({
    behaviour: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom<Behaviour>('value') },
      fc.constantFrom<Behaviour>('at once', 'undefined', 'fail', 'keep', 'keep', 'skip'),
    ),
    naming: fc.constantFrom(...theme.namings),
    tags: some(TAGS.length),
    policy: index(POLICIES.length),
    leaves: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  })
  const act = <R extends object>(
    name: Act['act'],
    rest: { [K in keyof R]: fc.Arbitrary<R[K]> },
  ): fc.Arbitrary<Act> => fc.record({ act: fc.constant(name), ...rest }) as unknown as fc.Arbitrary<Act>
  const tags = fc.uniqueArray(index(TAGS.length))
  const kinds: readonly fc.Arbitrary<Act>[] = [
    act('get', { ...where, key }),
    act('peek', { ...where, key }),
    act('touch', { ...where, key }),
    act('getMany', { ...where, keys }),
    act('getOrSet', { ...where, key, how }),
    act('getOrSetMany', { ...where, keys, how }),
    act('set', { ...where, keys, tags, policy: index(POLICIES.length) }),
    act('delete', { ...where, keys }),
    act('expire', { ...where, keys }),
    act('invalidateTags', { ...where, tags: some(TAGS.length) }),
    act('clear', where),
    act('write', { key }),
    act('leave', { which: index(4) }),
    isFar ? act('vanish', { which: index(8) }) : act('peek', { ...where, key }),
  ]
  const weighted = kinds.map((arbitrary, i) => ({ weight: 2 * (theme.often[i] ?? 0), arbitrary }))
  const always: { weight: number; arbitrary: fc.Arbitrary<Act> }[] = [
    { weight: 4, arbitrary: act('get', { ...where, key }) },
    { weight: 4, arbitrary: act('getOrSet', { ...where, key, how }) },
    { weight: 3, arbitrary: act('advance', { ms: fc.constantFrom(1, 60, 101, 150, 600) }) },
    { weight: 8, arbitrary: act('land', { which: index(3) }) },
  ]
  if (isFar) {
    const losses = world.includes('failing') ? (['lose', 'lose answer'] as const) : []
    const ways = fc.constantFrom('apply' as const, 'answer' as const, 'answer' as const, ...losses)
    always.push({ weight: 24, arbitrary: act('deliver', { which: index(4), how: ways }) })
  }
  if (world.includes('failing')) {
    const state = fc.constantFrom<Net['state']>('up', 'up', 'down', 'read-only')
    always.push({ weight: 3, arbitrary: act('network', { state }) })
  }
  const steps = fc.oneof(...always, ...weighted)
  const pauses = fc.oneof(
    { weight: 3, arbitrary: fc.constant(AT_REST) },
    { weight: 2, arbitrary: fc.nat({ max: 16 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  )
  return fc.array(fc.record({ turns: pauses, step: steps }), { minLength: 1, maxLength: length, size: 'max' })
}

interface PendingLoad {
  land(): void
}

/** Plays a history; throws a Violation if something was seen that must not be. */
export async function play(core: Core, world: World, steps: readonly Step[]): Promise<Witness> {
  const player = new Player(core, world)
  try {
    for (const { step, turns: count } of steps) {
      await player.do(step)
      await turns(count)
      player.check(count)
    }
    await player.finish()
  } finally {
    await player.leave()
  }
  return player.witness
}

class Player {
  readonly witness: Witness
  readonly #clock: ManualClock = manualClock()
  readonly #net: Net
  readonly #place = new Place()
  readonly #world: World
  /** By process, by space; two handles each, the second opened on its own. */
  readonly #caches: (readonly ICache<Value>[])[]
  readonly #stores: Store<Entry>[]
  readonly #versions = new Map<string, number>()
  #loads: PendingLoad[] = []
  #leavers: AbortController[] = []
  #open = 0

  constructor(core: Core, world: World) {
    this.#world = world
    this.#net = new Net(this.#clock)
    this.witness = new Witness(world.startsWith('processes') ? 'processes' : 'one process')
    const near = world.startsWith('near')
    const open = (): Store<Entry> =>
      near
        ? nearStore(memory({ maxEntries: MAX_ENTRIES, clock: this.#clock }), this.#net)
        : farStore(this.#place, this.#net, !world.endsWith('key by key'))
    const first = open()
    const second = world.startsWith('processes') ? open() : first
    this.#stores = [first, second]
    this.#caches = this.#stores.map((store) => {
      const root = core.createCache<Value>({ store, clock: this.#clock })
      const inner = root.namespace('a')
      return [root, inner, inner.namespace('b')]
    })
  }

  async do(step: Act): Promise<void> {
    switch (step.act) {
      case 'get':
        return this.#read(step, 'get', [step.key], (cache, [key]) => cache.get(key).then((value) => [value]))
      case 'getMany':
        return this.#read(step, 'get', step.keys, (cache, keys) => cache.getMany(keys))
      case 'peek': {
        const called = this.witness.now(`peek ${KEYS[step.key]}`)
        const key = keyAt(step.key)
        const space = SPACES[step.space] ?? ''
        const answer = this.#cache(step).peek(key)
        return this.witness.answered(this.#process(step), called, 'get', space, key, answer)
      }
      case 'getOrSet':
        return this.#getOrSet(step, step.key, step.how)
      case 'getOrSetMany':
        return this.#getOrSetMany(step, step.keys, step.how)
      case 'touch':
        return this.#settles(this.#cache(step).touch(keyAt(step.key), 300))
      case 'set':
        return this.#set(step, step.keys, step.tags, step.policy)
      case 'delete':
        this.witness.counts.deletes += step.keys.length
        return this.#invalidate(step, 'delete', step.keys.map(keyAt), (cache, keys) => cache.delete(...keys))
      case 'expire':
        return this.#invalidate(step, 'expire', step.keys.map(keyAt), (cache, keys) => cache.expire(...keys))
      case 'invalidateTags':
        this.witness.counts.invalidations++
        return this.#invalidate(step, 'tags', step.tags.map(tagAt), (cache, tags) =>
          cache.invalidateTags(...tags),
        )
      case 'clear':
        this.witness.counts.invalidations++
        return this.#invalidate(step, 'clear', [], (cache) => cache.clear())
      case 'write':
        this.#versions.set(keyAt(step.key), this.#version(keyAt(step.key)) + 1)
        return
      case 'leave': {
        const [leaver] = this.#leavers.splice(step.which % Math.max(1, this.#leavers.length), 1)
        if (leaver === undefined) return
        this.witness.disturbed('somebody leaves')
        return leaver.abort(new Error('left'))
      }
      case 'advance':
        return this.#advance(step.ms)
      case 'land':
        return this.#land(step.which)
      case 'deliver':
        return this.#deliver(step.which, step.how)
      case 'network':
        // What is loaded while the store cannot be asked is not shared with those who could ask it since.
        this.witness.disturbed(`network ${step.state}`)
        this.#net.state = step.state
        return
      case 'vanish': {
        const keys = [...this.#place.records.keys()]
        const key = keys[step.which % Math.max(1, keys.length)]
        if (key === undefined) return
        this.witness.disturbed(`${key} vanishes`)
        this.#place.records.delete(key)
      }
    }
  }

  /** What must hold after every step. */
  check(turnsTaken: number): void {
    this.#throwBroken()
    if (turnsTaken >= AT_REST) this.witness.judge()
    const usage = this.#world.startsWith('near') ? this.#stores[0]?.usage?.() : undefined
    if (usage !== undefined && usage.entries > MAX_ENTRIES) {
      this.witness.fail(`${usage.entries} entries where ${MAX_ENTRIES} are allowed`)
    }
  }

  /** Lets everything come to its end: all must settle, and what is then read must be right. */
  async finish(): Promise<void> {
    await this.#rest()
    if (this.#open > 0) this.witness.fail(`${this.#open} promises never settled`)
    for (let cache = 0; cache < 2; cache++) {
      for (let space = 0; space < SPACES.length; space++) {
        const keys = KEYS.map((_, key) => key)
        await this.do({ act: 'getMany', cache, space, keys })
      }
    }
    await this.#rest()
    this.#throwBroken()
    for (const [root] of this.#caches) if (root !== undefined) this.#books(root)
    for (const [root] of this.#caches) this.#settles(root?.close())
    await this.#rest()
    if (this.#open > 0) this.witness.fail('close did not settle')
  }

  /** Lands what is left of a history that was broken off: a load under way makes every promise of the process dearer. */
  async leave(): Promise<void> {
    for (let round = 0; round < 5 && this.#loads.length > 0; round++) {
      for (const load of this.#loads.splice(0)) load.land()
      await turns(AT_REST)
    }
  }

  /** Heals everything, lands all loads, delivers all parcels, and lets time pass, until nothing is left. */
  async #rest(): Promise<void> {
    this.witness.now('heal')
    this.#net.state = 'up'
    for (let round = 0; round < 40; round++) {
      for (const load of this.#loads.splice(0)) load.land()
      for (const parcel of this.#net.parcels.slice()) parcel.answer()
      await turns(AT_REST)
      if (round % 4 === 3) await this.#clock.advance(2_000)
    }
  }

  #books(cache: ICache<Value>): void {
    const stats = cache.stats()
    const { counts } = this.witness
    const say = (what: string, was: number, should: number): void => {
      if (was !== should) this.witness.fail(`stats say ${was} ${what}, it was ${should}`)
    }
    say('loading', stats.loading, 0)
    say('queued', stats.queued, 0)
    if (this.witness.scope === 'processes') return
    say('loads that failed', stats.loadFailures, counts.failures)
    say('loads', stats.loads, counts.loads - counts.failures)
    say('sets', stats.sets, counts.sets)
    say('deletes', stats.deletes, counts.deletes)
    say('invalidations', stats.invalidations, counts.invalidations)
    const { refreshing, slowLoad, failedLoad } = stats.stale
    const answered = stats.hits + stats.misses + refreshing + slowLoad + failedLoad
    if (answered < counts.reads)
      this.witness.fail(`${counts.reads} were answered and only ${answered} counted`)
  }

  #process({ cache }: Where): number {
    return this.#world.startsWith('processes') ? cache : 0
  }

  #cache({ cache, space }: Where): ICache<Value> {
    const found = this.#caches[cache]?.[space]
    if (found === undefined) throw new Error(`no cache ${cache} ${space}`)
    return found
  }

  #version(key: string): number {
    return this.#versions.get(key) ?? 0
  }

  /** Counts what has not settled; a rejection that the world has caused is an answer too. */
  #settles(promise: Promise<unknown> | undefined, then?: (value: unknown) => void): void {
    if (promise === undefined) return
    this.#open++
    promise
      .then(
        (value) => then?.(value),
        (error: unknown) => {
          if (!(error instanceof Error) || !EXPECTED.test(error.message)) {
            this.#broken ??= error
          }
        },
      )
      .catch((error: unknown) => {
        this.#broken ??= error
      })
      .finally(() => this.#open--)
  }
  #broken: unknown

  #throwBroken(): void {
    if (this.#broken === undefined) return
    if (this.#broken instanceof Violation) throw this.#broken
    this.witness.fail(
      `an error that nobody has caused: ${this.#broken instanceof Error ? this.#broken.stack : 'not an Error'}`,
    )
  }

  #read(
    where: Where,
    how: 'get' | 'getOrSet',
    keyNumbers: readonly number[],
    read: (cache: ICache<Value>, keys: [string, ...string[]], called: number) => Promise<readonly unknown[]>,
  ): void {
    this.#throwBroken()
    const keys = keyNumbers.map(keyAt) as [string, ...string[]]
    const space = SPACES[where.space] ?? ''
    const process = this.#process(where)
    const called = this.witness.now(`p${process} ${how} ${space} ${keys.join(' ')}`)
    this.#settles(read(this.#cache(where), keys, called), (answers) => {
      this.witness.counts.reads += keys.length
      keys.forEach((key, i) => {
        this.witness.answered(process, called, how, space, key, (answers as readonly unknown[])[i])
      })
    })
  }

  #getOrSet(where: Where, keyNumber: number, how: LoadHow): void {
    this.#read(where, 'getOrSet', [keyNumber], (cache, [key], called) =>
      cache
        .getOrSet(
          key,
          (context) =>
            this.#load(where, called, [key], how, context.signal, context).then(([value]) => value as Value),
          this.#policy(how),
        )
        .then((value) => [value]),
    )
  }

  #getOrSetMany(where: Where, keyNumbers: readonly number[], how: LoadHow): void {
    this.#read(where, 'getOrSet', keyNumbers, (cache, keys, called) =>
      cache.getOrSetMany(
        keys,
        async (missing, context) => {
          if (how.naming === 'late') context.tags(...how.tags.map(tagAt))
          if (how.behaviour === 'skip') context.skip()
          return this.#load(where, called, missing, how, context.signal, undefined)
        },
        this.#policy(how),
      ),
    )
  }

  #policy({ naming, tags, policy, leaves }: LoadHow): Policy<Value> {
    const leaver = new AbortController()
    if (leaves) this.#leavers.push(leaver)
    return {
      ...(POLICIES[policy] as Policy<Value>),
      ...(naming === 'declared' && { tags: tags.map(tagAt) }),
      ...(naming === 'function' && { tags: (value: Value) => value.tags }),
      ...(leaves && { signal: leaver.signal }),
    }
  }

  async #load(
    where: Where,
    called: number,
    keys: readonly string[],
    how: LoadHow,
    signal: AbortSignal,
    context: LoadContext<Value> | undefined,
  ): Promise<(Value | undefined)[]> {
    const { witness } = this
    const process = this.#process(where)
    const space = SPACES[where.space] ?? ''
    const tags = how.naming === 'none' ? [] : how.tags.map(tagAt)
    const load = witness.loadBegins(process, called, space, keys, signal)
    witness.counts.loads++
    // What the source holds is read as the load begins: it may be old news by the time it lands.
    const values = keys.map((key) => witness.value(space, key, this.#version(key), tags, load.began))
    const stale = context?.stale
    const isTrue = stale !== undefined && stale.value.version === this.#version(stale.value.key)
    if (how.behaviour !== 'at once') {
      await new Promise<void>((land) => {
        this.#loads.push({ land })
      })
    }
    witness.loadEnds(process, space, keys, load)
    witness.now(`load ${load.began} lands: ${how.behaviour} ${values.map(({ id }) => `#${id}`).join(' ')}`)
    if (how.behaviour === 'fail') {
      witness.counts.failures++
      throw new Error('the source fails')
    }
    if (how.behaviour === 'undefined') return keys.map(() => undefined)
    if (context !== undefined && how.behaviour === 'keep' && isTrue) {
      witness.confirmed(process, stale.value, load.began)
      return [context.keep()]
    }
    if (context !== undefined && how.naming === 'late') context.tags(...tags)
    if (context !== undefined && how.behaviour === 'skip') context.skip()
    return values
  }

  #set(where: Where, keyNumbers: readonly number[], tagNumbers: readonly number[], policy: number): void {
    this.#throwBroken()
    const process = this.#process(where)
    const space = SPACES[where.space] ?? ''
    const tags = tagNumbers.map(tagAt)
    const keys = keyNumbers.map(keyAt)
    const invalidation = this.witness.invalidated(process, 'set', space, keys)
    const { called } = invalidation
    this.witness.counts.sets += keys.length
    const values = keys.map((key) => this.witness.value(space, key, this.#version(key), tags, called))
    for (const value of values) this.witness.given(value)
    const how: Policy<Value> = { ...(POLICIES[policy] as Policy<Value>), tags }
    const [first] = values
    const written =
      values.length === 1 && first !== undefined
        ? this.#cache(where).set(first.key, first, how)
        : this.#cache(where).setMany(
            values.map((value) => [value.key, value] as const),
            how,
          )
    this.#settles(written, (reached) => {
      const { far } = reached as { readonly far: string }
      this.witness.settled(invalidation, far)
      if (far === 'applied') for (const value of values) this.witness.setSettled(value)
    })
  }

  #invalidate(
    where: Where,
    kind: 'delete' | 'expire' | 'tags' | 'clear',
    what: readonly string[],
    call: (cache: ICache<Value>, what: readonly string[]) => Promise<{ readonly far: string }>,
  ): void {
    this.#throwBroken()
    const space = SPACES[where.space] ?? ''
    const invalidation = this.witness.invalidated(this.#process(where), kind, space, what)
    this.#settles(call(this.#cache(where), what), (written) => {
      this.witness.settled(invalidation, (written as { readonly far: string }).far)
    })
  }

  async #advance(ms: number): Promise<void> {
    // What has been on its way for very long is taken for dead by the engine, and must not take effect after that.
    for (const parcel of this.#net.parcels) {
      if (this.#clock.now() + ms - parcel.sent > 20_000) parcel.answer()
    }
    this.witness.passed(ms)
    await this.#clock.advance(ms)
  }

  #land(which: number): void {
    const [load] = this.#loads.splice(which % Math.max(1, this.#loads.length), 1)
    load?.land()
  }

  #deliver(which: number, how: 'apply' | 'answer' | 'lose' | 'lose answer'): void {
    const { parcels } = this.#net
    const parcel = parcels[which % Math.max(1, parcels.length)]
    if (parcel === undefined) return
    if (how === 'lose' && parcel.isApplied) return
    this.witness.now(`${how}: ${parcel.what}`)
    if (how === 'apply' || how === 'lose answer') parcel.apply()
    if (how === 'answer') parcel.answer()
    if (how === 'lose' || how === 'lose answer') this.witness.lost(parcel.what)
    if (how === 'lose' || how === 'lose answer') parcel.fail(new Error(`the store lost ${parcel.what}`))
  }
}

/** Rejections that the history itself has caused. */
const EXPECTED = /the source fails|left|took longer than/

function keyAt(number: number): string {
  return KEYS[number] ?? KEYS[0]
}

function tagAt(number: number): string {
  return TAGS[number] ?? TAGS[0]
}
