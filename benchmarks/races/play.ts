/*
 * Plays a scenario with a library, several times, and keeps what was seen. What kills a process is seen too.
 */
import { Died } from './actor.ts'
import { Arena, type ArenaOptions } from './arena.ts'
import { type LibraryName, libraryOf } from './libraries/all.ts'
import { type Observed, type Part, type Scenario, Void } from './scenario.ts'

/** What was seen of one library in one scenario. */
export interface Cell {
  readonly library: LibraryName
  /** Why the scenario was not played. */
  readonly lacks?: string
  readonly parts: readonly PartSeen[]
}

export interface PartSeen {
  readonly name: string
  readonly trials: readonly Observed[]
  /** Trials in which the race did not take place, which do not count. */
  readonly voids: number
}

const OPENINGS = 3
/** For so few trials that the first and the last begin within a ttl. */
const SEEDS = 5

export interface PlayOptions {
  /** What the processes run. */
  readonly program: string
  /** How often, at the most. */
  readonly trials: number
}

export async function play(scenario: Scenario, library: LibraryName, options: PlayOptions): Promise<Cell> {
  const lacks = scenario.lacks?.(await libraryOf(library))
  if (lacks !== undefined) return { library, lacks, parts: [] }
  const parts: PartSeen[] = []
  for (const part of scenario.parts) parts.push(await playPart(scenario, part, library, options))
  return { library, parts }
}

/** What goes wrong before anything is hurt is not seen of the library: it is tried again. */
async function opened(options: ArenaOptions): Promise<Arena> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await Arena.open(options)
    } catch (error) {
      if (attempt === OPENINGS) throw error
    }
  }
}

async function playPart(
  scenario: Scenario,
  part: Part,
  library: LibraryName,
  { program, trials }: PlayOptions,
): Promise<PartSeen> {
  const count = Math.min(trials, scenario.trials)
  // On a busy machine most races do not take place.
  const attempts = count * 10
  const opening: ArenaOptions = {
    library,
    program,
    isTagged: scenario.isTagged === true,
    seeds: scenario.hasSeeds === true ? SEEDS : 0,
  }
  const seen: Observed[] = []
  let voids = 0
  let lastVoid: Void | undefined
  let arena: Arena | undefined
  try {
    while (seen.length < count) {
      if (seen.length + voids === attempts) {
        throw new Error(`${library}, ${scenario.name}: the race does not take place`, { cause: lastVoid })
      }
      arena ??= await opened(opening)
      let isOver = scenario.isFresh
      try {
        seen.push(await part.play(arena))
      } catch (error) {
        if (error instanceof Void) {
          voids++
          lastVoid = error
        } else if (error instanceof Died) {
          seen.push({ isGood: false, says: `process died: ${error.message}` })
          isOver = true
        } else throw error
      }
      if (!isOver && !arena.isSpent) continue
      await arena.close()
      arena = undefined
    }
  } finally {
    await arena?.close()
  }
  return { name: part.name, trials: seen, voids }
}
