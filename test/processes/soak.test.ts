/*
 * Nothing that was invalidated comes back, whichever process asks, whatever happens to processes, network and Redis. And
 * without any one of the things that see to it, something does.
 *
 * `LARDER_ROUNDS=100000` makes it long; `LARDER_REPORT=file` keeps what was counted.
 */

import { appendFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import type { Part } from './orders.ts'
import { type Change, type Program, program } from './program.ts'
import { soak, type Soaked, type SoakOptions } from './soak.ts'

const ROUNDS = Number(process.env['LARDER_ROUNDS'] ?? 1_500)
/** ms. The first start of a server may have to fetch it; a round takes a few. */
const PATIENCE = 120_000 + ROUNDS * 20

const made: Program[] = []
afterAll(() => made.forEach((each) => each.remove()))

async function soaked(
  what: string,
  options: Omit<SoakOptions, 'file'>,
  changes: readonly Change[] = [],
): Promise<Soaked> {
  const one = await program(changes)
  made.push(one)
  const all = await soak({ ...options, file: one.file })
  const { LARDER_REPORT: file } = process.env
  if (file !== undefined) appendFileSync(file, `${what} ${JSON.stringify(all, undefined, 2)}\n`)
  return all
}

const KEPT = {
  resurrected: 0,
  own: 0,
  late: 0,
  rejections: 0,
  leftOld: [],
  disagreed: [],
  leases: 0,
}

test(
  'no process reads what another has invalidated, and nothing older is left',
  { timeout: PATIENCE },
  async () => {
    const all = await soaked('whole', { rounds: ROUNDS })

    expect(all.examples).toEqual([])
    expect(all).toMatchObject(KEPT)
    expect(all.fenced).toBeGreaterThan(ROUNDS / 10)
    expect(all.reads - all.blind).toBeGreaterThan(ROUNDS)
  },
)

test('without a channel tags are as exact as keys', { timeout: PATIENCE }, async () => {
  const all = await soaked('without a channel', {
    rounds: Math.min(ROUNDS, 6_000) / 3,
    without: ['channel'],
    faults: false,
  })

  expect(all.examples).toEqual([])
  expect(all).toMatchObject({ ...KEPT, stale: 0, worstStaleness: 0 })
})

interface Ablation {
  readonly what: string
  readonly without?: readonly Part[]
  readonly change?: Change
}

const ablations: readonly Ablation[] = [
  { what: 'leases', without: ['leases'] },
  {
    what: 'a fill that compares',
    change: {
      find: `local held = get(KEYS[2])
if not held or string.sub(held, 2) ~= ARGV[1] then return 0 end`,
      replace: `local held = get(KEYS[2]) or ''`,
    },
  },
  {
    what: 'a deletion that ends the lease',
    change: {
      find: `local ended = redis.call('DEL', unpack(KEYS, n + 1))`,
      replace: `local ended = 0`,
    },
  },
  {
    what: 'a look at who has the lease before a load is shared',
    change: { find: `return wanted.holder === open.lease ? 'yes' : 'no'`, replace: `return 'yes'` },
  },
]

describe.for(ablations)('without $what', ({ what, without = [], change }) => {
  test('what was invalidated comes back', { timeout: PATIENCE }, async () => {
    const changes = change === undefined ? [] : [change]
    const options = { rounds: 4_000, without, faults: false, untilBroken: true }

    const all = await soaked(`without ${what}`, options, changes)

    expect(all.resurrected).toBeGreaterThan(0)
  })
})
