/*
 * What does each operation of the Redis store take of the server's time? As the server counts it itself (INFO commandstats),
 * for single keys, and for many in one tick.
 *
 *   node --conditions=@larder/source --import tsx benchmarks/redis/server-time.ts
 */

import { openLink, redis } from '@larder/redis'
import { startRedis } from '@larder/testing/servers'
import { entryOf, type Entry, type Store, termsOf } from '@larder/core'
import { randomUUID } from 'node:crypto'

const ROUNDS = 3_000
const MANY = 50
const MINUTE = 60_000

const server = await startRedis()
const link = openLink(server.url, { deadline: '5s' })
await link.ready()
const store = redis({ link, prefix: 'time' })
const entry = entryOf('x'.repeat(100), Infinity, termsOf(0, 0, []))
const keys = Array.from({ length: MANY }, (_, n) => `s:${n}`)

interface Case {
  readonly name: string
  /** Once, before all rounds. */
  readonly prepare?: () => Promise<unknown>
  readonly run: (round: number) => Promise<unknown>
  /** How many keys that is. */
  readonly keys: number
}

const { leases } = store as Store<Entry> & Required<Pick<Store<Entry>, 'leases'>>
const ask = async (key: string): Promise<unknown> => leases.read([key], ['token'], MINUTE)
const rounds = Array.from({ length: ROUNDS }, (_, round) => round)

const cases: readonly Case[] = [
  { name: 'read with a wish, missing', run: () => ask(randomUUID()), keys: 1 },
  { name: 'get', run: async () => store.get('s:0'), keys: 1 },
  { name: `get, ${MANY} in one tick`, run: async () => store.getMany?.(keys), keys: MANY },
  {
    name: 'read with a wish, there',
    prepare: () => Promise.all(rounds.map(() => ask('s:0'))),
    run: () => ask('s:0'),
    keys: 1,
  },
  { name: 'take a lease', run: async () => leases.take(randomUUID(), 'token', MINUTE), keys: 1 },
  {
    name: 'fill',
    prepare: () => Promise.all(rounds.map(async (n) => leases.take(`f:${n}`, 'token', MINUTE))),
    run: async (round) => leases.fill(`f:${round}`, 'token', entry, MINUTE),
    keys: 1,
  },
  { name: 'fill, refused', run: async () => leases.fill('s:0', 'nobody', entry, MINUTE), keys: 1 },
  { name: 'set', run: async () => store.set('s:0', entry, MINUTE), keys: 1 },
  {
    name: `set, ${MANY} in one tick`,
    run: () => Promise.all(keys.map((key) => store.set(key, entry, MINUTE))),
    keys: MANY,
  },
  { name: 'delete', run: async () => store.delete('s:0'), keys: 1 },
  {
    name: `delete, ${MANY} in one tick`,
    run: () => Promise.all(keys.map((key) => store.delete(key))),
    keys: MANY,
  },
]

/** Microseconds of the server since the last time. Commands of scripts are counted twice: by themselves and in the script. */
async function spent(): Promise<{ readonly calls: number; readonly us: number }> {
  const info = String(await server.command('INFO', 'commandstats'))
  await server.command('CONFIG', 'RESETSTAT')
  const own = [...info.matchAll(/cmdstat_(evalsha|mget|get):calls=(\d+),usec=(\d+)/g)]
  const script = own.filter(([, name]) => name === 'evalsha')
  const counted = script.length > 0 ? script : own
  const sum = (at: number): number => counted.reduce((total, match) => total + Number(match[at]), 0)
  return { calls: sum(2), us: sum(3) }
}

const table: Record<string, { readonly 'µs a call': string; readonly 'µs a key': string }> = {}
for (const { name, prepare, run, keys: count } of cases) {
  await store.setMany?.(keys.map((key) => [key, entry, MINUTE] as const))
  await prepare?.()
  await spent()
  for (const round of rounds) await run(round)
  const { us, calls } = await spent()
  table[name] = { 'µs a call': (us / calls).toFixed(2), 'µs a key': (us / ROUNDS / count).toFixed(2) }
}
console.table(table)
await link.close()
await server.stop()
