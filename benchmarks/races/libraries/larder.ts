/*
 * Larder: memory near, Redis far.
 */
import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { type Library, tagOf, TTL } from '../library.ts'

export const larder: Library = {
  name: 'larder',
  packages: ['@larder/core', '@larder/memory', '@larder/redis', '@larder/tiered'],
  how: '`createCache({ store: tiered({ near: memory(), far: redis(url) }), ttl })`; `getOrSet`, `delete`, `invalidateTags`',
  documented: 'Tiers',
  hasNear: true,
  hasBus: true,
  tags: 'invalidateTags',
  async open({ url, load, isTagged }) {
    const cache = createCache({ store: tiered({ near: memory(), far: redis(url) }), ttl: TTL })
    return {
      read: (key) => cache.getOrSet(key, () => load(key), isTagged ? { tags: [tagOf(key)] } : {}),
      invalidate: (key) => cache.delete(key),
      invalidateTag: (tag) => cache.invalidateTags(tag),
    }
  },
}
