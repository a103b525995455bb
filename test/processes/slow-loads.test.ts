/*
 * A load that is slow: its process is stopped in the middle of it, and goes on when something has been invalidated
 * elsewhere. Who asked it before is answered; nothing of that is kept.
 */

import { type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Fleet, type Worker } from './fleet.ts'
import type { Kind } from './orders.ts'
import { type Program, program } from './program.ts'

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000

let made: Program
let server: RedisServer
let truth: RedisServer
const fleet = new Fleet(() => made.file)
let leased: readonly Worker[]
let unleased: readonly Worker[]
let keys = 0

beforeAll(async () => {
  made = await program()
  server = await startRedis()
  truth = await startRedis()
  const opening = { url: server.url, truth: truth.port, prefix: 'leased', without: [], deadline: 2_000 }
  leased = await fleet.addMany(2, opening)
  unleased = await fleet.addMany(2, { ...opening, prefix: 'unleased', without: ['leases'] })
}, PATIENCE)
afterAll(async () => {
  await fleet.end()
  made.remove()
  await Promise.all([server.stop(), truth.stop()])
})

interface Seen {
  /** What those were answered who asked before. */
  readonly answers: number
  readonly byLoader: unknown
  readonly byOther: unknown
}

/** What is there of a key that was invalidated while a stopped process was loading it. */
async function after(
  [loader, other]: readonly Worker[],
  kind: Kind,
  trouble: () => Promise<unknown> = async () => {},
): Promise<Seen> {
  if (loader === undefined || other === undefined) throw new Error('there are two processes')
  const key = `k${++keys}`
  const loading = loader.loading(key)
  const crowd = loader.ask('crowd', { key, callers: 10, loadMs: 50 })
  await loading

  loader.signal('SIGSTOP')
  await trouble()
  // The server may have to be found again.
  await vi.waitFor(async () => {
    expect((await other.ask('invalidate', { kind, keys: [key] })).far).toBe('applied')
  }, PATIENCE / 4)
  loader.signal('SIGCONT')

  const answers = await crowd
  // On the connection on which it has just tried to keep what it loaded: its answer comes after that.
  const [byLoader] = await loader.ask('get', { keys: [key] })
  const [byOther] = await other.ask('get', { keys: [key] })
  return { answers: answers.filter(({ value }) => value.by === loader.pid).length, byLoader, byOther }
}

const kinds: readonly Kind[] = ['delete', 'set', 'expire', 'tags', 'clear']

describe('a stopped load brings nothing back', { timeout: PATIENCE }, () => {
  test.for(kinds)('after %s elsewhere', async (kind) => {
    const kept = kind === 'set' ? 'set' : undefined

    expect(await after(leased, kind)).toEqual({ answers: 10, byLoader: kept, byOther: kept })
  })

  const troubles: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['all scripts were forgotten', () => server.command('SCRIPT', 'FLUSH')],
    ['everything was flushed', () => server.command('FLUSHALL')],
    ['the server was killed and came back empty', () => server.restart({ empty: true })],
  ]
  test.for(troubles)('when before that %s', async ([, trouble]) => {
    expect(await after(leased, 'delete', trouble)).toMatchObject({ byLoader: undefined, byOther: undefined })
  })
})

describe('without leases', { timeout: PATIENCE }, () => {
  // Where the stop lasted longer than a deadline, nothing is kept for that reason: then again.
  test.for(['delete', 'set', 'expire'] as const)('it does, after %s elsewhere', async (kind) => {
    await vi.waitFor(async () => {
      const { byOther } = await after(unleased, kind)
      expect(byOther).toMatchObject({ by: unleased[0]?.pid })
    }, PATIENCE / 2)
  })
})
