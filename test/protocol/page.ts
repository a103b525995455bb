/*
 * The page docs/protocol.md: what was explored, and the story of each mechanism.
 *
 * What the tests explore is written anew each time, and a test sees to it that it is what is written there. The figures of
 * larger worlds take minutes, so they stay as they are until they are asked for.
 */

import { parts } from './parts.ts'
import { explored, type Part, type Run } from './run.ts'

const LARGE = '## Larger worlds\n'

/** The figures of larger worlds, as they were written the last time. */
export function largeOf(written: string): string {
  const at = written.indexOf(LARGE)
  return at === -1 ? '' : written.slice(at + LARGE.length)
}

const number = (value: number): string => value.toLocaleString('en-US')

function wholeTable(runs: readonly Run[], isLarge: boolean): string {
  const rows = runs.map((run) => {
    const { states, depth, trouble } = explored(run, isLarge)
    return `| ${run.what} | ${run.world} | ${number(states)} | ${depth} | ${trouble?.broken ?? 'none'} |`
  })
  return ['| what happens | world | states | depth | broken |', '|---|---|--:|--:|---|', ...rows].join('\n')
}

function lackingTable(runs: readonly Run[]): string {
  const rows = runs.map((run) => {
    const { states, trouble } = explored(run)
    return `| ${run.what} | ${run.world} | ${number(states)} | ${trouble?.steps.length ?? ''} | ${trouble?.broken ?? 'nothing'} |`
  })
  return ['| without this | world | states | steps | what breaks |', '|---|---|--:|--:|---|', ...rows].join(
    '\n',
  )
}

function stories(runs: readonly Run[]): string {
  return runs
    .map((run) => {
      const { trouble } = explored(run)
      const steps = (trouble?.steps ?? []).map(({ what }, i) => `${String(i + 1).padStart(2)}  ${what}`)
      return `**Without: ${run.what}**\n\n${['```text', ...steps, `⇒   ${trouble?.broken ?? ''}`, '```'].join('\n')}`
    })
    .join('\n\n')
}

const part = ({ title, whole, lacking }: Part): string =>
  `## ${title}\n\n${wholeTable(whole, false)}\n\n${lackingTable(lacking)}`

export const largeTables = (): string =>
  parts.map(({ title, large }) => `\n${title}:\n\n${wholeTable(large, true)}\n`).join('')

export const page = (
  large: string,
): string => `<!-- Written by scripts/protocol-table.ts from what test/protocol explores. Do not edit. -->

# The protocol, explored

**TL;DR** Everything that can happen in small worlds, in every order: two processes with near copies, one far store, a source, and
faults. As Larder does it, no [promise](guarantees.md) is broken. Without any one mechanism, one is, and here is how.

- A process is \`A\` or \`B\`, a key \`k\` or \`j\`; the source holds versions \`v1\`, \`v2\` …
- Tokens of marks are numbers: the tag's, the late mark's and the namespace's ([tags](tags.md#how-it-works)).
- A step is what one place does at once: a message that is sent, a script that far carries out, an answer that is understood. Requests,
  answers and messages arrive in any order, but for messages to one listener.
- *world*: how often each process reads and changes something, and which faults may happen.
- *states*: all that can be reached, each counted once; where something breaks, those that were seen by then. *depth*: steps to the farthest.
  *steps*: those of the shortest story.

\`npx --yes pnpm@12.21.0 test test/protocol\` explores what is on this page; with \`LARDER_DEPTH=large\` also what is at its end.

${parts.map(part).join('\n\n')}

## The stories

Who does what, until it breaks. \`node --conditions=@larder/source --import tsx scripts/protocol-story.ts lease\` tells also
what each place holds meanwhile.

${parts.map(({ lacking }) => stories(lacking)).join('\n\n')}

${LARGE}${large}`
