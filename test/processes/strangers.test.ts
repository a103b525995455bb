/*
 * Keys that nobody has named before leave nothing behind, however many they are, whether the far store is there or not: every
 * map of a process has a bound. And where one lacks it, that is seen.
 *
 * `LARDER_STRANGERS=10000000` makes it long; `LARDER_REPORT=file` keeps what was counted.
 */

import { appendFileSync } from 'node:fs'
import { type FaultProxy, faultProxy, type RedisServer, startRedis } from '@larder/testing/servers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Child } from './child.ts'
import { type Change, type Program, program } from './program.ts'
import { slopeOf } from './slope.ts'
import type { Strangers, StrangersOrders } from './strangers.child.ts'

const KEYS = Number(process.env['LARDER_STRANGERS'] ?? 50_000)
/** Until what is bounded is full. */
const BEFORE = 60_000
const SAMPLES = 10
const MB = 1_048_576
/**
 * What is bounded is emptied a part at a time, so there is a tide. Where the store acknowledges changes, those of the last minute
 * and a half are remembered, whatever the number of keys: that takes as long to fill.
 */
const TIDES = { up: 7 * MB, gone: 3 * MB, silent: 3 * MB }
/** Invalidations that wait for the store: of keys, and of marks. */
const QUEUED = 20_000
/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000
/** ms for a key, on a busy machine. */
const SLOW = 2
/** ms: where the store is there, it is so on a busy machine too; where it is not, nobody waits long. */
const DEADLINES = { up: 5_000, gone: 100, silent: 100 }

let server: RedisServer
let proxy: FaultProxy
let prefixes = 0
const children: Child<StrangersOrders, never>[] = []
const made: Program[] = []

beforeAll(async () => {
  // Redis has a bound as well, or the keys of a day would be its end.
  server = await startRedis({ config: { maxmemory: '96mb', 'maxmemory-policy': 'allkeys-lru' } })
  proxy = await faultProxy({ target: server })
}, PATIENCE)
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()))
  for (const each of made.splice(0)) each.remove()
  await proxy.heal()
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
})

type Far = 'up' | 'gone' | 'silent'

const FAULTS: Readonly<Record<Far, () => void>> = {
  up: () => {},
  gone() {
    proxy.refuse()
    proxy.cutAll()
  },
  silent: () => proxy.blackHole(),
}

interface Counted extends Strangers {
  /** Bytes, over all keys. */
  readonly grown: number
}

async function strangers(far: Far, keys: number, changes: readonly Change[] = []): Promise<Counted> {
  const one = await program(changes, new URL('strangers.child.ts', import.meta.url))
  made.push(one)
  const child = new Child<StrangersOrders, never>(one.file)
  children.push(child)
  await child.ask('open', { url: proxy.url, prefix: `strangers-${++prefixes}`, deadline: DEADLINES[far] })
  FAULTS[far]()
  await child.ask('name', { keys: BEFORE, samples: 1 })
  const counted = await child.ask('name', { keys, samples: SAMPLES })
  const grown = slopeOf(counted.heap) * keys
  const { LARDER_REPORT: file } = process.env
  if (file !== undefined) {
    const { heap, loads, fenced, failures, queued } = counted
    appendFileSync(
      file,
      `${keys} keys, far ${far}${changes.length > 0 ? ', without a bound' : ''}: ${loads} loads, ${fenced} fenced, ` +
        `${failures} failures of the store, ${queued} queued; grown by ${(grown / MB).toFixed(2)} MB: ` +
        `${heap.map(([, bytes]) => (bytes / MB).toFixed(1)).join(' ')}\n`,
    )
  }
  return { ...counted, grown }
}

const timeout = PATIENCE + (BEFORE + KEYS) * SLOW

test.each(['up', 'gone', 'silent'] as const)(
  'keys that were never named before leave nothing behind, far %s',
  { timeout },
  async (far) => {
    const { grown, queued } = await strangers(far, KEYS)
    expect(grown).toBeLessThan(TIDES[far])
    expect(queued).toBeLessThanOrEqual(QUEUED)
  },
)

const UNBOUND: Readonly<
  Record<string, { readonly far: Far; readonly keys: number; readonly change: Change }>
> = {
  'the tokens of tags': {
    far: 'up',
    keys: 30_000,
    change: { find: `if (this.#stamps.size > this.limit) this.#shrink()`, replace: `` },
  },
  'what was heard of keys': {
    far: 'gone',
    keys: 150_000,
    change: { find: `if (this.#recent.size < REMEMBERED) return`, replace: `if (this.count > 0) return` },
  },
  'the outbox': {
    far: 'gone',
    keys: 12_000,
    change: { find: `if (this.owing > LIMIT) {`, replace: `if (this.owing < 0) {` },
  },
}

test.each(Object.entries(UNBOUND))(
  'it is seen where there is no bound to %s',
  { timeout },
  async (_, { far, keys, change }) => {
    expect((await strangers(far, keys, [change])).grown).toBeGreaterThan(TIDES[far])
  },
)
