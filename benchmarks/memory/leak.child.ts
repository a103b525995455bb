/*
 * A process that looks for a leak: `node --expose-gc --import tsx memory/leak.child.ts <contender> <operations>`
 *
 * Bounded to a thousand entries, it is asked for one key after the other that nobody has named before, which it loads; every other
 * one is deleted or overwritten. Twice as many operations as in the warm-up must not leave more behind than those.
 */
import { collectGarbage } from '../harness/rounds.ts'
import { inMemory } from '../rivals/all.ts'
import { HOUR } from '../rivals/rival.ts'

const ROOM = 1_000
/** Samples of the heap, evenly over all operations. */
const SAMPLES = 8

const [name, operations = '1000000'] = process.argv.slice(2)
const contender = inMemory.find((each) => each.name === name)
if (contender === undefined) throw new Error(`nobody in memory is called ${String(name)}`)

const asked = await contender.open({ room: ROOM, ttl: HOUR, load: async (key) => ({ of: key }) })
let next = 0

async function some(count: number): Promise<void> {
  for (const end = next + count; next < end; next++) {
    const key = `user:${next}`
    if (asked.getOrSet === undefined) await asked.set(key, { of: key })
    else await asked.getOrSet(key)
    if (next % 4 === 1) await asked.delete?.(key)
    if (next % 4 === 3) await asked.set(key, { of: key, again: true })
    // Timers and what is put off to the next turn get theirs.
    if (next % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

async function heap(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const all = Number(operations)
// Warm: everything that is made once has been made, and all rooms are full.
await some(all / 5)
const began = next
const heaps: [number, number][] = []
for (let sample = 0; sample <= SAMPLES; sample++) {
  if (sample > 0) await some(all / SAMPLES)
  heaps.push([next - began, await heap()])
}

/** The slope of the line through all samples: bytes that stay for each operation. */
const mean = (at: 0 | 1): number => heaps.reduce((sum, sample) => sum + sample[at], 0) / heaps.length
const [x, y] = [mean(0), mean(1)]
const over = heaps.reduce((sum, [at, bytes]) => sum + (at - x) * (bytes - y), 0)
const under = heaps.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
process.stdout.write(String(over / under))
process.exit(0)
