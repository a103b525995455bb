/*
 * Policies: options in, numbers out. Checked and resolved once, when a cache, a namespace or a load begins; below this
 * nobody asks for a default.
 */

import type { Policy } from '../cache.ts'
import { kindOf, readDuration } from '../duration.ts'
import { misuse } from '../errors.ts'
import { type Check, isDuration, type OptionTable, optionProblems } from '../options.ts'
import type { StandardSchema } from '../schema.ts'

export interface Resolved {
  readonly ttl: number
  readonly staleFor: number
  readonly keptFor: number
  readonly tags: readonly string[]
  readonly tagsOf: readonly ((value: unknown) => readonly string[])[]
  /** undefined: the default, which is another for loads than for `set`. */
  readonly jitter: number | undefined
  /** XFetch's beta; 0 is off. */
  readonly early: number
  readonly soft: number
  readonly hard: number
  readonly nullTtl: number | undefined
  readonly schema: StandardSchema | undefined
  /** The share of hits that are compared with the source. */
  readonly probe: number
}

const HARD_TIMEOUT = 60_000
const NO_TAGS: readonly string[] = []

const UNSET: Resolved = {
  ttl: Infinity,
  staleFor: 0,
  keptFor: 0,
  tags: NO_TAGS,
  tagsOf: [],
  jitter: undefined,
  early: 0,
  soft: Infinity,
  hard: HARD_TIMEOUT,
  nullTtl: undefined,
  schema: undefined,
  probe: 0,
}

const isShare: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? undefined
    : `must be a number from 0 to 1, not ${typeof value === 'number' ? value : kindOf(value)}`

const isEarly: Check = (value) =>
  typeof value === 'boolean' || (typeof value === 'number' && value >= 0 && value < Infinity)
    ? undefined
    : `must be true, false or a number of at least 0, not ${typeof value === 'number' ? value : kindOf(value)}`

const isTimeouts: Check = (value) => {
  if (typeof value !== 'object' || value === null) return `must be { soft, hard }, not ${kindOf(value)}`
  const problems = optionProblems(value, { soft: isDuration, hard: isDuration })
  return problems.length === 0 ? undefined : `is wrong: ${problems.join(', ')}`
}

const isSchema: Check = (value) => {
  const standard: unknown =
    (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
      ? value['~standard']
      : undefined
  const fits = typeof standard === 'object' && standard !== null && 'validate' in standard
  return fits ? undefined : `must be a Standard Schema (zod, valibot, arktype …), not ${kindOf(value)}`
}

const isSignal: Check = (value) =>
  typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
    ? undefined
    : `must be an AbortSignal, not ${kindOf(value)}`

const areTags: Check = (value) => (typeof value === 'function' ? undefined : tagProblem(value))

const POLICY_OPTIONS: OptionTable = {
  ttl: isDuration,
  staleWhileRevalidate: isDurationOrZero,
  staleIfError: isDurationOrZero,
  tags: areTags,
  jitter: isShare,
  refreshEarly: isEarly,
  loadTimeout: isTimeouts,
  nullTtl: isDuration,
  schema: isSchema,
  probe: isShare,
  signal: isSignal,
}

function isDurationOrZero(value: unknown): string | undefined {
  return value === 0 ? undefined : isDuration(value)
}

/** What is wrong with a list of tags. */
export function tagProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `must be an array of texts, such as ['users'], not ${kindOf(value)}`
  const wrong: unknown = value.find((each) => typeof each !== 'string' || each === '')
  if (value.every((each) => typeof each === 'string' && each !== '')) return undefined
  return `must be an array of non-empty texts, and one is ${wrong === '' ? "''" : kindOf(wrong)}${Array.isArray(wrong) ? ': spread it, ...tags' : ''}`
}

/** What a handle may be given: a signal belongs to one call. */
const { signal: _ofCalls, ...handleOptions } = POLICY_OPTIONS
export const HANDLE_OPTIONS: OptionTable = handleOptions

/** `how` over `base`. Throws one TypeError with all that is wrong with it. `table` says which options there are. */
export function resolvePolicy<T>(
  what: string,
  how: Policy<T>,
  base: Resolved = UNSET,
  table: OptionTable = POLICY_OPTIONS,
): Resolved {
  const problems = optionProblems(how, table)
  if (problems.length > 0) throw misuse(what, problems)
  const { tags } = how
  return {
    ttl: ms(how.ttl, base.ttl),
    staleFor: ms(how.staleWhileRevalidate, base.staleFor),
    keptFor: ms(how.staleIfError, base.keptFor),
    tags:
      Array.isArray(tags) && tags.length > 0
        ? [...new Set([...base.tags, ...(tags as string[])])]
        : base.tags,
    tagsOf:
      typeof tags === 'function'
        ? [...base.tagsOf, tags as (value: unknown) => readonly string[]]
        : base.tagsOf,
    jitter: how.jitter ?? base.jitter,
    early: how.refreshEarly === undefined ? base.early : Number(how.refreshEarly),
    soft: ms(how.loadTimeout?.soft, base.soft),
    hard: ms(how.loadTimeout?.hard, base.hard),
    nullTtl: how.nullTtl === undefined ? base.nullTtl : ms(how.nullTtl, Infinity),
    schema: how.schema ?? base.schema,
    probe: how.probe ?? base.probe,
  }
}

/** A duration that has been checked, as ms. */
function ms(given: unknown, otherwise: number): number {
  if (given === undefined) return otherwise
  if (given === 0) return 0
  const read = readDuration(given)
  return typeof read === 'number' ? read : otherwise
}
