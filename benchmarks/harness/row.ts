/* Rows of a table: who took part, what it took them, round by round, and how that compares with the baseline. */
import type { Figure, Row } from './result.ts'
import { ratioOf, spreadOf } from './spread.ts'
import { versionOf } from './versions.ts'

interface Who {
  readonly name: string
  readonly how: string
  readonly packages: readonly string[]
}

/** By the name of somebody, one number a round. */
type Of = (name: string) => readonly number[]

export const rowsOf = (cast: readonly Who[], of: Of, baseline: string): Row[] =>
  cast.map(({ name, how, packages }) => ({
    name,
    version: versionOf(packages),
    how,
    cost: spreadOf(of(name)),
    ratio: ratioOf(of(name), of(baseline)),
  }))

export const figureOf = (samples: readonly number[], unit: string = ''): Figure => ({
  unit,
  ...spreadOf(samples),
})
