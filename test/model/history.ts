/*
 * Histories: what a program, its users, its database and its network may do, as plain data; and `play`, which does it.
 *
 * A step names its operands by small numbers (the third load under way, the first parcel on its way), so any list of
 * steps means something, and any part of it too: that is what lets fast-check shrink a failure to a few lines.
 * After each step the promises get `turns` turns, between none and enough to come to rest. So one step can fall into
 * the middle of what another has set going, between any two awaits of the engine.
 */

import {
  type bigKeys,
  type createCache,
  type hotKeys,
  type refreshEvery,
  type repository,
  type warm,
  type ICache,
  type LoadContext,
  type Policy,
  type Store,
  type Entry,
} from '@larder/core'
import { memory } from '@larder/memory'
import { manualClock, type ManualClock } from '@larder/testing'
import { tiered, type TieredOptions } from '@larder/tiered'
import fc from 'fast-check'
import { Ear, Line, type FarOptions, SharedPlace, sharedStore } from './far.ts'
import { type Scope, STORE_DEADLINE, type Value, Violation, Witness } from './witness.ts'
import { farStore, nearStore, Net, turns } from './world.ts'

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
  | { readonly act: 'hear'; readonly cache: number; readonly count: number }
  | { readonly act: 'cut' | 'mend' | 'die'; readonly cache: number }
  | { readonly act: 'flow'; readonly cache: number; readonly lands: boolean }
  | { readonly act: 'restart' | 'stand by' | 'replace' | 'look around' }

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
  'leases',
  'leases, in parts',
  'leases, failing',
  'channel',
  'channel, failing',
  'tiers',
  'tiers, failing',
  'tiers, in parts',
  'tiers, in parts, failing',
  'tiers, writing behind, failing',
  'tiers, serving stale, failing',
  'tiers, small, failing',
  'tiers of three',
  'tiers, deaf',
  'tiers, deaf, failing',
] as const
export type World = (typeof WORLDS)[number]

const hasTiers = (world: World): boolean => world.startsWith('tiers')
const hasChannel = (world: World): boolean =>
  world.startsWith('channel') || (hasTiers(world) && !world.includes('deaf'))
const isFailing = (world: World): boolean => world.includes('failing')

/** How many processes a world has. Where it is one, there are two caches on one store. */
const processesOf = (world: World): number => {
  if (world.startsWith('near') || world.startsWith('far')) return 1
  return world.startsWith('processes') ? 2 : 3
}

const scopeOf = (world: World): Scope => {
  const processes = processesOf(world)
  if (processes === 1) return 'one process'
  if (processes === 2) return 'processes'
  return hasChannel(world) ? 'channel' : 'leases'
}

const MAX_STALENESS = 250

/** What one runs the histories against: core, or a copy of it with something broken. */
export interface Core {
  readonly createCache: typeof createCache
  readonly repository: typeof repository
  readonly refreshEvery: typeof refreshEvery
  readonly warm: typeof warm
  readonly hotKeys: typeof hotKeys
  readonly bigKeys: typeof bigKeys
}

const index = (upTo: number): fc.Arbitrary<number> => fc.nat({ max: upTo - 1 })
const some = (upTo: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(index(upTo), { minLength: 1, maxLength: 2 })

/** What one history is about: few keys and few kinds of steps meet more often than many. */
interface Theme {
  readonly keys: number
  readonly tags: number
  readonly spaces: number
  readonly caches: number
  /** For each kind of step how often it comes, of 3. */
  readonly often: readonly number[]
  readonly namings: readonly Naming[]
}

const KINDS = 14
/** Turns after which nothing moves any more until something is delivered, landed or due. */
const AT_REST = 60
/** The engine's; and the longest pause between two looks at what another process is loading. */
const LEASE = 3_000
const LONGEST_LOOK = 250

const themes: fc.Arbitrary<Theme> = fc.record({
  keys: fc.constantFrom(1, 1, 2, KEYS.length),
  tags: fc.constantFrom(1, TAGS.length),
  spaces: fc.constantFrom(1, 1, SPACES.length),
  caches: fc.constantFrom(1, 2),
  often: fc.array(fc.constantFrom(0, 1, 1, 3), { minLength: KINDS, maxLength: KINDS }),
  namings: fc.subarray<Naming>(['none', 'declared', 'function', 'late'], { minLength: 1 }),
})

/** Histories that make sense in `world`. */
export function histories(world: World, length = processesOf(world) > 2 ? 60 : 40): fc.Arbitrary<Step[]> {
  return themes.chain((theme) => historiesOn(world, theme, length))
}

function historiesOn(world: World, theme: Theme, length: number): fc.Arbitrary<Step[]> {
  const isFar = !world.startsWith('near')
  const isShared = processesOf(world) > 2
  // Two processes meet more often than three.
  const caches = isShared ? theme.caches + 1 : Math.max(theme.caches, processesOf(world))
  const where = { cache: index(caches), space: index(theme.spaces) }
  const key = index(theme.keys)
  const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 2 })
  const how: fc.Arbitrary<LoadHow> = fc.record({
    behaviour: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom<Behaviour>('value') },
      fc.constantFrom<Behaviour>('at once', 'undefined', 'fail', 'keep', 'keep', 'skip'),
    ),
    naming: fc.constantFrom(...theme.namings),
    tags: some(theme.tags),
    policy: index(POLICIES.length),
    leaves: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  })
  const act = <R extends object>(
    name: Act['act'],
    rest: { [K in keyof R]: fc.Arbitrary<R[K]> },
  ): fc.Arbitrary<Act> => fc.record({ act: fc.constant(name), ...rest }) as unknown as fc.Arbitrary<Act>
  const tags = fc.uniqueArray(index(theme.tags))
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
    act('invalidateTags', { ...where, tags: some(theme.tags) }),
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
    const losses = isFailing(world) ? (['lose', 'lose answer'] as const) : []
    const ways = fc.constantFrom('apply' as const, 'answer' as const, 'answer' as const, ...losses)
    always.push({ weight: 24, arbitrary: act('deliver', { which: index(4), how: ways }) })
  }
  if (isFailing(world)) {
    const state = fc.constantFrom<Net['state']>('up', 'up', 'down', 'read-only')
    always.push({ weight: 3, arbitrary: act('network', { state }) })
  }
  if (isShared) {
    // Without it a history would hardly get beyond the first load.
    always.push({ weight: 20, arbitrary: act('flow', { cache: index(caches), lands: fc.boolean() }) })
  }
  if (hasChannel(world)) {
    const cache = index(caches)
    always.push(
      { weight: 10, arbitrary: act('hear', { cache, count: fc.constantFrom(1, 1, 2, 9) }) },
      { weight: 1, arbitrary: act('cut', { cache }) },
      { weight: 1, arbitrary: act('mend', { cache }) },
    )
  }
  if (isShared && isFailing(world)) {
    always.push({ weight: 1, arbitrary: act('die', { cache: index(caches) }) })
    always.push({ weight: 1, arbitrary: act('restart', {}) })
  }
  // What a copy should not have survived is seen when it is older than it may be, and believed.
  if (hasTiers(world)) always.push({ weight: 4, arbitrary: act('look around', {}) })
  if (hasTiers(world) && hasChannel(world) && isFailing(world)) {
    always.push({ weight: 1, arbitrary: act('stand by', {}) }, { weight: 1, arbitrary: act('replace', {}) })
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
    // What is held weakly is kept until something else than promises has its turn; thousands of histories would be.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return player.witness
}

class Player {
  readonly witness: Witness
  readonly #clock: ManualClock = manualClock()
  readonly #net: Net
  readonly #place: SharedPlace
  readonly #lines: Line[] = []
  readonly #world: World
  /** By process, by space; two handles each, the second opened on its own. */
  readonly #caches: (readonly ICache<Value>[])[]
  readonly #stores: Store<Entry>[]
  readonly #versions = new Map<string, number>()
  #loads: PendingLoad[] = []
  #leavers: AbortController[] = []
  /** Promises that have not settled, by process. */
  readonly #open: number[] = [0, 0, 0]

  constructor(core: Core, world: World) {
    this.#world = world
    this.#net = new Net(this.#clock)
    this.#place = new SharedPlace(this.#clock)
    this.witness = new Witness({
      scope: scopeOf(world),
      time: () => this.#clock.now(),
      maxStaleness: MAX_STALENESS,
    })
    this.#place.disturbed = (what) => this.witness.disturbed(what)
    this.#net.refused = (what) => {
      const process = /^p(\d) /.exec(what)?.[1]
      if (process !== undefined) this.witness.failed(Number(process), what)
    }
    const first = this.#newStore(0)
    this.#stores = [first]
    const caches = Math.max(2, processesOf(world))
    for (let i = 1; i < caches; i++) this.#stores.push(processesOf(world) === 1 ? first : this.#newStore(i))
    this.#caches = this.#stores.map((store) => {
      const root = core.createCache<Value>({ store, clock: this.#clock })
      const inner = root.namespace('a')
      return [root, inner, inner.namespace('b')]
    })
  }

  #newStore(process: number): Store<Entry> {
    const world = this.#world
    if (world.startsWith('near')) {
      return nearStore(memory({ maxEntries: MAX_ENTRIES, clock: this.#clock }), this.#net)
    }
    if (processesOf(world) <= 2) return farStore(this.#place, this.#net, !world.endsWith('key by key'))
    const ear = new Ear(hasChannel(world))
    const line = new Line(this.#net, process)
    const inParts = world.includes('in parts')
    const options: FarOptions = {
      bulk: !inParts,
      adds: !inParts,
      inParts,
      isWhole: hasTiers(world) && !inParts,
      maxStaleness: MAX_STALENESS,
    }
    this.#place.ears.push(ear)
    this.#place.lines.push(line)
    this.#lines.push(line)
    const far = sharedStore(this.#place, ear, line, options)
    return hasTiers(world) ? this.#inTiers(far) : far
  }

  #inTiers(far: Store<Entry>): Store<Entry> {
    const world = this.#world
    // Sweeping only gives space back, and its timers would count as the engine's.
    const clock = { ...this.#clock, after: () => () => {} }
    const how: Partial<TieredOptions> = {
      maxStaleness: MAX_STALENESS,
      ...(world.includes('serving stale') && { whenFarIsDown: 'serve-stale' }),
      ...(world.includes('writing behind') && { farWrites: 'background' }),
    }
    const near = memory({ clock, ...(world.includes('small') && { maxEntries: 2 }) })
    if (world !== 'tiers of three') return tiered({ near, far, ...how })
    return tiered({ near: memory({ clock, maxEntries: 2 }), far: tiered({ near, far, ...how }) })
  }

  async do(step: Act): Promise<void> {
    if ('cache' in step && this.#lines[step.cache]?.isDead === true) return
    switch (step.act) {
      case 'get':
        return this.#read(step, 'get', [step.key], (cache, [key]) => cache.get(key).then((value) => [value]))
      case 'getMany':
        return this.#read(step, 'get', step.keys, (cache, keys) => cache.getMany(keys))
      case 'peek':
        return void this.#peek(step, keyAt(step.key))
      case 'getOrSet':
        return this.#getOrSet(step, step.key, step.how)
      case 'getOrSetMany':
        return this.#getOrSetMany(step, step.keys, step.how)
      case 'touch':
        return this.#settles(step.cache, this.#cache(step).touch(keyAt(step.key), 300))
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
        // It gives back the space of everything, also of what was put there since its call.
        this.#isLossy = true
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
        const { records, leases } = this.#place
        const all = [...records.keys(), ...leases.keys()]
        const which = step.which % Math.max(1, all.length)
        const key = all[which]
        if (key === undefined) return
        this.witness.disturbed(`${key} vanishes`)
        this.#isLossy = true
        if (which < records.size) records.delete(key)
        else leases.delete(key)
        return
      }
      case 'hear':
        return this.#hear(step.cache, step.count)
      case 'flow':
        return this.#flow(step.cache, step.lands)
      case 'cut':
        this.witness.now(`p${step.cache} is cut`)
        return this.#place.ears[step.cache]?.cut()
      case 'mend':
        return this.#mend(step.cache)
      case 'restart':
        this.#place.restart()
        return this.#replaced('the place loses everything')
      case 'look around':
        return this.#lookAround()
      case 'stand by':
        this.witness.standBy()
        return this.#place.standBy()
      case 'replace':
        this.#place.replace()
        return this.#replaced('the place is replaced')
      case 'die':
        return this.#die(step.cache)
    }
  }

  #mend(process: number): void {
    this.witness.disturbed(`p${process} is mended`)
    const line = this.#lines[process]
    if (line !== undefined) line.isAway = false
    this.#place.ears[process]?.mend()
  }

  /** What was on its way does not arrive any more, nor does its answer. */
  #replaced(what: string): void {
    this.witness.replaced(what)
    for (const [i] of this.#net.parcels.slice().entries())
      this.#deliver(0, i % 2 === 0 ? 'lose' : 'lose answer')
    if (!hasChannel(this.#world)) for (const i of this.#lines.keys()) this.#mend(i)
  }

  /** What is in this process. Where there are tiers, what a read answers at once. */
  #peek(where: Where, key: string): unknown {
    const process = this.#process(where)
    const space = SPACES[where.space] ?? ''
    const called = this.witness.now(`p${process} peek ${space} ${key}`)
    const answer = this.#cache(where).peek(key)
    this.witness.answered({ process, called, how: 'get', space, key, isNear: true }, answer)
    return answer
  }

  /** After a while in which everybody has heard everything, what is near is looked at. */
  async #lookAround(): Promise<void> {
    await this.#advance(MAX_STALENESS + 1)
    this.#hearAll()
    for (const cache of this.#lines.keys()) {
      if (this.#isDead(cache)) continue
      for (const space of SPACES.keys()) for (const key of KEYS) this.#peek({ cache, space }, key)
    }
  }

  /** All that one process has asked for is answered, for a while. */
  async #flow(process: number, lands: boolean): Promise<void> {
    this.witness.now(`p${process} flows`)
    for (let round = 0; round < 6; round++) {
      if (lands) for (const load of this.#loads.splice(0)) load.land()
      for (const parcel of this.#net.parcels.filter(({ what }) => what.startsWith(`p${process} `))) {
        this.#answer(parcel)
      }
      await turns(AT_REST)
    }
  }

  #hear(process: number, count: number): void {
    const ear = this.#place.ears[process]
    ear?.beat(this.#clock.now())
    for (let left = count; left > 0; left--) {
      const next = ear?.next
      if (next === undefined) return
      // What it hears may end loads.
      if (next !== 'proven') this.witness.disturbed(`p${process} hears: ${next}`)
      ear?.hear()
    }
  }

  /** One process always lives on. */
  #die(process: number): void {
    const line = this.#lines[process]
    if (line === undefined || this.#lines.filter(({ isDead }) => !isDead).length === 1) return
    this.witness.disturbed(`p${process} dies`)
    line.isDead = true
    this.#net.parcels = this.#net.parcels.filter(({ what }) => !what.startsWith(`p${process} `))
  }

  /** What must hold after every step. */
  check(turnsTaken: number): void {
    this.#throwBroken()
    if (turnsTaken >= AT_REST) this.witness.judge()
    const usage = this.#world.startsWith('near') ? this.#stores[0]?.usage?.() : undefined
    if (usage !== undefined && usage.entries > MAX_ENTRIES) {
      this.witness.fail(`${usage.entries} entries where ${MAX_ENTRIES} are allowed`)
    }
    for (const { tooLate } of this.#lines) {
      if (tooLate !== undefined) this.witness.fail(`the store was asked after it was closed: ${tooLate}`)
    }
    if (this.#lines.length > 0) this.#judgePlace()
  }

  #judgePlace(): void {
    const { records } = this.#place
    const now = this.#clock.now()
    for (const { value, freshUntil, terms } of records.values()) {
      if (typeof value !== 'object') continue // a mark
      const isMarked = terms.stamps.every(({ tag, token }) => records.get(tag)?.value === token)
      this.witness.kept(value as Value, now < freshUntil, isMarked)
    }
  }

  /** Lets everything come to its end: all must settle, and what is then read must be right. */
  async finish(): Promise<void> {
    if (this.#lines.length > 0) await this.#giveBack()
    await this.#rest()
    this.#assertSettled('promises never settled')
    this.#delivered()
    this.#hearAll()
    for (let cache = 0; cache < this.#caches.length; cache++) {
      for (let space = 0; space < SPACES.length; space++) {
        const keys = KEYS.map((_, key) => key)
        await this.do({ act: 'getMany', cache, space, keys })
      }
    }
    await this.#rest()
    this.#throwBroken()
    const isWhole = this.#lines.length > 0 && !this.#lines.some(({ isDead }) => isDead)
    if (isWhole && this.#clock.pending > 0)
      this.witness.fail(`${this.#clock.pending} timers are left at rest`)
    if (hasTiers(this.#world)) await this.#agree()
    const alive = this.#caches.flatMap(([root], i) => (this.#isDead(i) || root === undefined ? [] : [root]))
    for (const root of alive) this.#books(root)
    for (const [i, root] of alive.entries()) this.#settles(i, root.close())
    await this.#rest()
    this.#assertSettled('closings did not settle')
    this.check(AT_REST)
    if (this.#lines.length > 0 && alive.length === this.#caches.length && this.#clock.pending > 0) {
      this.witness.fail(`${this.#clock.pending} timers are left after close`)
    }
  }

  /** Whatever was said by those who live has got through, by now. */
  #delivered(): void {
    const shared = this.#lines.length > 0
    for (const process of this.#lines.keys()) {
      if (shared && !this.#isDead(process)) this.witness.delivered(process)
    }
  }

  /** From here on copies are believed that nobody has dropped. */
  #hearAll(): void {
    for (const process of this.#lines.keys()) if (!this.#isDead(process)) this.#hear(process, Infinity)
  }

  /** Everybody finds what the place holds; and where nothing was lost, or came late, nobody has anything else. */
  async #agree(): Promise<void> {
    if (isFailing(this.#world)) this.#isLossy = true
    this.#hearAll()
    for (const [i, space] of SPACES.entries()) {
      const there = KEYS.map((key) => this.#there(`${space}:${key}`))
      for (const process of this.#lines.keys()) {
        const cache = this.#caches[process]?.[i]
        if (this.#isDead(process) || cache === undefined) continue
        this.#settles(process, cache.getMany(KEYS), (values) => {
          KEYS.forEach((key, at) => {
            const read = (values as readonly (Value | undefined)[])[at]
            if (read === there[at] || (this.#isLossy && read !== undefined)) return
            const [mine, theirs] = [read?.id, there[at]?.id]
            this.witness.fail(
              `p${process} reads #${mine} of ${space}:${key} at the end, the place has #${theirs}`,
            )
          })
        })
      }
    }
    for (let round = 0; round < 3; round++) await this.#deliverAll()
    this.#throwBroken()
  }

  /** What the place holds and may be believed as fresh. */
  #there(key: string): Value | undefined {
    const record = this.#place.get(key)
    if (record === undefined || this.#clock.now() >= record.freshUntil) return undefined
    const isMarked = record.terms.stamps.every(({ tag, token }) => this.#place.get(tag)?.value === token)
    return isMarked ? (record.value as Value) : undefined
  }

  /** Something was lost, or came too late to be believed. */
  #isLossy = false

  #isDead(process: number): boolean {
    return this.#lines[process]?.isDead === true
  }

  #assertSettled(what: string): void {
    const open = this.#open.reduce((sum, count, i) => (this.#isDead(i) ? sum : sum + count), 0)
    if (open > 0) this.witness.fail(`${open} ${what}`)
  }

  /** Ends all that is under way, in less time than a lease lasts: who has none to fill must have given it back by then. */
  async #giveBack(): Promise<void> {
    this.#net.state = 'up'
    for (const line of this.#lines.keys()) if (!this.#isDead(line)) this.#mend(line)
    for (let pauses = 0; pauses < 8; pauses++) {
      for (let round = 0; round < 6; round++) await this.#deliverAll()
      await this.#clock.advance(LONGEST_LOOK)
    }
    if (isFailing(this.#world)) return
    const ended = this.#clock.now() - 8 * LONGEST_LOOK + LEASE
    for (const [key, { until }] of this.#place.leases) {
      if (until > this.#clock.now())
        this.witness.fail(`the lease of ${key} was left behind, until ${until} of ${ended}`)
    }
  }

  async #deliverAll(): Promise<void> {
    const { ears } = this.#place
    const isQuiet = this.#loads.length === 0 && this.#net.parcels.length === 0
    if (isQuiet && ears.every(({ next }) => next === undefined)) return
    for (const load of this.#loads.splice(0)) load.land()
    for (const parcel of this.#net.parcels.slice()) parcel.answer()
    for (const i of this.#lines.keys()) {
      if (!this.#isDead(i)) this.#hear(i, Infinity)
    }
    await turns(AT_REST)
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
      await this.#deliverAll()
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
    if (this.witness.scope !== 'one process') return
    // What was given up has failed: before its loader was called, or whatever that brought.
    const isIn = (more: number): boolean => more >= 0 && more <= stats.deadlines.load
    if (!isIn(stats.loadFailures - counts.failures))
      this.witness.fail(`stats say ${stats.loadFailures} loads that failed, it was ${counts.failures}`)
    if (!isIn(stats.loads + stats.loadFailures - counts.loads))
      this.witness.fail(`stats say ${stats.loads} loads, it was ${counts.loads - counts.failures}`)
    say('sets', stats.sets, counts.sets)
    say('deletes', stats.deletes, counts.deletes)
    say('invalidations', stats.invalidations, counts.invalidations)
    const answered = stats.hits + stats.misses + stats.stale.refreshing + stats.stale.farDown
    if (answered < counts.reads)
      this.witness.fail(`${counts.reads} were answered and only ${answered} counted`)
  }

  #process({ cache }: Where): number {
    return processesOf(this.#world) > 1 ? cache : 0
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
  #settles(cache: number, promise: Promise<unknown>, then?: (value: unknown) => void): void {
    this.#open[cache] = (this.#open[cache] ?? 0) + 1
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
      .finally(() => {
        this.#open[cache] = (this.#open[cache] ?? 0) - 1
      })
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
    const near = keys.map((key) => hasTiers(this.#world) && this.#peek(where, key) !== undefined)
    const called = this.witness.now(`p${process} ${how} ${space} ${keys.join(' ')}`)
    this.#settles(where.cache, read(this.#cache(where), keys, called), (answers) => {
      this.witness.counts.reads += keys.length
      keys.forEach((key, i) => {
        const isNear = near[i] === true
        this.witness.answered(
          { process, called, how, space, key, isNear },
          (answers as readonly unknown[])[i],
        )
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
    const load = witness.loadBegins(process, called, space, keys, signal, context === undefined)
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
    for (const value of values) this.witness.given(value, process)
    const how: Policy<Value> = { ...(POLICIES[policy] as Policy<Value>), tags }
    const [first] = values
    const written =
      values.length === 1 && first !== undefined
        ? this.#cache(where).set(first.key, first, how)
        : this.#cache(where).setMany(
            values.map((value) => [value.key, value] as const),
            how,
          )
    this.#settles(where.cache, written, (reached) => {
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
    this.#settles(where.cache, call(this.#cache(where), what), (written) => {
      this.witness.settled(invalidation, (written as { readonly far: string }).far)
    })
  }

  async #advance(ms: number): Promise<void> {
    // What has been on its way for very long is taken for dead by the engine, and must not take effect after that.
    for (const parcel of this.#net.parcels) {
      if (this.#clock.now() + ms - parcel.sent >= STORE_DEADLINE) this.#isLossy = true
      if (this.#clock.now() + ms - parcel.sent > 20_000) parcel.answer()
    }
    this.witness.passed(ms)
    for (const ear of this.#place.ears) ear.beat(this.#clock.now())
    await this.#clock.advance(ms)
  }

  #land(which: number): void {
    const [load] = this.#loads.splice(which % Math.max(1, this.#loads.length), 1)
    load?.land()
  }

  #answer(parcel: Net['parcels'][number]): void {
    if (this.#lines.length > 0) this.witness.now(`answer: ${parcel.what}`)
    parcel.answer()
  }

  #deliver(which: number, how: 'apply' | 'answer' | 'lose' | 'lose answer'): void {
    const { parcels } = this.#net
    const parcel = parcels[which % Math.max(1, parcels.length)]
    if (parcel === undefined) return
    if (how === 'lose' && parcel.isApplied) return
    if (how !== 'answer' || this.#lines.length === 0) this.witness.now(`${how}: ${parcel.what}`)
    if (how === 'apply' || how === 'lose answer') parcel.apply()
    if (how === 'answer') this.#answer(parcel)
    if (how === 'lose' || how === 'lose answer') {
      const process = /^p(\d) /.exec(parcel.what)?.[1]
      this.witness.lost(parcel.what)
      if (process !== undefined) this.witness.failed(Number(process), parcel.what)
    }
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
