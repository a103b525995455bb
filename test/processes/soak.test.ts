/*
 * Nothing that was invalidated comes back, whichever process asks, whatever happens to processes, network and Redis.
 *
 * `LARDER_ROUNDS=100000` makes it long.
 */

import { appendFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, program } from './program.ts'
import { soak, type Soaked } from './soak.ts'

const ROUNDS = Number(process.env['LARDER_ROUNDS'] ?? 4_000)
/** ms; a round takes about one. */
const PATIENCE = 60_000 + ROUNDS * 10

let made: Program
beforeAll(async () => {
  made = await program()
})
afterAll(() => made.remove())

function tell(what: string, soaked: Soaked): void {
  const { LARDER_REPORT: file } = process.env
  if (file !== undefined) appendFileSync(file, `${what}\n${JSON.stringify(soaked, undefined, 2)}\n`)
}

test(
  'no process reads what another has invalidated, and nothing older is left',
  { timeout: PATIENCE },
  async () => {
    const soaked = await soak({ file: made.file, rounds: ROUNDS })
    tell('with leases and channel', soaked)

    expect(soaked.examples).toEqual([])
    expect(soaked).toMatchObject({
      resurrected: 0,
      own: 0,
      late: 0,
      rejections: 0,
      leftOld: [],
      disagreed: [],
      leases: 0,
    })
  },
)
