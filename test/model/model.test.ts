import * as core from '@larder/core'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { histories, play, WORLDS } from './history.ts'

const times = Number(process.env['LARDER_RUNS'] ?? 1)
const RUNS = 500

describe('whatever happens in whatever order, nobody reads what was invalidated before', () => {
  for (const world of WORLDS) {
    test(`in the world: ${world}`, { timeout: 600_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(histories(world), async (steps) => {
          await play(core, world, steps)
        }),
        { numRuns: RUNS * times },
      )
    })
  }
})
