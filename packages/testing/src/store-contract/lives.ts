/*
 * Rules of lives: a ttl is leave to forget. Nothing is forgotten because its life is long.
 */

import { rule } from '../contract.ts'
import { expectSame, recordOf, type StoreBench, type StoreRule } from './bench.ts'

const DAY = 86_400_000
/** What a 32-bit timer can count. */
const LONGEST_TIMER = 2 ** 31 - 1

export const lives: readonly StoreRule[] = [
  rule('a record with an infinite ttl is kept', async (bench) => {
    const record = recordOf(bench, 1)
    await bench.store.set('k', record, Infinity)
    bench.clock.jump(bench.clock.now() + 10_000 * DAY)

    await bench.clock.advance('2m')

    expectSame(await bench.store.get('k'), record)
  }),

  ...[LONGEST_TIMER, LONGEST_TIMER + 1, 2 ** 32 + 5, 365 * DAY].map((ttl) =>
    rule(`a record with a ttl of ${ttl} ms is kept`, async (bench: StoreBench) => {
      const record = recordOf(bench, 1, ttl)
      await bench.store.set('k', record, ttl)

      await bench.clock.advance('2m')

      expectSame(await bench.store.get('k'), record)
    }),
  ),

  rule('a ttl that is no whole number of ms is as good as any', async (bench) => {
    const record = recordOf(bench, 1, 59_999.5)

    await bench.store.set('k', record, 59_999.5)

    expectSame(await bench.store.get('k'), record)
  }),

  rule('a longer ttl replaces a shorter one, and none a short one', async (bench) => {
    await bench.store.set('longer', recordOf(bench, 1, 1_000), 1_000)
    await bench.store.set('none', recordOf(bench, 1, 1_000), 1_000)
    const [longer, none] = [recordOf(bench, 2, DAY), recordOf(bench, 2)]
    await bench.store.set('longer', longer, DAY)
    await bench.store.set('none', none, Infinity)

    await bench.clock.advance('3m')

    expectSame(await bench.store.get('longer'), longer)
    expectSame(await bench.store.get('none'), none)
  }),

  rule(
    'what is past its life is given back, without being asked for',
    async (bench) => {
      const short = 1_000
      const long = recordOf(bench, 2, DAY)
      // Entries of the contract are kept for 2,000 ms longer than they are fresh.
      await bench.store.set('short', recordOf(bench, 1, short), short + 2_000)
      await bench.store.set('long', long, DAY)

      await bench.clock.advance('3m')

      expectSame(await bench.store.get('short'), undefined)
      expectSame(await bench.store.get('long'), long)
    },
    ({ expires }) => (expires ? undefined : 'the store is not said to expire by this clock'),
  ),
]
