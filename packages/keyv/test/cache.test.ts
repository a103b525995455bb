/*
 * A cache on a Keyv store keeps the contract of caches.
 */
import { createCache } from '@larder/core'
import { keyv } from '@larder/keyv'
import { cacheContract } from '@larder/testing'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'

cacheContract('a cache on a Map', {
  open: (tools) => createCache({ ...tools, store: keyv({ store: new Map(), clock: tools.clock }) }),
})

cacheContract('a cache on Keyv 5', {
  open: (tools) => createCache({ ...tools, store: keyv({ store: new Keyv5(), clock: tools.clock }) }),
})

cacheContract('a cache on Keyv 6', {
  open: (tools) => createCache({ ...tools, store: keyv({ store: new Keyv6(), clock: tools.clock }) }),
})
