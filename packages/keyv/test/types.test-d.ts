/*
 * Everything that Keyv takes is taken, and what Larder gives is taken by Keyv, in both majors.
 */
import type KeyvPostgres from '@keyv/postgres'
import type KeyvRedis from '@keyv/redis'
import type KeyvSqlite from '@keyv/sqlite'
import type { Entry, ICache, Store } from '@larder/core'
import { asKeyv, type KeyvLike, keyv } from '@larder/keyv'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'
import { expectTypeOf, test } from 'vitest'

declare const cache: ICache

test('every kind of place is a store', () => {
  expectTypeOf<KeyvRedis<unknown>>().toExtend<KeyvLike>()
  expectTypeOf<KeyvSqlite>().toExtend<KeyvLike>()
  expectTypeOf<KeyvPostgres>().toExtend<KeyvLike>()
  expectTypeOf<Keyv5>().toExtend<KeyvLike>()
  expectTypeOf<Keyv6>().toExtend<KeyvLike>()
  expectTypeOf<Map<string, unknown>>().toExtend<KeyvLike>()
  expectTypeOf<Set<string>>().not.toExtend<KeyvLike>()
  expectTypeOf(keyv).returns.toEqualTypeOf<Store<Entry>>()
})

test('a Larder cache is a storage adapter', () => {
  expectTypeOf(Keyv5).toBeConstructibleWith({ store: asKeyv(cache) })
  expectTypeOf(Keyv6).toBeConstructibleWith({ store: asKeyv(cache) })
  expectTypeOf(Keyv6).toBeConstructibleWith(asKeyv(cache))
})
