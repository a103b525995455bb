/*
 * What a link promises, over every kind of client, against a real server behind a network that fails.
 */

import { systemClock } from '@larder/core'
import { faultProxy, type FaultProxy } from '@larder/testing/servers'
import { afterEach, describe, expect, test } from 'vitest'
import { unlessKeptWaiting } from '../../../../test/second-look.ts'
import type { Link, LinkEvent } from '../../src/link/link.ts'
import { scriptOf } from '../../src/link/script.ts'
import { testServer } from '../servers.ts'
import { GIVEN, KINDS, openLinks, OWN, recorder, rejection, until } from './clients.ts'

const server = testServer()
const open = openLinks()
const text = (reply: unknown): string => String(reply)

const proxies: FaultProxy[] = []
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close()
})
const behindProxy = async (): Promise<FaultProxy> => {
  const proxy = await faultProxy({ target: server.at })
  proxies.push(proxy)
  return proxy
}
const eventsOf = (link: Link): LinkEvent[] => {
  const events: LinkEvent[] = []
  link.on((event) => events.push(event))
  return events
}

describe.each(KINDS)('over $name', (kind) => {
  const link = (options = {}): Promise<Link> => open(kind, server.at.url, options)

  test('bytes come back as they were', async () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i % 256)
    const redis = await link()
    await redis.call(['SET', 'bytes', bytes])
    const reply = await redis.call(['GET', 'bytes'])
    expect(reply).toBeInstanceOf(Uint8Array)
    expect([...(reply as Uint8Array)]).toEqual([...bytes])
    expect(await redis.call(['GET', 'nothing'])).toBe(null)
    expect(await redis.call(['DEL', 'bytes', 'nothing'])).toBe(1)
  })

  test('calls of one tick keep their order, and an error of one is not that of its neighbours', async () => {
    const redis = await link()
    const calls = [
      redis.call(['SET', 'order', 'text']),
      redis.call(['LPUSH', 'order', 'x']),
      redis.call(['GET', 'order']),
      redis.call(['NONSENSE', 'secret-argument']),
      redis.call(['STRLEN', 'order']),
    ]
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(text(await calls[2])).toBe('text')
    expect(await calls[4]).toBe(4)
    const wrong = await rejection(calls[1] ?? Promise.resolve())
    expect(wrong).toMatchObject({ name: 'CacheError', code: 'LINK_BUG' })
    const unknown = await rejection(calls[3] ?? Promise.resolve())
    expect(unknown).toMatchObject({ code: 'LINK_BUG' })
    expect(unknown.message).not.toContain('secret-argument')
  })

  test('a script that the server does not know runs all the same, in the middle of a batch too', async () => {
    const redis = await link()
    const script = scriptOf('echo', `return {KEYS[1], ARGV[1], 7, false} -- ${kind.name}`)
    await redis.call(['SCRIPT', 'FLUSH'])
    const replies = await Promise.all([
      redis.call(['PING']),
      redis.run(script, ['{a}k'], ['1']),
      redis.run(script, ['{a}l'], [Uint8Array.of(0, 255)]),
      redis.call(['ECHO', 'after']),
    ])
    const echoed = replies[2] as unknown as readonly unknown[]
    expect(text(echoed[0])).toBe('{a}l')
    expect([...(echoed[1] as Uint8Array)]).toEqual([0, 255])
    expect(echoed.slice(2)).toEqual([7, null])
    expect(text(replies[3])).toBe('after')
    expect(text(((await redis.run(script, ['k'], ['2'])) as unknown as readonly unknown[])[1])).toBe('2')
  })

  test('every channel is heard, and what is proven was handed over before', async () => {
    const redis = await link()
    const listener = recorder()
    redis.subscribe(['news', 'other'], listener)
    await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
    let count = 0
    for (; count < 50 || listener.proofs.length < 3; count++) {
      const i = count
      const published = redis.call(['PUBLISH', i % 2 === 0 ? 'news' : 'other', String(i)])
      expect(await published).toBe(1)
      const acknowledged = systemClock.now()
      // A proof of a later moment must not come before the message.
      const at = listener.proofs.findIndex((since) => since > acknowledged)
      if (at !== -1) expect(listener.messages.length).toBe(i + 1)
    }
    await until(() => expect(listener.messages.length).toBe(count))
    expect(listener.messages.slice(0, 3)).toEqual(['news 0', 'other 1', 'news 2'])
    expect(listener.gaps).toBe(0)
    expect(listener.proofs).toEqual(listener.proofs.toSorted((a, b) => a - b))
  })

  test('while nothing is asked, proofs come as rarely as they are believed for allows', async () => {
    await unlessKeptWaiting(async () => {
      const heartbeat = 50
      const redis = await link({ heartbeat })
      const listener = recorder()
      redis.subscribe(['news'], { ...listener, believedFor: 5 * heartbeat })
      /** Between the last few proofs. */
      const pauses = (): readonly number[] => {
        const last = listener.proofs.slice(-5)
        return last.slice(1).map((since, i) => since - (last[i] ?? 0))
      }
      const few = (): void => expect(pauses().length).toBe(4)
      await until(() => {
        few()
        expect(Math.min(...pauses())).toBeGreaterThan(2.5 * heartbeat)
      })
      expect(listener.gaps).toBe(0)

      await until(async () => {
        await redis.call(['ECHO', 'busy'])
        few()
        expect(Math.min(...pauses())).toBeLessThan(1.5 * heartbeat)
      })
    })
  })

  test('a listener hears only its own channels, and nothing after it has left', async () => {
    const redis = await link()
    const [one, two] = [recorder(), recorder()]
    const leave = redis.subscribe(['a', 'b'], one)
    redis.subscribe(['b', 'c'], two)
    await until(() => expect(Math.min(one.proofs.length, two.proofs.length)).toBeGreaterThan(0))
    for (const channel of ['a', 'b', 'c']) await redis.call(['PUBLISH', channel, 'x'])
    await until(() =>
      expect([one.messages, two.messages]).toEqual([
        ['a x', 'b x'],
        ['b x', 'c x'],
      ]),
    )
    leave()
    await until(async () => expect(await redis.call(['PUBLISH', 'a', 'y'])).toBe(0))
    await redis.call(['PUBLISH', 'b', 'y'])
    await until(() => expect(two.messages.at(-1)).toBe('b y'))
    expect(one.messages).toEqual(['a x', 'b x'])
  })

  test('a lost subscription is a gap, and is proven again by itself', async () => {
    const redis = await link()
    const listener = recorder()
    redis.subscribe(['news'], listener)
    await until(() => expect(listener.proofs.length).toBeGreaterThan(0))
    const since = systemClock.now()
    await server.at.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await until(() => expect(listener.proofs.at(-1)).toBeGreaterThan(since))
    expect(listener.gaps).toBe(1)
    await redis.call(['PUBLISH', 'news', 'again'])
    await until(() => expect(listener.messages).toEqual(['news again']))
  })

  test('the time is that of the server, as exactly as it says', async () => {
    const redis = await link({ heartbeat: 50 })
    // As exact as the fastest answer so far.
    await until(() => expect(redis.time().error).toBeLessThan(50))
    const before = systemClock.epoch()
    const { now, error } = redis.time()
    expect(now).toBeGreaterThan(before - error - 5)
    expect(now).toBeLessThan(systemClock.epoch() + error + 5)
  })

  test('a black hole costs one deadline per call at first, then nothing, and is left behind within two seconds', async () => {
    await unlessKeptWaiting(async () => {
      const proxy = await behindProxy()
      const redis = await open(kind, proxy.url, { deadline: 50 })
      await redis.call(['SET', 'k', '1'], { deadline: 5_000 })
      proxy.blackHole({ existing: true, new: false })
      const started = systemClock.exact()
      const error = await rejection(redis.call(['GET', 'k']))
      expect(error.code).toBe('LINK_UNKNOWN')
      expect(systemClock.exact() - started).toBeLessThan(200)
      // New connections work: nobody has to heal this one.
      await until(async () => expect(text(await redis.call(['GET', 'k']))).toBe('1'), 2_500)
      expect(systemClock.exact() - started).toBeLessThan(2_500)
    })
  })

  test('a connection that is cut with a call under way leaves its outcome unknown, and the link comes back', async () => {
    const proxy = await behindProxy()
    const redis = await open(kind, proxy.url, { deadline: 1_000 })
    await redis.call(['DEL', 'count'])
    proxy.down.lose()
    const under = redis.call(['INCR', 'count'])
    await until(async () => expect(await server.at.command('GET', 'count')).toBe('1'))
    proxy.cutAll()
    expect((await rejection(under)).code).toBe('LINK_UNKNOWN')
    await proxy.heal()
    await until(async () => expect(text(await redis.call(['GET', 'count']))).toBe('1'))
  })

  test('without a server calls fail at once, and nothing is delivered later', async () => {
    const proxy = await behindProxy()
    const redis = await open(kind, proxy.url)
    const events = eventsOf(redis)
    proxy.refuse()
    proxy.cutAll()
    await until(() => expect(events.some(({ type }) => type === 'down')).toBe(true))
    // Not one of them has waited for its deadline.
    const started = systemClock.exact()
    for (let i = 0; i < 100; i++) {
      expect((await rejection(redis.call(['SET', 'late', '1']))).code).toBe('LINK_DOWN')
    }
    expect(systemClock.exact() - started).toBeLessThan(redis.deadline / 2)
    await proxy.accept()
    await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'))
    expect(await redis.call(['EXISTS', 'late'])).toBe(0)
  })

  test('a server that is stopped and goes on is used again within two seconds', async () => {
    await unlessKeptWaiting(async () => {
      const redis = await link({ deadline: 50 })
      server.at.pause()
      try {
        await until(async () => expect((await rejection(redis.call(['PING']))).code).toBe('LINK_DOWN'))
      } finally {
        server.at.resume()
      }
      const healed = systemClock.exact()
      await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'), 2_500)
      expect(systemClock.exact() - healed).toBeLessThan(2_200)
    })
  })

  test.each([
    ['has just sent', (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))],
    ['is about to send', (): Promise<void> => Promise.resolve()],
  ])('a process that is blocked when it %s does not take its server for slow', async (_when, moment) => {
    await unlessKeptWaiting(async () => {
      const redis = await link({ deadline: 50 })
      const call = redis.call(['PING'])
      await moment()
      const end = systemClock.exact() + 200
      while (systemClock.exact() < end);
      expect(text(await call)).toBe('PONG')
    })
  })

  test('a closed link says so, and closing twice is closing once', async () => {
    const redis = await link()
    const waiting = redis.call(['PING'])
    await Promise.all([redis.close(), redis.close()])
    expect(text(await waiting)).toBe('PONG')
    const error = await rejection(redis.call(['PING']))
    expect(error).toMatchObject({ code: 'LINK_DOWN' })
    expect(error.message).toContain('closed')
    expect((await redis.health()).status).toBe('failed')
  })
})

describe.each(OWN)('over $name', (kind) => {
  test('nothing that was under way is sent again', async () => {
    const proxy = await behindProxy()
    const redis = await open(kind, proxy.url, { deadline: 1_000 })
    await redis.call(['DEL', 'once'])
    proxy.down.lose()
    const under = Promise.allSettled([1, 2, 3].map(() => redis.call(['INCR', 'once'])))
    await until(async () => expect(await server.at.command('GET', 'once')).toBe('3'))
    await proxy.heal()
    proxy.cutAll()
    await under
    await until(async () => expect(text(await redis.call(['PING']))).toBe('PONG'))
    expect(text(await redis.call(['GET', 'once']))).toBe('3')
  })

  test('there are two connections: one for data, one for subscriptions', async () => {
    const proxy = await behindProxy()
    const redis = await open(kind, proxy.url, { heartbeat: 100 })
    const listener = recorder()
    const leave = redis.subscribe(['a'], listener)
    redis.subscribe(['b'], recorder())
    await Promise.all(Array.from({ length: 1_000 }, () => redis.call(['PING'])))
    await until(() => expect(listener.proofs.length).toBeGreaterThan(1))
    await until(() => expect(proxy.connections.length).toBe(2))
    leave()
    await redis.close()
    await until(() => expect(proxy.connections.length).toBe(0))
  })
})

describe.each(GIVEN)('the client of somebody else: $name', (kind) => {
  test('is neither closed nor bereft of its listeners', async () => {
    const { where, end } = kind.make(server.at.url)
    const client = where as unknown as {
      on(event: string, listener: () => void): void
      listenerCount(event: string): number
      ping(): Promise<string>
    }
    const before = client.listenerCount('ready')
    client.on('ready', () => {})
    const redis = await open({ name: '', make: () => ({ where, end() {} }) }, server.at.url)
    await redis.call(['PING'])
    await redis.close()
    expect(await client.ping()).toBe('PONG')
    expect(client.listenerCount('ready')).toBe(before + 1)
    end()
  })
})
