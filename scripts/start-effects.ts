/*
 * What each step of docs/start.md does, measured: the same reads of the same source, with one line more each time.
 *
 *   node --conditions=@larder/source --import tsx scripts/start-effects.ts           measures, and writes it into the page
 *   node --conditions=@larder/source --import tsx scripts/start-effects.ts --check   ends with 1 if the page says something else
 *
 * The source takes 5 ms for an answer, as a database in the same house does. Starts a Redis of its own.
 */
import { createCache, type Entry, type ICache, type Policy, type Store } from '@larder/core'
import { memory } from '@larder/memory'
import { redis } from '@larder/redis'
import { startRedis } from '@larder/testing/servers'
import { tiered } from '@larder/tiered'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as passed } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { visitsOf } from '../examples/demo/load.ts'

const page = fileURLToPath(new URL('../docs/start.md', import.meta.url))
const figures = fileURLToPath(new URL('start-effects.json', import.meta.url))

const PRODUCTS = 200
const READS = 2_000
const VISITORS = 16
const SOURCE = 5 // ms
/** A read that took half as long as the source waited for it. */
const WAITED = SOURCE / 2
const SECOND = 1_000 // ms
const TTL = 50 // ms, so that the script can live through its end

interface Pair {
  /** Loads of all products by two caches. */
  readonly loads: number
  /** µs of a read, in the middle. */
  readonly hit: number
  /** Old prices in the other cache: at once, and a second later. */
  readonly old: number
  readonly later: number
  /** ms until the other cache sees a new price; a second if it does not. */
  readonly seen: number
}

interface Effects {
  readonly memory: { readonly loads: number; readonly before: number; readonly after: number }
  readonly tags: { readonly without: number; readonly with: number }
  readonly waits: { readonly without: number; readonly with: number }
  readonly fails: { readonly without: number; readonly with: number }
  readonly alone: Pair
  readonly redis: Pair
  readonly tiers: Pair
  readonly watching: { readonly hits: number; readonly joins: number; readonly loads: number }
}

class Source {
  price = 1
  loads = 0
  isDown = false
  readonly load = async (): Promise<number> => {
    this.loads++
    const { price, isDown } = this
    await passed(SOURCE)
    if (isDown) throw new Error('the source is down')
    return price
  }
}

const keys = visitsOf(READS * 2, PRODUCTS, 1).flatMap((visit) =>
  visit.page === 'product' ? [visit.sku] : [],
)
const all = [...new Set(keys)]

type Read = (key: string) => Promise<number>

interface Seen {
  /** µs, in the middle. */
  readonly median: number
  readonly waits: number
  readonly fails: number
}

/** The reads, by so many visitors at a time. */
async function visited(read: Read, some: readonly string[] = keys.slice(0, READS)): Promise<Seen> {
  const times: number[] = []
  let fails = 0
  const queue = some.values()
  const visitor = async (): Promise<void> => {
    for (const key of queue) {
      const began = performance.now()
      await read(key).catch(() => fails++)
      times.push(performance.now() - began)
      await new Promise((resume) => setImmediate(resume))
    }
  }
  await Promise.all(Array.from({ length: VISITORS }, visitor))
  const sorted = times.toSorted((a, b) => a - b)
  const median = (sorted[Math.floor(sorted.length / 2)] ?? 0) * 1_000
  return { median, waits: times.filter((ms) => ms > WAITED).length, fails }
}

const through =
  (cache: ICache, source: Source, how: Policy<number> = {}): Read =>
  (key) =>
    cache.getOrSet(key, source.load, { tags: ['prices'], ...how })

async function olds(read: Read, price: number): Promise<number> {
  const found = await Promise.all(all.map(read))
  return found.filter((each) => each < price).length
}

async function measured(): Promise<Effects> {
  const source = new Source()
  const before = await visited(source.load)

  const first = createCache({ store: memory(), ttl: '5m' })
  source.loads = 0
  await visited(through(first, source))
  const loads = source.loads
  const after = await visited(through(first, source))

  await Promise.all(all.map(through(first, source)))
  source.price = 2
  const without = await olds(through(first, source), 2)
  await first.invalidateTags('prices')
  const tagged = await olds(through(first, source), 2)

  const windows = { staleWhileRevalidate: '1m', staleIfError: '1h' } as const
  const troubled = async (how: Policy<number>): Promise<{ waits: number; fails: number }> => {
    const cache = createCache({ store: memory(), ttl: TTL, jitter: 0 })
    const other = new Source()
    const read = through(cache, other, how)
    await Promise.all(all.map(read))
    await passed(TTL * 2)
    const { waits } = await visited(read, all)
    await passed(TTL * 2)
    other.isDown = true
    const { fails } = await visited(read, all)
    await cache.close()
    return { waits, fails }
  }
  const [bare, kept] = [await troubled({}), await troubled(windows)]

  const server = await startRedis()
  const alone = await between(() => memory())
  const shared = await between(() => redis(server.url, { prefix: 'shared' }))
  const near = await between(() => tiered({ near: memory(), far: redis(server.url, { prefix: 'near' }) }))
  await server.stop()

  const { hits, joins, loads: counted } = first.stats()
  await first.close()
  return {
    memory: { loads, before: before.median, after: after.median },
    tags: { without, with: tagged },
    waits: { without: bare.waits, with: kept.waits },
    fails: { without: bare.fails, with: kept.fails },
    alone,
    redis: shared,
    tiers: near,
    watching: { hits, joins, loads: counted },
  }
}

/** Two caches that share what `open` shares, as two processes would. */
async function between(open: () => Store<Entry>): Promise<Pair> {
  const source = new Source()
  const [here, there] = [open(), open()].map((store) => createCache({ store, ttl: '5m' })) as [ICache, ICache]
  for (const cache of [here, there]) while ((await cache.health()).status !== 'ok') await passed(10)
  const read = through(there, source)
  await Promise.all(all.map(through(here, source)))
  await Promise.all(all.map(read))
  const { loads } = source
  const { median: hit } = await visited(read)
  source.price = 2
  await here.invalidateTags('prices')
  const acknowledged = performance.now()
  const old = await olds(read, 2)
  while (performance.now() - acknowledged < SECOND && (await read(all[0] ?? '')) < 2) await passed(1)
  const seen = performance.now() - acknowledged
  await passed(SECOND)
  const later = await olds(read, 2)
  await Promise.all([here.close(), there.close()])
  return { loads, hit, old, later, seen }
}

const count = (n: number): string => Math.round(n).toLocaleString('en')
const time = (us: number): string =>
  us < 1_000 ? `${us < 10 ? us.toFixed(1) : count(us)} µs` : `${(us / 1_000).toFixed(1)} ms`

/** What the page says of each step. */
function sentences({
  memory: kept,
  tags,
  waits,
  fails,
  alone,
  redis: shared,
  tiers,
  watching,
}: Effects): Record<string, string> {
  const each = count(all.length)
  return {
    memory: `${count(READS)} reads of ${each} products: ${count(kept.loads)} loads instead of ${count(READS)}. A read takes ${time(kept.after)} instead of ${time(kept.before)}.`,
    tags: `All prices change. Old ones among the next ${each} reads: ${count(tags.without)} without the tag, ${count(tags.with)} with it.`,
    stale: `Everything ceases to be fresh. Of the next ${each} reads ${count(waits.without)} wait for the source without a window, ${count(waits.with)} with one. The source is down: ${count(fails.without)} of ${each} reads fail without, ${count(fails.with)} with.`,
    redis: `Two caches read all products: ${count(shared.loads)} loads together instead of ${count(alone.loads)}. One invalidates, the other reads: ${count(shared.old)} old prices instead of ${count(alone.later)}. A read takes ${time(shared.hit)} instead of ${time(alone.hit)}, for it asks Redis.`,
    tiers: `A read takes ${time(tiers.hit)} instead of ${time(shared.hit)}. The other cache sees a new price after ${tiers.seen.toFixed(1)} ms; a second later, old prices: ${count(tiers.later)}.`,
    watching: `Of steps 2 and 3 it has counted ${count(watching.hits)} hits, ${count(watching.joins)} callers who waited for a load of somebody else, ${count(watching.loads)} loads.`,
  }
}

function filled(text: string, effects: Effects): string {
  return Object.entries(sentences(effects)).reduce((before, [step, sentence]) => {
    const place = new RegExp(`(<!-- measured: ${step} -->\\n)[^\\n]*\\n`)
    if (!place.test(before)) throw new Error(`docs/start.md has no place for the effect of ${step}`)
    return before.replace(place, `$1**Measured:** ${sentence}\n`)
  }, text)
}

const text = readFileSync(page, 'utf8')
if (process.argv.includes('--check')) {
  const isSame = filled(text, JSON.parse(readFileSync(figures, 'utf8')) as Effects) === text
  if (!isSame) console.error('docs/start.md is not what was measured: scripts/start-effects.ts')
  process.exitCode = isSame ? 0 : 1
} else {
  const effects = await measured()
  writeFileSync(figures, `${JSON.stringify(effects, undefined, 2)}\n`)
  writeFileSync(page, filled(text, effects))
  for (const [step, sentence] of Object.entries(sentences(effects))) console.log(`${step}: ${sentence}`)
}
