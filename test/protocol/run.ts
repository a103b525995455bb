/* What is explored, and what came of it. */

import type { Explored, Trouble } from './explorer.ts'

export interface Run {
  /** What happens in it; or, where something is missing, what that is. */
  readonly what: string
  /** How large it is. */
  readonly world: string
  /** Whether there must be trouble, since something is missing. */
  readonly isBroken: boolean
  explore(most: number): Explored
}

/** A part of the protocol that is explored by itself. */
export interface Part {
  readonly title: string
  /** The protocol as it is, in small worlds. */
  readonly whole: readonly Run[]
  /** The same in larger ones. */
  readonly large: readonly Run[]
  /** The protocol without one mechanism. */
  readonly lacking: readonly Run[]
}

/** States, after which a run is given up: it has become larger than anybody meant it to be. */
const MOST = 2_000_000
const MOST_IN_LARGE = 80_000_000

const results = new Map<Run, Explored>()

/** Explores, once. */
export function explored(run: Run, isLarge: boolean = false): Explored {
  const known = results.get(run)
  if (known !== undefined) return known
  const result = run.explore(isLarge ? MOST_IN_LARGE : MOST)
  results.set(run, result)
  return result
}

/** Who does what, and what each place holds after it. */
export function story({ broken, beginning, steps }: Trouble): string {
  const lines = steps.flatMap(({ what, picture }, i) => [
    `${String(i + 1).padStart(3)}  ${what}`,
    `       ${picture}`,
  ])
  return [`       ${beginning}`, ...lines, `  ⇒  ${broken}`].join('\n')
}
