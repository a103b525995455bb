/*
 * Explain and health: the questions people ask when something looks odd.
 */

import type { Store } from '../store/store.ts'
import type { Explanation, Health, NearHealth, Promises } from '../watch/report.ts'
import { type Age, ageOf, deadAt, type Entry, entryProblem, staleUntil } from './entry.ts'
import { tagOfMark } from './marks.ts'
import type { Resolved } from './policy.ts'
import type { Space } from './space.ts'

/** What is kept under a key, believed or not, and what `get` would make of it. Changes nothing. */
export async function explain(space: Space, name: string, policy: Resolved): Promise<Explanation> {
  const near = space.copies?.explain(name)
  const base = {
    ...(near && { near }),
    key: name,
    storedAs: `${space.path}:${name}`,
    loading: space.flights.get(name) !== undefined,
    pending: space.writes.behind(name),
  }
  const answer = (
    found: Explanation['found'],
    because: string,
    more: Partial<Explanation> = {},
  ): Explanation => ({
    ...base,
    found,
    served: found === 'fresh' || near?.served === true,
    because,
    ...more,
  })
  if (base.pending) {
    return answer(
      'absent',
      'a write of this process is not acknowledged by the store yet, so the store is not asked',
    )
  }
  let record: unknown
  try {
    record = await space.within('get', name, space.ask(name))
  } catch (error) {
    return answer('absent', `the store failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (record === undefined)
    return answer('absent', 'the store has nothing under this key: never set, deleted, evicted or expired')
  const problem = entryProblem(record)
  if (problem !== undefined) return answer('refused', `the store answered ${problem}`)
  const entry = record as Entry
  const valid = await space.within('get', name, space.validity(entry)).catch(() => undefined)
  if (valid === undefined)
    return answer('absent', 'the store does not tell whether its tags were invalidated')
  const more = details(entry, space.house.clock.now(), valid)
  const invalid = entry.terms.stamps.filter((_, i) => valid[i] !== true).map(({ tag }) => tagOfMark(tag))
  if (invalid.length > 0) {
    const tags = invalid.filter((tag) => tag !== undefined)
    const what =
      tags.length === 0
        ? 'the namespace was cleared'
        : `invalidated by ${tags.map((tag) => `'${tag}'`).join(', ')}`
    const { freshFor: _f, staleFor: _s, keptFor: _k, ...rest } = more
    return answer('invalidated', `${what} after the value was loaded`, rest)
  }
  if (policy.schema !== undefined && entry.terms.schema !== policy.schema) {
    const result = await policy.schema['~standard'].validate(entry.value)
    if (result.issues !== undefined) {
      return answer(
        'refused',
        `the value does not satisfy the schema: ${result.issues.map((each) => each.message).join('; ')}`,
        more,
      )
    }
  }
  const age = ageOf(entry, space.house.clock.now())
  return answer(age, WHY[age], more)
}

const WHY: Readonly<Record<Age, string>> = {
  fresh: 'fresh, and none of its tags was invalidated',
  stale: 'no longer fresh; getOrSet serves it at once and refreshes it',
  'error-only': 'no longer fresh; getOrSet serves it only if the load fails or is slow',
  dead: 'past its life; it only takes up space until the store needs it',
}

function details(entry: Entry, now: number, valid: readonly boolean[]): Partial<Explanation> {
  const { stamps, meta, cost } = entry.terms
  return {
    freshFor: Math.max(0, entry.freshUntil - now),
    staleFor: Math.max(0, staleUntil(entry) - now),
    keptFor: Math.max(0, deadAt(entry) - now),
    tags: stamps.flatMap((stamp, i) => {
      const tag = tagOfMark(stamp.tag)
      return tag === undefined ? [] : [{ tag, valid: valid[i] === true }]
    }),
    ...(meta === undefined ? {} : { meta }),
    ...(cost === 0 ? {} : { loadTook: cost }),
  }
}

/** Asks the store a real question, and reports what is behind. */
export async function health(space: Space): Promise<Health> {
  const { clock, store } = space.house
  const problems: string[] = []
  const began = clock.exact()
  const trouble = await space.probe()
  const ms = clock.exact() - began
  if (trouble !== undefined) problems.push(`the store '${store.name}' does not answer: ${trouble}`)
  const said = trouble === undefined ? await space.check() : undefined
  if (said !== undefined) problems.push(said)
  const { loading, queued } = space.underWay()
  if (queued > 0)
    problems.push(`${queued} invalidations wait for the store; this process does not ask it for those keys`)
  const answers = trouble === undefined
  const near = nearHealth(space)
  if (near?.believedBy === 'channel' && space.house.trust.silence > near.maxStaleness) {
    problems.push(
      `what other processes change is not heard: copies in this process are believed for ${near.maxStaleness} ms only`,
    )
  }
  return {
    status: !answers ? 'failed' : problems.length > 0 ? 'degraded' : 'ok',
    problems,
    store: { name: store.name, answers, ms },
    queued,
    loading,
    ...(near && { near }),
    promises: promisesOf(store),
  }
}

function nearHealth({ house }: Space): NearHealth | undefined {
  const { clock, store, trust } = house
  if (store.near === undefined) return undefined
  const ago = clock.now() - trust.provenAt
  return {
    believedBy: store.channel === undefined ? 'life' : 'channel',
    maxStaleness: store.near.maxStaleness,
    provenAgo: ago === Infinity ? undefined : ago,
  }
}

/** What this store makes possible. */
function promisesOf({ sync, leases, channel, near }: Store<Entry>): Promises {
  if (sync === true) {
    const alone = 'exact: nobody else writes here'
    return { G1: 'exact', G2: alone, G3: alone, G4: alone, G6: alone, G7: 'exact' }
  }
  const within = (ms: number): string => `within ${ms} ms`
  const filled =
    leases === undefined
      ? 'not kept: the store cannot compare, so a slow load of another process may put an old value back until its ttl'
      : 'exact'
  return {
    G1: 'exact',
    G2: filled,
    G3: leases === undefined ? 'exact but for G2' : 'exact',
    G4: near === undefined ? 'exact: no copies are kept' : within(near.maxStaleness),
    G6: near !== undefined || channel !== undefined ? within((near ?? channel)?.maxStaleness ?? 0) : 'exact',
    G7: 'while this process lives',
  }
}
