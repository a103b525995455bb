/*
 * Keys: no two have one place, and nobody finds another's.
 */

import { isMark } from '@larder/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Keys } from '../src/keys.ts'
import { bytesOf, bytesOver, testLinks, testServer, textIn } from './servers.ts'
import { slotOf } from '@larder/testing/servers'

/** Texts of the signs that mean something here. */
const nasty = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...'{}%:#/*?[]\\v1d lu07BD'.split(''), '\0', '\n', '\ud800', '\udc00', '🧀', 'é'),
  }),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 60, maxLength: 300 }),
  fc.constantFrom('%', '%%', '%25', '{}', '}:d', ':v1', ':v1:', 'a:v1:b{c}:d', '#:', ':', '#', ''),
)
const text = nasty.filter((each) => each !== '')

const sameText = (a: string, b: string): boolean => Buffer.from(a).equals(Buffer.from(b))

describe('a place', () => {
  test('says what lies there, where people look', () => {
    const keys = new Keys('larder')

    expect(keys.data('shop/users:42')).toBe('larder:v1:shop/users:{42}:d')
    expect(keys.lease('shop/users:42')).toBe('larder:v1:shop/users:{42}:l')
    expect(keys.data('shop/users#:')).toBe('larder:v1:shop/users#{:}:d')
    expect(keys.data('shop/users#=vip')).toBe('larder:v1:shop/users#{=vip}:d')
  })

  test('belongs to one prefix and one key only, as Redis reads it', () => {
    fc.assert(
      fc.property(text, text, text, text, (prefix, key, otherPrefix, otherKey) => {
        const places = [new Keys(prefix).data(key), new Keys(otherPrefix).data(otherKey)] as const

        const isSame = prefix === otherPrefix && key === otherKey
        expect(sameText(...places)).toBe(isSame)
      }),
      { numRuns: 5_000 },
    )
  })

  test('begins as no place of another prefix does', () => {
    fc.assert(
      fc.property(text, text, text, (prefix, otherPrefix, key) => {
        fc.pre(prefix !== otherPrefix)

        expect(new Keys(otherPrefix).data(key).startsWith(new Keys(prefix).base)).toBe(false)
        expect(new Keys(prefix).keyAt(new Keys(otherPrefix).data(key))).toBe(undefined)
      }),
      { numRuns: 5_000 },
    )
  })

  test('is in one slot with its lease, and never that of all who have empty braces', () => {
    fc.assert(
      fc.property(text, text, (prefix, key) => {
        const keys = new Keys(prefix)

        expect(slotOf(keys.data(key))).toBe(slotOf(keys.lease(key)))
      }),
    )
  })

  test('tells its key, unless the key is too long for it', () => {
    fc.assert(
      fc.property(text, text, (prefix, key) => {
        const keys = new Keys(prefix)
        const found = keys.keyAt(keys.data(key))

        if (found === 'hashed') expect(Buffer.byteLength(key)).toBeGreaterThan(60)
        else expect(found).toEqual({ key })
      }),
      { numRuns: 2_000 },
    )
  })

  test('of a long key is short, and its own', () => {
    const keys = new Keys('larder')
    const long = `shop/users:${'🧀'.repeat(51)}`

    expect(keys.data(`${long}a`)).toMatch(/^larder:v1:shop\/users:\{%%[\w-]{43}\}:d$/)
    expect(keys.data(`${long}a`)).not.toBe(keys.data(`${long}b`))
    expect(keys.data(`shop/users:${'x'.repeat(200)}`)).toContain('xxx')
  })

  test('of a stranger is that of no key', () => {
    const keys = new Keys('p')

    for (const place of [
      'p:v1:{a}:l',
      'p:v1:a',
      'p:v1:ab{c}:d',
      'p:v1:{a:d',
      'p:v1:{}:d',
      'q:v1:{a}:d',
      'p:v1:{%zz}:d',
    ]) {
      expect([place, keys.keyAt(place)]).toEqual([place, undefined])
    }
  })
})

describe('in a server that several share', () => {
  const server = testServer()
  const linkTo = testLinks()

  test('stores with different prefixes never see each other, whatever prefixes and keys hold', async () => {
    const link = await linkTo(server.at.url)
    await server.at.command('SET', 'stranger', 'stays')
    let last = ''

    await fc.assert(
      fc.asyncProperty(text, text, fc.array(text, { minLength: 1, maxLength: 4 }), async (one, two, keys) => {
        fc.pre(one !== two)
        await server.at.command('FLUSHALL')
        await server.at.command('SET', 'stranger', 'stays')
        const [here, there] = [bytesOver(link, one), bytesOver(link, two)]
        for (const key of keys) {
          await here.set(key, bytesOf(`here ${key}`), Infinity)
          await there.set(key, bytesOf('there'), Infinity)
        }

        const listed: string[] = []
        for await (const key of here.keys?.('') ?? []) listed.push(key)
        await there.clear?.('')

        expect(listed.toSorted()).toEqual([...new Set(keys)].toSorted())
        for (const key of keys) {
          expect(textIn(await here.get(key))).toBe(textIn(bytesOf(`here ${key}`)))
          // Marks stay: who remembers one would not be told.
          expect(textIn(await there.get(key))).toBe(isMark(key) ? 'there' : undefined)
        }
        last = String(await server.at.command('GET', 'stranger'))
      }),
      { numRuns: 100 },
    )
    expect(last).toBe('stays')
  })

  test('long keys are listed and cleared like any other', async () => {
    const link = await linkTo(server.at.url)
    const store = bytesOver(link, 'long')
    const keys = [`s:${'x'.repeat(300)}`, `s:${'🧀%{'.repeat(100)}\ud800`, `t:${'x'.repeat(20_000)}`]
    for (const key of keys) await store.set(key, bytesOf(key.slice(0, 1)), Infinity)
    const found = await store.getMany?.(keys)
    const listed: string[] = []
    for await (const key of store.keys?.('s:') ?? []) listed.push(key)

    await store.clear?.(`s:${'x'.repeat(299)}`)

    expect(found?.map(textIn)).toEqual(['s', 's', 't'])
    expect(listed.toSorted()).toEqual(keys.slice(0, 2).toSorted())
    expect((await store.getMany?.(keys))?.map(textIn)).toEqual([undefined, 's', 't'])
  })

  test('more keys than a page are listed, each once', async () => {
    const link = await linkTo(server.at.url)
    const store = bytesOver(link, 'many')
    const keys = Array.from({ length: 2_000 }, (_, n) => `s:${n}`)
    await store.setMany?.(keys.map((key) => [key, bytesOf(key), Infinity] as const))

    const listed: string[] = []
    for await (const key of store.keys?.('s:') ?? []) listed.push(key)
    await store.clear?.('s:')

    expect(listed.toSorted()).toEqual(keys.toSorted())
    expect(await server.at.command('EXISTS', ...keys.map((key) => `many:v1:s:{${key.slice(2)}}:d`))).toBe(0)
  })
})
