/*
 * Rules of schemas: what does not satisfy one is neither kept nor served.
 */

import { isCacheError, type SchemaResult, type StandardSchema } from '@larder/core'
import { expect } from 'vitest'
import { rule } from '../contract.ts'
import { type CacheBench, type CacheRule, noLoad, rejection, turns } from './bench.ts'

interface User {
  readonly id: number
}

/** A Standard Schema made by hand: an object with a number `id`; other properties are dropped. */
function validateUser(value: unknown): SchemaResult<User> {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'number') {
    return { issues: [{ message: 'must be a number', path: ['id'] }] }
  }
  return { value: { id: value.id } }
}

const schemas: Readonly<Record<string, () => StandardSchema<User>>> = {
  'that answers at once': () => ({ '~standard': { version: 1, vendor: 'larder', validate: validateUser } }),
  'that takes its time': () => ({
    '~standard': {
      version: 1,
      vendor: 'larder',
      async validate(value) {
        await turns(3)
        return validateUser(value)
      },
    },
  }),
}

const ofEachSchema = ([which, make]: [string, () => StandardSchema<User>]): CacheRule[] => [
  rule(`a schema ${which} passes what satisfies it, as it says it is`, async ({ open }: CacheBench) => {
    const cache = await open({ schema: make() })
    const long = { id: 1, extra: true }

    await cache.set('set', long)
    const loaded = await cache.getOrSet('loaded', () => long)
    const many = await cache.getOrSetMany(['many'], () => [long])

    expect([loaded, many]).toEqual([{ id: 1 }, [{ id: 1 }]])
    expect(await cache.getMany(['set', 'loaded', 'many'])).toEqual([{ id: 1 }, { id: 1 }, { id: 1 }])
    expect(await cache.getOrSet('set', noLoad)).toEqual({ id: 1 })
  }),

  rule(`a schema ${which} refuses what is set, and nothing is changed`, async ({ open }) => {
    const cache = await open({ schema: make() })
    await cache.set('k', { id: 1 })

    const refused = [
      await rejection(cache.set('k', { id: 'x' })),
      await rejection(
        cache.setMany([
          ['k', { id: 2 }],
          ['l', { id: 'x' }],
        ]),
      ),
    ]

    expect(refused.every((error) => isCacheError(error, 'LOAD_REFUSED'))).toBe(true)
    expect((refused[0] as Error).message).toMatch(/id: must be a number/u)
    expect(await cache.getMany(['k', 'l'])).toEqual([{ id: 1 }, undefined])
  }),

  rule(`a schema ${which} fails a load that brings something else`, async ({ open }) => {
    const cache = await open({ schema: make() })

    const single = await rejection(cache.getOrSet('k', () => ({ id: 'x' })))
    const many = await rejection(cache.getOrSetMany(['a', 'b'], () => [{ id: 1 }, 7]))

    expect([isCacheError(single, 'LOAD_REFUSED'), isCacheError(many, 'LOAD_REFUSED')]).toEqual([true, true])
    expect(await cache.getMany(['k', 'b'])).toEqual([undefined, undefined])
    expect(await cache.getOrSet('k', () => ({ id: 2 }))).toEqual({ id: 2 })
  }),

  rule(`what was kept and does not satisfy a schema ${which} is a miss`, async ({ open }) => {
    const cache = await open()
    await cache.namespace('n').setMany([
      ['bad', { id: 'x' }],
      ['good', { id: 1, extra: true }],
    ])
    const users = cache.namespace('n', { schema: make() })

    expect(await users.get('bad')).toBe(undefined)
    expect(await users.getMany(['bad', 'good'])).toEqual([undefined, { id: 1 }])
    expect(await users.has('bad')).toBe(false)
    expect(await users.ttl('bad')).toBe(undefined)
    expect(users.peek('bad')).toBe(undefined)
    expect(await users.getOrSetMany(['good', 'bad'], () => [{ id: 3 }])).toEqual([{ id: 1 }, { id: 3 }])
    expect(await users.get('bad')).toEqual({ id: 3 })
  }),

  rule(`what does not satisfy a schema ${which} is loaded once for all callers`, async ({ open }) => {
    const cache = await open()
    await cache.namespace('n').set('k', 'bad')
    const users = cache.namespace('n', { schema: make() })
    let loads = 0
    const load = async (): Promise<User> => {
      loads++
      await turns(4)
      return { id: loads }
    }

    const asked = []
    for (let i = 0; i < 30; i++) {
      asked.push(users.getOrSet('k', load))
      await turns(i % 3)
    }

    expect(await Promise.all(asked)).toEqual(asked.map(() => ({ id: 1 })))
    expect(loads).toBe(1)
  }),

  rule(`what does not satisfy a schema ${which} is not served stale`, async ({ open, pass }) => {
    const cache = await open({ ttl: '1m', staleWhileRevalidate: '1h', staleIfError: '1h' })
    await cache.namespace('n').set('k', 'bad')
    const users = cache.namespace('n', { schema: make() })
    await pass('2m')

    const error = await rejection(users.getOrSet('k', () => Promise.reject(new Error('down'))))
    const loaded = await users.getOrSet('k', () => ({ id: 1 }))

    expect(error).toEqual(new Error('down'))
    expect(loaded).toEqual({ id: 1 })
  }),
]

export const schemaRules: readonly CacheRule[] = [
  ...Object.entries(schemas).flatMap(ofEachSchema),

  rule('a schema that throws fails what is set or loaded, and nothing is changed', async ({ open }) => {
    const cache = await open()
    const error = new Error('a schema with a bug')
    const broken: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'larder',
        validate: () => {
          throw error
        },
      },
    }
    await cache.set('kept', 1)

    expect(await rejection(cache.set('k', 1, { schema: broken }))).toBe(error)
    expect(await rejection(cache.getOrSet('k', () => 1, { schema: broken }))).toBe(error)
    expect(await cache.get('k')).toBe(undefined)
    expect(await cache.get('kept')).toBe(1)
  }),
]
