/*
 * Every row of the fault matrix, lived through by two processes with a cache on a real server.
 */

import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { type Program, program } from './agents.ts'
import { holds } from './holds.ts'
import { matrix } from './matrix.ts'

/** ms, for several looks. */
const PATIENCE = 300_000
// Most of a life is waiting.
vi.setConfig({ maxConcurrency: 8 })
let whole: Program

beforeAll(async () => {
  whole = await program()
}, PATIENCE)
afterAll(() => whole.remove())

// Those that take longest first.
const rows = matrix.toSorted((a, b) => (b.within ?? 0) - (a.within ?? 0))

describe.concurrent('the invariants hold', () => {
  test.each(rows)('$id: $what', { timeout: PATIENCE }, async (row) => {
    await holds(row, whole)
  })
})
