/*
 * Where nothing happens at the same time and nothing fails, a cache is a Map: any list of operations, with the clock
 * moving in between, must answer as the naive model does. On a synchronous store, and on one that takes its time.
 */
import { createCache, type ICache, type Policy, type Store, type Entry } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, manualClock, settled } from '@larder/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Naive, type Outcome, type Windows } from './naive.ts'

const SPACES = ['larder', 'larder/a', 'larder/a/b', 'larder/ab']
const KEYS = ['k', 'l', '*', '__proto__', 'a:k', '']
const runs = 600 * Number(process.env['LARDER_RUNS'] ?? 1)

type Operation =
  | {
      readonly do: 'get' | 'getMany' | 'has' | 'ttl' | 'peek' | 'delete' | 'expire'
      readonly keys: readonly string[]
    }
  | { readonly do: 'touch'; readonly keys: readonly string[]; readonly ttl: number }
  | {
      readonly do: 'getOrSet' | 'getOrSetMany' | 'set' | 'setMany'
      readonly keys: readonly string[]
      readonly outcome: Outcome
      readonly windows: Windows
      readonly tags: readonly string[]
      readonly naming: 'declared' | 'function'
    }
  | { readonly do: 'invalidateTags'; readonly tags: readonly string[] }
  | { readonly do: 'clear' }
  | { readonly do: 'advance'; readonly ms: number }

const keys = fc.uniqueArray(fc.constantFrom(...KEYS.slice(0, -1)), { minLength: 1, maxLength: 3 })
const tags = fc.uniqueArray(fc.constantFrom('t', 'u'), { maxLength: 2 })
const span = fc.constantFrom(0, 10, 50)
const values = fc.constantFrom<unknown>(0, '', false, null, Number.NaN, 'text', undefined)

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constantFrom('get', 'getMany', 'has', 'ttl', 'peek', 'delete', 'expire'), keys }),
  fc.record({ do: fc.constant('touch' as const), keys, ttl: fc.constantFrom(5, 100) }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('getOrSet', 'getOrSetMany', 'set', 'setMany'),
      keys,
      outcome: fc.oneof(
        { weight: 4, arbitrary: fc.record({ value: values }) },
        fc.constant<Outcome>('fails'),
      ),
      windows: fc.record({ ttl: fc.constantFrom(10, 30, Infinity), swr: span, sie: span }),
      tags,
      naming: fc.constantFrom('declared', 'function'),
    }),
  },
  fc.record({ do: fc.constant('invalidateTags' as const), tags: fc.constantFrom(['t'], ['u'], ['t', 'u']) }),
  fc.record({ do: fc.constant('clear' as const) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 9, 10, 11, 40, 100) }),
)

const history = fc.array(fc.record({ space: fc.nat(SPACES.length - 1), operation }), {
  minLength: 1,
  maxLength: 30,
  size: 'max',
})

const stores: readonly (readonly [string, () => Store<Entry>])[] = [
  ['in memory', () => memory()],
  ['in a store that takes its time', () => delayed(memory())],
]

describe('where nothing happens at the same time, a cache is a Map', () => {
  test.for(stores)('%s', { timeout: 600_000 }, async ([, open]) => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const clock = manualClock()
        const store = open()
        const root = createCache({ store, clock, jitter: 0 })
        const a = root.namespace('a')
        const caches = [root, a, a.namespace('b'), root.namespace('ab')]
        const naive = new Naive()
        const start = clock.now()
        let asked = 0
        for (const { space, operation: step } of steps) {
          naive.now = clock.now() - start
          const cache = caches[space] ?? root
          const done = await real(cache, step)
          if (step.do === 'advance') await clock.advance(step.ms)
          await settled()
          await settled()
          const sure = right(naive, SPACES[space] ?? '', step, store.sync === true)
          expect(done, JSON.stringify(step)).toEqual(sure)
          asked += counted(step, sure)
        }
        const { hits, misses, stale, hitRatio } = root.stats()
        const answered = hits + misses + stale.refreshing
        expect(answered).toBe(asked)
        const inVain = misses - stale.slowLoad - stale.failedLoad
        if (answered > 0) expect(hitRatio).toBeCloseTo((answered - inVain) / answered)
      }),
      { numRuns: runs },
    )
  })
})

/** How many answers an operation gives that are counted. A peek that finds nothing has asked nobody. */
function counted(step: Operation, answer: unknown): number {
  if (step.do === 'get' || step.do === 'getOrSet') return 1
  if (step.do === 'peek') return answer === undefined ? 0 : 1
  return step.do === 'getMany' || step.do === 'getOrSetMany' ? step.keys.length : 0
}

async function real(cache: ICache, step: Operation): Promise<unknown> {
  if (step.do === 'clear') return cache.clear().then(() => undefined)
  if (step.do === 'advance') return undefined
  if (step.do === 'invalidateTags') return cache.invalidateTags(...step.tags).then(() => undefined)
  const [key = 'k'] = step.keys
  switch (step.do) {
    case 'get':
      return cache.get(key)
    case 'getMany':
      return cache.getMany([...step.keys, key])
    case 'has':
      return cache.has(key)
    case 'ttl':
      return cache.ttl(key)
    case 'peek':
      return cache.peek(key)
    case 'delete':
      return cache.delete(...step.keys).then(() => undefined)
    case 'expire':
      return cache.expire(...step.keys).then(() => undefined)
    case 'touch':
      return cache.touch(key, step.ttl)
    default: {
      const { outcome, windows, tags: named, naming } = step
      const how: Policy = {
        ttl: windows.ttl,
        ...(windows.swr > 0 && { staleWhileRevalidate: windows.swr }),
        ...(windows.sie > 0 && { staleIfError: windows.sie }),
        tags: naming === 'declared' ? named : () => named,
      }
      const bring = (): unknown => {
        if (outcome === 'fails') throw new Error('the source fails')
        return outcome.value
      }
      if (step.do === 'getOrSet')
        return cache.getOrSet(key, bring, how).catch((error: Error) => error.message)
      if (step.do === 'getOrSetMany') {
        return cache
          .getOrSetMany(step.keys, (missing) => missing.map(bring), how)
          .catch((error: Error) => error.message)
      }
      const value = outcome === 'fails' ? 1 : (outcome.value ?? null)
      const written =
        step.do === 'set'
          ? cache.set(key, value, how)
          : cache.setMany(
              step.keys.map((each) => [each, value]),
              how,
            )
      return written.then(() => undefined)
    }
  }
}

function right(naive: Naive, space: string, step: Operation, sync: boolean): unknown {
  if (step.do === 'clear') return naive.clear(space)
  if (step.do === 'advance') return undefined
  if (step.do === 'invalidateTags') return naive.invalidateTags(space, step.tags)
  const [key = 'k'] = step.keys
  switch (step.do) {
    case 'get':
      return naive.get(space, key)
    case 'getMany':
      return [...step.keys, key].map((each) => naive.get(space, each))
    case 'has':
      return naive.ttl(space, key) !== undefined
    case 'ttl':
      return naive.ttl(space, key)
    case 'peek':
      return sync ? naive.get(space, key) : undefined
    case 'delete':
      return step.keys.forEach((each) => naive.delete(space, each))
    case 'expire':
      return step.keys.forEach((each) => naive.expire(space, each))
    case 'touch':
      return naive.touch(space, key, step.ttl)
    default: {
      const { outcome, windows, tags: named } = step
      const ask = (each: string): Outcome => naive.getOrSet(space, each, outcome, windows, named)
      if (step.do === 'getOrSet') return said(ask(key))
      if (step.do === 'getOrSetMany') {
        const outcomes = step.keys.map(ask)
        return outcomes.includes('fails') ? 'the source fails' : outcomes.map(said)
      }
      const value = outcome === 'fails' ? 1 : (outcome.value ?? null)
      for (const each of step.do === 'set' ? [key] : step.keys) naive.set(space, each, value, windows, named)
      return undefined
    }
  }
}

function said(outcome: Outcome): unknown {
  return outcome === 'fails' ? 'the source fails' : outcome.value
}
