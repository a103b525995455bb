/*
 * The invariants: what holds in every row of the matrix, whatever the fault. One function says what does not.
 */

import type { Program } from './agents.ts'
import { type Asked, type Closed, live, type Lived, seenIn } from './life.ts'
import type { Row } from './matrix.ts'

/** As the published page says them. */
export const INVARIANTS = {
  I1: 'Every promise settles within its deadline.',
  I2: 'Nothing is rejected or thrown that nobody hears, also without any listener.',
  I3: 'Afterwards, there are no more sockets, timers, loads and owed invalidations than before.',
  I4: 'Nobody gets the value of another key.',
  I5: 'What was invalidated here is not read any more, and an invalidation that was acknowledged is not undone.',
  I6: 'Within 2 s of the end of the fault everything works again, without a restart: values are kept and found, what was queued is delivered, `health()` says ok. Who was denied (a password, a certificate) is asked again after 5 to 7.5 s.',
  I7: 'After `close()` no socket and no timer is left and the process ends by itself, also while the fault lasts.',
  I8: 'All callers of a key share one load in each process.',
} as const

const PROCESSES = 2

/** Lives through a row, and says what is wrong. */
export async function problemsOf(row: Row, program: Program): Promise<readonly string[]> {
  const lived = await live(row, program)
  if (process.env['LARDER_FAULTS'] !== undefined) console.log(row.id, JSON.stringify(lived, null, 1))
  return broken(lived)
}

/** What is wrong with a life: each begins with the invariant, or with 'row' where it is about what this row is to show. */
export function broken(lived: Lived): readonly string[] {
  return [
    ...(lived.broken === undefined ? [] : [`row: ${lived.broken}`]),
    ...lived.remarks.map((remark) => `row: ${remark}`),
    ...lived.asked.flatMap(wrong),
    ...unheard(lived),
    ...leaked(lived),
    ...lived.books.flatMap(({ foreign }) => foreign.slice(0, 3).map((each) => `I4: ${each}`)),
    ...lived.books.flatMap(({ undone }) => undone.slice(0, 3).map((each) => `I5: ${each}`)),
    ...unwell(lived),
    ...lived.closed.flatMap(left),
    ...crowded(lived),
  ]
}

/** I1; and what the row has said of it. */
function wrong({ what, outcome, limit, expected }: Asked): readonly string[] {
  const { ms, error } = outcome
  const id = /service|delivered|no longer/.test(what) ? 'I6' : 'I1'
  if (error !== undefined) return [`${id}: ${what}: ${error}`]
  const late = ms > limit ? [`${id}: ${what} took ${Math.round(ms)} ms, more than ${Math.round(limit)}`] : []
  const seen = seenIn(outcome)
  if (expected === undefined || expected === 'either' || seen === expected) return late
  return [...late, `row: ${what} was '${seen}', not '${expected}'`]
}

function unheard({ closed, books }: Lived): readonly string[] {
  const deaths = closed.flatMap(({ what, end }) =>
    end === undefined || (end.code === 0 && end.said === '')
      ? []
      : [`I2: ${what} ended with ${end.code}: ${end.said.slice(0, 500)}`],
  )
  return [...deaths, ...books.flatMap(({ warnings }) => warnings.map((each) => `I2: a warning: ${each}`))]
}

/** Timers that are a few more, or less, are those that happen to be armed. */
const FEW = 3

function leaked({ before, after }: Lived): readonly string[] {
  return after.flatMap((state, i) => {
    const was = before[i]
    const problems: string[] = []
    if (state.queued > 0) problems.push(`I3: ${state.queued} are still owed`)
    if (state.loading > 0) problems.push(`I3: ${state.loading} loads are still under way`)
    if (was === undefined) return problems
    if (state.sockets > was.sockets) problems.push(`I3: ${was.sockets} sockets have become ${state.sockets}`)
    if (state.timers > was.timers + FEW) problems.push(`I3: ${was.timers} timers have become ${state.timers}`)
    return problems
  })
}

function unwell({ health, broken: isBroken }: Lived): readonly string[] {
  if (isBroken !== undefined || health?.status === 'ok') return []
  return [`I6: health says ${health?.status}: ${health?.problems.join('; ')}`]
}

/** An orderly end may take both drains. */
const LONGEST_CLOSE = 2_500

function left({ what, outcome, end }: Closed): readonly string[] {
  const problems: string[] = []
  if (end === undefined) problems.push(`I7: ${what} did not end by itself`)
  if (outcome.error !== undefined) problems.push(`I7: ${what}: close: ${outcome.error}`)
  if (outcome.ms > LONGEST_CLOSE) problems.push(`I7: ${what} took ${Math.round(outcome.ms)} ms to close`)
  if (outcome.sockets > 0) problems.push(`I7: ${what} has left ${outcome.sockets} sockets`)
  if (outcome.timers.length > 0)
    problems.push(`I7: ${what} has left timers of ${outcome.timers.join(', ')} ms`)
  return problems
}

/** Of the crowd: all callers of a process share one load. */
function crowded({ books }: Lived): readonly string[] {
  const crowds = books.flatMap(({ loads }) =>
    Object.entries(loads).flatMap(([key, count]) => (key.startsWith('crowd') ? [count] : [])),
  )
  const sum = crowds.reduce((all, each) => all + each, 0)
  return sum > PROCESSES ? [`I8: ${sum} loads of one key in ${PROCESSES} processes`] : []
}
