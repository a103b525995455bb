/*
 * What openCache calls: `keyv:` and { store: 'keyv', … }. The adapter of Keyv is a package that is found at run time:
 *
 *   keyv:sqlite://cache.db                                     →  new (@keyv/sqlite)('sqlite://cache.db')
 *   { store: 'keyv', uri: 'redis://localhost' }                →  new (@keyv/redis)('redis://localhost')
 *   { store: 'keyv', adapter: 'keyv-file', options: { … } }    →  new (keyv-file)({ … })
 */

import { type Adapter, CacheError, type Check, type Entry, isText, type Store } from '@larder/core'
import { createRequire } from 'node:module'
import path from 'node:path'
import { keyv, type KeyvOptions, PLACE_OPTIONS } from './keyv.ts'
import { isKeyvLike, type KeyvLike, type KeyvParts } from './place.ts'

/**
 * What a setting of `openCache` can say of a Keyv store.
 *
 * @example
 * const users = await openCache({ store: 'keyv', adapter: '@keyv/sqlite', uri: 'sqlite://cache.sqlite', ttl: '5m' })
 */
export interface KeyvSetting extends Omit<KeyvOptions, 'store'> {
  /** Written by openCache for `keyv:…`; `uri` is the same without `keyv:`. */
  readonly url?: string
  /** Where the place is: handed to the adapter. */
  readonly uri?: string
  /** The package of the adapter. Default: by the scheme of `uri`. */
  readonly adapter?: string
  /** More options of the adapter. */
  readonly options?: Readonly<Record<string, unknown>>
}

/**
 * What `openCache` calls for `keyv:…`.
 *
 * @example
 * const users = await openCache({ store: 'keyv', adapter: '@keyv/sqlite' }, { adapters: { keyv: adapter } })
 */
export const adapter: Adapter<KeyvSetting> = {
  options: {
    ...PLACE_OPTIONS,
    url: isText,
    uri: isText,
    adapter: isText,
    options: (value) =>
      typeof value === 'object' && value !== null
        ? undefined
        : 'must be an object: the options of the adapter',
  } satisfies Record<string, Check>,
  open: openKeyv,
}

async function openKeyv(setting: KeyvSetting): Promise<Store<Entry>> {
  const { url, uri = url?.replace(/^keyv:/, ''), adapter: given, options, ...how } = setting
  const name = given ?? packageOf(uri)
  const store = adapterFrom(await findPackage(name), name, uri, options)
  let isOpen = true
  return {
    ...keyv({ ...how, store }),
    async close() {
      if (!isOpen) return
      isOpen = false
      await (store as KeyvParts).disconnect?.()
    },
  }
}

/** Where the scheme of a URI is not the name of the adapter. */
const ADAPTER_OF_SCHEME: Readonly<Record<string, string>> = {
  rediss: 'redis',
  valkeys: 'valkey',
  postgresql: 'postgres',
  mongodb: 'mongo',
  'mongodb+srv': 'mongo',
  mariadb: 'mysql',
  memcached: 'memcache',
}

function packageOf(uri: string | undefined): string {
  const scheme = /^([a-z][a-z0-9+]*):/i.exec(uri ?? '')?.[1]?.toLowerCase()
  if (scheme !== undefined) return `@keyv/${ADAPTER_OF_SCHEME[scheme] ?? scheme}`
  // The text may hold a password, so it is not repeated.
  throw new TypeError(
    "openCache('keyv'): say which adapter of Keyv, by the uri ('sqlite://cache.db') or by name (adapter: 'keyv-file')",
  )
}

type Maker = new (first?: unknown, options?: unknown) => unknown

/** Some take (uri, options), some one object with everything in it. */
function adapterFrom(
  found: unknown,
  name: string,
  uri: string | undefined,
  options: object | undefined,
): KeyvLike {
  const Made = makerIn(found)
  if (Made === undefined) throw broken(name)
  const made =
    options === undefined
      ? new Made(uri)
      : uri === undefined || Made.length < 2
        ? new Made({ ...(uri !== undefined && { uri }), ...options })
        : new Made(uri, options)
  if (!isKeyvLike(made)) throw broken(name)
  return made
}

const broken = (name: string): CacheError =>
  new CacheError('ADAPTER_BROKEN', `the default export of ${name} is no storage adapter of Keyv`)

/** The default export; of a CommonJS package, that of its default export. */
function makerIn(found: unknown): Maker | undefined {
  if (typeof found === 'function') return found as Maker
  if (typeof found !== 'object' || found === null || !('default' in found)) return undefined
  return found.default === found ? undefined : makerIn(found.default)
}

/** From here, where flat installs have it; or from the program, where strict ones do. */
async function findPackage(name: string): Promise<unknown> {
  try {
    return await import(name)
  } catch (error) {
    if (!isNotFound(error, name)) throw error
    for (const from of [process.argv[1], path.resolve('program.js')]) {
      const found = from === undefined ? undefined : requiredFrom(from, name)
      if (found !== undefined) return found
    }
    const message = `the store 'keyv' needs the package ${name}, which is not installed: npm install ${name}`
    throw new CacheError('ADAPTER_MISSING', message, { cause: error })
  }
}

/** Since Node 20.19, ES modules can be required too. */
function requiredFrom(program: string, name: string): unknown {
  try {
    return createRequire(program)(name)
  } catch (error) {
    if (isNotFound(error, name)) return undefined
    throw error
  }
}

function isNotFound(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && error.message.includes(name)
}
