/*
 * One case in a process of its own:
 *
 *   node --expose-gc --import tsx harness/case.ts <question> <case> <full|quick|ratchet> [candidate against]
 *
 * Writes its CaseResult to the standard output: of all candidates; or of two, the second of which is the baseline.
 */
import { questions } from '../questions/all.ts'
import type { Case, Goal } from './question.ts'
import type { CaseResult, GoalResult } from './result.ts'
import { type Pace, PACES, timed } from './rounds.ts'
import { atLeast, atMost, ratioOf, spreadOf } from './spread.ts'
import { assertBuilt, versionOf } from './versions.ts'

/** The times of a candidate, round by round. */
type Times = (name: string) => readonly number[]

async function answered(what: Case, pace: Pace): Promise<CaseResult> {
  const server = await what.needs?.()
  const times = await timed(what, pace)
  const leftOut = what.candidates.map(({ name }) => name).filter((name) => !times.has(name))
  const spent = (name: string): readonly number[] => {
    const found = times.get(name)
    if (found === undefined) throw new Error(`no candidate of "${what.name}" is called ${name}`)
    return found
  }
  const { without } = what
  const of = (name: string): readonly number[] =>
    without === undefined
      ? spent(name)
      : spent(name).map((time, round) => time - (spent(without)[round] ?? Number.NaN))
  return {
    name: what.name,
    baseline: what.baseline,
    rounds: pace.rounds,
    ...(server !== undefined && { server }),
    rows: what.candidates
      .filter(({ name }) => name !== without && times.has(name))
      .map(({ name, how, package: from }) => ({
        name,
        version: versionOf(from),
        how,
        cost: spreadOf(of(name)),
        ratio: ratioOf(of(name), of(what.baseline)),
      })),
    goals: what.goals.map((goal) => judged(withoutThose(goal, leftOut), of)),
    ...(leftOut.length > 0 && { leftOut }),
  }
}

const withoutThose = (goal: Goal, leftOut: readonly string[]): Goal =>
  typeof goal.against === 'string'
    ? goal
    : { ...goal, against: goal.against.filter((name) => !leftOut.includes(name)) }

function judged({ says: said, what, against, limit, means }: Goal, of: Times): GoalResult {
  const rival = typeof against === 'string' ? against : fastest(against, of)
  const says = typeof against === 'string' ? said : `${said}, which is ${rival}`
  const [ours, theirs] = [of(what), of(rival)]
  if (means === 'at most ns more') {
    const measured = spreadOf(ours.map((each, round) => each - (theirs[round] ?? Number.NaN)))
    return { says, goal: `≤ ${limit} ns more`, measured, verdict: atMost(measured, limit), unit: 'ns' }
  }
  if (means === 'at most') {
    const measured = ratioOf(ours, theirs)
    return {
      says,
      goal: `≤ ${Number.isInteger(limit) ? limit.toFixed(1) : limit} ×`,
      measured,
      verdict: atMost(measured, limit),
    }
  }
  const measured = ratioOf(theirs, ours)
  return { says, goal: `≥ ${limit} ×`, measured, verdict: atLeast(measured, limit) }
}

/** Without those who are not named; goals are for all. */
function part(all: Case): Case {
  if (candidate === undefined || against === undefined) return all
  const those = [candidate, against, all.without]
  const candidates = all.candidates.filter(({ name: each }) => those.includes(each))
  return { ...all, candidates, baseline: against, goals: [] }
}

function fastest(names: readonly string[], of: Times): string {
  const [first] = [...names].sort((a, b) => spreadOf(of(a)).median - spreadOf(of(b)).median)
  if (first === undefined) throw new Error('a goal is against nobody')
  return first
}

assertBuilt()
const [question, name, named = 'full', candidate, against] = process.argv.slice(2)
const what = questions.find((each) => each.name === question)?.cases.find((each) => each.name === name)
const pace = PACES[named]
if (what === undefined || pace === undefined)
  throw new Error(`there is no ${named} case "${name}" of "${question}"`)
process.stdout.write(JSON.stringify(await answered(part(what), pace)))
process.exit(0)
