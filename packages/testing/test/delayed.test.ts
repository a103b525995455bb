/*
 * A cache on a store that takes its time keeps the contract of caches, with and without the faster ways, and however
 * long each operation is on its way.
 */

import { createCache, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { cacheContract, delayed, held, settled, storeContract } from '@larder/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** memory has no getMany of its own: one question at a time is no slower there. */
function withMany(store: Store<Entry>): Store<Entry> {
  return {
    name: store.name,
    get: (key) => store.get(key),
    set: (key, record, ttl) => store.set(key, record, ttl),
    delete: (key) => store.delete(key),
    getMany: (keys) => Promise.all(keys.map((key) => store.get(key))),
    async setMany(records) {
      for (const [key, record, ttl] of records) await store.set(key, record, ttl)
    },
    async deleteMany(keys) {
      for (const key of keys) await store.delete(key)
    },
    clear: (prefix) => store.clear?.(prefix),
    keys: (prefix) => store.keys?.(prefix) ?? empty(),
    close: () => store.close?.(),
  }
}

async function* empty(): AsyncGenerator<string> {}

/** Waits that differ from each other, the same in each run. */
function uneven(): () => Promise<void> {
  let seed = 1
  return async () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    for (let left = (seed >> 8) % 7; left > 0; left--) await Promise.resolve()
  }
}

storeContract('delayed memory', {
  open: (clock) => delayed(memory({ maxEntries: 1_000, clock })),
  keeps: 'entries',
  bounded: 1_000,
  expires: true,
})

storeContract('delayed memory with all the faster ways', {
  open: (clock) => delayed(withMany(memory({ maxEntries: 1_000, clock })), { wait: uneven() }),
  keeps: 'entries',
  bounded: 1_000,
  expires: true,
})

cacheContract('a cache on delayed memory', {
  open: ({ clock, ...options }) => createCache({ ...options, clock, store: delayed(memory({ clock })) }),
})

cacheContract('a cache on delayed memory with all the faster ways', {
  open: ({ clock, ...options }) =>
    createCache({ ...options, clock, store: delayed(withMany(memory({ clock }))) }),
})

cacheContract('a cache on unevenly delayed memory', {
  open: ({ clock, ...options }) =>
    createCache({ ...options, clock, store: delayed(withMany(memory({ clock })), { wait: uneven() }) }),
})

test('in whatever order questions and answers travel, nobody reads what was deleted before he asked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom('read', 'write'), { maxLength: 12 }),
      async (s, steps) => {
        const wait = (what: string): Promise<void> => s.schedule(Promise.resolve(), what)
        const cache = createCache({ store: delayed(memory(), { wait }), storeTimeout: Infinity })
        let version = 0
        const under: Promise<unknown>[] = []
        const { task } = s.scheduleSequence(
          steps.map((what) => async () => {
            if (what === 'write') {
              version++
              under.push(cache.delete('k'))
              return
            }
            const least = version
            const load = async (): Promise<number> => {
              const seen = version
              await wait('load')
              return seen
            }
            under.push(cache.getOrSet('k', load).then((found) => expect(found).toBeGreaterThanOrEqual(least)))
          }),
        )

        await s.waitFor(task)
        await s.waitFor(Promise.all(under))
      },
    ),
    { numRuns: 100 },
  )
})

test('a set whose question for the marks is answered late takes nothing from a set that was quicker', async () => {
  const gate = held<void, []>()
  let questions = 0
  const wait = async (what: string): Promise<void> => {
    // The second set has asked before the first has written marks, and hears the answer afterwards.
    if (/^get .*#.*, answered$/u.test(what) && ++questions > 2 && questions <= 4) await gate.load()
  }
  const cache = createCache({ store: delayed(memory(), { wait }), storeTimeout: Infinity })

  const quick = cache.set('quick', 1)
  const slow = cache.set('slow', 2)
  await quick
  await settled()
  for (const call of gate.calls) call.release()
  await slow

  expect(gate.calls.length).toBe(2)
  expect(await cache.getMany(['quick', 'slow'])).toEqual([1, 2])
})
