import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { delayed, held } from '@larder/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

const recursed = { name: 'CacheError', code: 'LOAD_RECURSION' }

describe.for([
  ['in memory', () => memory()],
  ['in a store that takes its time', () => delayed(memory())],
] as const)('a loader that asks for its own key, %s', ([, open]) => {
  test('fails at once instead of waiting for itself', async () => {
    const cache = createCache({ store: open() })
    const error: unknown = await cache
      .getOrSet('k', () => cache.getOrSet('k', () => 1))
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ ...recursed, key: 'k' })
    expect(error).toMatchObject({ message: expect.stringContaining('wait for itself for ever') as string })
  })

  test('is found through other keys, many keys, timers and namespaces', async () => {
    const cache = createCache({ store: open() })
    const inner = cache.namespace('a')
    const deep = cache.getOrSet('k', () =>
      cache.getOrSet('l', async () => {
        await new Promise((resume) => setImmediate(resume))
        return inner.getOrSetMany(['k', 'm'], async () => [await cache.getOrSet('k', () => 1), 2])
      }),
    )
    await expect(deep).rejects.toMatchObject(recursed)
  })

  test('may ask for the same key of another namespace, and for other keys', async () => {
    const cache = createCache({ store: open() })
    const inner = cache.namespace('a')
    expect(await cache.getOrSet('k', () => inner.getOrSet('k', () => cache.getOrSet('l', () => 1)))).toBe(1)
  })

  test('is not mistaken for one that only asks for what another load is loading', async () => {
    const cache = createCache({ store: open() })
    const source = held('value')
    const first = cache.getOrSet('k', source.load)
    await source.started
    const second = cache.getOrSet('l', () => cache.getOrSet('k', () => 'other'))
    await new Promise((resume) => setImmediate(resume))
    source.release()
    expect(await Promise.all([first, second])).toEqual(['value', 'value'])
  })

  test('may ask for it again when it is done', async () => {
    const cache = createCache({ store: open() })
    let after: Promise<unknown> | undefined
    await cache.getOrSet('k', () => {
      after = Promise.resolve().then(async () => {
        await new Promise((resume) => setImmediate(resume))
        return cache.getOrSet('k', () => 2)
      })
      return 1
    })
    expect(await after).toBe(1)
  })
})

describe('contexts of loads', () => {
  afterEach(() => {
    vi.resetModules()
    vi.unstubAllGlobals()
  })

  test('are let go of when no load is under way, so that promises are cheap again', async () => {
    vi.resetModules()
    const { isInside, left, runAs } = await import('../src/engine/recursion.ts')
    const [one, other] = [{}, {}]
    expect(isInside(one)).toBe(false)
    runAs(one, () => {
      runAs(other, () => expect([isInside(one), isInside(other), isInside({})]).toEqual([true, true, false]))
      left()
      expect([isInside(one), isInside(other)]).toEqual([true, false])
    })
    left()
    expect(isInside(one)).toBe(false)
  })

  test('are not there in every runtime: then the hard timeout ends the wait', async () => {
    vi.resetModules()
    const { getBuiltinModule: _none, ...rest } = process as unknown as Record<string, unknown>
    vi.stubGlobal('process', { ...rest, getBuiltinModule: undefined })
    const { isInside, left, runAs } = await import('../src/engine/recursion.ts')
    const load = {}
    expect(runAs(load, () => isInside(load))).toBe(false)
    left()
    expect(isInside(load)).toBe(false)
  })
})
