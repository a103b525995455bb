/*
 * A store of bytes with a codec is a store of entries, by the same contract.
 */
import { codec, createCache, encoded, type Store } from '@larder/core'
import { manualClock, storeContract } from '@larder/testing'
import { expect, test } from 'vitest'

interface BytesOptions {
  readonly many?: boolean
}

function bytes({ many = false }: BytesOptions = {}): Store<Uint8Array> {
  const kept = new Map<string, Uint8Array>()
  return {
    name: 'bytes',
    get: async (key) => kept.get(key),
    set: async (key, record) => void kept.set(key, record),
    delete: async (key) => void kept.delete(key),
    ...(many && {
      getMany: async (keys) => keys.map((key) => kept.get(key)),
      setMany: async (records) => records.forEach(([key, record]) => kept.set(key, record)),
      deleteMany: async (keys) => keys.forEach((key) => kept.delete(key)),
      clear: async (prefix) => [...kept.keys()].forEach((key) => key.startsWith(prefix) && kept.delete(key)),
      keys: async function* keys(prefix) {
        yield* [...kept.keys()].filter((key) => key.startsWith(prefix))
      },
    }),
  }
}

storeContract('encoded', { open: (clock) => encoded(bytes(), codec(), { clock }), keeps: 'entries' })
storeContract('encoded, with the faster ways', {
  open: (clock) => encoded(bytes({ many: true }), codec(), { clock }),
  keeps: 'entries',
})

test.each([
  ['too few', async () => []],
  ['no list', async () => ({}) as never],
] as const)('a store that answers many with %s has failed; nothing is guessed', async (_, getMany) => {
  const cache = createCache({ store: encoded({ ...bytes(), getMany }, codec()), clock: manualClock() })
  const failures: unknown[] = []
  cache.on((event) => {
    if (event.type === 'store-failed') failures.push(event)
  })

  expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined])
  expect(failures).not.toEqual([])
})
