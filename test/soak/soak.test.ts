/*
 * A small soak, and the same without something that protects: the first keeps every promise, the others break one. The long one
 * is a command, see docs/soak.md.
 */

import { afterAll, describe, expect, test } from 'vitest'
import { type Change, type Program, program } from '../processes/program.ts'
import { ablations } from './ablations.ts'
import { soak, type SoakOptions } from './soak.ts'

/** ms. The first start of a server may have to fetch it. */
const PATIENCE = 180_000

const WORKER = new URL('worker.child.ts', import.meta.url)

const made: Program[] = []
afterAll(() => made.forEach((each) => each.remove()))

async function soaked(options: Omit<SoakOptions, 'file'>, changes: readonly Change[] = []) {
  const one = await program(changes, WORKER)
  made.push(one)
  return soak({ ...options, file: one.file })
}

test('no process reads what was invalidated longer ago than it may', { timeout: PATIENCE }, async () => {
  const { counted, leftStale } = await soaked({ seconds: 8, reads: 5_000 })

  expect(counted.examples).toEqual([])
  expect(counted).toMatchObject({ beyond: 0, own: 0, foreign: 0, rejections: 0, unhandled: 0 })
  expect(leftStale).toEqual([])
})

describe.for(ablations.filter(({ isQuick }) => isQuick))('without $what', ({ change }) => {
  test('a promise is broken', { timeout: PATIENCE }, async () => {
    const { counted } = await soaked({ seconds: 90, untilBroken: true }, [change])

    expect(counted.beyond + counted.own).toBeGreaterThan(0)
  })
})
