/*
 * Options of a link: what is understood, and that everything that is wrong is said at once.
 */

import { Redis } from 'ioredis-5'
import { createClientPool } from 'redis'
import { expect, test } from 'vitest'
import { openLink } from '../../src/link/open.ts'
import { idOf, placeOf, type PlaceOptions, settingsOf } from '../../src/link/options.ts'

const wrong = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
  throw new Error('expected a TypeError')
}

test.each<[string, string, object]>([
  ['redis://h', 'single h:6379', { db: 0 }],
  ['redis://h:1/3', 'single h:1', { db: 3 }],
  ['redis://user:p%40ss@h:1', 'single h:1', { username: 'user', password: 'p@ss' }],
  ['redis://:pa:ss@h', 'single h:6379', { username: undefined, password: 'pa:ss' }],
  ['redis://u:p@ss@h', 'single h:6379', { username: 'u', password: 'p@ss' }],
  ['valkeys://h', 'single h:6379 tls', {}],
  ['redis://[::1]:7', 'single [::1]:7', {}],
  ['redis+sentinel://a:1,b/main/2', 'sentinel a:1,b:26379', { db: 2 }],
  ['rediss+cluster://a:1,b', 'cluster a:1 tls,b:6379 tls', {}],
])('%s is %s', async (url, place, login) => {
  const { kind, nodes, credentials } = placeOf(url, {})
  expect(
    `${kind} ${nodes.map((node) => `${idOf(node)}${node.tls === undefined ? '' : ' tls'}`).join(',')}`,
  ).toBe(place)
  expect(await credentials()).toMatchObject(login)
})

test('options go before what the URL says', async () => {
  const { credentials } = placeOf({ url: 'redis://u:old@h', password: () => Promise.resolve('new') }, {})
  expect(await credentials()).toMatchObject({ username: 'u', password: 'new' })
})

test('everything that is wrong is said at once, with the nearest right names', () => {
  const message = wrong(() =>
    openLink(
      { hots: 'h', port: 99_999, db: -1, sentinel: { nodes: [] } } as unknown as PlaceOptions,
      { dedline: 1, startup: 'maybe' } as never,
    ),
  )
  for (const part of [
    "'host'",
    'port',
    'db',
    'sentinel: name is missing',
    'sentinel: nodes',
    "'deadline'",
    "'degrade'",
  ]) {
    expect(message).toContain(part)
  }
})

test.each([
  'http://h',
  'redis://h:port',
  'redis://a,b',
  'redis://h/name',
  'redis+sentinel://a:1',
  'redis://u:%ZZcanary@h',
  'nonsense canary',
])('%s is refused, and not repeated', (url) => {
  expect(wrong(() => openLink(url))).not.toContain('canary')
})

test('a place cannot be two', () => {
  expect(wrong(() => openLink({ host: 'h', cluster: { nodes: ['a:1'] } }))).toContain('different places')
})

test('a client with a keyPrefix is refused', () => {
  const client = new Redis({ lazyConnect: true, keyPrefix: 'mine:' })
  expect(wrong(() => openLink(client))).toContain('keyPrefix')
})

test('a client of an unknown kind is refused', () => {
  expect(wrong(() => openLink(createClientPool() as never))).toContain('of no kind that is known')
})

test('durations are numbers afterwards', () => {
  expect(settingsOf({ deadline: '1s', heartbeat: '50ms' }, 'n')).toMatchObject({
    deadline: 1_000,
    heartbeat: 50,
    connectTimeout: 1_000,
    connectDeadline: undefined,
  })
  expect(settingsOf({ startup: 'require' }, 'n').connectDeadline).toBe(5_000)
})
