/*
 * The traces that the suite makes itself. Each is a habit that caches meet; each is the same in every run. None is a
 * recording: bring your own (files.ts) before you believe that one of them is like your program.
 */
import { below, type Random, randomOf, sizeOf, zipf } from '../harness/random.ts'
import { type Trace, TraceBuilder } from './trace.ts'

interface Generated {
  readonly name: string
  readonly says: string
  readonly write: (to: TraceBuilder, length: number, random: Random) => void
}

export const generated: readonly Generated[] = [
  {
    name: 'zipf 0.8',
    says: 'a popularity that does not change, not very skewed',
    write(to, length, random) {
      const next = zipf(60_000, 0.8, random)
      while (to.length < length) to.add(next())
    },
  },
  {
    name: 'zipf 1.0',
    says: 'a popularity that does not change, skewed',
    write(to, length, random) {
      const next = zipf(60_000, 1, random)
      while (to.length < length) to.add(next())
    },
  },
  {
    name: 'scans',
    says: 'zipf 0.9, and every now and then a job that reads thousands of keys once',
    write(to, length, random) {
      const next = zipf(30_000, 0.9, random)
      let fresh = 1e6
      while (to.length < length) {
        for (let i = 0; i < 10_000; i++) to.add(next())
        for (let i = 0; i < 5_000; i++) to.add(fresh++)
      }
    },
  },
  {
    name: 'one-hit wonders',
    says: 'as at the edge of a network: half of the requests are for what nobody asks for again',
    write(to, length, random) {
      const next = zipf(40_000, 0.9, random)
      let fresh = 1e6
      while (to.length < length) to.add(random() < 0.4 ? fresh++ : next())
    },
  },
  {
    name: 'drifting',
    says: 'zipf 0.99 whose keys are replaced by new ones bit by bit',
    write(to, length, random) {
      const many = 20_000
      const next = zipf(many, 0.99, random)
      const keys = Uint32Array.from({ length: many }, (_, i) => i)
      let fresh = many
      while (to.length < length) {
        to.add(keys[next()] as number)
        if (random() < 0.15) keys[below(many, random)] = fresh++
      }
    },
  },
  {
    name: 'news',
    says: 'new things are asked for most, and less from hour to hour',
    write(to, length, random) {
      const age = zipf(30_000, 0.85, random)
      let newest = 30_000
      while (to.length < length) {
        if (random() < 0.05) newest++
        to.add(newest - age())
      }
    },
  },
  {
    name: 'phases',
    says: 'the popularity is shuffled anew from time to time',
    write(to, length, random) {
      const many = 20_000
      const next = zipf(many, 0.95, random)
      const phase = Math.ceil(length / 8)
      let offset = 0
      while (to.length < length) {
        if (to.length % phase === 0) offset = below(many, random)
        to.add((next() * 7_919 + offset) % many)
      }
    },
  },
  {
    name: 'sets that change',
    says: 'a few thousand keys are used for a while, all alike, and then others',
    write(to, length, random) {
      let from = 0
      while (to.length < length) {
        const many = 1_500 + below(2_500, random)
        for (let i = 0; i < 20_000; i++) to.add(from + below(many, random))
        from += many
      }
    },
  },
  {
    name: 'loop',
    says: 'the same 12,000 keys in the same order, over and over',
    write(to, length) {
      while (to.length < length) to.add(to.length % 12_000)
    },
  },
  {
    name: 'loops and zipf',
    says: 'a database: tables of several sizes are read through, and rows of others looked up',
    write(to, length, random) {
      const next = zipf(20_000, 0.9, random)
      const tables = [300, 1_500, 6_000]
      while (to.length < length) {
        const at = below(tables.length, random)
        const table = tables[at] as number
        for (let row = 0; row < table; row++) {
          to.add(1e6 * (at + 1) + row)
          to.add(next())
          to.add(next())
        }
      }
    },
  },
  {
    name: 'recency',
    says: 'what was used a moment ago is used again: the distance is short, and seldom long',
    write(to, length, random) {
      const recent = new Uint32Array(40_000)
      let written = 0
      while (to.length < length) {
        const distance = Math.floor(random() ** -1.1)
        const isNew = distance > Math.min(written, recent.length) || random() < 0.05
        const key = isNew ? written + 1e6 : (recent[(written - distance) % recent.length] as number)
        recent[written++ % recent.length] = key
        to.add(key)
      }
    },
  },
  {
    name: 'sessions',
    says: 'a web application: visitors come, each uses his own few keys for a while and what all share, and go',
    write(to, length, random) {
      const shared = zipf(5_000, 0.9, random)
      const visitors: { readonly keys: number; left: number }[] = []
      let fresh = 0
      while (to.length < length) {
        if (visitors.length < 1_500 || random() < 0.02) {
          visitors.push({ keys: 1e6 + 10 * fresh++, left: Math.ceil(-20 * Math.log(1 - random())) })
        }
        const at = below(visitors.length, random)
        const visitor = visitors[at]
        if (visitor === undefined) continue
        to.add(visitor.keys + Math.min(below(10, random), below(10, random)))
        to.add(shared())
        if (--visitor.left === 0) visitors.splice(at, 1)
      }
    },
  },
  {
    name: 'used once more',
    says: 'a ledger: each key is written, read again a little later, and then never',
    write(to, length, random) {
      let fresh = 0
      while (to.length < length) {
        to.add(fresh++)
        if (fresh > 3_000) {
          to.add(fresh - 500 - below(500, random))
          to.add(fresh - 2_000 - below(1_000, random))
        }
      }
    },
  },
  {
    name: 'objects of a request',
    says: 'an object mapper: a request reads the same rows several times, and the next one reads others',
    write(to, length, random) {
      const root = zipf(15_000, 0.85, random)
      const types = zipf(200, 1, random)
      while (to.length < length) {
        const rows = Array.from({ length: 2 + below(12, random) }, () =>
          random() < 0.2 ? 1e6 + types() : random() < 0.7 ? root() : 2e6 + root() * 4 + below(4, random),
        )
        for (let turn = 1 + below(3, random); turn > 0; turn--) for (const row of rows) to.add(row)
      }
    },
  },
  {
    name: 'blocks',
    says: 'a disk: stretches are read in a row, some of them again and again, and single blocks in between',
    write(to, length, random) {
      const single = zipf(20_000, 0.75, random)
      const stretches = zipf(3_000, 0.8, random)
      while (to.length < length) {
        if (random() < 0.6) for (let i = 0; i < 30; i++) to.add(single() * 50)
        const start = stretches() * 400
        const blocks = 8 + below(120, random)
        for (let block = 0; block < blocks; block++) to.add(1e7 + start + block)
      }
    },
  },
  {
    name: 'tree',
    says: 'an index: from the root down to a leaf, the leaf by zipf, and ranges of leaves',
    write(to, length, random) {
      const leaf = zipf(50_000, 0.7, random)
      while (to.length < length) {
        const at = (leaf() * 7_919) % 50_000
        to.add(1)
        to.add(100 + Math.floor(at / 2_500))
        to.add(1_000 + Math.floor(at / 50))
        const range = random() < 0.1 ? below(200, random) : 1
        for (let i = 0; i < range; i++) to.add(1e6 + ((at + i) % 50_000))
      }
    },
  },
]

/** All of them, made as they are asked for. */
export function* tracesOf(length: number): Generator<Trace> {
  for (const [at, { name, write }] of generated.entries()) {
    const to = new TraceBuilder()
    write(to, length, randomOf(1_000 + at))
    const trace = to.trace(name)
    yield {
      ...trace,
      accesses: trace.accesses.subarray(0, length),
      sizes: Float64Array.from({ length: trace.keys }, (_, key) => sizeOf(key)),
    }
  }
}
