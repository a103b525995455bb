/*
 * cacheable: primary memory, secondary Redis, CacheableSync over Redis.
 *
 * Its getOrSet takes no tags. With tags, a value is set with them after it was loaded, which is what its documentation shows.
 */
import { EventEmitter } from 'node:events'
import KeyvRedis, { createKeyv } from '@keyv/redis'
import { RedisMessageProvider } from '@qified/redis'
import { Cacheable, CacheableEvents, type CacheableOptions } from 'cacheable'
import { IMPATIENT, impatient } from './impatient.ts'
import { type Library, type Opened, type Place, tagOf, TTL } from '../library.ts'

/** The clients inside have no listener for `error`, and no public way to attach one: without one, an error ends the process. */
function listen(provider: RedisMessageProvider): void {
  for (const name of ['pub', 'sub']) {
    const client: unknown = Reflect.get(provider, name)
    if (client instanceof EventEmitter) client.on('error', () => {})
  }
}

async function opened(
  { url, load, isTagged }: Place,
  options: CacheableOptions,
  provider: RedisMessageProvider = new RedisMessageProvider({ uri: url }),
): Promise<Opened> {
  const cache = new Cacheable({ ...options, ttl: TTL, tags: isTagged, sync: { qified: provider } })
  cache.on(CacheableEvents.ERROR, () => {})
  const readTagged = async (key: string): Promise<unknown> => {
    const hit: unknown = await cache.get(key)
    if (hit !== undefined) return hit
    const value = await load(key)
    await cache.set(key, value, { tags: [tagOf(key)] })
    return value
  }
  return {
    read: (key) => (isTagged ? readTagged(key) : cache.getOrSet(key, () => load(key))),
    invalidate: (key) => cache.delete(key),
    invalidateTag: (tag) => cache.tags.invalidateTag(tag),
  }
}

export const cacheable: Library = {
  name: 'cacheable',
  packages: ['cacheable', '@keyv/redis', '@qified/redis'],
  how: '`new Cacheable({ secondary: new KeyvRedis(url), sync: { qified: new RedisMessageProvider({ uri }) } })` with a listener for `error`, and the provider that is made for its version of qified; `getOrSet`, `delete`; with tags `tags: true`, `get` and `set(key, value, { tags })`, `tags.invalidateTag`',
  documented: 'Storage Tiering and Caching; CacheableSync; Tag Based Invalidation',
  hasNear: true,
  hasBus: true,
  tags: 'tags.invalidateTag',
  open: (place) => opened(place, { secondary: new KeyvRedis(place.url) }),
}

export const cacheableByHand: Library = {
  ...cacheable,
  how: `as above, with \`nonBlocking: true\`, of node-redis ${IMPATIENT} with \`throwOnConnectError: false\`, and listeners for \`error\` at the two clients inside the provider, which are private`,
  documented: 'Non-Blocking Operations; options of node-redis',
  open(place) {
    const provider = new RedisMessageProvider({ uri: place.url })
    listen(provider)
    return opened(
      place,
      {
        secondary: createKeyv({ url: place.url, ...impatient }, { throwOnConnectError: false }),
        nonBlocking: true,
      },
      provider,
    )
  },
}
