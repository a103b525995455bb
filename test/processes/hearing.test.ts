/*
 * Hearing: what a process remembers of tags, and hears of them too early, too late or not at all. Each story is also told
 * of a program that lacks what keeps the promise, and must then end badly.
 */

import { type FaultProxy, faultProxy, type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Fleet, type Worker } from './fleet.ts'
import { linesOf } from './lines.ts'
import { now, type Opening } from './orders.ts'
import { type Change, type Program, program } from './program.ts'

/** ms, the default of @larder/redis. */
const MAX_STALENESS = 1_000
const PATIENCE = 120_000

const made: Program[] = []
const fleets: Fleet[] = []
let server: RedisServer
let proxy: FaultProxy
let prefixes = 0

beforeAll(async () => {
  server = await startRedis()
  proxy = await faultProxy({ target: server })
}, PATIENCE)
afterEach(async () => {
  await Promise.all(fleets.splice(0).map((fleet) => fleet.end()))
  await proxy.heal()
})
afterAll(async () => {
  for (const each of made) each.remove()
  await proxy.close()
  await server.stop()
})

interface Pair {
  /** Its network is the proxy. */
  readonly far: Worker
  readonly near: Worker
}

async function pair(changes: readonly Change[]): Promise<Pair> {
  const one = await program(changes)
  made.push(one)
  const fleet = new Fleet(() => one.file)
  fleets.push(fleet)
  const opening: Opening = {
    url: server.url,
    truth: server.port,
    prefix: `pair-${++prefixes}`,
    without: [],
    deadline: 2_000,
  }
  const near = await fleet.add(opening)
  return { far: await fleet.add({ ...opening, url: proxy.url }), near }
}

const keysFor = (what: string): readonly string[] => Array.from({ length: 10 }, (_, n) => `${what} ${n}`)

async function callsOf(command: string): Promise<number> {
  const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(
    String(await server.command('INFO', 'commandstats')),
  )
  return Number(found?.[1] ?? 0)
}

async function untilHeardOf({ far }: Pair): Promise<void> {
  await vi.waitFor(async () => expect((await linesOf(server, proxy)).subscribed).toHaveLength(1), 10_000)
  // What is read now is remembered: the second read asks for nothing but the record.
  await vi.waitFor(async () => {
    await far.ask('get', { keys: ['warm'] })
    const before = await callsOf('mget')
    await far.ask('get', { keys: ['warm'] })
    expect(await callsOf('mget')).toBe(before + 1)
  }, 10_000)
}

/** What `far` has of keys, once their tags were invalidated so long ago that it must know. */
async function seenAfter({ far }: Pair, keys: readonly string[], at: number): Promise<readonly unknown[]> {
  await vi.waitFor(() => expect(now() - at).toBeGreaterThan(MAX_STALENESS + 20), {
    timeout: 10_000,
    interval: 10,
  })
  return far.ask('get', { keys })
}

const nothing = keysFor('').map(() => undefined)

// ---- a reply that is late ------------------------------------------------------------------------------------------

/** The tokens of tags are on their way to `far` when it is told that they have been changed. */
async function overtaken(changes: readonly Change[]): Promise<readonly unknown[]> {
  const two = await pair(changes)
  const keys = keysFor('overtaken')
  await two.near.ask('load', { keys, value: 'old' })
  await untilHeardOf(two)

  for (const each of (await linesOf(server, proxy)).others) each.down.delay(150)
  const before = await callsOf('mget')
  const reading = two.far.ask('get', { keys })
  // One for the records, one for the tags that they turned out to have.
  await vi.waitFor(async () => expect(await callsOf('mget')).toBe(before + 2), {
    timeout: 10_000,
    interval: 1,
  })
  const { far, at } = await two.near.ask('invalidate', { kind: 'tags', keys })
  await reading
  for (const each of proxy.connections) each.down.delay(0)

  expect(far).toBe('applied')
  return seenAfter(two, keys, at)
}

test(
  'the token of a tag that was changed while it was on its way is not remembered',
  { timeout: PATIENCE },
  async () => {
    expect(await overtaken([])).toEqual(nothing)
  },
)

test('it would be, if those who ask for tokens were not told', { timeout: PATIENCE }, async () => {
  const untold: Change = {
    find: `for (const { before } of this.#questions.values()) if (before.has(mark)) before.set(mark, 'invalidating')`,
    replace: ``,
  }
  // Whether the reply is still on its way when the message comes is a matter of a few milliseconds.
  await vi.waitFor(async () => expect(await overtaken([untold])).toContain('old'), PATIENCE / 2)
})

// ---- a line that is dead -------------------------------------------------------------------------------------------

/** `far` hears no more messages, and nobody tells it; commands still work. */
async function deaf(changes: readonly Change[]): Promise<readonly unknown[]> {
  const two = await pair(changes)
  const keys = keysFor('deaf')
  await two.near.ask('load', { keys, value: 'old' })
  await untilHeardOf(two)
  expect(await two.far.ask('get', { keys })).toEqual(keys.map(() => 'old'))

  for (const each of (await linesOf(server, proxy)).subscribed) each.down.lose()
  proxy.blackHole({ new: true })
  const { far, at } = await two.near.ask('invalidate', { kind: 'tags', keys })

  expect(far).toBe('applied')
  return seenAfter(two, keys, at)
}

test(
  'who hears no more messages believes what it remembers for as long as it may, and no longer',
  { timeout: PATIENCE },
  async () => {
    expect(await deaf([])).toEqual(nothing)
  },
)

test('it would for ever, if neither silence nor a gap counted', { timeout: PATIENCE }, async () => {
  const trusting: readonly Change[] = [
    { find: ` && now - this.#provenAt <= this.#maxStaleness`, replace: `` },
    {
      find: `    this.#provenAt = -Infinity
    this.#waitingSince = this.#clock.now()
    this.#period++`,
      replace: ``,
    },
  ]
  expect(await deaf(trusting)).toContain('old')
})
