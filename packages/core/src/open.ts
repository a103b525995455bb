/*
 * openCache: a cache by name, from a URL, a setting or the environment. Adapters are found at run time, so that a
 * program installs the one it needs and changes backends by changing a setting; core names none of them.
 *
 *   memory:?maxEntries=1000&ttl=5m        →  @larder/memory, with { maxEntries: 1000 }, and a ttl for the cache
 *   { store: 'memory', maxEntries: 1000 } →  the same
 *   { store: 'their-adapter' }            →  any package that exports an `adapter`
 *
 * Environment: LARDER_URL where nothing is passed; LARDER_TTL, LARDER_MAX_ENTRIES … for any option not given.
 */

import type { ICache } from './cache.ts'
import { CACHE_OPTIONS, type CacheOptions, createCache } from './create.ts'
import type { Entry } from './engine/entry.ts'
import { kindOf } from './duration.ts'
import { adapterBroken, adapterMissing, misuse } from './errors.ts'
import { nearest, optionProblems, type OptionTable } from './options.ts'
import type { Awaitable, Store } from './store/store.ts'

/**
 * What a package exports as `adapter`, for openCache to find.
 *
 * @example
 * // In a package '@acme/larder-files', so that `openCache({ store: '@acme/larder-files', dir: 'cache' })` finds it.
 * export const adapter: Adapter<{ dir: string }> = {
 *   options: { dir: isText },
 *   open: ({ dir }) => encoded(filesIn(dir), codec()),
 * }
 */
export interface Adapter<O extends object = object> {
  /** Its own options. Those of every cache (ttl, name, …) are read by openCache. */
  readonly options: OptionTable
  /** The same where they depend on what is given: a store that stands on others takes theirs too. */
  optionsFor?(given: Readonly<Record<string, unknown>>, others: OtherAdapters): Promise<OptionTable>
  open(options: O, others: OtherAdapters): Awaitable<Store<Entry>>
}

/**
 * How an adapter finds those of the stores that its own stands on.
 *
 * @example
 * const wrapping: Adapter<{ inner: string }> = {
 *   options: { inner: isText },
 *   async open({ inner }, others: OtherAdapters) {
 *     const { store, ...options } = others.read(inner)
 *     return (await others.find(store)).open(options, others)
 *   },
 * }
 */
export interface OtherAdapters {
  /** By the name of the store. */
  find(store: string): Promise<Adapter>
  /** The name of the store and its options, as a URL says them. */
  read(url: string): { readonly store: string; readonly [option: string]: unknown }
}

/**
 * A setting: the name of the store, its options, and those of every cache.
 *
 * @example
 * const setting: CacheSetting = { store: 'memory', maxBytes: '64mb', ttl: '5m' }
 * const users = await openCache(setting)
 */
export interface CacheSetting extends Omit<CacheOptions, 'store'> {
  /** By its name, or as a URL. Default: what LARDER_URL says, or else memory. */
  readonly store?: string
  readonly [option: string]: unknown
}

/**
 * What `openCache` takes besides the setting.
 *
 * @example
 * const users = await openCache('files:?dir=cache', { adapters: { files: adapter } })
 */
export interface OpenOptions {
  /** Adapters in hand, by the name of the store; for bundled programs, where nothing is found at run time. */
  readonly adapters?: Readonly<Record<string, Adapter<never>>>
}

/**
 * A cache by name. Without an argument: LARDER_URL, or else `memory:`.
 *
 * @example
 * const cache = await openCache({ ttl: '5m' }) // kept where LARDER_URL says
 * const other = await openCache('memory:?maxEntries=10000&ttl=5m')
 */
export async function openCache(setting?: string | CacheSetting, how: OpenOptions = {}): Promise<ICache> {
  const environment = environmentOf()
  const { store: name, ...given } = readSetting(setting, environment['LARDER_URL'] || 'memory:')
  const find = async (wanted: string): Promise<Adapter<never>> =>
    how.adapters?.[wanted] ?? (await findAdapter(wanted))
  const others: OtherAdapters = { find, read: readUrl }
  const adapter = await find(name)
  const { store: _inHand, ...cacheTable } = CACHE_OPTIONS
  const ownTable = (await adapter.optionsFor?.(given, others)) ?? adapter.options
  const table = { ...cacheTable, ...ownTable }
  const options = { ...fromEnvironment(environment, table), ...given }
  const problems = optionProblems(options, table).map((problem) => {
    if (problem.startsWith("unknown option 'url'"))
      return `it takes no address; write '${name}:?maxEntries=1000', or name its store: { store, url }`
    const [option = ''] = problem.split(' ', 1)
    const isTheirs = Object.hasOwn(given, option) || !Object.hasOwn(table, option)
    return isTheirs ? problem : `${problem} (${variableOf(option)} in the environment)`
  })
  if (problems.length > 0) throw misuse(`openCache('${name}')`, problems)
  const forStore = pick(options, (option) => Object.hasOwn(ownTable, option))
  const forCache = pick(options, (option) => Object.hasOwn(cacheTable, option))
  const store = await adapter.open(forStore as never, others)
  return createCache({ ...forCache, store })
}

/** `place` is where the environment puts the cache, if the setting does not. What it says goes for that place, so over the setting. */
function readSetting(setting: unknown, place: string): { store: string; [option: string]: unknown } {
  if (setting === undefined) return readUrl(place)
  if (typeof setting === 'string') return readUrl(setting)
  if (typeof setting !== 'object' || setting === null || 'href' in setting) {
    throw new TypeError(
      `openCache: the setting must be a text such as 'memory:' or an object, not ${kindOf(setting)}`,
    )
  }
  const { store } = setting as { store?: unknown }
  if (store === undefined) return { ...setting, ...readUrl(place) }
  if (typeof store === 'string' && store !== '')
    return IS_PLACE.test(store) ? { ...setting, ...readUrl(store) } : { ...setting, store }
  throw new TypeError(
    `openCache: store must be the name of a store, such as 'memory', not ${kindOf(store)}; createCache takes stores in hand`,
  )
}

/** An address in the place of a name, but none of a module. */
const IS_PLACE = /^(?!file|npm|node|data|jsr|http)[a-z][a-z+]+:/i

/** Where a scheme is not the name of the package. */
const PACKAGE_OF_SCHEME: Readonly<Record<string, string>> = {
  rediss: 'redis',
  valkey: 'redis',
  valkeys: 'redis',
}

function readUrl(text: string): { store: string; [option: string]: unknown } {
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    // The text may hold a password, so it is not repeated.
    throw new TypeError(
      "openCache: the URL must begin with the name of a store, as in 'memory:' or 'redis://localhost'",
    )
  }
  // 'redis+cluster' is a way to write where a Redis is.
  const [base = scheme] = scheme.split('+')
  const store = PACKAGE_OF_SCHEME[base] ?? base
  const [place = '', query = ''] = text.split('?', 2)
  const options: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(query)) options[name] = readValue(value)
  return { ...options, ...(place.length > scheme.length + 1 ? { url: place } : {}), store }
}

/** A text of a URL or the environment as the option it means: numbers and booleans by their look. */
function readValue(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function environmentOf(): Readonly<Record<string, string | undefined>> {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env ?? {}
}

const variableOf = (option: string): string =>
  `LARDER_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** LARDER_MAX_ENTRIES is maxEntries. Only names that are options count: others may belong to somebody else. */
function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  table: OptionTable,
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const option of Object.keys(table)) {
    const value = environment[variableOf(option)]
    if (value !== undefined && value !== '') options[option] = readValue(value)
  }
  return options
}

function pick(
  options: Record<string, unknown>,
  isWanted: (option: string) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([option]) => isWanted(option)))
}

/** For messages: what a name that leads nowhere was probably meant to be. */
const STORES: readonly string[] = ['memory', 'redis', 'tiered', 'keyv']

async function findAdapter(store: string): Promise<Adapter<never>> {
  const names = /^[a-z0-9-]+$/.test(store) ? [`@larder/${store}`, store] : [store]
  let missing: unknown
  for (const name of names) {
    const found = await importFrom(name).catch((error: unknown) => {
      if (!isNotFound(error, name)) throw error
      missing ??= error
    })
    if (found === undefined) continue
    const { adapter } = found as { adapter?: unknown }
    if (typeof adapter !== 'object' || adapter === null || !('open' in adapter) || !('options' in adapter)) {
      throw adapterBroken(name)
    }
    return adapter as Adapter<never>
  }
  throw adapterMissing(store, names, nearest(store, STORES), missing)
}

/** From here, where flat installs have it; or from the program, where strict ones do. */
async function importFrom(name: string): Promise<unknown> {
  try {
    return await import(name)
  } catch (error) {
    if (!isNotFound(error, name)) throw error
    const found = requireFromProgram(name)
    if (found === undefined) throw error
    return found
  }
}

function isNotFound(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  const installed = name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && error.message.includes(installed)
}

function requireFromProgram(name: string): unknown {
  const { process } = globalThis as {
    process?: { argv?: string[]; cwd?: () => string; getBuiltinModule?: (name: string) => unknown }
  }
  const modules = process?.getBuiltinModule?.('node:module') as
    | { createRequire(from: string): (name: string) => unknown }
    | undefined
  for (const from of [process?.argv?.[1], `${process?.cwd?.() ?? '.'}/program.js`]) {
    if (from === undefined) continue
    try {
      return modules?.createRequire(from)(name)
    } catch (error) {
      if (!isNotFound(error, name)) throw error
    }
  }
  return undefined
}
