/*
 * Rules of signals: each caller may leave; the load ends when the last one has left.
 */

import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { held } from '../held.ts'
import { type CacheRule, noLoad, rejection } from './bench.ts'

const reason = new Error('I have to go')

export const signals: readonly CacheRule[] = [
  rule('a caller who leaves is told his own reason, at once', async ({ open }) => {
    const cache = await open()
    const source = held('value')
    const leaving = new AbortController()
    const asked = rejection(cache.getOrSet('k', source.load, { signal: leaving.signal }))
    await source.started

    leaving.abort(reason)

    expect(await asked).toBe(reason)
    source.release()
  }),

  rule(
    'when the last caller has left, the load is aborted and what it brings is not kept',
    async ({ open, arrived }) => {
      const cache = await open()
      const source = held('value')
      const [one, two] = [new AbortController(), new AbortController()]
      const asked = [
        rejection(cache.getOrSet('k', source.load, { signal: one.signal })),
        rejection(cache.getOrSet('k', source.load, { signal: two.signal })),
      ]
      const call = await source.started
      const [{ signal }] = call.args
      await arrived()

      one.abort(reason)
      await arrived()
      const afterOne = signal.aborted
      two.abort(reason)
      await Promise.all(asked)

      expect([afterOne, signal.aborted]).toEqual([false, true])
      expect(signal.reason).toBe(reason)
      source.release()
      await arrived()
      expect(await cache.get('k')).toBe(undefined)
    },
  ),

  rule('who stays gets his value, though others leave', async ({ open, arrived }) => {
    const cache = await open()
    const source = held('value')
    const leaving = new AbortController()
    const left = rejection(cache.getOrSet('k', source.load, { signal: leaving.signal }))
    const call = await source.started
    const [{ signal }] = call.args
    const stays = cache.getOrSet('k', noLoad)
    await arrived()

    leaving.abort(reason)
    await left
    const wasAborted = signal.aborted
    source.release()

    expect(wasAborted).toBe(false)
    expect(await stays).toBe('value')
    expect(await cache.get('k')).toBe('value')
  }),

  rule('who comes after all have left starts a new load', async ({ open, arrived }) => {
    const cache = await open()
    const source = held('old')
    const leaving = new AbortController()
    const left = rejection(cache.getOrSet('k', source.load, { signal: leaving.signal }))
    await source.started
    leaving.abort(reason)
    await left

    const value = await cache.getOrSet('k', () => 'new')
    source.release()
    await arrived()

    expect(value).toBe('new')
    expect(await cache.get('k')).toBe('new')
  }),

  rule('who has left before he came causes no load', async ({ open }) => {
    const cache = await open()
    const signal = AbortSignal.abort(reason)

    const told = [
      await rejection(cache.getOrSet('k', noLoad, { signal })),
      await rejection(cache.getOrSetMany(['k'], noLoad, { signal })),
    ]

    expect(told).toEqual([reason, reason])
    expect(cache.stats().loads + cache.stats().loadFailures).toBe(0)
  }),

  rule(
    'a caller of many who leaves ends the load, and one who waits for a single key keeps it',
    async ({ open, arrived }) => {
      const cache = await open()
      const source = held<string[], [readonly string[], { readonly signal: AbortSignal }]>(['A', 'B'])
      const leaving = new AbortController()
      const left = rejection(cache.getOrSetMany(['a', 'b'], source.load, { signal: leaving.signal }))
      await source.started
      const stays = cache.getOrSet('b', noLoad)
      await arrived()

      leaving.abort(reason)
      source.release()

      expect(await left).toBe(reason)
      expect(await stays).toBe('B')
    },
  ),

  rule('when the last caller of many has left, the load is aborted', async ({ open }) => {
    const cache = await open()
    const source = held<string[], [readonly string[], { readonly signal: AbortSignal }]>(['A', 'B'])
    const leaving = new AbortController()
    const left = rejection(cache.getOrSetMany(['a', 'b'], source.load, { signal: leaving.signal }))
    const call = await source.started
    const [, { signal }] = call.args

    leaving.abort(reason)
    await left

    expect(signal.aborted).toBe(true)
    source.release()
  }),

  rule(
    'a refresh in the background goes on when the caller who caused it leaves',
    async ({ open, pass, arrived }) => {
      const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h' })
      await cache.set('k', 'old')
      await pass('2m')
      const source = held('new')
      const leaving = new AbortController()
      await cache.getOrSet('k', source.load, { signal: leaving.signal })
      const call = await source.started
      const [{ signal }] = call.args

      leaving.abort(reason)
      await arrived()

      expect(signal.aborted).toBe(false)
      source.release()
      await arrived()
      expect(await cache.getOrSet('k', noLoad)).toBe('new')
    },
  ),

  rule('a signal that is aborted after the answer changes nothing', async ({ open, arrived }) => {
    const cache = await open()
    const leaving = new AbortController()
    const value = await cache.getOrSet('k', () => 'value', { signal: leaving.signal })

    leaving.abort(reason)
    await arrived()

    expect(value).toBe('value')
    expect(await cache.get('k')).toBe('value')
  }),
]
