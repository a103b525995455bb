/* The cache of both processes where one sees what the other invalidates, and a memory that says when a copy is gone. */
import { createCache, type Entry, type ICache, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { tiered } from '@larder/tiered'
import { DEADLINE } from '../rivals/larder.ts'
import { HOUR } from '../rivals/rival.ts'

/** Of its keys; and the channel of those who do it by hand. */
export const PREFIX = 'watched'

/** `gone` is called with whatever a near copy was dropped of. */
export async function watchedCache(url: string, gone: (key: string) => void = () => {}): Promise<ICache> {
  const copies = memory()
  const near: Store<Entry> = {
    name: copies.name,
    sync: true,
    get: (key) => copies.get(key),
    set: (key, entry, ttl) => copies.set(key, entry, ttl),
    delete(key) {
      copies.delete(key)
      gone(key)
    },
  }
  const far = redis(url, { deadline: DEADLINE, prefix: PREFIX })
  const cache = createCache({ store: tiered({ near, far }), ttl: HOUR, storeTimeout: DEADLINE })
  await cache.set('warm', true)
  return cache
}
