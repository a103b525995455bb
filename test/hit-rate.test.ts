/*
 * The simulator of hit rates: its policies on traces that one can follow by hand, and what must hold on any trace; its files.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { traceFrom } from '../benchmarks/hit-rate/files.ts'
import { generated, tracesOf } from '../benchmarks/hit-rate/generated.ts'
import { lruCache } from '../benchmarks/hit-rate/policies/lru-cache.ts'
import type { Room } from '../benchmarks/hit-rate/policy.ts'
import { hitRatio, LRU, OPTIMUM, outcomes, policies } from '../benchmarks/hit-rate/simulate.ts'
import { type Trace, TraceBuilder } from '../benchmarks/hit-rate/trace.ts'
import { families, SEEDS, variedTraces } from '../benchmarks/hit-rate/varied.ts'

const OURS_LRU = "larder, eviction: 'lru'"
const OURS = "larder, eviction: 's3-fifo'"

function traceOf(keys: Iterable<string | number>): Trace {
  const to = new TraceBuilder()
  for (const key of keys) to.add(key)
  return to.trace('by hand')
}

const roomFor = ({ accesses }: Trace, capacity: number): Room => ({
  accesses,
  capacity,
  isByBytes: false,
  sizeOf: () => 1,
})

/** h for a hit, - for a miss. */
function played(name: string, letters: string, capacity: number): string {
  const trace = traceOf(letters)
  const policy = policies.find((each) => each.name === name)?.make(roomFor(trace, capacity))
  if (policy === undefined) throw new Error(`there is no ${name}`)
  return [...trace.accesses].map((key) => (policy.access(key) ? 'h' : '-')).join('')
}

describe('by hand', () => {
  test.each([
    // c takes the place of b, which was not used for the longest time.
    [LRU, 'abacab', 2, '--h-h-'],
    [OURS_LRU, 'abacab', 2, '--h-h-'],
    // b and c are not worth a place: a is asked for sooner.
    [OPTIMUM, 'abacab', 2, '--h-hh'],
    [OPTIMUM, 'abcdabcd', 3, '----hhh-'],
    // The hand passes a, which has a mark, and takes what is behind it, every time.
    ['SIEVE', 'abacabc', 2, '--h-h--'],
    // What was asked for twice stays when others pass through.
    ['ARC', 'aabcdea', 3, '-h----h'],
    ['S3-FIFO as published', 'aaabcdefghijkla', 5, '-hh-----------h'],
    [OURS, 'aaabcdefghijkla', 5, '-hh-----------h'],
    ['W-TinyLFU', 'aaabcdefghijkla', 5, '-hh-----------h'],
  ])('%s: %s in %d places is %s', (name, letters, capacity, expected) => {
    expect(played(name, letters, capacity)).toBe(expected)
  })
})

describe('on any trace', () => {
  const keys = fc.array(fc.nat(30), { minLength: 1, maxLength: 400 })
  const capacity = fc.integer({ min: 1, max: 20 })

  test('LRU is what lru-cache does, and what our store does with it', () => {
    fc.assert(
      fc.property(keys, capacity, (asked, max) => {
        const trace = traceOf(asked)
        const ratios = policies
          .filter(({ name }) => name === LRU || name === OURS_LRU)
          .map(({ make }) => hitRatio(make(roomFor(trace, max)), trace))

        const real = hitRatio(lruCache(roomFor(trace, max)), trace)
        expect(ratios).toEqual([real, real])
      }),
    )
  })

  test('none is better than the optimum, and none finds what was never there', () => {
    fc.assert(
      fc.property(keys, capacity, (asked, max) => {
        const trace = traceOf(asked)
        const ratio = new Map(
          policies.map(({ name, make }) => [name, hitRatio(make(roomFor(trace, max)), trace)]),
        )

        const best = ratio.get(OPTIMUM) ?? 0
        for (const [name, each] of ratio) expect(each, name).toBeLessThanOrEqual(best)
        expect(best).toBeLessThanOrEqual((asked.length - new Set(asked).size) / asked.length)
      }),
    )
  })

  test('with room for all of it, everybody misses each key once', () => {
    fc.assert(
      fc.property(keys, (asked) => {
        const trace = traceOf(asked)
        for (const { name, make } of policies) {
          const all = (asked.length - new Set(asked).size) / asked.length
          expect(hitRatio(make(roomFor(trace, 200)), trace), name).toBe(all)
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('the traces that are made', () => {
  test('are the same in every run, of the length that was asked for, and have sizes', () => {
    const [once, again] = [[...tracesOf(3_000)], [...tracesOf(3_000)]]

    expect(once).toEqual(again)
    expect(once.map(({ name }) => name)).toEqual(generated.map(({ name }) => name))
    for (const { accesses, sizes, keys } of once) {
      expect([accesses.length, sizes?.length]).toEqual([3_000, keys])
    }
  })

  test('are played in rooms by objects and by bytes; in both our LRU is LRU', () => {
    for (const trace of tracesOf(2_000)) {
      for (const { hits } of outcomes(trace)) expect(hits[OURS_LRU], trace.name).toBe(hits[LRU])
    }
  })
})

describe('the traces that are drawn by chance', () => {
  const length = 60_000
  const drawn = [...variedTraces(length, SEEDS.heldOut, 1)]

  test('are one of each family, the same in every run, and others with another seed', () => {
    expect(drawn.map(({ name }) => name)).toEqual(Object.keys(families).map((name) => `${name} 1`))
    expect([...variedTraces(length, SEEDS.heldOut, 1)]).toEqual(drawn)
    for (const [at, other] of [...variedTraces(length, SEEDS.seen, 1)].entries()) {
      expect(drawn[at]?.accesses).toHaveLength(length)
      expect(drawn[at]?.accesses).not.toEqual(other.accesses)
    }
  })

  test('in rooms that they fill several times, our S3-FIFO loses no more than a point to LRU', () => {
    for (const trace of drawn) {
      const room = roomFor(trace, Math.min(500, Math.ceil(trace.keys / 20)))
      const [lru, ours] = [LRU, OURS].map((name) =>
        hitRatio(policies.find((each) => each.name === name)?.make(room) ?? { access: () => false }, trace),
      )
      expect((ours ?? 0) - (lru ?? 0), trace.name).toBeGreaterThan(-0.01)
    }
  })
})

describe('files', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'larder-traces-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const written = (name: string, bytes: string | Buffer): string => {
    const file = path.join(folder, name)
    writeFileSync(file, bytes)
    return file
  }
  const read = async (name: string, bytes: string | Buffer, format = ''): Promise<unknown> => {
    const { accesses, sizes } = await traceFrom(`${written(name, bytes)}${format}`, 1_000)
    return { accesses: [...accesses], sizes: sizes === undefined ? undefined : [...sizes] }
  }
  const record = (key: bigint, size: number): Buffer => {
    const bytes = Buffer.alloc(24)
    bytes.writeBigUInt64LE(key, 4)
    bytes.writeUInt32LE(size, 12)
    return bytes
  }
  /** `x`, `y`, `x`, each in a line. */
  const ZSTD = Buffer.from('28b52ffd0058310000780a790a780a', 'hex')
  const MONITOR = `OK
1339518083.107412 [0 127.0.0.1:60866] "get" "x y"
1339518083.107413 [0 127.0.0.1:60866] "set" "z" "1"
1339518083.107414 [0 lua] "MGET" "quoted \\"y\\"" "x y"
`
  const plain = { accesses: [0, 1, 0], sizes: undefined }
  const sized = { accesses: [0, 1, 0], sizes: [50, 70] }

  test('are read in each format', async () => {
    expect(await read('a.txt', 'x\ny\r\n\n*\nx\n')).toEqual(plain)
    expect(await read('a.lis', '7 2 0 0\n7 1 0 1\n')).toEqual(plain)
    expect(await read('a.spc', '0,8,4096,R,0.1\n0,16,512,w,0.2\n0,8,4096,R,0.3\n')).toEqual({
      accesses: [0, 1, 0],
      sizes: [4_096, 4_096],
    })
    expect(
      await read(
        'a.twitter',
        '0,x,20,30,1,get,0\n0,z,1,1,1,set,9\n1,y,a,20,50,1,gets,0\n1,x,20,30,1,get,0\n',
      ),
    ).toEqual(sized)
    expect(await read('a.meta', 'key,op,size\nx,GET,50\nz,SET,5\ny,GET,70\nx,GET,50\n')).toEqual(sized)
    expect(await read('a.csv', 'time,obj,size\n1,x,50\n2,y,70\n3,x,50\n')).toEqual(sized)
    expect(await read('b.csv', '1,x\n2,y\n3,x\n')).toEqual(plain)
    expect(await read('a.monitor', MONITOR)).toEqual(plain)
    const records = Buffer.concat([record(5n, 50), record(2n ** 63n, 70), record(5n, 50)])
    expect(await read('a.oracleGeneral', records)).toEqual(sized)
  })

  test('are told by their first lines where the name does not say it', async () => {
    expect(await read('e.txt', MONITOR)).toEqual(plain)
    expect(await read('e.log', MONITOR)).toEqual(plain)
    expect(await read('e.unknown', '7 2 0 0\n7 1 0 1\n')).toEqual(plain)
    expect(await read('e', 'x\ny\nx\n')).toEqual(plain)
    const twitter = '0,x,20,30,1,get,0\n1,y,a,20,50,1,gets,0\n1,x,20,30,1,get,0\n'
    expect(await read('e.csv', twitter)).toEqual(sized)
    expect(await read('f.csv', 'op_time,key,op,size\n1,x,GET,50\n2,y,GET,70\n3,x,GET,50\n')).toEqual(sized)
  })

  test('are unpacked, and read as what is said of them', async () => {
    expect(await read('b.txt.gz', gzipSync('x\ny\nx\n'))).toEqual(plain)
    expect(await read('b.txt.zst', ZSTD)).toEqual(plain)
    expect(await read('b.unknown', 'x\ny\nx\n', ':lines')).toEqual(plain)
  })

  test('are read no further than asked', async () => {
    const file = written('long.txt', Array.from({ length: 5_000 }, (_, n) => n).join('\n'))

    expect((await traceFrom(file, 100)).accesses).toHaveLength(100)
  })

  test('that are none are said to be, with the line', async () => {
    await expect(read('c.csv', '1,x,50\nrubbish\n')).rejects.toThrow(
      /c\.csv, line 2: not of the format csv.*time,key,size.*rubbish/u,
    )
    await expect(read('c.spc', 'a,b\n')).rejects.toThrow(/line 1/u)
    await expect(read('c.meta', 'a,b\nx,y\n')).rejects.toThrow(/line 1.*names the columns/u)
    await expect(read('c.xyz', record(1n, 1))).rejects.toThrow(/which format is it\?.*:oracleGeneral/u)
    await expect(read('d.txt.zst', 'not packed')).rejects.toThrow(/d\.txt\.zst: cannot be read/u)
    await expect(read('c.txt', '\n')).rejects.toThrow(/no access in it/u)
    await expect(read('c.oracleGeneral', record(1n, 1).subarray(0, 20))).rejects.toThrow(
      /in the middle of a record/u,
    )
    await expect(read('d.txt.gz', 'not packed')).rejects.toThrow(/d\.txt\.gz: cannot be read/u)
    await expect(traceFrom(path.join(folder, 'nothing.txt'), 10)).rejects.toThrow(/there is no such file/u)
  })
})
