/*
 * A row, judged: again where the machine kept the judge waiting, but for what no waiting can explain.
 */

import { expect } from 'vitest'
import { unlessKeptWaiting } from '../second-look.ts'
import type { Program } from './agents.ts'
import { problemsOf } from './invariants.ts'
import type { Row } from './matrix.ts'

/** Unheard, foreign, undone: once is too often. */
const NEVER = /^I[245]: /

export async function holds(row: Row, program: Program): Promise<void> {
  const unexcused: string[] = []
  await unlessKeptWaiting(async () => {
    const problems = await problemsOf(row, program)
    unexcused.push(...problems.filter((each) => NEVER.test(each)))
    expect(problems).toEqual([])
  })
  expect(unexcused).toEqual([])
}
