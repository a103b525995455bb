/*
 * `pnpm bench races [--quick]`: plays all scenarios with all libraries, writes results/races.json and docs/races.md.
 *
 * Most of a trial is waiting, so some cells are played at once. `--quick` plays each once, prints, and writes nothing.
 */
import { findServer } from '@larder/testing/servers'
import { loadNow, machine } from '../harness/result.ts'
import { commit } from '../harness/versions.ts'
import { type LibraryName, libraryNames } from './libraries/all.ts'
import { installedVersions, isByHand, type Races, report, save } from './page.ts'
import { type Cell, play, type PlayOptions } from './play.ts'
import { program } from './program.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios/all.ts'
import { cellOf } from './words.ts'

const AT_ONCE = 6
const ATTEMPTS = 3

interface Turn {
  readonly scenario: Scenario
  readonly library: LibraryName
}

export async function races(isQuick: boolean): Promise<void> {
  const load = loadNow()
  const turns = scenarios.flatMap((scenario) =>
    libraryNames
      .filter((library) => !isByHand(library) || scenario.isByHandToo === true)
      .map((library): Turn => ({ scenario, library })),
  )
  const made = await program('as built')
  const cells = new Map<Turn, Cell>()
  const waiting = [...turns]
  const playTurns = async (): Promise<void> => {
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      const { scenario, library } = turn
      const trials = isQuick ? 1 : scenario.trials
      const cell = await played(scenario, library, { program: made.file, trials })
      if (cell === undefined) continue
      cells.set(turn, cell)
      console.log(`${scenario.name}, ${library}: ${cellOf(cell)}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, playTurns))
  } finally {
    made.remove()
  }
  if (isQuick) return
  const server = await findServer()
  const result: Races = {
    command: 'pnpm bench races',
    commit: commit(),
    machine: machine(load),
    server: `${server.program} ${server.version} on loopback`,
    versions: await installedVersions(),
    scenarios: scenarios.map((scenario) => ({
      name: scenario.name,
      cells: turns.flatMap((turn) => (turn.scenario === scenario ? (cells.get(turn) ?? []) : [])),
    })),
  }
  save(result)
  console.log(`\nwritten: ${await report()}`)
}

/** A machine that is too busy for a set-up may not be so later. What cannot be played is not on the page. */
async function played(
  scenario: Scenario,
  library: LibraryName,
  options: PlayOptions,
): Promise<Cell | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      return await play(scenario, library, options)
    } catch (error) {
      console.log(`${scenario.name}, ${library}: attempt ${attempt} failed: ${String(error)}`)
    }
  }
  return undefined
}
