import { type CacheEvent, createCache, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { describe, expect, test } from 'vitest'
import { Watch } from '../src/watch/events.ts'

type Heard = CacheEvent['type'][]

describe('who is watching', () => {
  test('hears of its namespace and of those inside, and of no other', () => {
    const watch = new Watch()
    const heard: string[] = []
    watch.add('a', ({ cache }) => heard.push(cache))
    for (const cache of ['a', 'a/b', 'ab', 'b', 'b/a']) watch.emit({ type: 'clear', cache })
    expect(heard).toEqual(['a', 'a/b'])
  })

  test('can stop, as often as it likes, even from inside', () => {
    const watch = new Watch()
    const heard: string[] = []
    const stop = watch.add('a', () => {
      heard.push('first')
      stop()
      stop()
    })
    const stopOther = watch.add('a', () => heard.push('second'))
    watch.emit({ type: 'clear', cache: 'a' })
    watch.emit({ type: 'clear', cache: 'a' })
    expect(heard).toEqual(['first', 'second', 'second'])
    expect(watch.heard).toBe(true)
    stopOther()
    expect(watch.heard).toBe(false)
  })

  test('may reject: it is counted, and nobody else is asked to hear it', async () => {
    const cache = createCache({ store: memory() })
    const broken = (): unknown => Promise.reject(new Error('broken'))
    cache.on(broken)

    await cache.set('k', 1)

    await expect.poll(() => cache.stats().observerErrors).toBe(1)
  })

  test('may throw: it is counted, and the others hear all the same', async () => {
    const cache = createCache({ store: memory() })
    const heard: Heard = []
    cache.on(() => {
      throw new Error('broken')
    })
    cache.on(({ type }) => heard.push(type))
    await cache.set('k', 1)
    expect(await cache.get('k')).toBe(1)
    expect(heard).toEqual(['set', 'hit'])
    expect(cache.stats().observerErrors).toBe(2)
  })

  test('must be a function', () => {
    expect(() => createCache({ store: memory() }).on('x' as never)).toThrow(
      'on: the observer must be a function',
    )
  })

  test('sees what happened, not what was before: it is told last', async () => {
    const cache = createCache<number>({ store: memory() })
    const seen: unknown[] = []
    await cache.set('k', 1, { tags: ['t'] })
    cache.on(({ type }) => {
      if (type !== 'hit' && type !== 'miss') seen.push([type, cache.peek('k')])
    })
    await cache.set('k', 2, { tags: ['t'] })
    await cache.delete('k')
    await cache.set('k', 3, { tags: ['t'] })
    await cache.invalidateTags('t')
    await cache.set('k', 4)
    await cache.expire('k')
    await cache.set('k', 5)
    await cache.clear()
    expect(seen).toEqual([
      ['set', 2],
      ['delete', undefined],
      ['set', 3],
      ['invalidate-tags', undefined],
      ['set', 4],
      ['expire', undefined],
      ['set', 5],
      ['clear', undefined],
    ])
  })
})

describe('every event is told', () => {
  const listen = (
    store: Store<Entry>,
    clock = manualClock(),
  ): { readonly cache: ReturnType<typeof createCache>; readonly heard: CacheEvent[] } => {
    const cache = createCache({ store, clock })
    const heard: CacheEvent[] = []
    cache.on((event) => heard.push(event))
    return { cache, heard }
  }

  test('of reading and loading', async () => {
    const { cache, heard } = listen(memory())
    await cache.get('k')
    await cache.getOrSet('k', () => 1)
    await cache.get('k')
    const failure = new Error('no')
    await cache.getOrSet('l', () => Promise.reject(failure)).catch(() => {})
    expect(heard).toEqual([
      { type: 'miss', cache: 'larder', key: 'k' },
      { type: 'miss', cache: 'larder', key: 'k' },
      { type: 'load', cache: 'larder', keys: ['k'], ms: 0, background: false },
      { type: 'hit', cache: 'larder', key: 'k' },
      { type: 'miss', cache: 'larder', key: 'l' },
      { type: 'load-failed', cache: 'larder', keys: ['l'], ms: 0, error: failure, background: false },
    ])
  })

  test('of waiting for the load of another, and how long one took that failed', async () => {
    const clock = manualClock()
    const { cache, heard } = listen(memory({ clock }), clock)
    const source = held(1)
    const both = Promise.allSettled([cache.getOrSet('k', source.load), cache.getOrSet('k', source.load)])
    await source.started
    await clock.advance(30)
    source.fail(new Error('no'))
    await both

    expect(heard.map((event) => [event.type, 'ms' in event ? event.ms : undefined])).toEqual([
      ['miss', undefined],
      ['miss', undefined],
      ['join', undefined],
      ['load-failed', 30],
    ])
  })

  test('of serving what is stale, and why', async () => {
    const clock = manualClock()
    const { cache, heard } = listen(memory({ clock }), clock)
    const stale = (): string[] => heard.flatMap((event) => (event.type === 'stale' ? [event.why] : []))
    const how = { ttl: 10, staleIfError: '1h', loadTimeout: { soft: 20 } } as const
    for (const key of ['slow', 'failing']) await cache.set(key, 'old', how)
    await cache.set('refreshing', 'old', { ttl: 10, staleWhileRevalidate: '1h' })
    await clock.advance(15)
    const source = held('new')
    const slow = cache.getOrSet('slow', source.load, how)
    await clock.advance(30)
    expect(await slow).toBe('old')
    expect(await cache.getOrSet('failing', () => Promise.reject(new Error('no')), how)).toBe('old')
    expect(await cache.getOrSet('refreshing', () => 'new')).toBe('old')
    expect(stale()).toEqual(['slow-load', 'failed-load', 'refreshing'])
    source.release()
    await settled()
    expect(await cache.get('refreshing')).toBe('new')
    expect(heard).toContainEqual({
      type: 'load',
      cache: 'larder',
      keys: ['refreshing'],
      ms: 0,
      background: true,
    })
  })

  test('of what was loaded and not stored, and why', async () => {
    const clock = manualClock()
    const { cache, heard } = listen(memory({ clock }), clock)
    const source = held('value')
    await cache.getOrSet('a', () => undefined)
    await cache.getOrSet('b', (context) => (context.skip(), 1))
    const cut = cache.getOrSet('c', source.load)
    await cache.delete('c')
    source.release()
    await cut
    const late = held('value')
    const givenUp = cache.getOrSet('d', late.load, { loadTimeout: { hard: 10 } }).catch(() => {})
    await settled()
    await clock.advance(20)
    late.release()
    await givenUp
    await settled()
    const why = heard.flatMap((event) => (event.type === 'unstored' ? [[event.key, event.why]] : []))
    expect(why).toEqual([
      ['a', 'undefined'],
      ['b', 'skipped'],
      ['c', 'invalidated'],
      ['d', 'given-up'],
    ])
  })

  test('of a load that was given up at its hard timeout: once, at that moment, and nothing of what it still brings', async () => {
    const clock = manualClock()
    const { cache, heard } = listen(memory({ clock }), clock)
    const [answers, fails] = [held('value'), held('value')]
    const hard = { loadTimeout: { hard: 10 } }
    const all = Promise.allSettled([
      cache.getOrSet('a', answers.load, hard),
      cache.getOrSet('b', fails.load, hard),
    ])
    await settled()
    await clock.advance(20)
    const told = heard.filter(({ type }) => type === 'load-failed')
    answers.release()
    fails.fail(new Error('down'))
    await all
    await settled()

    expect(told).toEqual(
      ['a', 'b'].map((key) => ({
        type: 'load-failed',
        cache: 'larder',
        keys: [key],
        ms: 10,
        error: expect.objectContaining({ code: 'LOAD_TIMEOUT', key }) as unknown,
        background: false,
      })),
    )
    expect(heard.filter(({ type }) => type === 'load' || type === 'load-failed')).toEqual(told)
    expect(cache.stats()).toMatchObject({ loads: 0, loadFailures: 2, deadlines: { load: 2 } })
  })

  test('of values that the store refuses', async () => {
    const { cache, heard } = listen(memory({ share: 'clone' }))
    await cache.getOrSet('k', () => ({ f: () => 1 }))
    await expect(cache.set('k', { f: () => 1 })).rejects.toMatchObject({ code: 'VALUE_REFUSED' })
    expect(heard.map(({ type }) => type)).toContain('unstored')
    expect(heard).toContainEqual({ type: 'unstored', cache: 'larder', key: 'k', why: 'refused' })
  })

  test('of what the store throws out', async () => {
    const { cache, heard } = listen(memory({ maxEntries: 1 }))
    await cache.namespace('n').set('a:b', 1)
    await cache.namespace('n').set('c', 2)
    expect(heard).toContainEqual({ type: 'evict', cache: 'larder/n', key: 'a:b', cause: 'entries' })
  })

  test('of a store that fails, what is queued, and that it was delivered', async () => {
    const clock = manualClock()
    const store = faulty(delayed(memory({ clock })), clock)
    const { cache, heard } = listen(store, clock)
    store.fail({ on: ['delete'] })
    expect(await cache.delete('k')).toEqual({ far: 'queued' })
    store.heal()
    await clock.advance(10)
    await settled()
    expect(heard.map(({ type }) => type)).toEqual(['delete', 'store-failed', 'queued', 'delivered'])
  })

  test('of records that are no entries, and of values that do not satisfy their schema', async () => {
    const rubbish = { name: 'rubbish', sync: true, get: () => 7 as never, set: () => {}, delete: () => {} }
    const { cache, heard } = listen(rubbish)
    expect(await cache.get('k')).toBe(undefined)
    expect(heard).toContainEqual({
      type: 'refused',
      cache: 'larder',
      key: 'k',
      why: 'a number, not an entry',
    })
  })
})
