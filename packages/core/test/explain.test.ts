import { createCache, type Entry, type LoadContext, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { describe, expect, test } from 'vitest'

const isText = (slow: boolean): never =>
  ({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => {
        const result = typeof value === 'string' ? { value } : { issues: [{ message: 'no text' }] }
        return slow ? Promise.resolve(result) : result
      },
    },
  }) as never

describe.for([
  ['in memory', (clock: ReturnType<typeof manualClock>) => memory({ clock })],
  ['in a store that takes its time', (clock: ReturnType<typeof manualClock>) => delayed(memory({ clock }))],
] as const)('explain says where a value is and why it would be served, %s', ([, open]) => {
  const bench = (): {
    readonly cache: ReturnType<typeof createCache>
    readonly clock: ReturnType<typeof manualClock>
    readonly store: Store<Entry>
  } => {
    const clock = manualClock()
    const store = open(clock)
    return { cache: createCache({ store, clock }), clock, store }
  }

  test('absent', async () => {
    const { cache } = bench()
    expect(await cache.explain('k')).toEqual({
      key: 'k',
      storedAs: 'larder:k',
      found: 'absent',
      served: false,
      because: 'the store has nothing under this key: never set, deleted, evicted or expired',
      loading: false,
      pending: false,
    })
  })

  test('fresh, stale, error-only and dead, as time goes by', async () => {
    const { cache, clock } = bench()
    await cache.set('k', 1, { ttl: 100, staleWhileRevalidate: 50, staleIfError: 200, tags: ['t'] })
    const ages: unknown[] = []
    for (const ms of [40, 80, 60]) {
      const { found, served, freshFor, staleFor, keptFor, tags } = await cache.explain('k')
      ages.push([found, served, freshFor, staleFor, keptFor, tags?.map(({ tag }) => tag).includes('t')])
      await clock.advance(ms)
    }
    expect((await cache.explain('k')).found).toBe('error-only')
    expect(ages).toEqual([
      ['fresh', true, 100, 150, 300, true],
      ['fresh', true, 60, 110, 260, true],
      ['stale', false, 0, 30, 180, true],
    ])
    await clock.advance(120)
    expect(['dead', 'absent']).toContain((await cache.explain('k')).found)
  })

  test('invalidated, and by which tags', async () => {
    const { cache } = bench()
    await cache.set('k', 1, { tags: ['t', 'u'] })
    await cache.invalidateTags('u')
    const { found, served, because, tags } = await cache.explain('k')
    expect([found, served]).toEqual(['invalidated', false])
    expect(because).toMatch(/^invalidated by 'u'/)
    expect(new Map(tags?.map(({ tag, valid }) => [tag, valid]))).toEqual(
      new Map([
        ['t', true],
        ['u', false],
      ]),
    )
  })

  test('invalidated, as all of its namespace', async () => {
    const { cache, store } = bench()
    // One that does not clean up after a clear, so that there is something left to explain.
    const kept: Store<Entry> = {
      name: 'kept',
      sync: store.sync === true,
      get: (key) => store.get(key),
      set: (key, record, ttl) => store.set(key, record, ttl),
      delete: (key) => store.delete(key),
    }
    const other = createCache({ store: kept, name: 'other' })
    await other.set('k', 1)
    await other.clear()
    expect((await other.explain('k')).because).toBe('the namespace was cleared after the value was loaded')
    await cache.close()
  })

  test('refused, by the schema', async () => {
    const { cache } = bench()
    await cache.namespace('n').set('k', 5)
    for (const slow of [false, true]) {
      const texts = cache.namespace('n', { schema: isText(slow) })
      expect(await texts.explain('k')).toMatchObject({
        found: 'refused',
        served: false,
        because: expect.stringContaining('no text') as string,
      })
    }
    await cache.namespace('n').set('l', 'text')
    expect(await cache.namespace('n', { schema: isText(false) }).explain('l')).toMatchObject({
      found: 'fresh',
    })
  })

  test('what the load has said of it, and that one is under way', async () => {
    const { cache, clock } = bench()
    const load = async (context: LoadContext<number>): Promise<number> => {
      await clock.advance(30)
      context.meta({ etag: 'x' })
      return 1
    }
    await cache.getOrSet('k', load, { refreshEarly: true })
    for (let i = 0; i < 5; i++) await settled()
    expect(await cache.explain('k')).toMatchObject({ meta: { etag: 'x' }, loadTook: 30, loading: false })
    const source = held(1)
    const loaded = cache.getOrSet('l', source.load)
    await source.started
    expect(await cache.explain('l')).toMatchObject({ found: 'absent', loading: true })
    source.release()
    await loaded
  })

  test('changes nothing', async () => {
    const { cache } = bench()
    await cache.set('k', 1)
    const before = cache.stats()
    await cache.explain('k')
    expect(cache.stats()).toEqual({ ...before, latency: expect.anything() as unknown })
  })
})

describe('explain of a store in trouble', () => {
  test('says that a write is pending', async () => {
    const clock = manualClock()
    const store = faulty(delayed(memory({ clock })), clock)
    const cache = createCache({ store, clock })
    store.hang({ on: ['delete'] })
    const deleted = cache.delete('k')
    await settled()
    expect(await cache.explain('k')).toMatchObject({ pending: true, served: false, found: 'absent' })
    for (const each of store.hanging) await each.release()
    await deleted
    expect(await cache.explain('k')).toMatchObject({ pending: false })
  })

  test('says what went wrong, and does not wait longer than for anything else', async () => {
    const clock = manualClock()
    const store = faulty(delayed(memory({ clock })), clock)
    const cache = createCache({ store, clock })
    await cache.set('k', 1)
    await settled()
    store.fail()
    expect((await cache.explain('k')).because).toContain('the store failed: the store fails on purpose')
    store.heal()
    store.hang()
    const explained = cache.explain('k')
    await clock.advance(150)
    expect((await explained).because).toContain('did not answer get within 100 ms')
    expect(store.hanging.length).toBeGreaterThan(0)
  })

  test('says so when only the marks cannot be read', async () => {
    const clock = manualClock()
    const below = delayed(memory({ clock }))
    const store: Store<Entry> = {
      name: 'half',
      get: (key) => (key.includes('#') ? Promise.reject(new Error('no marks')) : below.get(key)),
      set: (key, record, ttl) => below.set(key, record, ttl),
      delete: (key) => below.delete(key),
    }
    const whole = createCache({ store: below, clock })
    await whole.set('k', 1)
    const cache = createCache({ store, clock })
    expect((await cache.explain('k')).because).toBe(
      'the store does not tell whether its tags were invalidated',
    )
  })

  test('says what is wrong with a record that is none', async () => {
    const store: Store<Entry> = {
      name: 'rubbish',
      sync: true,
      get: () => 'rubbish' as never,
      set: () => {},
      delete: () => {},
    }
    expect(await createCache({ store }).explain('k')).toMatchObject({
      found: 'refused',
      because: 'the store answered a string, not an entry',
    })
  })
})

const ALONE = 'exact: nobody else writes here'

describe('health', () => {
  test('is ok when the store answers', async () => {
    const clock = manualClock()
    const cache = createCache({ store: memory({ clock }), clock })
    expect(await cache.health()).toEqual({
      status: 'ok',
      problems: [],
      store: { name: 'memory', answers: true, ms: 0 },
      queued: 0,
      loading: 0,
      promises: {
        G1: 'exact',
        G2: ALONE,
        G3: ALONE,
        G4: ALONE,
        G6: ALONE,
        G7: 'exact',
      },
    })
  })

  test('is failed when it does not, within the deadline of the store', async () => {
    const clock = manualClock()
    const store = faulty(delayed(memory({ clock })), clock)
    const cache = createCache({ store, clock })
    store.hang()
    const asked = cache.health()
    await clock.advance(150)
    const { status, problems, store: said } = await asked
    expect([status, said.answers]).toEqual(['failed', false])
    expect(problems[0]).toContain('did not answer get within 100 ms')
  })

  test('is degraded while invalidations wait, and says how many', async () => {
    const clock = manualClock({ random: () => 0.9 })
    const store = faulty(delayed(memory({ clock })), clock)
    const cache = createCache({ store, clock })
    store.fail({ on: ['delete'] })
    await cache.delete('k', 'l')
    const health = await cache.health()
    expect(health).toMatchObject({ status: 'degraded', queued: 2 })
    expect(health.problems[0]).toContain('2 invalidations wait')
    store.heal()
    await clock.advance(100)
    await settled()
    expect(await cache.health()).toMatchObject({ status: 'ok', queued: 0 })
  })

  test('passes on what the store itself complains of, and does not wait for it for ever', async () => {
    const clock = manualClock()
    const base = memory({ clock })
    const bare = {
      name: 'm',
      sync: true,
      get: base.get.bind(base),
      set: base.set.bind(base),
      delete: base.delete.bind(base),
    }
    const complaining = createCache({ store: { ...bare, check: () => 'the disk is nearly full' }, clock })
    expect(await complaining.health()).toMatchObject({
      status: 'degraded',
      problems: ['the disk is nearly full'],
    })
    const throwing = createCache({
      store: { ...bare, check: () => Promise.reject(new Error('no check')) },
      clock,
    })
    expect(await throwing.health()).toMatchObject({ status: 'degraded', problems: ['no check'] })
    const hung = createCache({ store: { ...bare, check: () => new Promise(() => {}) }, clock })
    const asked = hung.health()
    await settled()
    await clock.advance(150)
    expect(await asked).toMatchObject({ status: 'degraded' })
  })

  test('counts the loads under way', async () => {
    const cache = createCache({ store: memory() })
    const source = held(1)
    const loaded = cache.namespace('a').getOrSet('k', source.load)
    await source.started
    expect((await cache.health()).loading).toBe(1)
    source.release()
    await loaded
  })
})
