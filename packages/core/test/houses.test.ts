import { createCache, type Entry, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { held, manualClock } from '@larder/testing'
import { describe, expect, test } from 'vitest'

describe('two caches of one store and one name are one cache', () => {
  test('a delete through either stops the loads of both', async () => {
    const store = memory()
    const [one, other] = [createCache({ store }), createCache({ store })]
    const source = held('old')
    const loaded = one.getOrSet('k', source.load)
    await other.delete('k')
    source.release()

    expect(await loaded).toBe('old')
    expect(await one.get('k')).toBe(undefined)
  })

  test('they share loads, values, marks and counters', async () => {
    const store = memory()
    const [one, other] = [createCache({ store }), createCache({ store })]
    const source = held('value')
    const both = Promise.all([one.getOrSet('k', source.load), other.getOrSet('k', source.load)])
    await source.started
    source.release()
    await both
    await one.set('l', 1, { tags: ['t'] })
    await other.invalidateTags('t')

    expect(source.calls).toHaveLength(1)
    expect(await one.get('l')).toBe(undefined)
    expect(one.stats()).toEqual(other.stats())
  })

  test('caches of other names on it are apart', async () => {
    const store = memory()
    const [one, other] = [createCache({ store }), createCache({ store, name: 'other' })]
    await one.set('k', 1)
    await other.clear()
    await other.delete('k')

    expect(await one.get('k')).toBe(1)
    expect(await other.get('k')).toBe(undefined)
  })

  test('another clock or timeout for the same store is refused: it would silently not be used', () => {
    const store = memory()
    const clock = manualClock()
    createCache({ store, clock, storeTimeout: 50 })
    expect(() => createCache({ store, clock: manualClock() })).toThrow('another clock')
    expect(() => createCache({ store, clock, storeTimeout: 60 })).toThrow('another storeTimeout')
    expect(createCache({ store, clock, storeTimeout: 50 })).toBeDefined()
    expect(createCache({ store })).toBeDefined()
  })
})

describe('closing', () => {
  const closable = (): { store: Store<Entry>; closed: () => number } => {
    let closed = 0
    const map = new Map<string, Entry>()
    const store: Store<Entry> = {
      name: 'closable',
      sync: true,
      get: (key) => map.get(key),
      set: (key, record) => void map.set(key, record),
      delete: (key) => void map.delete(key),
      close: () => void closed++,
    }
    return { store, closed: () => closed }
  }

  test('the last cache to close closes the store, once', async () => {
    const { store, closed } = closable()
    const [one, other] = [createCache({ store }), createCache({ store, name: 'other' })]
    await one.close()
    await one.close()
    expect(closed()).toBe(0)
    await Promise.all([other.close(), other.close()])
    expect(closed()).toBe(1)
  })

  test('a closed cache refuses everything, with a code', async () => {
    const { store } = closable()
    const cache = createCache({ store })
    const inner = cache.namespace('a')
    const wrapped = cache.wrap(async (id: number) => id, { key: (id) => ['id', id] })
    await cache.close()
    const code = { code: 'CACHE_CLOSED' }
    for (const each of [cache, inner]) {
      for (const call of [
        () => each.get('k'),
        () => each.getMany(['k']),
        () => each.getOrSet('k', () => 1),
        () => each.getOrSetMany(['k'], () => [1]),
        () => each.set('k', 1),
        () => each.setMany([['k', 1]]),
        () => each.delete('k'),
        () => each.expire('k'),
        () => each.invalidateTags('t'),
        () => each.clear(),
        () => each.has('k'),
        () => each.ttl('k'),
        () => each.touch('k', 1),
        () => each.deleteMatching('*'),
        () => each.health(),
        () => each.explain('k'),
        () => wrapped(1),
      ]) {
        await expect(call()).rejects.toMatchObject(code)
      }
      expect(() => each.peek('k')).toThrow('is closed')
      expect(() => each.namespace('b')).toThrow('is closed')
    }
  })

  test('closing a namespace closes neither the cache around it nor the store', async () => {
    const { store, closed } = closable()
    const cache = createCache({ store })
    const inner = cache.namespace('a')
    await inner.set('k', 1)
    await inner.close()

    await expect(inner.get('k')).rejects.toMatchObject({ code: 'CACHE_CLOSED' })
    expect(await cache.namespace('a').get('k')).toBe(1)
    expect(closed()).toBe(0)
  })

  test('waits for the loads under way, and keeps what they bring', async () => {
    const { store, closed } = closable()
    const cache = createCache({ store, clock: manualClock() })
    const source = held('value')
    const loaded = cache.getOrSet('k', source.load)
    await source.started
    const closing = cache.close()
    await Promise.resolve()
    expect(closed()).toBe(0)
    source.release()

    expect(await loaded).toBe('value')
    await closing
    expect(closed()).toBe(1)
  })

  test('waits no longer than it is told; who still waits for a load is told that the cache is closed', async () => {
    const clock = manualClock()
    const { store, closed } = closable()
    const cache = createCache({ store, clock })
    const source = held('value')
    const loaded = cache.getOrSet('k', source.load)
    const { args } = await source.started
    const { signal } = args[0]
    const outcome = expect(loaded).rejects.toMatchObject({ code: 'CACHE_CLOSED' })
    const closing = cache.close({ drain: '2s' })
    await clock.advance(1_900)
    expect(closed()).toBe(0)
    await clock.advance(200)
    await outcome
    await closing

    expect(signal.aborted).toBe(true)
    source.release()
    expect(closed()).toBe(1)
  })

  test('of a store that fails is not felt, nor of one that never answers', async () => {
    for (const close of [() => Promise.reject(new Error('no')), () => new Promise<void>(() => {})]) {
      const clock = manualClock()
      const cache = createCache({ store: { ...closable().store, close }, clock })
      const closing = cache.close().catch((error: Error) => error.message)
      await clock.advance(1_500)
      await clock.advance(1_500)
      expect([undefined, 'no']).toContain(await closing)
    }
  })

  test('a drain that is no duration is refused', async () => {
    const cache = createCache({ store: memory() })
    await expect(cache.close({ drain: 0 })).rejects.toThrow('close: drain must be more than 0')
  })
})
