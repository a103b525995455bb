/*
 * What a server can do to a store: be full, hold something else, forget, or answer too late.
 */

import { isCacheError, type Store } from '@larder/core'
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Link } from '../src/link/link.ts'
import type { LinkOptions } from '../src/link/options.ts'
import { type HoldingRelay, holdingRelay } from './relay.ts'
import { bytesOf, bytesOver, testLinks, testServer, textIn } from './servers.ts'

const server = testServer()
const linkTo = testLinks()

const MINUTE = 60_000
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUps.splice(0)) await clean()
})

interface Opened {
  readonly link: Link
  readonly store: Store<Uint8Array> & Required<Pick<Store<Uint8Array>, 'leases' | 'getMany' | 'channel'>>
  /** Where a record lies. */
  readonly at: (key: string) => string
  readonly leaseAt: (key: string) => string
}

async function open(prefix: string = randomUUID(), options: LinkOptions = {}): Promise<Opened> {
  const link = await linkTo(server.at.url, options)
  return {
    link,
    store: bytesOver(link, prefix) as Opened['store'],
    at: (key) => `${prefix}:v1:s:{${key}}:d`,
    leaseAt: (key) => `${prefix}:v1:s:{${key}}:l`,
  }
}

const command = (...words: (string | number)[]): Promise<unknown> => server.at.command(...words)

async function rejection(promise: unknown): Promise<unknown> {
  try {
    return expect.fail(`should have been rejected, and was ${String(await promise)}`)
  } catch (error) {
    return error
  }
}

type Counts = Readonly<Record<string, number>>

/** How often the server has run commands since it was started, by their names. */
async function ran(): Promise<Counts> {
  const info = String(await command('INFO', 'commandstats'))
  return Object.fromEntries(
    [...info.matchAll(/cmdstat_(\S+):calls=(\d+)/g)].map(([, name = '', calls]) => [name, Number(calls)]),
  )
}

/** From now on: how often the server has run commands. Asking changes nothing, so none is lost between two questions. */
async function counting(): Promise<() => Promise<Counts>> {
  const before = await ran()
  return async () => {
    const since = Object.fromEntries(
      Object.entries(await ran()).map(([name, calls]) => [name, calls - (before[name] ?? 0)]),
    )
    const { eval: byText = 0, evalsha: byDigest = 0 } = since
    return { ...since, scripts: byText + byDigest }
  }
}

describe('a server that is out of memory', () => {
  async function full(): Promise<void> {
    await command('CONFIG', 'SET', 'maxmemory', 1)
    cleanUps.push(() => command('CONFIG', 'SET', 'maxmemory', 0))
  }

  test('still answers reads, and still deletes', async () => {
    const { store } = await open()
    await store.set('s:k', bytesOf('1'), Infinity)
    await store.set('s:j', bytesOf('2'), Infinity)
    await full()

    expect(textIn(await store.get('s:k'))).toBe('1')
    await store.delete('s:k')
    await store.deleteMany?.(['s:j', 's:absent'])

    expect(await store.getMany(['s:k', 's:j'])).toEqual([undefined, undefined])
  })

  test('refuses a set, and what it was to replace is gone', async () => {
    const { store } = await open()
    await store.set('s:k', bytesOf('old'), Infinity)
    await store.leases.take('s:k', 'mine', MINUTE)
    await full()

    const refused = await rejection(store.set('s:k', bytesOf('new'), MINUTE))

    expect(isCacheError(refused, 'LINK_REFUSED')).toBe(true)
    expect(String(refused)).toContain('OOM')
    expect(await store.get('s:k')).toBe(undefined)
    await command('CONFIG', 'SET', 'maxmemory', 0)
    expect(await store.leases.fill('s:k', 'mine', bytesOf('older'), Infinity)).toBe(false)
  })

  test('refuses each of many sets by itself, and deletes what is deleted beside them', async () => {
    const { store } = await open()
    await store.set('s:b', bytesOf('old'), Infinity)
    await full()

    const outcomes = await Promise.allSettled([
      store.set('s:a', bytesOf('1'), MINUTE),
      store.delete('s:b'),
      store.set('s:c', bytesOf('1'), Infinity),
    ])

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
    expect(await store.getMany(['s:a', 's:b', 's:c'])).toEqual([undefined, undefined, undefined])
  })

  test('is not filled beyond its limit', async () => {
    const { store } = await open()
    await full()
    const before = Number(/used_memory:(\d+)/.exec(String(await command('INFO', 'memory')))?.[1])

    for (let n = 0; n < 50; n++) {
      await rejection(store.set(`s:${n}`, new Uint8Array(100_000), Infinity))
    }

    const after = Number(/used_memory:(\d+)/.exec(String(await command('INFO', 'memory')))?.[1])
    expect(after - before).toBeLessThan(2_000_000)
  })

  test('gives no leases, and says so', async () => {
    const { store } = await open()
    await store.set('s:k', bytesOf('1'), Infinity)
    await full()

    const reads = await store.leases.read(['s:k', 's:x'], ['mine', 'mine'], MINUTE)

    expect(reads.map(({ record, holder }) => [textIn(record), holder])).toEqual([
      ['1', undefined],
      [undefined, undefined],
    ])
    expect(await store.leases.take('s:x', 'mine', MINUTE)).toBe(undefined)
    expect(isCacheError(await rejection(store.leases.seize('s:k', 'mine', MINUTE)), 'LINK_REFUSED')).toBe(
      true,
    )
  })

  test('refuses a fill, which harms nobody and leaves no lease', async () => {
    const { store } = await open()
    await store.set('s:k', bytesOf('stale'), Infinity)
    await store.leases.take('s:k', 'mine', MINUTE)
    await store.leases.take('s:x', 'mine', MINUTE)
    await full()

    for (const key of ['s:k', 's:x']) {
      const refused = await rejection(store.leases.fill(key, 'mine', bytesOf('new'), MINUTE))
      expect(isCacheError(refused, 'LINK_REFUSED')).toBe(true)
    }
    // A seizure that is refused leaves no lease either: whoever had it must not fill.
    await command('CONFIG', 'SET', 'maxmemory', 0)
    expect(textIn(await store.get('s:k'))).toBe('stale')
    expect(await store.get('s:x')).toBe(undefined)
    expect(await store.leases.take('s:k', 'other', MINUTE)).toBe('other')
  })

  test('takes a lease away that it cannot give to another', async () => {
    const { store } = await open()
    await store.leases.take('s:k', 'mine', MINUTE)
    await full()
    await rejection(store.leases.seize('s:k', 'robber', MINUTE))
    await command('CONFIG', 'SET', 'maxmemory', 0)

    expect(await store.leases.fill('s:k', 'mine', bytesOf('old'), Infinity)).toBe(false)
  })
})

describe('a key that holds something else', () => {
  test('is a miss, however it is read, and can be written and deleted', async () => {
    const { store, at } = await open()
    await command('RPUSH', at('k'), 'a')
    await command('RPUSH', at('j'), 'a')

    expect(await store.get('s:k')).toBe(undefined)
    expect(await store.getMany(['s:k', 's:j'])).toEqual([undefined, undefined])
    expect(await store.leases.read(['s:k'], ['mine'], MINUTE)).toEqual([
      { record: undefined, holder: 'mine' },
    ])
    expect(await store.leases.seize('s:k', 'mine', MINUTE)).toBe(undefined)
    expect(await store.leases.fill('s:k', 'mine', bytesOf('1'), Infinity)).toBe(true)
    await store.delete('s:j')

    expect(textIn(await store.get('s:k'))).toBe('1')
    expect(await command('EXISTS', at('j'))).toBe(0)
  })

  test('is no lease either', async () => {
    const { store, leaseAt } = await open()
    const spoil = (key: string): Promise<unknown> => command('RPUSH', leaseAt(key), 'a')
    for (const key of ['k', 'j', 'i']) await spoil(key)

    expect(await store.leases.fill('s:k', 'a', bytesOf('1'), Infinity)).toBe(false)
    expect(await store.leases.renew('s:k', 'a', MINUTE)).toBe(false)
    await store.leases.drop('s:k', 'a')
    expect(await store.leases.take('s:k', 'mine', MINUTE)).toBe('mine')
    expect(await store.leases.seize('s:j', 'mine', MINUTE)).toBe(undefined)
    await store.delete('s:i')

    expect(await command('EXISTS', leaseAt('i'))).toBe(0)
    expect(await store.leases.fill('s:k', 'mine', bytesOf('1'), Infinity)).toBe(true)
    expect(await store.leases.fill('s:j', 'mine', bytesOf('1'), Infinity)).toBe(true)
  })
})

describe('a server that forgets', () => {
  test('everything: a load that began before cannot fill', async () => {
    const { store } = await open()
    await store.leases.take('s:k', 'mine', MINUTE)

    await command('FLUSHALL')

    expect(await store.leases.fill('s:k', 'mine', bytesOf('1'), Infinity)).toBe(false)
    expect(await store.get('s:k')).toBe(undefined)
  })

  test('a lease: it cannot fill, and the record is as it was', async () => {
    const { store, leaseAt } = await open()
    await store.set('s:k', bytesOf('1'), Infinity)
    await store.leases.take('s:k', 'mine', MINUTE)

    await command('DEL', leaseAt('k'))

    expect(await store.leases.fill('s:k', 'mine', bytesOf('2'), Infinity)).toBe(false)
    expect(textIn(await store.get('s:k'))).toBe('1')
  })

  test('whatever it likes, to stay within its limit: nothing fails, and what is there is right', async () => {
    const { store } = await open()
    await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    await command('CONFIG', 'SET', 'maxmemory', '3mb')
    cleanUps.push(
      () => command('CONFIG', 'SET', 'maxmemory', 0),
      () => command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'),
    )
    const keys = Array.from({ length: 3_000 }, (_, n) => `s:${n}`)
    const pad = 'x'.repeat(1_000)

    for (let n = 0; n < keys.length; n += 20) {
      await Promise.all(keys.slice(n, n + 20).map((key) => store.set(key, bytesOf(key + pad), Infinity)))
    }
    const reads = await store.leases.read(
      keys,
      keys.map(() => 'mine'),
      MINUTE,
    )

    const found = reads.flatMap(({ record }, i) =>
      record === undefined ? [] : [[textIn(record), keys[i] + pad]],
    )
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(keys.length)
    for (const [record, wanted] of found) expect(record).toBe(wanted)
  })

  test('its scripts: they are brought again, also many at once', async () => {
    const { store } = await open()
    const flush = (): Promise<unknown> => command('SCRIPT', 'FLUSH')

    await flush()
    await Promise.all(Array.from({ length: 200 }, (_, n) => store.set(`s:${n}`, bytesOf(String(n)), MINUTE)))
    await flush()
    expect(await store.leases.read(['s:1', 's:x'], ['mine', 'mine'], MINUTE)).toEqual([
      { record: expect.anything() as unknown, holder: undefined },
      { record: undefined, holder: 'mine' },
    ])
    await flush()
    expect(await store.leases.fill('s:x', 'mine', bytesOf('x'), MINUTE)).toBe(true)
    await flush()
    await store.delete('s:1')

    expect((await store.getMany(['s:0', 's:1', 's:199', 's:x'])).map(textIn)).toEqual([
      '0',
      undefined,
      '199',
      'x',
    ])
  })
})

describe('a value that comes too late', () => {
  /** The same link, whose time is not known: so nothing can be said of when it is too late. */
  const withoutGuard = (link: Link): Link =>
    new Proxy(link, {
      get(target, name) {
        if (name === 'time') return () => ({ now: target.time().now, error: Infinity })
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

  interface Relayed {
    readonly relay: HoldingRelay
    readonly link: Link
    /** Over the relay. */
    readonly storeOver: (link: Link) => Opened['store']
    readonly there: Opened
  }

  async function relayed(options: LinkOptions): Promise<Relayed> {
    const relay = await holdingRelay(server.at.port)
    cleanUps.push(() => relay.close())
    const prefix = randomUUID()
    return {
      relay,
      link: await linkTo(`redis://127.0.0.1:${relay.port}`, options),
      storeOver: (link) => bytesOver(link, prefix) as Opened['store'],
      there: await open(prefix),
    }
  }

  /** Sets over a slow network, gives up, deletes over another; what is there when the set has arrived at last? */
  async function lateSet(guarded: boolean): Promise<string | undefined> {
    const { relay, link, storeOver, there } = await relayed({ deadline: 200 })
    const store = storeOver(guarded ? link : withoutGuard(link))
    await there.store.set('s:k', bytesOf('before'), Infinity)
    const since = await counting()

    const held = relay.hold('late')
    const gaveUp = await rejection(store.set('s:k', bytesOf('late'), Infinity))
    await held
    await there.store.delete('s:k')
    expect((await since())['scripts']).toBe(1)
    await relay.release()

    expect(isCacheError(gaveUp, 'LINK_UNKNOWN')).toBe(true)
    await vi.waitFor(async () => expect((await since())['scripts']).toBe(2), 10_000)
    return textIn(await there.store.get('s:k'))
  }

  test('does not come back after its key was deleted', async () => {
    expect(await lateSet(true)).toBe(undefined)
  })

  test('would come back, if the server were not told until when it may be written', async () => {
    expect(await lateSet(false)).toBe('late')
  })

  /** The same link, which does not say that it is not known what became of a script: so nobody waits until it is. */
  const hasty = (link: Link): Link => {
    const run: Link['run'] = (...call) =>
      link.run(...call).catch((error: Error) => {
        throw new Error(error.message)
      })
    return new Proxy(link, {
      get(target, name) {
        if (name === 'run') return run
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** Sets over a connection that is lost, deletes over another; what is there when the set has arrived at last? */
  async function lostSet(isPatient: boolean): Promise<string | undefined> {
    const { relay, link, storeOver, there } = await relayed({ deadline: '2s' })
    const store = storeOver(isPatient ? link : hasty(link))

    const held = relay.hold('late')
    const lost = rejection(store.set('s:k', bytesOf('late'), Infinity))
    await held
    relay.leave()
    expect(String(await lost)).toContain('was lost while')
    await there.store.delete('s:k')
    await relay.release()

    return textIn(await there.store.get('s:k'))
  }

  test('does not come back out of a connection that was lost, whatever held it', async () => {
    expect(await lostSet(true)).toBe(undefined)
  })

  test('would come back, if it were told at once that the connection was lost', async () => {
    expect(await lostSet(false)).toBe('late')
  })

  test('is not written by a server that was stopped meanwhile', async () => {
    for (const guarded of [true, false]) {
      const { link, at } = await open(randomUUID(), { deadline: 200 })
      const since = await counting()
      const writing = bytesOver(guarded ? link : withoutGuard(link), at('k').split(':')[0] ?? '')

      server.at.pause()
      const gaveUp = await rejection(writing.set('s:k', bytesOf('late'), Infinity))
      server.at.resume()

      expect(isCacheError(gaveUp, 'LINK_UNKNOWN')).toBe(true)
      await vi.waitFor(async () => expect((await since())['scripts']).toBe(1), 10_000)
      expect([guarded, await command('GET', at('k'))]).toEqual([guarded, guarded ? null : 'late'])
    }
  })
})

describe('what a store asks of a server', () => {
  test('one command for what is read together, one script for what is written together', async () => {
    const { store } = await open()
    const keys = Array.from({ length: 50 }, (_, n) => `s:${n}`)
    await Promise.all(keys.map((key) => store.set(key, bytesOf(key), MINUTE)))
    await store.getMany(keys)

    const since = await counting()
    await Promise.all(keys.map((key) => store.set(key, bytesOf(key), MINUTE)))
    await store.getMany(keys)
    const { scripts, mget, set, publish } = await since()
    const sinceThen = await counting()
    await Promise.all(keys.map((key) => store.delete(key)))
    const deleting = await sinceThen()

    expect({ scripts, mget, set, publish }).toEqual({ scripts: 1, mget: 1, set: 50, publish: 1 })
    expect(deleting['scripts']).toBe(1)
  })

  test('no script where all that is wished for is there, once that is usual; one where a few are, and a tenth was not', async () => {
    const { store } = await open()
    const keys = Array.from({ length: 50 }, (_, n) => `s:${n}`)
    const wishes = keys.map(() => 'mine')
    await Promise.all(keys.map((key) => store.set(key, bytesOf(key), MINUTE)))
    for (let n = 0; n < 5; n++) await store.leases.read(keys, wishes, MINUTE)
    const asked = async (reading: () => unknown): Promise<readonly (number | undefined)[]> => {
      const since = await counting()
      await reading()
      const { mget, scripts } = await since()
      return [mget, scripts]
    }

    const hits = await asked(() => store.leases.read(keys, wishes, MINUTE))
    const miss = await asked(() => store.leases.read([...keys.slice(10), 's:x'], wishes.slice(9), MINUTE))
    for (let n = 0; n < 10; n++) await store.leases.read([`s:y${n}`], ['mine'], MINUTE)
    const few = await asked(() => store.leases.read(['s:z'], ['mine'], MINUTE))

    expect({ hits, miss, few }).toEqual({ hits: [1, 0], miss: [1, 1], few: [0, 1] })
  })

  test('a key set and deleted in one tick ends as it was said last', async () => {
    const { store } = await open()

    await Promise.all([
      store.set('s:a', bytesOf('1'), MINUTE),
      store.delete('s:a'),
      store.set('s:b', bytesOf('1'), MINUTE),
      store.delete('s:b'),
      store.set('s:b', bytesOf('2'), MINUTE),
    ])

    expect((await store.getMany(['s:a', 's:b'])).map(textIn)).toEqual([undefined, '2'])
  })

  test('lives in whole milliseconds, at least one, and for ever without an end', async () => {
    const { store, at } = await open()
    const lifeOf = async (key: string, ttl: number): Promise<unknown> => {
      await store.set(`s:${key}`, bytesOf('1'), ttl)
      return command('PTTL', at(key))
    }

    expect(await lifeOf('ever', Infinity)).toBe(-1)
    expect(await lifeOf('long', Number.MAX_VALUE)).toBe(-1)
    expect(await lifeOf('year', 365.25 * 86_400_000 + 0.5)).toBeGreaterThan(31_557_500_000)
    await store.set('s:short', bytesOf('1'), 0.001)
    await vi.waitFor(async () => expect(await store.get('s:short')).toBe(undefined), 10_000)
  })
})

describe('what is heard on a channel', () => {
  async function listening(): Promise<{
    readonly told: string[]
    readonly opened: Opened
    readonly prefix: string
  }> {
    const prefix = randomUUID()
    // A silence of the machine is no gap that a test is about.
    const opened = await open(prefix, { heartbeat: '2s' })
    const told: string[] = []
    let isLive = false
    cleanUps.push(
      opened.store.channel.listen(
        {
          changed: (key) => told.push(`changed ${key}`),
          filled: (key) => told.push(`filled ${key}`),
          proven: () => {
            isLive = true
          },
          gap: () => told.push('gap'),
          replaced: () => {},
        },
        'everything',
      ),
    )
    await vi.waitFor(() => expect(isLive).toBe(true), 10_000)
    return { told, opened, prefix }
  }

  test('and not understood counts as a gap', async () => {
    for (const text of [
      '',
      'rubbish',
      '2 changed me ["s:k"]',
      '1 moved me ["s:k"]',
      '1 changed me ["s:k"',
      '1 changed me 5',
      '1 changed me [5]',
    ]) {
      const { told, prefix } = await listening()

      await command('PUBLISH', `${prefix}:v1:records`, text)

      await vi.waitFor(() => expect([text, told]).toEqual([text, ['gap']]), 10_000)
    }
  })

  test('from others with the same prefix counts, and from those with another does not', async () => {
    const { told, prefix } = await listening()
    const other = await open(`${prefix}x`)
    const same = await open(prefix)

    await other.store.delete('s:k')
    await other.store.delete('s#:')
    await same.store.delete('s:k')

    await vi.waitFor(() => expect(told).toEqual(['changed s:k']), 10_000)
  })

  test('who waits hears also when the key was set or deleted instead', async () => {
    const { told, opened } = await listening()
    for (const key of ['s:set', 's:deleted']) {
      await opened.store.leases.take(key, 'mine', MINUTE)
      await opened.store.leases.take(key, 'waiting', MINUTE)
    }

    await opened.store.set('s:set', bytesOf('1'), MINUTE)
    await opened.store.delete('s:deleted')

    await vi.waitFor(() => expect(told).toEqual(['filled s:set', 'filled s:deleted']), 10_000)
  })
})
