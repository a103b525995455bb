/*
 * Faulty stores go wrong when told to, and a cache on one gets along: reads miss, writes vanish or are owed, events say
 * so, nobody waits for ever, and what was invalidated is never read.
 */

import {
  type CacheEvent,
  createCache,
  type Entry,
  entryOf,
  type ICache,
  isPending,
  type Store,
  termsOf,
} from '@larder/core'
import { memory } from '@larder/memory'
import {
  delayed,
  type Faulty,
  faulty,
  held,
  type ManualClock,
  manualClock,
  type Operation,
  rubbish,
  settled,
  storeContract,
} from '@larder/testing'
import { describe, expect, test } from 'vitest'

const entry = (value: unknown): Entry => entryOf(value, Infinity, termsOf(0, 0, []))

storeContract('a faulty store that has no faults yet', {
  open: (clock) => faulty(memory({ maxEntries: 1_000, clock }), clock),
  keeps: 'entries',
  bounded: 1_000,
  expires: true,
})

storeContract('a faulty store that was healed', {
  open: (clock) => {
    const store = faulty(delayed(memory({ maxEntries: 1_000, clock })), clock)
    store.fail()
    store.hang()
    store.corrupt('null')
    store.lose(1)
    store.heal()
    return store
  },
  keeps: 'entries',
  bounded: 1_000,
  expires: true,
})

describe('faults', () => {
  test('a store that fails throws or rejects, as it would answer, and nothing is carried out', async () => {
    const [now, later] = [faulty(memory()), faulty(delayed(memory()))]
    const error = new Error('no')

    now.fail({ error })
    later.fail({ on: ['set'], error })

    expect(() => now.get('k')).toThrow(error)
    await expect(later.set('k', entry(1), Infinity)).rejects.toBe(error)
    expect(await later.get('k')).toBe(undefined)
  })

  test('what hangs is carried out when it is released, in the order of releases', async () => {
    const store = faulty(delayed(memory()))
    store.hang({ on: ['set'] })
    const sets = [store.set('k', entry(1), Infinity), store.set('k', entry(2), Infinity)]
    expect(await store.get('k')).toBe(undefined)
    const [first, second] = store.hanging

    await second?.release()
    await first?.release()
    await Promise.all(sets)

    expect((await store.get('k'))?.value).toBe(1)
    expect(store.hanging).toEqual([])
  })

  test('what hangs may fail in the end', async () => {
    const store = faulty(delayed(memory()))
    store.hang()
    const set = store.set('k', entry(1), Infinity)

    store.hanging[0]?.fail()

    await expect(set).rejects.toThrow(/on purpose/u)
  })

  test('what is slow is carried out later, by the clock', async () => {
    const clock = manualClock()
    const store = faulty(delayed(memory()), clock)
    await store.set('k', entry(1), Infinity)
    store.slow('1s', { on: ['get'] })
    let found: unknown = 'nothing yet'
    const asked = Promise.resolve(store.get('k')).then((each) => {
      found = each?.value
    })

    await clock.advance(999)
    const before = found
    await clock.advance(1)
    await asked

    expect([before, found]).toEqual(['nothing yet', 1])
  })

  test('records vanish: one, all, or what chance takes', async () => {
    let draw = 0
    const store = faulty(memory(), manualClock({ random: () => draw }))
    for (const key of ['a', 'b', 'c']) store.set(key, entry(key), Infinity)

    await store.vanish('a')
    const afterOne = ['a', 'b', 'c'].map((key) => store.get(key) !== undefined)
    await store.vanish()
    const afterAll = ['a', 'b', 'c'].map((key) => store.get(key) !== undefined)
    store.lose(0.5)
    store.set('lost', entry(1), Infinity)
    draw = 0.9
    store.set('kept', entry(1), Infinity)

    expect([afterOne, afterAll]).toEqual([
      [false, true, true],
      [false, false, false],
    ])
    expect([store.get('lost'), store.get('kept') !== undefined]).toEqual([undefined, true])
  })

  test('every kind of rubbish differs from the record, and what is not there is no rubbish', async () => {
    for (const kind of rubbish) {
      const plain = memory()
      const store = faulty<Entry>({
        name: 'many',
        get: (key) => plain.get(key),
        set: (key, record, ttl) => plain.set(key, record, ttl),
        delete: (key) => plain.delete(key),
        getMany: (keys) => keys.map((key) => plain.get(key)),
      })
      store.set('k', entry(1), Infinity)
      const good = [store.get('k'), store.getMany?.(['k', 'absent'])]
      store.corrupt(kind)

      const bad: unknown[] = [store.get('k'), store.getMany?.(['k', 'absent'])]

      expect([kind, bad]).not.toEqual([kind, good])
      expect(store.get('absent')).toBe(undefined)
    }
  })

  test('every operation that was asked for is listed', async () => {
    const store = faulty(memory())
    store.fail({ on: ['delete'] })

    store.set('k', entry(1), Infinity)
    store.get('k')
    expect(() => store.delete('k')).toThrow(Error)

    expect(store.calls).toEqual([
      { operation: 'set', keys: ['k'] },
      { operation: 'get', keys: ['k'] },
      { operation: 'delete', keys: ['k'] },
    ])
  })

  test('what needs a clock says so', () => {
    const store = faulty(memory())

    expect(() => store.slow('1s')).toThrow(/needs the clock/u)
    expect(() => store.lose(0.5)).toThrow(/needs the clock/u)
  })
})

interface Scene {
  readonly clock: ManualClock
  readonly store: Faulty<Entry>
  readonly cache: ICache
  readonly events: CacheEvent[]
}

function withMany(store: Store<Entry>): Store<Entry> {
  return { ...store, getMany: (keys) => Promise.all(keys.map((key) => store.get(key))) }
}

const kinds: Readonly<Record<string, (clock: ManualClock) => Store<Entry>>> = {
  'a store that answers at once': (clock) => memory({ clock }),
  'a store that takes its time': (clock) => delayed(memory({ clock })),
  'a store that answers many': (clock) => withMany(delayed(memory({ clock }))),
}

function scene(below: (clock: ManualClock) => Store<Entry>): Scene {
  const clock = manualClock({ random: () => 0.5 })
  const store = faulty(below(clock), clock)
  const cache = createCache({ store, clock, tags: ['tag'] })
  const events: CacheEvent[] = []
  cache.on((event) => events.push(event))
  return { clock, store, cache, events }
}

/** Long enough for a store to be given up, and for what is owed to be tried again. */
async function wait(clock: ManualClock): Promise<void> {
  for (let i = 0; i < 30; i++) await clock.advance(50)
}

/** What a promise comes to while the clock runs. */
async function within<T>(clock: ManualClock, promise: Promise<T>): Promise<T | 'open'> {
  const watched: { outcome: T | 'open' } = { outcome: 'open' }
  const watching = promise.then((value) => {
    watched.outcome = value
  })
  watching.catch(() => {})
  for (let i = 0; i < 10 && watched.outcome === 'open'; i++) await clock.advance(50)
  return watched.outcome
}

describe.each(Object.entries(kinds))('a cache on %s', (_, below) => {
  test('loads when the store fails, and says so', async () => {
    const { store, cache, events } = scene(below)
    await cache.set('k', 'kept')
    store.fail()

    const read = [await cache.get('k'), ...(await cache.getMany(['k'])), await cache.has('k')]
    const loaded = await cache.getOrSet('k', () => 'loaded')

    expect(read).toEqual([undefined, undefined, false])
    expect(loaded).toBe('loaded')
    expect(events.some(({ type }) => type === 'store-failed')).toBe(true)
    expect(cache.stats().storeFailures).toBeGreaterThan(0)
    expect(await cache.health()).toMatchObject({ status: 'failed', store: { answers: false } })
  })

  test('says that a write has not been delivered, and delivers it later', async () => {
    const changes = {
      delete: (cache: ICache) => cache.delete('k'),
      expire: (cache: ICache) => cache.expire('k'),
      set: (cache: ICache) => cache.set('k', 'new'),
    }

    for (const [name, change] of Object.entries(changes)) {
      const { clock, store, cache } = scene(below)
      await cache.set('k', 'old')
      store.fail({ on: ['set', 'delete', 'setMany', 'deleteMany'] })
      const written = await within(clock, change(cache))
      const during = await within(clock, cache.get('k'))
      const { queued } = cache.stats()
      store.heal()
      await wait(clock)

      expect([name, written]).toEqual([name, { far: 'queued' }])
      expect(['open', undefined, 'new']).toContain(during)
      expect(during).not.toBe('old')
      expect(queued).toBe(1)
      expect(cache.stats().queued).toBe(0)
      expect([undefined, 'new']).toContain(await cache.get('k'))
    }
  })

  test.each(['delete', 'set', 'get', 'getMany', 'clear'] as Operation[])(
    'never reads what was invalidated while %s failed',
    async (failing) => {
      const changes = [
        (cache: ICache): Promise<unknown> => cache.delete('k'),
        (cache: ICache): Promise<unknown> => cache.expire('k'),
        (cache: ICache): Promise<unknown> => cache.invalidateTags('tag'),
        (cache: ICache): Promise<unknown> => cache.clear(),
      ]

      for (const change of changes) {
        const { clock, store, cache } = scene(below)
        await cache.set('k', 'old')
        store.fail({ on: [failing] })
        const changing = change(cache)

        const during = [
          await within(clock, cache.get('k')),
          await within(
            clock,
            cache.getOrSet('k', () => 'new'),
          ),
        ]
        await within(clock, changing)
        store.heal()
        const healed = await within(clock, cache.get('k'))
        await wait(clock)
        const after = await within(clock, cache.get('k'))

        expect([...during, healed, after]).not.toContain('old')
        expect([...during, healed, after]).not.toContain('open')
        expect(during[1]).toBe('new')
      }
    },
  )

  test.each(rubbish)('takes rubbish for a miss, and loads: %s', async (kind) => {
    const { clock, store, cache } = scene(below)
    const isOfOne = !kind.includes('list') || kind === 'list'
    await cache.set('k', 'kept')
    store.corrupt(kind)

    const read = await within(clock, cache.get('k'))
    const many = await within(clock, cache.getMany(['k', 'l']))
    const told = [await within(clock, cache.has('k')), await within(clock, cache.touch('k', '1m'))]
    const seen = cache.peek('k')
    const { found } = await cache.explain('k')
    const got = await within(
      clock,
      cache.getOrSet('k', () => 'loaded'),
    )
    await within(clock, cache.expire('k'))
    store.heal()
    await wait(clock)

    // A promise is no rubbish where one waits for it, nor is a wrong list where none is asked for.
    const isHarmless = kind === 'a promise' || (isOfOne ? false : store.getMany === undefined)
    if (!isHarmless)
      expect([read, many, told, seen, got]).toEqual([
        undefined,
        [undefined, undefined],
        [false, false],
        undefined,
        'loaded',
      ])
    expect([read, many, ...told, got]).not.toContain('open')
    expect(typeof found).toBe('string')
    expect(
      await within(
        clock,
        cache.getOrSet('k', () => 'again'),
      ),
    ).not.toBe('open')
    await cache.close()
  })

  test('misses what has vanished', async () => {
    const { store, cache } = scene(below)
    await cache.setMany([
      ['a', 1],
      ['b', 2],
    ])
    await store.vanish()

    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined])
    expect(await cache.getOrSet('a', () => 'loaded')).toBe('loaded')
    await settled()
    expect(await cache.getOrSet('a', () => 'again')).toBe('loaded')
  })

  test('loses what the store loses, and nothing else', async () => {
    const { store, cache } = scene(below)
    store.lose(1)
    await cache.set('k', 1)
    store.heal()
    await cache.set('l', 2)

    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.getOrSet('k', () => 3)).toBe(3)
    await settled()
    expect([await cache.get('k'), await cache.has('l')]).toEqual([3, true])
  })

  test('closes in bounded time, whatever the store does', async () => {
    for (const fault of ['fail', 'hang'] as const) {
      const { clock, store, cache } = scene(below)
      await cache.set('k', 1)
      store[fault]()
      const under = [cache.get('k'), cache.delete('k'), cache.getOrSet('l', () => 1)].map((each) =>
        each.catch(() => {}),
      )

      const closes = cache.close({ drain: '1s' })
      for (let i = 0; i < 40; i++) await clock.advance(100)

      expect(
        await within(
          clock,
          Promise.allSettled([closes]).then(() => fault),
        ),
      ).toBe(fault)
      expect(
        await within(
          clock,
          Promise.all(under).then(() => fault),
        ),
      ).toBe(fault)
      for (const each of store.hanging) each.fail()
    }
  })
})

describe.each(Object.entries(kinds).slice(1))('a cache on %s', (_, below) => {
  test('waits for a store that hangs no longer than it was told', async () => {
    const { clock, store, cache } = scene(below)
    await cache.set('k', 'kept')
    store.hang()

    const reads = [cache.get('k'), cache.getOrSet('k', () => 'loaded'), cache.getMany(['k']), cache.has('k')]
    const writes = [cache.set('a', 1), cache.delete('b'), cache.invalidateTags('t')]
    await settled()
    await clock.advance(300)

    expect(await within(clock, Promise.all(reads))).toEqual([undefined, 'loaded', [undefined], false])
    expect(await within(clock, Promise.all(writes))).toEqual([
      { far: 'queued' },
      { far: 'queued' },
      { far: 'queued' },
    ])
    for (const each of store.hanging) each.fail()
    await settled()
  })

  test('never reads what was deleted while the store hung, though the write arrives late', async () => {
    const { clock, store, cache } = scene(below)
    await cache.set('k', 'old')
    store.hang({ on: ['set'] })
    const setting = cache.set('k', 'older')
    await settled()
    store.heal()
    const deleting = cache.delete('k')
    await clock.advance(200)
    const during = await within(clock, cache.get('k'))

    for (const each of store.hanging) await each.release()
    await Promise.all([setting, deleting])
    await wait(clock)

    expect(during).toBe(undefined)
    expect(await cache.get('k')).toBe(undefined)
  })

  test('a fill that arrives late does not bring back what was deleted meanwhile', async () => {
    const { clock, store, cache } = scene(below)
    await cache.getOrSet('other', () => 1)
    await settled()
    store.hang({ on: ['set'] })
    await cache.getOrSet('k', () => 'old')
    await settled()
    const deleting = cache.delete('k')
    await clock.advance(200)
    store.heal()

    for (const each of store.hanging) await each.release()
    await deleting
    await wait(clock)

    expect(await cache.get('k')).toBe(undefined)
  })

  test('a read that hangs is not taken for newer than what was said meanwhile', async () => {
    const { clock, store, cache } = scene(below)
    await cache.set('k', 'old')
    store.hang({ on: ['get', 'getMany'] })
    const source = held('loaded')
    const reading = [cache.get('k'), cache.getOrSet('k', source.load)]
    await settled()
    const hanging = [...store.hanging]
    store.heal()
    await cache.delete('k')
    await cache.set('k', 'new')

    for (const each of hanging) await each.release()
    for (let i = 0; i < 5; i++) await clock.advance(50)
    for (const call of source.calls) call.release()
    await Promise.all(reading)

    expect(await cache.get('k')).toBe('new')
  })

  test('a slow store costs no more than its deadline', async () => {
    const { clock, store, cache } = scene(below)
    await cache.set('k', 'kept')
    store.slow('10s')
    const began = clock.now()

    const asked = cache.getOrSet('k', () => 'loaded')
    await settled()
    const got = await within(clock, asked)

    expect(got).toBe('loaded')
    expect(clock.now() - began).toBeLessThanOrEqual(500)
    await clock.advance('20s')
  })

  test('a store that answers at once in one operation only is awaited all the same', async () => {
    const { cache, store } = scene(below)
    expect(isPending(store.get('k'))).toBe(true)

    await cache.set('k', 1)

    expect(await cache.get('k')).toBe(1)
  })
})
