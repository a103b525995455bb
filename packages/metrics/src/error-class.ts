/*
 * The class of an error, as a label: one of a list, whatever the error says of itself. Its message, its name and its code
 * are texts of whoever made it, and may hold a key, a value or a password.
 */

import { type ErrorCode, isCacheError } from '@larder/core'

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'LOAD_TIMEOUT',
  'LOAD_RECURSION',
  'LOAD_REFUSED',
  'LOAD_SHAPE',
  'STORE_TIMEOUT',
  'STORE_CANNOT',
  'VALUE_REFUSED',
  'CACHE_CLOSED',
  'ADAPTER_MISSING',
  'ADAPTER_BROKEN',
  'LINK_DOWN',
  'LINK_REFUSED',
  'LINK_DENIED',
  'LINK_BUG',
  'LINK_UNKNOWN',
])

/** What networks say, and what is wrong with programs. */
const SYSTEM: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])
const NAMES: ReadonlySet<string> = new Set([
  'AbortError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TimeoutError',
  'TypeError',
])

/** A code of Larder, a code of the network, the name of a usual error, or `other`. */
export function errorClass(error: unknown): string {
  if (!(error instanceof Error)) return 'other'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (isCacheError(error) ? CODES.has(code) : SYSTEM.has(code)) return code
  return NAMES.has(error.name) ? error.name : 'other'
}
