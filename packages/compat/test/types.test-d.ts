/*
 * What takes a cache of cache-manager takes the facade; what was written for node-cache compiles with it.
 */
import { asCacheManager } from '@larder/compat/cache-manager'
import { NodeCache } from '@larder/compat/node-cache'
import type { ICache } from '@larder/core'
import type { Cache } from 'cache-manager'
import { expectTypeOf, test } from 'vitest'

declare const cache: ICache

test('the facade is a Cache of cache-manager', () => {
  expectTypeOf(asCacheManager(cache)).toExtend<Cache>()
  expectTypeOf(asCacheManager(cache).wrap('k', async () => 1)).resolves.toEqualTypeOf<number>()
})

test('node-cache: callers name the type of a value', () => {
  const nodeCache = new NodeCache({ stdTTL: 1 })
  expectTypeOf(nodeCache.get<string>('k')).toEqualTypeOf<string | undefined>()
  expectTypeOf(nodeCache.mget<number>(['k'])).toEqualTypeOf<Record<string, number>>()
})
