/*
 * A question answered: each of its cases in a process of its own, so that none inherits what V8 learned in another, and none takes
 * the others with it when it fails.
 *
 * A case that fails, or of which somebody does, is tried once more, unless it stood still: sockets and servers of a busy machine fail
 * now and then. What fails twice is left out of the answer, which says so, and the benchmark goes on.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { questions } from '../questions/all.ts'
import { measures } from '../questions/measures.ts'
import { answered } from './report.ts'
import { type CaseResult, loadNow, machine, type Result } from './result.ts'
import { PACES } from './rounds.ts'
import { commit, here } from './versions.ts'

export const names: readonly string[] = [...questions, ...measures].map(({ name }) => name)

const ATTEMPTS = 2
/** ms after which a case, or a question that is counted, stands still: it is ended, and not tried again. */
const STANDS_STILL = { 'harness/case.ts': 6 * 60_000, 'harness/measure.ts': 15 * 60_000 } as const

/** Everything but what failed, by its name. */
export function answer(name: string, isQuick: boolean): Result {
  const load = loadNow()
  const began = performance.now()
  const pace = isQuick ? 'quick' : 'full'
  const measure = measures.find((each) => each.name === name)
  const question = questions.find((each) => each.name === name)
  const cases: CaseResult[] = []
  const failed: string[] = []
  if (measure !== undefined) {
    const counted = inProcess('harness/measure.ts', name, pace)
    if (counted === undefined) failed.push('all of it')
    cases.push(...(counted ?? []))
  }
  for (const each of question?.cases ?? []) {
    const timed = inProcess('harness/case.ts', name, each.name, pace)
    if (timed === undefined) failed.push(each.name)
    cases.push(...(timed ?? []))
  }
  for (const { name: of, leftOut = [] } of cases) failed.push(...leftOut.map((who) => `${of}: ${who}`))
  return {
    question: name,
    asks: (measure ?? question)?.asks ?? name,
    unit: measure?.unit ?? 'ns',
    command: `pnpm bench ${name}`,
    commit: commit(),
    machine: machine(load),
    seconds: Math.round((performance.now() - began) / 1_000),
    ...(failed.length > 0 && { failed }),
    cases,
  }
}

/** What a program of the harness answers with, one case or several; undefined if it fails every time. */
function inProcess(
  program: keyof typeof STANDS_STILL,
  ...args: readonly string[]
): readonly CaseResult[] | undefined {
  let found: readonly CaseResult[] | undefined
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { status, signal, stdout } = spawnSync(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', program, ...args],
      {
        cwd: path.resolve(here),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: STANDS_STILL[program],
        killSignal: 'SIGKILL',
        maxBuffer: 2 ** 26,
      },
    )
    if (status === 0) {
      found = [JSON.parse(stdout) as CaseResult | CaseResult[]].flat()
      if (found.every(({ leftOut = [] }) => leftOut.length === 0)) return found
    }
    console.error(`failed (${signal ?? `status ${status}`}), attempt ${attempt}: ${args.join(': ')}`)
    if (signal !== null) return found
  }
  return found
}

/**
 * s that it takes to answer in full: as long as the last time. What has no answer yet, or one that lacks something, takes as long as
 * its rounds where it is timed; what is counted says it itself.
 */
export function expectedSeconds(name: string): number {
  const { seconds, failed = [] } = answered(name) ?? {}
  if (seconds !== undefined && failed.length === 0) return seconds
  const measure = measures.find((each) => each.name === name)
  if (measure !== undefined) return measure.seconds
  const { rounds = 0, slice = 0, warmup = 0 } = PACES['full'] ?? {}
  const cases = questions.find((each) => each.name === name)?.cases ?? []
  const ms = cases.map(
    ({ candidates, needs }) =>
      START +
      candidates.length *
        (OPEN + (needs === undefined ? 0 : ASKED) + warmup + rounds * (1.1 * slice + BETWEEN)),
  )
  return ms.reduce((sum, each) => sum + each, 0) / 1_000
}

/**
 * ms of a case until its candidates are opened; of one candidate to be opened, filled and checked, and more where a server is asked
 * for each key; and of a collection of garbage.
 */
const START = 1_500
const OPEN = 300
const ASKED = 1_200
const BETWEEN = 20
