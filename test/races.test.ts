/*
 * The races of docs/races.md, played with Larder alone: few trials of each, and all must end well.
 *
 * How the others do is measured by `pnpm bench races`. That a player can see an old value is seen here too: a cache whose
 * processes never hear of each other fails.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { play } from '../benchmarks/races/play.ts'
import { type Program, program } from '../benchmarks/races/program.ts'
import { scenarios } from '../benchmarks/races/scenarios/all.ts'
import { wordsOf } from '../benchmarks/races/words.ts'

/** ms; a first start of a server may have to fetch it. */
const PATIENCE = 120_000

let made: Program
let rivals: Program

beforeAll(async () => {
  made = await program('from its sources')
  rivals = await program('as built')
})
afterAll(() => {
  made.remove()
  rivals.remove()
})

// Most of a trial is waiting.
describe.concurrent('Larder', () => {
  test.for(scenarios)(
    '$title: nobody is served an old value for long',
    { timeout: PATIENCE },
    async (scenario) => {
      const { parts } = await play(scenario, 'larder', {
        program: made.file,
        trials: scenario.isFresh ? 1 : 3,
      })
      expect(parts.length).toBeGreaterThan(0)
      for (const { trials } of parts) {
        expect(
          trials.every(({ isGood }) => isGood),
          wordsOf(trials),
        ).toBe(true)
      }
    },
  )
})

test('a cache without a bus is seen to serve what is old', { timeout: PATIENCE }, async () => {
  const overtaken = scenarios.find(({ name }) => name === 'message before reply')
  if (overtaken === undefined) throw new Error('no such scenario')
  const { parts } = await play(overtaken, 'cache-manager', { program: rivals.file, trials: 1 })
  expect(parts.map(({ trials }) => wordsOf(trials))).toEqual(['still old after 2 s 1/1'])
})
