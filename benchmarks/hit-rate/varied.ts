/*
 * Traces whose parameters are drawn by chance: a habit (a family) and a seed make one. Those of generated.ts were chosen by
 * hand, and a policy can be made to fit them; of these there are as many as one likes, so that it can be tried on some that
 * nobody looked at while it was made.
 */
import { below, type Random, randomOf, sizeOf, zipf } from '../harness/random.ts'
import { type Trace, TraceBuilder } from './trace.ts'

/** Gives one key after the other, for ever. */
type Source = () => number
type Family = (random: Random) => Source

const between = (low: number, high: number, random: Random): number => low + (high - low) * random()
/** As often between 10 and 100 as between 100 and 1,000. */
const scaled = (low: number, high: number, random: Random): number =>
  Math.round(low * (high / low) ** random())
/** Keys of one source, apart from those of others. */
const apart =
  (at: number, next: Source): Source =>
  () =>
    at * 1e9 + next()

/** The keys `from`, `from + 1` and so on, each `fresh()` a new one. */
function freshFrom(from: number): Source {
  let next = from
  return () => next++
}

const popular: Family = (random) => zipf(scaled(2_000, 100_000, random), between(0.4, 1.3, random), random)

const drifting: Family = (random) => {
  const many = scaled(2_000, 60_000, random)
  const rank = zipf(many, between(0.5, 1.2, random), random)
  const speed = scaled(1, 300, random) / 1_000
  const keys = Float64Array.from({ length: many }, (_, at) => at)
  const fresh = freshFrom(many)
  return () => {
    if (random() < speed) keys[below(many, random)] = fresh()
    return keys[rank()] as number
  }
}

const news: Family = (random) => {
  const age = zipf(scaled(2_000, 60_000, random), between(0.5, 1.1, random), random)
  const speed = scaled(3, 300, random) / 1_000
  let newest = 60_000
  return () => {
    if (random() < speed) newest++
    return newest - age()
  }
}

/** The same keys, another order of popularity; or other keys. */
const phases: Family = (random) => {
  const many = scaled(1_000, 40_000, random)
  const rank = zipf(many, between(0.2, 1.1, random), random)
  const length = scaled(3_000, 60_000, random)
  const isAllNew = random() < 0.5
  let [offset, from, left] = [0, 0, length]
  return () => {
    if (left-- === 0) {
      left = length
      offset = below(many, random)
      if (isAllNew) from += many
    }
    return from + ((rank() * 7_919 + offset) % many)
  }
}

/** A set of keys is used for a while, all alike, and then others. */
const sets: Family = (random) => {
  const most = scaled(200, 8_000, random)
  const uses = between(2, 20, random)
  let [from, many, left] = [0, 0, 0]
  return () => {
    if (left-- <= 0) {
      from += many
      many = Math.ceil(most * between(0.4, 1, random))
      left = Math.ceil(many * uses)
    }
    return from + below(many, random)
  }
}

const scans: Family = (random) => {
  const next = zipf(scaled(2_000, 60_000, random), between(0.6, 1.1, random), random)
  const scan = scaled(200, 20_000, random)
  const pause = scan * between(0.3, 6, random)
  const fresh = freshFrom(1e6)
  let at = 0
  return () => (at++ % (scan + pause) < pause ? next() : fresh())
}

const oneHitWonders: Family = (random) => {
  const next = zipf(scaled(2_000, 60_000, random), between(0.5, 1.1, random), random)
  const part = between(0.2, 0.9, random)
  const fresh = freshFrom(1e6)
  return () => (random() < part ? fresh() : next())
}

/** The same keys in the same order, and other requests between them. */
const loops: Family = (random) => {
  const many = scaled(300, 30_000, random)
  const next = zipf(scaled(2_000, 40_000, random), between(0.6, 1.1, random), random)
  const part = random() < 0.3 ? 1 : between(0.2, 0.95, random)
  let at = 0
  return () => (random() < part ? 1e6 + (at++ % many) : next())
}

/** What was used a moment ago is used again: at which depth of the stack of LRU is drawn. */
const recency: Family = (random) => {
  const most = scaled(500, 8_000, random)
  const depth = zipf(most, between(0.3, 1.6, random), random)
  const part = between(0.02, 0.4, random)
  const fresh = freshFrom(most)
  const stack = Float64Array.from({ length: most }, (_, at) => at)
  return () => {
    const isNew = random() < part
    const at = isNew ? most - 1 : depth()
    const key = isNew ? fresh() : (stack[at] as number)
    stack.copyWithin(1, 0, at)
    stack[0] = key
    return key
  }
}

/** Each key is read two or three times within a short time, and perhaps again much later. */
const bursts: Family = (random) => {
  const next = zipf(scaled(3_000, 100_000, random), between(0.2, 1, random), random)
  const within = scaled(3, 3_000, random)
  const ahead: (number | undefined)[] = Array.from({ length: within })
  const again = between(0.5, 2, random)
  let at = 0
  return () => {
    const due = ahead[at % within]
    ahead[at++ % within] = undefined
    if (due !== undefined) return due
    const key = next()
    for (let left = again; left > random(); left--) ahead[(at + below(within, random)) % within] = key
    return key
  }
}

/** Each key is used once more after a while, and then never; the while is about the same for all, or it is not. */
const onceMore: Family = (random) => {
  const delay = scaled(100, 8_000, random)
  const spread = random() < 0.5 ? between(0.02, 0.3, random) : between(0.3, 1, random)
  const part = between(0.5, 1, random)
  const uses = 1 + below(3, random)
  const fresh = freshFrom(0)
  const due: number[] = []
  let newest = 0
  return () => {
    const next = due.pop()
    if (next !== undefined) return next
    newest = fresh()
    for (let use = 1; use <= uses; use++) {
      const old = newest - Math.ceil(use * delay * (1 - spread * random()))
      if (old >= 0 && random() < part) due.push(old)
    }
    return newest
  }
}

/** Visitors come, use a few keys of their own for a while, and go. */
const sessions: Family = (random) => {
  const shared = zipf(scaled(500, 20_000, random), between(0.6, 1.1, random), random)
  const many = scaled(50, 4_000, random)
  const own = 1 + below(30, random)
  const stay = scaled(5, 100, random)
  const part = between(0.2, 0.9, random)
  const fresh = freshFrom(0)
  const visitor = (): { readonly keys: number; left: number } => ({
    keys: 1e6 + own * fresh(),
    left: Math.ceil(-stay * Math.log(1 - random())),
  })
  const visitors = Array.from({ length: many }, visitor)
  return () => {
    if (random() > part) return shared()
    const at = below(many, random)
    const one = visitors[at] as ReturnType<typeof visitor>
    if (--one.left <= 0) visitors[at] = visitor()
    return one.keys + Math.min(below(own, random), below(own, random))
  }
}

const single: Readonly<Record<string, Family>> = {
  popular,
  drifting,
  news,
  phases,
  sets,
  scans,
  'one-hit wonders': oneHitWonders,
  loops,
  recency,
  bursts,
  'once more': onceMore,
  sessions,
}

const oneOf = (random: Random): Source => {
  const all = Object.values(single)
  return (all[below(all.length, random)] as Family)(random)
}

/** Two or three of them at once. */
const mixture: Family = (random) => {
  const sources = Array.from({ length: 2 + below(2, random) }, (_, at) => apart(at, oneOf(random)))
  const shares = sources.map(() => between(0.2, 1, random))
  const sum = shares.reduce((all, each) => all + each, 0)
  return () => {
    let left = random() * sum
    const at = shares.findIndex((share) => (left -= share) < 0)
    return (sources[Math.max(0, at)] as Source)()
  }
}

/** One for a while, then another, and back. */
const inTurn: Family = (random) => {
  const sources = Array.from({ length: 2 + below(2, random) }, (_, at) => apart(at, oneOf(random)))
  const length = scaled(5_000, 50_000, random)
  let at = 0
  return () => (sources[Math.floor(at++ / length) % sources.length] as Source)()
}

export const families: Readonly<Record<string, Family>> = { ...single, mixture, 'in turn': inTurn }

/** The seeds that a policy may be made by, and those that only say what it came to. */
export const SEEDS = { seen: 1, heldOut: 1_000_001 }

/** `many` traces of each family, from `seed` on. */
export function* variedTraces(length: number, seed: number, many: number): Generator<Trace> {
  for (const [at, [name, family]] of Object.entries(families).entries()) {
    for (let n = 0; n < many; n++) {
      const random = randomOf(seed + 1_000 * at + n)
      const next = family(random)
      const to = new TraceBuilder()
      for (let i = 0; i < length; i++) to.add(next())
      const trace = to.trace(`${name} ${n + 1}`)
      yield { ...trace, sizes: Float64Array.from({ length: trace.keys }, (_, key) => sizeOf(key)) }
    }
  }
}
