import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { expect, test } from 'vitest'
import { createCache, type Entry, type Store } from '../src/index.ts'

test('a hit asks a store that answers later once, however many hits there have been', async () => {
  const clock = manualClock()
  const store = faulty(delayed(memory({ clock })), clock)
  const cache = createCache({ store, clock })
  await cache.set('k', 1)
  const before = store.calls.length
  await cache.get('k')
  const once = store.calls.length - before

  for (let n = 1; n < 1_000; n++) await cache.get('k')

  expect(cache.stats().hits).toBe(1_000)
  expect(store.calls.length - before).toBe(1_000 * once)
})

test('options that are changed and given again are options anew', async () => {
  const cache = createCache({ store: memory() })
  const tags = ['a']
  await cache.getOrSet('k', () => 'a', { tags })
  tags[0] = ''
  await expect(cache.getOrSet('l', () => 'b', { tags })).rejects.toThrow(TypeError)
})

test.for([
  ['in memory', () => memory()],
  ['in a store that takes its time', () => delayed(memory())],
] as const)('an observer that loads what was missed has begun the load, %s', async ([, open]) => {
  const cache = createCache({ store: open() })
  const source = held('value')
  const others: Promise<unknown>[] = []
  const stop = cache.on(({ type }) => {
    if (type !== 'miss') return
    stop()
    others.push(cache.getOrSet('k', source.load))
  })

  const got = cache.getOrSet('k', source.load)
  await source.started
  for (let i = 0; i < 4; i++) await settled()
  for (const each of source.calls) each.release()

  expect(await Promise.all([got, ...others])).toEqual(['value', 'value'])
  expect(source.calls).toHaveLength(1)
})

test('who leaves while the store is asked for many keys is not answered, and nothing is loaded for him', async () => {
  const answers = held<void, [what: string]>()
  const cache = createCache({ store: delayed(memory(), { wait: (what) => answers.load(what) }) })
  const controller = new AbortController()
  let loads = 0
  const load = (keys: readonly unknown[]): number[] => keys.map(() => ++loads)
  const got = cache.getOrSetMany(['k', 'l'], load, { signal: controller.signal })
  await answers.started
  controller.abort(new Error('gone'))
  const rejection = expect(got).rejects.toThrow('gone')
  for (let i = 0; i < 20; i++) {
    for (const each of answers.calls) if (!each.isSettled) each.release()
    await settled()
  }
  await rejection
  expect(loads).toBe(0)
})

test('a store whose leases are rubbish has nothing, and keeps nobody waiting', async () => {
  const entries = memory()
  const store: Store<Entry> = {
    ...delayed(entries),
    leases: {
      read: async (keys) => keys.map(() => null) as never,
      take: async (_, token) => token,
      seize: async () => undefined,
      fill: async () => true,
      renew: async () => true,
      drop: async () => {},
    },
  }
  expect(await createCache({ store }).getOrSet('k', () => 'loaded')).toBe('loaded')
})
