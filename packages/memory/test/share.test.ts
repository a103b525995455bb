/*
 * Share: what keeps people from changing what others will read.
 */

import { createCache, type ICache, isCacheError } from '@larder/core'
import { memory, type Share } from '@larder/memory'
import { describe, expect, test } from 'vitest'

const open = (share?: Share): ICache => createCache({ store: memory(share === undefined ? {} : { share }) })

interface Nested {
  a: { b: number[] }
  at: Date
}
const nested = (): Nested => ({ a: { b: [1] }, at: new Date(0) })

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe("share: 'freeze'", () => {
  test('plain objects and arrays are frozen all the way down, as they are kept', async () => {
    const value = nested()
    const cache = open()

    await cache.set('k', value)
    const loaded = await cache.getOrSet('l', () => nested())

    expect(await cache.get('k')).toBe(value)
    for (const each of [value, value.a, value.a.b, loaded, loaded.a, loaded.a.b])
      expect(Object.isFrozen(each)).toBe(true)
    expect(() => loaded.a.b.push(2)).toThrow(TypeError)
    expect(await cache.get('l')).toEqual(nested())
  })

  test('what is no plain object is shared as it is', async () => {
    const value = { map: new Map([['a', { b: 1 }]]), bytes: new Uint8Array(2), at: new Date(0) }
    const cache = open()

    await cache.set('k', value)

    value.map.set('c', { b: 2 })
    value.bytes[0] = 1
    expect(await cache.get('k')).toBe(value)
    expect(Object.isFrozen(value.map)).toBe(false)
  })

  test('circles and shared parts of Maps and Sets are looked at once', async () => {
    const circle = new Map<string, unknown>()
    circle.set('self', circle).set('set', new Set([circle]))
    let shared: Map<string, unknown> = new Map([['n', 1]])
    for (let i = 0; i < 200; i++) shared = new Map(['a', 'b'].map((name) => [name, shared]))
    const cache = open()

    expect(await cache.set('circle', circle)).toEqual({ far: 'none' })
    expect(await cache.set('shared', shared)).toEqual({ far: 'none' })

    expect(await cache.get('circle')).toBe(circle)
    expect(await cache.get('shared')).toBe(shared)
  })

  test('circles and shared parts are frozen once', async () => {
    const part = { n: 1 }
    const value: Record<string, unknown> = { part, again: part }
    value.self = value
    const cache = open()

    await cache.set('k', value)

    expect(Object.isFrozen(part)).toBe(true)
    expect(await cache.get('k')).toBe(value)
  })

  test('a value of a million parts is frozen to its end', async () => {
    const value = Array.from({ length: 300_000 }, (_, i) => ({ i: [i] }))
    const cache = createCache({ store: memory({ maxBytes: '1gb' }) })

    await cache.set('k', value)

    expect(value.every((each) => Object.isFrozen(each) && Object.isFrozen(each.i))).toBe(true)
  })

  test('a value nested a hundred thousand deep is kept', async () => {
    let value: unknown = 1
    for (let i = 0; i < 100_000; i++) value = [value]
    const cache = open()

    await cache.set('k', value)

    expect(await cache.get('k')).toBe(value)
  })

  test('properties behind getters and symbols are left alone', async () => {
    let asked = 0
    const value = {
      get computed() {
        asked++
        return { n: asked }
      },
      [Symbol.for('own')]: { n: 1 },
    }
    const cache = open()

    await cache.set('k', value)

    expect(await cache.get('k')).toBe(value)
  })
})

describe("share: 'clone'", () => {
  test('everybody gets a copy of his own', async () => {
    const value = nested()
    const cache = open('clone')
    await cache.set('k', value)

    value.a.b.push(2)
    const first = (await cache.get('k')) as Nested
    first.a.b.push(3)
    first.at.setTime(9)
    const second = (await cache.get('k')) as Nested

    expect(second).toEqual(nested())
    expect(Object.isFrozen(first.a)).toBe(false)
    expect(cache.peek('k')).toEqual(nested())
  })

  test('callers of one load do not share what they can change', async () => {
    const cache = open('clone')
    const [first, second] = await Promise.all([
      cache.getOrSet('k', () => nested()),
      cache.getOrSet('k', () => nested()),
    ])

    first.a.b.push(2)

    expect(await cache.get('k')).toEqual(nested())
    expect(second.a.b).toBeDefined()
  })

  test('what would not come back as it was is refused, and what was there stays', async () => {
    class Point {
      x = 1
    }
    const cache = open('clone')
    const wrong = [
      new Point(),
      { deep: [new Point()] },
      new Map([['p', new Point()]]),
      new URL('https://larder.dev'),
      Object.create(null) as object,
      Buffer.from('a'),
      Object.assign(new Error('e'), { code: 'E' }),
      { f: () => 1 },
      { s: Symbol('s') },
    ]
    await cache.set('k', 'kept')

    for (const value of wrong) {
      const error = await refusal(cache.set('k', value))
      expect([value, isCacheError(error, 'VALUE_REFUSED')]).toEqual([value, true])
    }

    expect(await cache.get('k')).toBe('kept')
  })

  test('a loaded value that cannot be copied is handed out, not kept, and told', async () => {
    const cache = open('clone')
    const whys: string[] = []
    cache.on((event) => {
      if (event.type === 'unstored') whys.push(event.why)
    })
    const value = { f: (): number => 1 }

    const got = await cache.getOrSet('k', () => value)

    expect(got).toBe(value)
    expect(await cache.get('k')).toBe(undefined)
    expect(whys).toEqual(['refused'])
  })
})

describe("share: 'trust'", () => {
  test('values are shared and left as they are', async () => {
    const value = nested()
    const cache = open('trust')
    await cache.set('k', value)

    value.a.b.push(2)

    expect(await cache.get('k')).toBe(value)
    expect(((await cache.get('k')) as Nested).a.b).toEqual([1, 2])
  })
})
