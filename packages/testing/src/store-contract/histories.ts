/*
 * Rules of histories: whatever is done in whatever order, a store is a Map.
 */

import fc from 'fast-check'
import { rule } from '../contract.ts'
import { expectSame, recordOf, type StoreBench, type StoreRule } from './bench.ts'

type Step =
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'set'; readonly key: string; readonly n: number }
  | { readonly do: 'delete'; readonly key: string }
  | { readonly do: 'getMany'; readonly keys: readonly string[] }
  | { readonly do: 'setMany'; readonly pairs: readonly (readonly [string, number])[] }
  | { readonly do: 'deleteMany'; readonly keys: readonly string[] }
  | { readonly do: 'clear'; readonly prefix: string }

/** Few, so that steps meet; some are beginnings of others. */
const KEYS = ['a', 'a:', 'a:b', 'a:b:c', 'b', '__proto__', 'a*', '*']
const RUNS = 60

const aKey = fc.constantFrom(...KEYS)
const aNumber = fc.nat(1_000)
const someKeys = fc.array(aKey, { minLength: 1, maxLength: 5 })

const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('get' as const), key: aKey }),
  fc.record({ do: fc.constant('set' as const), key: aKey, n: aNumber }),
  fc.record({ do: fc.constant('delete' as const), key: aKey }),
  fc.record({ do: fc.constant('getMany' as const), keys: someKeys }),
  fc.record({
    do: fc.constant('setMany' as const),
    pairs: fc.array(fc.tuple(aKey, aNumber), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ do: fc.constant('deleteMany' as const), keys: someKeys }),
  fc.record({ do: fc.constant('clear' as const), prefix: fc.constantFrom('a', 'a:', 'a*', '*', 'b', 'x') }),
)

export const histories: readonly StoreRule[] = [
  rule(
    'after any history of operations the store answers as a Map would',
    async (bench) => {
      await fc.assert(
        fc.asyncProperty(fc.array(aStep, { maxLength: 30 }), async (steps) => {
          for (const each of KEYS) await bench.store.delete(each)
          const model = new Map<string, unknown>()

          for (const each of steps) await follow(bench, model, each)

          for (const each of KEYS) expectSame(await bench.store.get(each), model.get(each))
        }),
        { numRuns: RUNS },
      )
    },
    ({ bounded }) =>
      bounded !== undefined && bounded < KEYS.length ? `the store holds only ${bounded} entries` : undefined,
  ),
]

/** Does a step in the store and in the model; by single operations where the store has no faster way. */
async function follow(bench: StoreBench, model: Map<string, unknown>, step: Step): Promise<void> {
  const { store } = bench
  switch (step.do) {
    case 'get':
      return expectSame(await store.get(step.key), model.get(step.key))
    case 'set': {
      const record = recordOf(bench, step.n)
      model.set(step.key, record)
      return store.set(step.key, record, Infinity)
    }
    case 'delete':
      model.delete(step.key)
      return store.delete(step.key)
    case 'getMany': {
      const found = await store.getMany?.(step.keys)
      for (const [i, record] of (found ?? []).entries()) expectSame(record, model.get(step.keys[i] ?? ''))
      return
    }
    case 'setMany': {
      if (store.setMany === undefined) return
      const records = step.pairs.map(([key, n]) => [key, recordOf(bench, n), Infinity] as const)
      for (const [key, record] of records) model.set(key, record)
      return store.setMany(records)
    }
    case 'deleteMany':
      if (store.deleteMany === undefined) return
      for (const each of step.keys) model.delete(each)
      return store.deleteMany(step.keys)
    case 'clear':
      if (store.clear === undefined) return
      for (const each of model.keys()) if (each.startsWith(step.prefix)) model.delete(each)
      return store.clear(step.prefix)
  }
}
