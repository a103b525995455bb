/*
 * One case in a process of its own: `node --expose-gc --import tsx harness/case.ts <question> <case> <full|quick>`.
 * Writes its CaseResult to the standard output.
 */
import { questions } from '../questions/all.ts'
import type { Case, Goal } from './question.ts'
import type { CaseResult, GoalResult } from './result.ts'
import { FULL, QUICK, timed } from './rounds.ts'
import { atLeast, atMost, ratioOf, spreadOf } from './spread.ts'
import { assertBuilt, versionOf } from './versions.ts'

async function answered(what: Case, isQuick: boolean): Promise<CaseResult> {
  const pace = isQuick ? QUICK : FULL
  const times = await timed(what, pace)
  const of = (name: string): readonly number[] => {
    const found = times.get(name)
    if (found === undefined) throw new Error(`no candidate of "${what.name}" is called ${name}`)
    return found
  }
  return {
    name: what.name,
    baseline: what.baseline,
    rounds: pace.rounds,
    rows: what.candidates.map(({ name, how, package: from }) => ({
      name,
      version: versionOf(from),
      how,
      cost: spreadOf(of(name)),
      ratio: ratioOf(of(name), of(what.baseline)),
    })),
    goals: what.goals.map((goal) => judged(goal, of(goal.what), of(goal.against))),
  }
}

function judged(goal: Goal, ours: readonly number[], theirs: readonly number[]): GoalResult {
  if (goal.means === 'at most') {
    const measured = ratioOf(ours, theirs)
    return {
      says: goal.says,
      goal: `≤ ${goal.limit.toFixed(1)} ×`,
      measured,
      verdict: atMost(measured, goal.limit),
    }
  }
  const measured = ratioOf(theirs, ours)
  return { says: goal.says, goal: `≥ ${goal.limit} ×`, measured, verdict: atLeast(measured, goal.limit) }
}

assertBuilt()
const [question, name, pace] = process.argv.slice(2)
const what = questions.find((each) => each.name === question)?.cases.find((each) => each.name === name)
if (what === undefined) throw new Error(`there is no case "${name}" of "${question}"`)
process.stdout.write(JSON.stringify(await answered(what, pace === 'quick')))
process.exit(0)
