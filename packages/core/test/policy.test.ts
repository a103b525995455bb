import type { Policy } from '@larder/core'
import { describe, expect, test } from 'vitest'
import { HANDLE_OPTIONS, resolvePolicy, tagProblem } from '../src/engine/policy.ts'

const schema = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const

describe('a policy is resolved once', () => {
  test('what is not said is the default', () => {
    expect(resolvePolicy('set', {})).toEqual({
      ttl: Infinity,
      staleFor: 0,
      keptFor: 0,
      tags: [],
      tagsOf: [],
      jitter: undefined,
      early: 0,
      soft: Infinity,
      hard: 60_000,
      nullTtl: undefined,
      schema: undefined,
      probe: 0,
    })
  })

  test('everything becomes a number of ms', () => {
    const resolved = resolvePolicy('set', {
      ttl: '5m',
      staleWhileRevalidate: '1s',
      staleIfError: '1h',
      loadTimeout: { soft: 5, hard: '2s' },
      nullTtl: '10s',
      refreshEarly: true,
      jitter: 0.5,
      schema,
    })
    expect(resolved).toMatchObject({
      ttl: 300_000,
      staleFor: 1_000,
      keptFor: 3_600_000,
      soft: 5,
      hard: 2_000,
      nullTtl: 10_000,
      early: 1,
      jitter: 0.5,
    })
    expect(resolved.schema).toBe(schema)
  })

  test('what a call says stands over what the cache says, and the rest stays', () => {
    const base = resolvePolicy('createCache', {
      ttl: '1m',
      staleIfError: '1h',
      nullTtl: '1s',
      refreshEarly: 2,
      loadTimeout: { soft: 1, hard: 2 },
      schema,
    })
    const called = resolvePolicy('set', { ttl: '2m', staleIfError: 0, loadTimeout: { soft: 3 } }, base)
    expect(called).toMatchObject({
      ttl: 120_000,
      keptFor: 0,
      nullTtl: 1_000,
      early: 2,
      soft: 3,
      hard: 2,
      schema,
    })
    expect(resolvePolicy('set', { refreshEarly: false }, base).early).toBe(0)
  })

  test('tags add up, each once; functions of tags add up too', () => {
    const one = (): string[] => ['one']
    const two = (): string[] => ['two']
    const base = resolvePolicy('createCache', { tags: ['a', 'b'] })
    expect(resolvePolicy('set', { tags: ['b', 'c'] }, base).tags).toEqual(['a', 'b', 'c'])
    expect(resolvePolicy('set', { tags: [] }, base).tags).toBe(base.tags)
    const functions = resolvePolicy('set', { tags: two }, resolvePolicy('createCache', { tags: one }))
    expect(functions.tagsOf).toEqual([one, two])
    expect(functions.tags).toEqual([])
  })
})

describe('misuse is refused at once', () => {
  test.for<[Policy, string]>([
    [{ ttl: 0 }, 'ttl must be more than 0'],
    [{ staleIfError: -1 }, 'staleIfError must be more than 0'],
    [{ jitter: 1.1 }, 'jitter must be a number from 0 to 1, not 1.1'],
    [{ jitter: '1' as never }, 'jitter must be a number from 0 to 1, not a string'],
    [{ refreshEarly: -1 }, 'refreshEarly must be true, false or a number of at least 0, not -1'],
    [
      { refreshEarly: 'yes' as never },
      'refreshEarly must be true, false or a number of at least 0, not a string',
    ],
    [{ loadTimeout: { sotf: 1 } as never }, "did you mean 'soft'?"],
    [{ loadTimeout: { hard: 0 } }, 'hard must be more than 0'],
    [{ tags: 'a' as never }, "tags must be an array of texts, such as ['users'], not a string"],
    [{ tags: ['a', ''] }, "tags must be an array of non-empty texts, and one is ''"],
    [{ tags: ['a', 1 as never] }, 'and one is a number'],
    [{ schema: {} as never }, 'schema must be a Standard Schema'],
    [{ schema: null as never }, 'schema must be a Standard Schema (zod, valibot, arktype …), not null'],
    [{ signal: {} as never }, 'signal must be an AbortSignal, not an object'],
  ])('%o', ([how, said]) => {
    expect(() => resolvePolicy('set', how)).toThrow(said)
    expect(() => resolvePolicy('set', how)).toThrow(/^set: /)
  })

  test('a signal belongs to a call, not to a handle', () => {
    const { signal } = new AbortController()
    expect(() => resolvePolicy('namespace', { signal }, undefined, HANDLE_OPTIONS)).toThrow(
      "unknown option 'signal'",
    )
    expect(resolvePolicy('getOrSet', { signal })).toBeDefined()
  })

  test('a schema may be a function, as some libraries have it', () => {
    expect(resolvePolicy('set', { schema: Object.assign(() => 1, schema) as never }).schema).toBeDefined()
  })

  test('nothing is no tag', () => {
    expect(tagProblem(['a', undefined])).toBe('must be an array of non-empty texts, and one is undefined')
  })
})
