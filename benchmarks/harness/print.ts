/* An answer on the terminal: what was asked, where, and what came of it. */
import { ratioOf, unitOfGoals, written } from './written.ts'
import type { Result } from './result.ts'

export function print({ question, asks, unit: unitOfAll, machine: on, cases }: Result): void {
  console.log(`\n${question}: ${asks}`)
  console.log(`Node ${on.node}, ${on.cores} × ${on.cpu}, load ${on.load.join(' → ')}`)
  for (const { name, baseline, rows, goals, rounds, unit = unitOfAll } of cases) {
    console.log(`\n  ${name} (${rounds} rounds)`)
    for (const row of rows) {
      console.log(
        `    ${row.name.padEnd(30)} ${ratioOf(row, baseline).padEnd(29)} ${written(row.cost, unit).padEnd(24)} ${row.version}`,
      )
      const more = Object.entries(row.more ?? {}).map(
        ([what, figure]) => `${what} ${written(figure, figure.unit)}`,
      )
      if (more.length > 0) console.log(`${' '.repeat(35)}${more.join(' · ')}`)
    }
    for (const goal of goals) {
      console.log(
        `    ${goal.verdict.padEnd(8)} ${goal.says}: ${written(goal.measured, goal.unit ?? unitOfGoals(unitOfAll))}`,
      )
    }
  }
}
