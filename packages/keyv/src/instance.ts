/*
 * An instance of Keyv, by its own methods: its serializer, compression, encryption, namespace, hooks and statistics are
 * used. It gets texts, which every serializer keeps, unless told otherwise.
 *
 * Keyv 5 needs care:
 *   - `get` hides failures, even from listeners, unless `throwOnErrors` is set; so it is set.
 *   - `getMany` hides them in any case where the store below has no `getMany`; there, keys are asked for one by one.
 *   - `get` takes a key that begins with its namespace for one that has its prefix already, `getMany` does not; so no key
 *     begins with that (`reserved`).
 *   - its iterator cuts the first part off every key, namespace or not; so the store below is listed instead.
 */

import { Failures } from './failures.ts'
import { canList, type KeyvInstance, keysIn, type Place, reservedBy } from './place.ts'
import { isFound } from './record.ts'

export function instancePlace(keyv: KeyvInstance): Place {
  const failures = new Failures(keyv)
  if (typeof keyv.throwOnErrors === 'boolean') keyv.throwOnErrors = true
  const reserved = reservedBy(keyv)
  const prefix = keyv.useKeyPrefix === true ? reserved : ''

  return {
    failures,
    reserved,
    get: (key) => failures.watch(() => keyv.get(key), isFound),
    // 0 is "for ever" to both, also where the instance has a ttl of its own.
    set: (key, value, ttl) => failures.write(() => keyv.set(key, value, ttl ?? 0)),
    async delete(key) {
      await failures.watch(() => keyv.delete(key))
    },
    ...(keyv.store.getMany && {
      getMany: (keys) =>
        failures.watch(
          () => keyv.getMany?.([...keys]),
          (answer) => Array.isArray(answer) && answer.every(isFound),
        ),
    }),
    ...(keyv.store.setMany && {
      setMany: (records) =>
        failures.write(() =>
          keyv.setMany?.(records.map(([key, value, ttl]) => ({ key, value, ttl: ttl ?? 0 }))),
        ),
    }),
    ...(keyv.store.deleteMany && {
      async deleteMany(keys) {
        await failures.watch(() => keyv.deleteMany?.([...keys]))
      },
    }),
    ...(canList(keyv.store) && {
      async *keys() {
        for await (const key of failures.list(keysIn(keyv.store))) {
          if (key.startsWith(prefix)) yield key.slice(prefix.length)
        }
      },
    }),
  }
}
