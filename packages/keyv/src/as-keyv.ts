/*
 * The other way round: a Larder cache as a storage adapter, for everything that takes a Keyv (got, cache-manager,
 * Apollo …). By the contract of Keyv 5, which Keyv 6 bridges to: `ttl` is relative, in ms.
 *
 * The namespace that Keyv sets is a namespace of the cache, so that Keyv's `clear` is one small write, whatever the
 * number of keys, and touches nobody else's. Hence one adapter for each Keyv: `asKeyv(cache)` costs nothing.
 *
 * A failing store is a miss here, as everywhere in Larder; nothing rejects or emits for it. Listen to the cache.
 */

import { checkOptions, type Duration, type ICache, isDuration, misuse, type Policy } from '@larder/core'

/**
 * What `asKeyv` takes.
 *
 * @example
 * const backend = asKeyv(cache, { ttl: '5m' }) // for what is set without a ttl of its own
 */
export interface AsKeyvOptions {
  /** For what Keyv sets without a ttl. Default: that of the cache. */
  readonly ttl?: Duration
}

/**
 * A storage adapter for Keyv 5 and 6.
 *
 * @example
 * const backend: LarderKeyv = asKeyv(cache)
 * await backend.set('key', 'value', 60_000)
 */
export interface LarderKeyv {
  /** Set by Keyv. */
  namespace: string | undefined
  readonly opts: { readonly dialect: string; readonly url: string }
  get<Value>(key: string): Promise<Value | undefined>
  getMany<Value>(keys: string[]): Promise<(Value | undefined)[]>
  /** `false`: not kept yet by the place behind the cache, which is down. */
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  setMany(entries: readonly { key: string; value: unknown; ttl?: number | undefined }[]): Promise<boolean[]>
  /** Whether there was anything. */
  delete(key: string): Promise<boolean>
  deleteMany(keys: string[]): Promise<boolean>
  clear(): Promise<void>
  has(key: string): Promise<boolean>
  hasMany(keys: string[]): Promise<boolean[]>
  iterator<Value>(namespace?: string): AsyncGenerator<[string, Value | undefined], void>
  /** Does nothing: the cache is yours to close. */
  disconnect(): Promise<void>
  /** There is no event. */
  on(event: string, listener: (...args: never[]) => void): unknown
}

/**
 * A Larder cache as a storage adapter of Keyv.
 *
 * @example
 * const http = got.extend({ cache: new Keyv({ store: asKeyv(cache) }) })
 */
export function asKeyv(cache: ICache, options: AsKeyvOptions = {}): LarderKeyv {
  checkOptions('asKeyv', options, { ttl: isDuration })
  if (!('getOrSet' in cache)) throw misuse('asKeyv', ['needs a cache, such as createCache(…)'])
  const { ttl: usual } = options
  let namespace: string | undefined
  let space = cache

  const policyOf = (ttl: number | undefined): Policy => {
    const own = ttl !== undefined && ttl > 0 ? ttl : usual
    return own === undefined ? {} : { ttl: own }
  }

  const set = async (key: string, value: unknown, ttl: number | undefined): Promise<boolean> => {
    if (value === undefined || isOver(ttl)) {
      await space.delete(key)
      return true
    }
    const { far } = await space.set(key, value, policyOf(ttl))
    return far !== 'queued'
  }

  const hasMany = async (keys: readonly string[]): Promise<boolean[]> =>
    (await space.getMany(keys)).map((value) => value !== undefined)

  const adapter: LarderKeyv = {
    // Keyv 5 lists adapters of the dialects it knows only; nothing else depends on this.
    opts: { dialect: 'redis', url: 'larder:' },
    get namespace() {
      return namespace
    },
    set namespace(name) {
      namespace = name
      space = name === undefined || name === '' ? cache : cache.namespace(name)
    },
    get: async <Value>(key: string) => (await space.get(key)) as Value | undefined,
    getMany: async <Value>(keys: string[]) => (await space.getMany(keys)) as (Value | undefined)[],
    set,
    setMany: async (entries) => Promise.all(entries.map(({ key, value, ttl }) => set(key, value, ttl))),
    delete: async (key) => {
      const was = await space.has(key)
      await space.delete(key)
      return was
    },
    deleteMany: async (keys) => {
      const were = await hasMany(keys)
      if (keys.length > 0) await space.delete(...keys)
      return were.includes(true)
    },
    clear: async () => {
      await space.clear()
    },
    has: async (key) => space.has(key),
    hasMany,
    async *iterator<Value>() {
      const here = space
      for await (const key of here.keys()) {
        if (typeof key !== 'string') continue // of the program's own making
        const value = (await here.get(key)) as Value | undefined
        if (value !== undefined) yield [key, value] as [string, Value]
      }
    },
    disconnect: async () => {},
    on: () => adapter,
  }
  return adapter
}

/** Keyv 5 hands on a ttl that is over already. */
const isOver = (ttl: number | undefined): boolean => ttl !== undefined && (ttl < 0 || Number.isNaN(ttl))
