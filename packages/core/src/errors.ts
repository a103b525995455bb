/*
 * Every error that Larder makes, and every message.
 *
 * Misuse (a wrong option, an empty key) is a plain TypeError at once: a mistake in the program, not to be caught.
 * What can happen to a right program is a CacheError with a code that does not change; messages may.
 * Errors of the user's own loaders are none of these: they pass through untouched.
 */

import type { SchemaIssue } from './schema.ts'

/**
 * What a CacheError is about. These texts do not change between versions.
 *
 * @example
 * const mayHappen: readonly ErrorCode[] = ['LOAD_TIMEOUT', 'STORE_TIMEOUT']
 * const isExpected = (error: unknown): boolean => mayHappen.some((code) => isCacheError(error, code))
 */
export type ErrorCode =
  | 'LOAD_TIMEOUT'
  | 'LOAD_RECURSION'
  | 'LOAD_REFUSED'
  | 'LOAD_SHAPE'
  | 'STORE_TIMEOUT'
  | 'STORE_CANNOT'
  | 'VALUE_REFUSED'
  | 'CACHE_CLOSED'
  | 'ADAPTER_MISSING'
  | 'ADAPTER_BROKEN'
  | 'LINK_DOWN'
  | 'LINK_REFUSED'
  | 'LINK_DENIED'
  | 'LINK_BUG'
  | 'LINK_UNKNOWN'

/**
 * The one error class of Larder. Compare `error.code`, not the class: two copies of the package are two classes.
 *
 * @example
 * try { await cache.getOrSet('k', load) } catch (error) { if (isCacheError(error, 'LOAD_TIMEOUT')) return fallback }
 */
export class CacheError extends Error {
  override readonly name: string = 'CacheError'
  readonly code: ErrorCode
  readonly key: string | undefined

  constructor(code: ErrorCode, message: string, about: { key?: string | undefined; cause?: unknown } = {}) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.code = code
    this.key = about.key
  }
}

/**
 * Whether `error` is a CacheError, of this code if one is given; also one of another copy of the package.
 *
 * @example
 * if (isCacheError(error, 'LOAD_TIMEOUT')) return fallback
 */
export function isCacheError(error: unknown, code?: ErrorCode): error is CacheError {
  if (!(error instanceof Error) || error.name !== 'CacheError' || !('code' in error)) return false
  return code === undefined || error.code === code
}

/** Whether no answer came in time. A link that was lost has not answered either, and says by what it was lost. */
export function isOverdue(error: unknown): boolean {
  if (isCacheError(error, 'LINK_UNKNOWN')) return error.cause === undefined
  return isCacheError(error, 'STORE_TIMEOUT')
}

export const loadTimedOut = (key: string, ms: number): CacheError =>
  new CacheError(
    'LOAD_TIMEOUT',
    `the load of '${shown(key)}' took longer than ${ms} ms and was given up: look at the source, or raise loadTimeout.hard`,
    { key },
  )

export const loadRecursed = (key: string): CacheError =>
  new CacheError(
    'LOAD_RECURSION',
    `the load of '${shown(key)}' asks the cache for '${shown(key)}', which would wait for itself for ever: load it from the source, or under another key`,
    { key },
  )

export const loadRefused = (key: string, issues: readonly SchemaIssue[]): CacheError =>
  new CacheError(
    'LOAD_REFUSED',
    `the value loaded for '${shown(key)}' does not satisfy the schema: ${issues.map(issueText).join('; ')}`,
    { key },
  )

export const manyShape = (wanted: number, got: string): CacheError =>
  new CacheError(
    'LOAD_SHAPE',
    `the loader of getOrSetMany was asked for ${wanted} keys and must return an array of ${wanted} values in their order, or a Map by key; it returned ${got}`,
  )

export const storeTimedOut = (store: string, operation: string, ms: number): CacheError =>
  new CacheError('STORE_TIMEOUT', `the store '${store}' did not answer ${operation} within ${ms} ms`)

export const storeCannot = (store: string, what: string, instead: string): CacheError =>
  new CacheError('STORE_CANNOT', `the store '${store}' cannot ${what}: ${instead}`)

/**
 * A value that a store cannot keep and give back as it was. Thrown by stores; nothing has been changed.
 *
 * @example
 * if (record.length > most) throw valueRefused(`it has ${record.length} bytes`)
 */
export const valueRefused = (why: string, cause?: unknown): CacheError =>
  new CacheError('VALUE_REFUSED', `the value cannot be kept: ${why}`, { cause })

export const cacheClosed = (name: string): CacheError =>
  new CacheError('CACHE_CLOSED', `the cache '${name}' is closed: create a new one, or close it later`)

/** `meant`: the store of Larder with this name, or nearly this name, if there is one. */
export const adapterMissing = (
  store: string,
  names: readonly string[],
  meant: string | undefined,
  cause: unknown,
): CacheError => {
  const cure =
    meant === store
      ? `npm install ${names[0] ?? store}`
      : meant === undefined
        ? "or is it one of 'keyv:…'?"
        : `did you mean '${meant}'?`
  return new CacheError(
    'ADAPTER_MISSING',
    `the store '${store}' needs the package ${names.join(' or ')}, which is not installed: ${cure} (bundled programs hand it in: openCache(…, { adapters: { ${JSON.stringify(store)}: adapter } }))`,
    { cause },
  )
}

export const adapterBroken = (name: string): CacheError =>
  new CacheError('ADAPTER_BROKEN', `the package ${name} exports no 'adapter': is it a Larder store?`)

/**
 * One TypeError for everything that is wrong with what was passed.
 *
 * @example
 * throw misuse('files', ['maxEntries must be a whole number'])
 */
export function misuse(what: string, problems: readonly string[]): TypeError {
  const [first, ...rest] = problems
  if (first !== undefined && rest.length === 0) return new TypeError(`${what}: ${first}`)
  return new TypeError(
    `${what}: ${problems.length} problems\n${problems.map((each) => `  - ${each}`).join('\n')}`,
  )
}

/** A key short enough for a message. */
function shown(key: string): string {
  return key.length <= 80 ? key : `${key.slice(0, 77)}...`
}

function issueText(issue: SchemaIssue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
