/*
 * The rows that a client decides, over clients that were handed in: what they do by themselves when a connection hangs or
 * is lost must not be seen.
 */

import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { type Program, program } from './agents.ts'
import { holds } from './holds.ts'
import type { Stage } from './life.ts'
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

const CLIENTS = ['ioredis 5', 'ioredis 6', 'iovalkey', 'node-redis 5', 'node-redis 6']
const rows = matrix
  .filter(({ forClients }) => forClients)
  .flatMap((row) => CLIENTS.map((client) => ({ ...row, client })))

describe.concurrent('the invariants hold', () => {
  test.each(rows)('over $client, $id: $what', { timeout: PATIENCE }, async ({ client, ...row }) => {
    const begin = async (): Promise<Stage> => {
      const stage = await row.begin()
      return { ...stage, opening: (agent) => ({ ...stage.opening(agent), client }) }
    }
    await holds({ ...row, begin }, whole)
  })
})
