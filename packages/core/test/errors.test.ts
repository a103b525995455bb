import { CacheError, isCacheError, valueRefused } from '@larder/core'
import { describe, expect, test } from 'vitest'
import {
  adapterMissing,
  cacheClosed,
  loadRecursed,
  loadRefused,
  loadTimedOut,
  misuse,
  storeTimedOut,
} from '../src/errors.ts'

describe('a CacheError', () => {
  test('is known by its code, also when it comes from another copy of the package', () => {
    class Other extends Error {
      override name = 'CacheError'
      code = 'LOAD_TIMEOUT'
    }
    expect(isCacheError(new Other('x'), 'LOAD_TIMEOUT')).toBe(true)
    expect(isCacheError(new Other('x'), 'STORE_TIMEOUT')).toBe(false)
    expect(isCacheError(new Other('x'))).toBe(true)
  })

  test('is no other error, and nothing that only looks like one', () => {
    for (const other of [new Error('x'), { name: 'CacheError', code: 'X' }, null, undefined, 'CacheError']) {
      expect(isCacheError(other)).toBe(false)
    }
    expect(isCacheError(Object.assign(new Error('x'), { name: 'CacheError' }))).toBe(false)
  })

  test('keeps the cause, and has none if there was none', () => {
    const cause = new Error('below')
    expect(valueRefused('no', cause).cause).toBe(cause)
    expect('cause' in valueRefused('no')).toBe(false)
    expect(new CacheError('STORE_TIMEOUT', 'x').key).toBe(undefined)
  })

  test('says the key, shortened if it is long, and knows the whole one', () => {
    const key = 'x'.repeat(200)
    const error = loadTimedOut(key, 5)
    expect(error.message).toContain(`'${'x'.repeat(77)}...' took longer than 5 ms`)
    expect(error.key).toBe(key)
    expect(loadRecursed('k').message).toContain("asks the cache for 'k'")
  })

  test('says where a value does not satisfy its schema', () => {
    const issues = [
      { message: 'top' },
      { message: 'deep', path: ['user', { key: 'name' }, 0] },
      { message: 'here', path: [] },
    ]
    expect(loadRefused('k', issues).message).toMatch(/schema: top; user\.name\.0: deep; here$/)
  })

  test('says which store, what and how long', () => {
    expect(storeTimedOut('redis', 'get', 100).message).toBe(
      "the store 'redis' did not answer get within 100 ms",
    )
    expect(cacheClosed('shop').message).toContain("'shop' is closed")
  })
})

test('a missing adapter is told with the command that installs it, or with the name that was meant', () => {
  const message = (store: string, meant: string | undefined): string =>
    adapterMissing(store, [`@larder/${store}`, store], meant, undefined).message

  expect(message('redis', 'redis')).toContain('npm install @larder/redis ')
  expect(message('reddis', 'redis')).toContain("did you mean 'redis'?")
  expect(message('mongo', undefined)).toContain("'keyv:…'")
})

test('misuse is a TypeError: one problem on one line, several in a list', () => {
  expect(misuse('f', ['a']).message).toBe('f: a')
  expect(misuse('f', ['a', 'b']).message).toBe('f: 2 problems\n  - a\n  - b')
  expect(misuse('f', [])).toBeInstanceOf(TypeError)
})
