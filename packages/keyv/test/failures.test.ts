/*
 * Places that throw, hang or lie: what they do becomes a rejection or a refusal, never "not there" and never a value.
 */
import { createCache, type Entry, entryOf, type Store, termsOf } from '@larder/core'
import { keyv, type KeyvLike } from '@larder/keyv'
import { manualClock, settled } from '@larder/testing'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv-6'
import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'

const entry = entryOf('v', Infinity, termsOf(0, 0, []))
const gone = new Error('connection lost')

/** A storage adapter that is told what to do. */
class Moody extends EventEmitter {
  readonly kept = new Map<string, unknown>()
  readonly opts = { dialect: 'sqlite', url: 'moody' }
  namespace: string | undefined
  mood: () => unknown = () => undefined

  async get(key: string): Promise<unknown> {
    return (await this.mood()) ?? this.kept.get(key)
  }
  async getMany(keys: string[]): Promise<unknown> {
    return (await this.mood()) ?? keys.map((key) => this.kept.get(key))
  }
  async set(key: string, value: unknown): Promise<unknown> {
    const answer = await this.mood()
    if (answer === undefined) this.kept.set(key, value)
    return answer
  }
  async delete(key: string): Promise<unknown> {
    return (await this.mood()) ?? this.kept.delete(key)
  }
  async deleteMany(keys: string[]): Promise<unknown> {
    const answer = await this.mood()
    return answer ?? keys.map((key) => this.kept.delete(key)).includes(true)
  }
  async clear(): Promise<void> {
    throw new Error('clear is never to be called')
  }
}

/** Without the methods for many, where Keyv 5 hides failures. */
class MoodyAlone extends EventEmitter {
  readonly #all = new Moody()
  readonly opts = { dialect: 'sqlite', url: 'moody' }
  set mood(mood: () => unknown) {
    this.#all.mood = mood
  }
  get = (key: string): Promise<unknown> => this.#all.get(key)
  set = (key: string, value: unknown): Promise<unknown> => this.#all.set(key, value)
  delete = (key: string): Promise<unknown> => this.#all.delete(key)
  clear = (): Promise<void> => this.#all.clear()
}

interface Ways {
  readonly title: string
  readonly wrap: (moody: Moody | MoodyAlone) => KeyvLike
}

const ways: readonly Ways[] = [
  { title: 'a storage adapter', wrap: (moody) => moody },
  { title: 'an instance of Keyv 5', wrap: (moody) => new Keyv5(moody as never) },
  {
    title: 'an instance of Keyv 5 without listeners',
    wrap: (moody) => new Keyv5(moody as never, { emitErrors: false }),
  },
  { title: 'an instance of Keyv 6', wrap: (moody) => new Keyv6({ store: moody }) },
]

const throws = (): never => {
  throw gone
}

const operations: readonly (readonly [string, (store: Store<Entry>) => unknown])[] = [
  ['get', (store) => store.get('k')],
  ['getMany', (store) => store.getMany?.(['k', 'l']) ?? store.get('k')],
  ['set', (store) => store.set('k', entry, 1_000)],
  ['setMany', (store) => store.setMany?.([['k', entry, 1_000]]) ?? store.set('k', entry, 1_000)],
  ['delete', (store) => store.delete('k')],
  ['deleteMany', (store) => store.deleteMany?.(['k', 'l']) ?? store.delete('k')],
]

describe.each(ways)('$title', ({ wrap }) => {
  test.each(operations)('a %s that fails below rejects', async (_, act) => {
    for (const moody of [new Moody(), new MoodyAlone()]) {
      const store = keyv({ store: wrap(moody) })
      moody.mood = throws

      await expect(async () => act(store)).rejects.toThrow('connection lost')
    }
  })

  test('what is wrong is in its health until something succeeds', async () => {
    const moody = new Moody()
    const store = keyv({ store: wrap(moody) })
    expect(await store.check?.()).toBe(undefined)

    moody.mood = throws
    await expect(async () => store.get('k')).rejects.toThrow('connection lost')
    expect(await store.check?.()).toBe('connection lost')

    moody.mood = () => undefined
    await store.get('k')
    expect(await store.check?.()).toBe(undefined)
  })

  test('a set that answers false rejects', async () => {
    const moody = new Moody()
    const store = keyv({ store: wrap(moody) })
    moody.mood = () => false

    await expect(async () => store.set('k', entry, 1_000)).rejects.toThrow('it answered false')
  })

  test('a list of another length rejects', async () => {
    const moody = new Moody()
    const store = keyv({ store: moody })
    for (const lie of [[], [null], [null, null, null], {}, 'x']) {
      moody.mood = () => lie

      await expect(async () => store.getMany?.(['k', 'l'])).rejects.toThrow('asked for 2 keys')
    }
  })

  test('a record of another key is refused', async () => {
    const moody = new Moody()
    const store = keyv({ store: wrap(moody) })
    await store.set('other', entry, Infinity)
    const [record] = moody.kept.values()
    moody.mood = () => record

    expect(await store.get('k')).toEqual({ refused: 'another-key' })
  })

  test.each([[42], [true], [{}], [[]], ['not ours'], ['{"value":{}}'], ['{"value":"bm90IG91cnM="}'], ['{']])(
    'what nobody of us has written is refused, or a failure: %j',
    async (rubbish) => {
      const moody = new Moody()
      const store = keyv({ store: wrap(moody) })
      moody.mood = () => rubbish

      const found = await Promise.resolve(store.get('k')).catch(() => undefined)

      if (found !== undefined) expect(found).toEqual({ refused: 'not-a-frame' })
    },
  )

  test('a place that hangs is a miss when the time is over', async () => {
    const clock = manualClock()
    const moody = new Moody()
    const cache = createCache({ store: keyv({ store: wrap(moody), clock }), clock, storeTimeout: '100ms' })
    await cache.set('k', 1)
    moody.mood = () => new Promise(() => {})

    const asked = cache.get('k')
    const deleted = cache.delete('k')
    await settled()
    await clock.advance('101ms')

    expect(await asked).toBe(undefined)
    expect(await deleted).toEqual({ far: 'queued' })
  })
})

describe('an adapter that tells of failures by events', () => {
  class Quiet extends Moody {
    override async get(): Promise<unknown> {
      this.emit('error', gone)
      return undefined
    }
    override async delete(): Promise<unknown> {
      this.emit('error', 'a text')
      return false
    }
  }

  test('rejects', async () => {
    const store = keyv({ store: new Quiet() })

    await expect(async () => store.get('k')).rejects.toThrow('connection lost')
    await expect(async () => store.delete('k')).rejects.toThrow('a text')
  })

  test('does not fail what found something, and does not end the process', async () => {
    const moody = new Moody()
    const store = keyv({ store: moody })
    await store.set('k', entry, Infinity)
    const record = moody.kept.get('k')
    moody.mood = () => {
      moody.emit('error', gone)
      return record
    }

    expect(await store.get('k')).toEqual(entry)
    moody.emit('error', gone)
    expect(await store.check?.()).toBe('connection lost')
  })
})

test('a list that ends early rejects', async () => {
  class Short extends Moody {
    async *iterator(): AsyncGenerator {
      yield ['a', 1]
      this.emit('error', gone)
    }
  }
  const store = keyv({ store: new Short() })

  await expect(async () => store.clear?.('a')).rejects.toThrow('connection lost')
})

test('what is past its end is a miss, and gives its space back', async () => {
  const map = new Map<string, unknown>()
  const store = keyv({ store: map })
  await store.set('k', entry, 1_000)
  const { value } = JSON.parse(String(map.get('k'))) as { value: string }
  map.set('k', JSON.stringify({ value, expires: 5 }))

  expect(await store.get('k')).toBe(undefined)
  expect(map.size).toBe(0)
})

test('what is wrong with the options is said at once', () => {
  const map = new Map()
  const wrong = [
    [{ store: {} }, 'needs get, set and delete'],
    [{}, 'store is missing'],
    [{ store: map, keeps: 'json' }, "keeps must be 'text' or 'bytes'"],
    [{ store: map, maxKeyBytes: 20 }, 'at least 100'],
    [{ store: map, codec: {} }, 'codec must be a codec'],
    [{ store: map, maxTll: '1h' }, "did you mean 'maxTtl'"],
  ] as const
  for (const [options, message] of wrong) {
    expect(() => keyv(options as never)).toThrow(TypeError)
    expect(() => keyv(options as never)).toThrow(message)
  }
})
