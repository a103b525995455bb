/*
 * An agent: a process with a cache, which does what it is told and says what came of it.
 *
 * It has no listener for errors that nobody caught, so one of them is its end. It knows what may be read at any time:
 * values name their key and a version, and from the call of an invalidation on no older version may be read. It counts
 * what it was answered with that was another key's, or older. And it ends by itself when its cache is closed.
 */

import { createCache, type Clock, type ICache, isCacheError, systemClock } from '@larder/core'
import { redis, type RedisOptions } from '@larder/redis'
import dns from 'node:dns'

/** What an agent is given to begin with; it travels as JSON. */
export interface Opening extends Pick<RedisOptions, 'url' | 'sentinel' | 'cluster' | 'username'> {
  /** ms, of the cache and of the link. */
  readonly deadline?: number
  /** The name of a kind of client, which is handed in instead of the address. */
  readonly client?: string
  readonly password?: string
  readonly tls?: { readonly ca: string; readonly servername?: string }
  /** Where names lead. */
  readonly names?: Readonly<Record<string, string>>
}

/** How long something took, and what came of it. */
export interface Outcome {
  /** ms, without the time in which this process could not run, and without the load. */
  readonly ms: number
  readonly value?: string | undefined
  readonly far?: string
  readonly error?: string
}

export interface State {
  /** Of any kind, by their names: what keeps the process alive. */
  readonly sockets: number
  readonly timers: number
  readonly queued: number
  readonly loading: number
}

export interface Closing extends Outcome {
  readonly sockets: number
  /** Those of the cache and of the store that still run, by their length in ms. */
  readonly timers: readonly number[]
}

interface Wellness {
  readonly status: string
  readonly problems: readonly string[]
}

export interface Books {
  /** Values of another key. */
  readonly foreign: readonly string[]
  /** Values older than what was said here before they were asked for. */
  readonly undone: readonly string[]
  /** How often each key was loaded, and the most loads of a key at one time. */
  readonly loads: Readonly<Record<string, number>>
  /** Warnings of Node: listeners that leak, and so on. */
  readonly warnings: readonly string[]
}

let cache: ICache<string> | undefined
let endClient = (): void => {}
/** Connections that are not ours to close. */
let ofClient = 0
let secret: string | undefined
const versions = new Map<string, number>()
const floors = new Map<string, number>()
const loads = new Map<string, number>()
const foreign: string[] = []
const undone: string[] = []
const warnings: string[] = []
process.on('warning', ({ message }) => warnings.push(message))

/** A clock that knows its timers that have not fired and were not cancelled: they are unref'd, so nothing else counts them. */
function countingClock(): Clock & { readonly timers: Set<{ readonly ms: number }> } {
  const timers = new Set<{ readonly ms: number }>()
  return {
    ...systemClock,
    timers,
    after(ms, then) {
      const timer = { ms }
      timers.add(timer)
      const cancel = systemClock.after(ms, () => {
        timers.delete(timer)
        then()
      })
      return () => {
        timers.delete(timer)
        cancel()
      }
    },
  }
}
const [storeClock, cacheClock] = [countingClock(), countingClock()]

const TICK = 5
/** A tick that is so late was held up, ms. */
const LATE = 2
let lostBefore = 0
let tickedAt = performance.now()
setInterval(() => {
  lostBefore = lost()
  tickedAt = performance.now()
}, TICK).unref()
/** How long this process was kept from running, so far. */
function lost(): number {
  const late = performance.now() - tickedAt - TICK
  return lostBefore + (late > LATE ? late : 0)
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const current = (): ICache<string> => {
  if (cache === undefined) throw new Error('nothing is open')
  return cache
}
const versionOf = (key: string): number => versions.get(key) ?? 0
const floorOf = (key: string): number => floors.get(key) ?? 0
const valueOf = (key: string): string => `${key}#${versionOf(key)}`

/** A value that was asked for when `floor` was the oldest version that may be read. */
function judged(key: string, floor: number, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const [owner, version] = value.split('#')
  if (owner !== key) foreign.push(`${key} was answered with ${value.slice(0, 80)}`)
  else if (Number(version) < floor) undone.push(`${key} was answered with ${version}, after ${floor}`)
  return value.slice(0, 80)
}

async function timed(
  work: () => Promise<{ value?: string | undefined; far?: string } | void>,
): Promise<Outcome> {
  const [began, lostThen] = [performance.now(), lost()]
  let said: { value?: string | undefined; far?: string } | void = undefined
  let error: string | undefined
  try {
    said = await work()
  } catch (reason) {
    error = isCacheError(reason) ? `${reason.code} ${reason.message}` : String(reason)
  }
  const ms = performance.now() - began - (lost() - lostThen)
  return { ms, ...said, ...(error !== undefined && { error }) }
}

const HOW = { ttl: '10m', jitter: 0 } as const

async function loaded(key: string, takes: number): Promise<{ value: string | undefined; took: number }> {
  const floor = floorOf(key)
  let took = 0
  const value = await current().getOrSet(
    key,
    async () => {
      const version = valueOf(key)
      const began = performance.now()
      loads.set(key, (loads.get(key) ?? 0) + 1)
      await passed(takes)
      took = performance.now() - began
      return version
    },
    HOW,
  )
  return { value: judged(key, floor, value), took }
}

/** What an agent can be told. All of it can be sent as JSON. */
const duties = {
  async open({ client, password, tls, names = {}, deadline = 100, ...where }: Opening): Promise<void> {
    secret = password
    for (const [name, address] of Object.entries(names)) await duties.resolve(name, address)
    const kind = client === undefined ? undefined : await kindOf(client)
    const made = kind?.make(where.url ?? '')
    if (made !== undefined) {
      ofClient = 1
      endClient = () => {
        made.end()
        // How soon a client of somebody else ends is not asked here.
        setTimeout(() => process.exit(0), 100)
      }
    }
    const given = made?.where as RedisOptions['client'] | undefined
    const login = password === undefined ? {} : { password: () => secret ?? '' }
    const store = redis(
      given === undefined
        ? { ...where, ...login, ...(tls !== undefined && { tls }), deadline, clock: storeClock }
        : { client: given, deadline, clock: storeClock },
    )
    cache = createCache<string>({ name: 'shop', store, clock: cacheClock, storeTimeout: deadline, ...HOW })
  },

  /** The password has been changed. */
  async learn(password: string): Promise<void> {
    secret = password
  },

  /** A name leads elsewhere from now on. */
  async resolve(name: string, address: string): Promise<void> {
    const real = dns.lookup
    const lookup = (host: string, options: unknown, then: (...args: unknown[]) => void): void => {
      if (host !== name) return void Reflect.apply(real, dns, [host, options, then])
      const all = typeof options === 'object' && options !== null && 'all' in options && options.all === true
      process.nextTick(() => (all ? then(null, [{ address, family: 4 }]) : then(null, address, 4)))
    }
    Object.assign(dns, { lookup })
  },

  /** Waits until the value of the key is in the store, and comes from there. */
  async serve(key: string, within: number, tag?: string): Promise<Outcome> {
    return timed(async () => {
      const end = performance.now() + within
      let why = ''
      while (performance.now() < end) {
        const floor = floorOf(key)
        const { far } = await current().set(
          key,
          valueOf(key),
          tag === undefined ? HOW : { ...HOW, tags: [tag] },
        )
        const value = far === 'applied' ? judged(key, floor, await current().get(key)) : undefined
        if (value !== undefined) return { value, far }
        why = far === 'applied' ? 'it was written, and was not there' : 'it was not written'
        await passed(20)
      }
      throw new Error(`not served within ${within} ms: ${why}`)
    })
  },

  /** Waits until nothing is owed to the store, and nothing is under way. */
  async settle(within: number): Promise<Outcome> {
    return timed(async () => {
      const end = performance.now() + within
      for (;;) {
        const { queued, loading } = current().stats()
        if (queued === 0 && loading === 0) return
        if (performance.now() > end) throw new Error(`still ${queued} queued, ${loading} loading`)
        await passed(10)
      }
    })
  },

  async get(key: string): Promise<Outcome> {
    return timed(async () => ({ value: judged(key, floorOf(key), await current().get(key)) }))
  },

  /** getOrSet: how long it took beyond the load. */
  async load(key: string, takes: number = 30): Promise<Outcome> {
    let loading = 0
    const outcome = await timed(async () => {
      const { value, took } = await loaded(key, takes)
      loading = took
      return { value }
    })
    return { ...outcome, ms: outcome.ms - loading }
  },

  /** Many callers of one key at once. */
  async crowd(key: string, callers: number): Promise<Outcome> {
    return timed(async () => {
      const all = await Promise.all(Array.from({ length: callers }, () => loaded(key, 30)))
      return { value: all[0]?.value }
    })
  },

  async set(key: string, version: number): Promise<Outcome> {
    versions.set(key, version)
    floors.set(key, version)
    return timed(() => current().set(key, valueOf(key)))
  },

  /** A value as long as that. */
  async setLong(key: string, length: number): Promise<Outcome> {
    return timed(() => current().set(key, `${valueOf(key)}#${'x'.repeat(length)}`))
  },

  /** The same from a loader. */
  async loadLong(key: string, length: number): Promise<Outcome> {
    return timed(async () => {
      const floor = floorOf(key)
      const value = await current().getOrSet(key, () => `${valueOf(key)}#${'x'.repeat(length)}`)
      return { value: judged(key, floor, value) }
    })
  },

  /** For a short time. */
  async setFor(key: string, ms: number): Promise<Outcome> {
    return timed(() => current().set(key, valueOf(key), { ttl: ms }))
  },

  async setTagged(key: string, tag: string): Promise<Outcome> {
    return timed(() => current().set(key, valueOf(key), { tags: [tag] }))
  },

  /** The source of the key has changed, and the cache is told. */
  async change(key: string, version: number): Promise<Outcome> {
    versions.set(key, version)
    floors.set(key, version)
    return timed(() => current().delete(key))
  },

  /** The source of all keys with a tag has changed. */
  async changeTagged(keys: readonly string[], version: number, tag: string): Promise<Outcome> {
    for (const key of keys) {
      versions.set(key, version)
      floors.set(key, version)
    }
    return timed(() => current().invalidateTags(tag))
  },

  /** Somebody else has changed the source, and it has been acknowledged. */
  async hear(key: string, version: number): Promise<void> {
    versions.set(key, version)
    floors.set(key, Math.max(floorOf(key), version))
  },

  /** The source has changed; nobody has been told of it yet. */
  async know(key: string, version: number): Promise<void> {
    versions.set(key, version)
  },

  /** Waits until nothing older than `version` is read any more, for which somebody else has seen. */
  async agree(key: string, version: number, within: number): Promise<Outcome> {
    return timed(async () => {
      const end = performance.now() + within
      for (;;) {
        const value = await current().get(key)
        if (value === undefined || Number(value.split('#')[1]) >= version) break
        if (performance.now() > end) throw new Error(`still sees ${value}`)
        await passed(10)
      }
      versions.set(key, version)
      floors.set(key, version)
    })
  },

  /** Waits until there is nothing. */
  async gone(key: string, within: number): Promise<Outcome> {
    return timed(async () => {
      const end = performance.now() + within
      while ((await current().get(key)) !== undefined) {
        if (performance.now() > end) throw new Error('it is still there')
        await passed(10)
      }
    })
  },

  async clear(): Promise<Outcome> {
    return timed(() => current().clear())
  },

  /** Reads and writes of many keys, many at a time. How many reads found something. */
  async traffic(operations: number, keys: number, atOnce: number): Promise<number> {
    let left = operations
    let found = 0
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const key = `t${Math.floor(Math.random() * keys)}`
        const floor = floorOf(key)
        const chance = Math.random()
        if (chance < 0.05) await current().set(key, valueOf(key))
        else if (chance < 0.1) judged(key, floor, (await loaded(key, 0)).value)
        else if (chance < 0.15) {
          const more = [key, 't1', 't2']
          const values = await current().getMany(more)
          for (const [i, value] of values.entries()) judged(more[i] ?? '', 0, value)
        } else if (judged(key, floor, await current().get(key)) !== undefined) found++
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    return found
  },

  /** Reads a key over and over for so long. How often something was found. */
  async watch(key: string, ms: number): Promise<number> {
    const end = performance.now() + ms
    let found = 0
    while (performance.now() < end) {
      const value = judged(key, floorOf(key), await current().get(key))
      if (value !== undefined) found++
      await passed(2)
    }
    return found
  },

  /** Keeps the process from doing anything else. */
  async block(ms: number): Promise<void> {
    const end = performance.now() + ms
    while (performance.now() < end);
  },

  async state(): Promise<State> {
    return stateNow()
  },

  /** What is open and owed, as soon as it is no more than before; or in the end. */
  async calm(before: State, within: number): Promise<State> {
    const end = performance.now() + within
    for (;;) {
      const state = stateNow()
      const isCalm =
        state.sockets <= before.sockets &&
        state.timers <= before.timers &&
        state.queued <= before.queued &&
        state.loading <= before.loading
      if (isCalm || performance.now() > end) return state
      await passed(20)
    }
  },

  async health(): Promise<Wellness> {
    const { status, problems } = await current().health()
    return { status, problems }
  },

  /** The same, as soon as all is well; or in the end. */
  async healthy(within: number): Promise<Wellness> {
    const end = performance.now() + within
    for (;;) {
      const { status, problems } = await current().health()
      if (status === 'ok' || performance.now() > end) return { status, problems }
      await passed(50)
    }
  },

  async books(): Promise<Books> {
    return { foreign, undone, loads: Object.fromEntries(loads), warnings }
  },

  /** The end: what is left then. */
  async close(): Promise<Closing> {
    const outcome = await timed(() => current().close())
    await passed(0) // sockets that were ended are gone a turn later
    // A client that is not ours may be about to change its connection.
    const tries = ofClient * 50
    for (let n = 0; n < tries; n++) if (sockets() > 1) await passed(10)
    const left = Math.max(0, sockets() - ofClient)
    endClient()
    return {
      ...outcome,
      sockets: left,
      timers: [...storeClock.timers, ...cacheClock.timers].map(({ ms }) => ms),
    }
  },
}

function stateNow(): State {
  const { queued, loading } = current().stats()
  return { sockets: sockets(), timers: storeClock.timers.size + cacheClock.timers.size, queued, loading }
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)/.test(name)).length
}

/** As the tests of links make them. */
interface Kind {
  readonly name: string
  make(url: string): { readonly where: string | object; readonly end: () => void }
}

/** Clients are many; most agents need none of them. They are bundled beside this. */
async function kindOf(client: string): Promise<Kind | undefined> {
  const kinds = (await import(new URL('kinds.mjs', import.meta.url).href)) as { GIVEN: readonly Kind[] }
  return kinds.GIVEN.find(({ name }) => name === client)
}

export type Duties = typeof duties

interface Told {
  readonly id: number
  readonly name: keyof Duties
  readonly args: readonly unknown[]
}

process.on('message', ({ id, name, args }: Told) => {
  const duty = duties[name] as (...given: readonly unknown[]) => Promise<unknown>
  duty(...args)
    .then(
      (answer) => ({ id, answer }),
      (error: unknown) => ({ id, error: String(error) }),
    )
    .then((reply) => {
      process.send?.(reply)
      // From now on nothing keeps the process but what the cache has left.
      if (name === 'close') process.disconnect()
    })
    .catch(() => process.exit(2))
})
