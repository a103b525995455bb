/*
 * The ratchet: what is asked of every change, in less than three minutes. `pnpm bench --ratchet`
 *
 * ratchet.json holds ratios that were measured once, each with a slack. Ratios and not times, because those hold on any machine;
 * slack, because not exactly. A ratio that is over its limit is measured again, and the best of three counts: noise makes a round
 * slower, and nothing makes it faster by chance three times. What fails here has become slower by half or more.
 *
 * `pnpm bench --ratchet-update [question …]` writes down what is measured now, the median of three, and keeps slacks.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseResult } from './result.ts'
import { spreadOf } from './spread.ts'
import { here, root } from './versions.ts'

export interface Held {
  readonly question: string
  readonly case: string
  readonly what: string
  readonly against: string
  readonly ratio: number
  /** So many times the ratio may be measured. */
  readonly slack: number
}

type Measured = (held: Held) => number

const FILE = path.join(here, 'ratchet.json')
const ATTEMPTS = 3
/** ms after which an attempt stands still: it is ended, and has failed. */
const STANDS_STILL = 60_000

const heldRatios = (): readonly Held[] => JSON.parse(readFileSync(FILE, 'utf8')) as readonly Held[]

export const limitOf = ({ ratio, slack }: Held): number => ratio * slack

/** The best of up to three attempts; no more of them than it takes. */
export function best(held: Held, measure: Measured): number {
  let least = Infinity
  for (let attempt = 0; attempt < ATTEMPTS && least > limitOf(held); attempt++) {
    const measured = measure(held)
    if (measured < least) least = measured
  }
  return least
}

/** In a process of its own, with only the two candidates that it is about. Not a number if that failed. */
const ratioNow: Measured = ({ question, case: name, what, against }) => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', 'harness/case.ts', question, name, 'ratchet', what, against],
    {
      cwd: path.resolve(here),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: STANDS_STILL,
      killSignal: 'SIGKILL',
    },
  )
  if (status !== 0) return Number.NaN
  const { rows } = JSON.parse(stdout) as CaseResult
  return rows.find((row) => row.name === what)?.ratio.median ?? Number.NaN
}

const titleOf = ({ question, case: name, what, against }: Held): string =>
  `${question}: ${name}: ${what} to ${against}`

/** Whether all of them hold. */
export function holds(): boolean {
  const broken = heldRatios().filter((held) => {
    const measured = best(held, ratioNow)
    const isBroken = measured > limitOf(held)
    console.log(
      `${isBroken ? 'BROKEN' : 'ok    '} ${measured.toFixed(2)} × (≤ ${limitOf(held).toFixed(2)} ×)  ${titleOf(held)}`,
    )
    return isBroken
  })
  return broken.length === 0
}

/** Of these questions, or of all. Written after each: who ends it early keeps what was measured. */
export function update(questions: readonly string[]): void {
  const all = [...heldRatios()]
  for (const [at, held] of all.entries()) {
    if (questions.length > 0 && !questions.includes(held.question)) continue
    const { median } = spreadOf(Array.from({ length: ATTEMPTS }, () => ratioNow(held)))
    if (Number.isNaN(median)) throw new Error(`failed: ${titleOf(held)}`)
    console.log(`${median.toFixed(2)} × (was ${held.ratio} ×)  ${titleOf(held)}`)
    all[at] = { ...held, ratio: Number(median.toFixed(2)) }
    writeFileSync(FILE, JSON.stringify(all))
    spawnSync(path.join(root, 'node_modules/.bin/oxfmt'), [FILE])
  }
}
