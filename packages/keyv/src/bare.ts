/*
 * A storage adapter of Keyv, or a Map, without Keyv.
 *
 * What is written is what Keyv would write: the text of { value, expires }. Some adapters look into it (memcache parses
 * it, mysql sweeps by `$.expires`), and people who do find what they know. Adapters that keep bytes get them bare.
 */

import { systemClock } from '@larder/core'
import { Failures } from './failures.ts'
import { canList, type KeyvParts, keysIn, type Place, reservedBy } from './place.ts'
import { isFound } from './record.ts'

export function barePlace(adapter: KeyvParts): Place {
  const failures = new Failures(adapter)
  // Otherwise @keyv/redis answers "not there" when it means "I do not know".
  if (typeof adapter.throwOnErrors === 'boolean') adapter.throwOnErrors = true
  const expiresAt = (ttl: number | undefined): number | undefined =>
    ttl === undefined ? undefined : Math.ceil(systemClock.epoch() + ttl)
  /** Keyv 6 hands on the moment of the end, Keyv 5 the time until then. */
  const isAbsolute = adapter.capabilities?.expires === true
  const written = (value: string | Uint8Array, ttl: number | undefined): unknown =>
    typeof value === 'string' ? JSON.stringify({ value, expires: expiresAt(ttl) }) : value

  return {
    failures,
    reserved: reservedBy(adapter),
    get: (key) => failures.watch(() => adapter.get(key), isFound),
    set: (key, value, ttl) =>
      failures.write(() => adapter.set(key, written(value, ttl), isAbsolute ? expiresAt(ttl) : ttl)),
    async delete(key) {
      await failures.watch(() => adapter.delete(key))
    },
    ...(adapter.getMany && {
      getMany: (keys) =>
        failures.watch(
          () => adapter.getMany?.([...keys]),
          (answer) => Array.isArray(answer) && answer.every(isFound),
        ),
    }),
    ...(adapter.setMany && {
      setMany: (records) =>
        failures.write(() =>
          adapter.setMany?.(
            records.map(([key, value, ttl]) => ({
              key,
              value: written(value, ttl),
              ...(isAbsolute ? { expires: expiresAt(ttl) } : { ttl }),
            })),
          ),
        ),
    }),
    ...(adapter.deleteMany && {
      async deleteMany(keys) {
        await failures.watch(() => adapter.deleteMany?.([...keys]))
      },
    }),
    ...(canList(adapter) && { keys: () => failures.list(keysIn(adapter)) }),
  }
}
