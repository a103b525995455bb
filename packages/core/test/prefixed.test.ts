import { createCache, prefixed, type RemovalListener, type SizeListener, type Store } from '@larder/core'
import { storeContract } from '@larder/testing'
import { memory } from '@larder/memory'
import { describe, expect, test } from 'vitest'

/** A store of texts that remembers what it was asked. */
function recorded(): { readonly store: Store<string>; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const map = new Map<string, string>()
  const store: Store<string> = {
    name: 'recorded',
    get: (key) => (asked.push(['get', key]), map.get(key)),
    set: (key, record, ttl) => (asked.push(['set', key, ttl]), void map.set(key, record)),
    delete: (key) => (asked.push(['delete', key]), void map.delete(key)),
    getMany: (keys) => (asked.push(['getMany', ...keys]), keys.map((key) => map.get(key))),
    setMany: (records) => {
      asked.push(['setMany', ...records.map(([key, , ttl]) => [key, ttl])])
      for (const [key, record] of records) map.set(key, record)
    },
    deleteMany: (keys) => {
      asked.push(['deleteMany', ...keys])
      for (const key of keys) map.delete(key)
    },
    clear: (prefix) => void asked.push(['clear', prefix]),
    async *keys(prefix) {
      asked.push(['keys', prefix])
      yield* map.keys()
    },
    usage: () => ({
      entries: map.size,
      bytes: 0,
      maxEntries: 1,
      maxBytes: 1,
      removed: { entries: 0, bytes: 0, expired: 0, oversized: 0 },
    }),
    check: () => 'well',
  }
  return { store, asked }
}

describe('a view behind a prefix', () => {
  test('puts the prefix before every key, and takes it off again', async () => {
    const { store, asked } = recorded()
    const view = prefixed(store, 'p*:')
    await view.set('a', '1', 7)
    await view.setMany?.([['b', '2', 8]])
    await store.set('other', '3', 9)

    expect(await view.get('a')).toBe('1')
    expect(await view.getMany?.(['b', 'a', 'c'])).toEqual(['2', '1', undefined])
    const listed: string[] = []
    for await (const key of view.keys?.('') ?? []) listed.push(key)
    expect(listed).toEqual(['a', 'b'])
    await view.delete('a')
    await view.deleteMany?.(['b'])
    await view.clear?.('x')

    expect(asked).toEqual([
      ['set', 'p*:a', 7],
      ['setMany', ['p*:b', 8]],
      ['set', 'other', 9],
      ['get', 'p*:a'],
      ['getMany', 'p*:b', 'p*:a', 'p*:c'],
      ['keys', 'p*:'],
      ['delete', 'p*:a'],
      ['deleteMany', 'p*:b'],
      ['clear', 'p*:x'],
    ])
    expect(view.usage?.().entries).toBe(1)
    expect(view.check?.()).toBe('well')
    expect(view.sync).toBe(false)
  })

  test('can do no more than the store can', () => {
    const bare = prefixed<string>({ name: 'bare', get: () => 'x', set: () => {}, delete: () => {} }, 'p:')
    expect(Object.keys(bare).toSorted()).toEqual(['delete', 'get', 'name', 'set', 'sync'])
  })

  test('tells of its own keys, as it knows them, and what is known of the place', () => {
    const { store } = recorded()
    const removals: RemovalListener[] = []
    const sizes: SizeListener[] = []
    const view = prefixed<string>(
      {
        ...store,
        onRemoval: (listener) => (removals.push(listener), () => void removals.pop()),
        onSized: (listener) => (sizes.push(listener), () => void sizes.pop()),
        facts: () => ({ servers: { known: 1, leftAlone: 0 } }),
      },
      'p:',
    )
    const told: unknown[] = []
    const stops = [
      view.onRemoval?.((key, cause) => told.push([key, cause])),
      view.onSized?.((key, bytes) => told.push([key, bytes])),
    ]
    for (const key of ['p:a', 'other']) {
      removals[0]?.(key, 'bytes')
      sizes[0]?.(key, 7)
    }
    for (const stop of stops) stop?.()

    expect(told).toEqual([
      ['a', 'bytes'],
      ['a', 7],
    ])
    expect([removals, sizes]).toEqual([[], []])
    expect(view.facts?.()).toEqual({ servers: { known: 1, leftAlone: 0 } })
  })

  test.each(['p:', 'p:q'])('of memory tells of its own keys as well, behind %s', async (prefix) => {
    const store = memory({ maxEntries: 2 })
    const cache = createCache({ store: prefixed(store, prefix) })
    const evicted: string[] = []
    const sized: string[] = []
    cache.on((event) => {
      if (event.type === 'evict') evicted.push(event.key)
    })
    const stop = prefixed(store, prefix).onSized?.((key) => sized.push(key))
    const other = createCache({ store, name: 'other' })

    await cache.setMany([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ])
    await other.set('d', 1)
    stop?.()

    expect(evicted.slice(0, 1)).toEqual(['a'])
    expect(sized).toEqual(['larder:a', 'larder:b', 'larder:c'])
  })

  test('is the one that the store has, if it has a cheaper one', () => {
    const { store } = recorded()
    const own = { ...store, name: 'own' }
    expect(prefixed({ ...store, within: (prefix) => (prefix === 'p:' ? own : store) }, 'p:')).toBe(own)
  })
})

storeContract('a memory store behind a prefix', {
  open: (clock) => prefixed(memory({ clock, maxEntries: 1_000 }), 'p[*]?:'),
  keeps: 'entries',
})
