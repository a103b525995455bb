/*
 * Whatever Keyv can keep things in keeps the contract of stores. Those that need a server are in redis.test.ts.
 */
import { keyv } from '@larder/keyv'
import { storeContract } from '@larder/testing'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'
import { afterAll, beforeAll } from 'vitest'
import { postgres, sqlite, startPostgres, stopPostgres } from './servers/sql.ts'

beforeAll(startPostgres, 60_000)
afterAll(stopPostgres)

storeContract('a Map', { open: (clock) => keyv({ store: new Map(), clock }), keeps: 'entries' })

storeContract('a Map that is given bytes', {
  open: (clock) => keyv({ store: new Map(), keeps: 'bytes', clock }),
  keeps: 'entries',
})

storeContract('an instance of Keyv 5', {
  open: (clock) => keyv({ store: new Keyv5(), clock }),
  keeps: 'entries',
})

storeContract('an instance of Keyv 5 with a namespace that keys begin with', {
  open: (clock) => keyv({ store: new Keyv5({ namespace: 'a' }), clock }),
  keeps: 'entries',
})

storeContract('an instance of Keyv 5 without a namespace', {
  open: (clock) => keyv({ store: new Keyv5(new Map(), { namespace: '' }), clock }),
  keeps: 'entries',
})

storeContract('an instance of Keyv 6', {
  open: (clock) => keyv({ store: new Keyv6(), clock }),
  keeps: 'entries',
})

storeContract('an instance of Keyv 6 with a namespace', {
  open: (clock) => keyv({ store: new Keyv6({ namespace: 'a' }), clock }),
  keeps: 'entries',
})

storeContract('SQLite', { open: (clock) => keyv({ store: sqlite(), clock }), keeps: 'entries' })

storeContract('SQLite in an instance of Keyv 6', {
  open: (clock) => keyv({ store: new Keyv6({ store: sqlite(), namespace: 'a:b' }), clock }),
  keeps: 'entries',
})

storeContract('PostgreSQL', {
  open: (clock) => keyv({ store: postgres(), clock }),
  keeps: 'entries',
})

storeContract('PostgreSQL in an instance of Keyv 5', {
  open: (clock) => keyv({ store: new Keyv5(postgres(), { namespace: 'a:b' }), clock }),
  keeps: 'entries',
})
