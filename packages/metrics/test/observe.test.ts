/*
 * Lines for people: quiet, and without what may be secret.
 */

import { createCache, type ICache } from '@larder/core'
import { type Lines, observe } from '@larder/metrics'
import { memory } from '@larder/memory'
import { delayed, faulty, held, manualClock, settled } from '@larder/testing'
import { expect, test } from 'vitest'

function collected(): Lines & { readonly lines: string[] } {
  const lines: string[] = []
  return { lines, info: (line) => lines.push(`info ${line}`), warn: (line) => lines.push(`warn ${line}`) }
}

const open = (): ICache => createCache({ store: memory(), name: 'shop', ttl: '1m' })
const fail = (): Promise<never> => Promise.reject(new TypeError('no source'))

test('nothing is said while all is well', async () => {
  const to = collected()
  const cache = open()
  observe(cache, { to })

  await cache.getOrSet('k', () => 1)
  await cache.getOrSet('k', () => 1)
  await cache.delete('k')

  expect(to.lines).toEqual([])
})

test('what somebody should look at is said, in words', async () => {
  const to = collected()
  const cache = open()
  observe(cache, { to })

  await cache
    .namespace('users')
    .getOrSet('k', fail)
    .catch(() => undefined)

  expect(to.lines).toEqual(['warn shop/users: a load failed: TypeError'])
})

test('keys, and what errors say, are shown if that is asked for', async () => {
  const to = collected()
  const cache = open()
  observe(cache, { to, details: true })

  await cache.getOrSet('user:42', fail).catch(() => undefined)

  expect(to.lines).toEqual(['warn shop: a load failed: TypeError [user:42, no source]'])
})

test('everything is said if that is asked for', async () => {
  const to = collected()
  const cache = open()
  observe(cache, { to, show: 'all', slow: '1h' })

  await cache.getOrSet('k', () => 1)
  await cache.get('k')
  await cache.invalidateTags('a', 'b')

  expect(to.lines.map((line) => line.replace(/\d+ ms/, 'n ms'))).toEqual([
    'info shop: miss',
    'info shop: loaded in n ms',
    'info shop: hit',
    'info shop: 2 tags invalidated',
  ])
})

test('a line that was just written is not written again', async () => {
  const to = collected()
  const store = faulty(delayed(memory()))
  const cache = createCache({ store, name: 'shop' })
  observe(cache, { to })
  store.fail()

  for (let i = 0; i < 20; i++) await cache.get(`k${i}`)

  expect(to.lines.filter((line) => line === 'warn shop: the store failed get: other').length).toBeLessThan(5)
  expect(to.lines.length).toBeGreaterThan(0)
})

test('a slow load is a problem', async () => {
  const to = collected()
  const clock = manualClock()
  const cache = createCache({ store: memory({ clock }), clock, name: 'shop' })
  observe(cache, { to })
  const source = held(1)
  const got = cache.getOrSet('k', source.load)
  await settled()

  await clock.advance('2s')
  source.release()
  await got

  expect(to.lines).toEqual(['warn shop: loaded in 2000 ms'])
})

test('a mistake in the options is told at once', () => {
  expect(() => observe(open(), { to: collected(), slow: 'soon' as '1s' })).toThrow(/slow/)
})

test('what is stopped says nothing', async () => {
  const to = collected()
  const cache = open()
  observe(cache, { to })()

  await cache.getOrSet('k', fail).catch(() => undefined)

  expect(to.lines).toEqual([])
})
