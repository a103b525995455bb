/*
 * The matrix as a page: docs/operations/faults.md.
 */

import { INVARIANTS } from './invariants.ts'
import { matrix, type Row } from './matrix.ts'

const COST = { nothing: 'nothing', 'a deadline': 'one deadline' } as const

const cell = (text: string): string => text.trim().replaceAll('|', String.raw`\|`)

function line({ id, what, seen, during }: Row): string {
  const { get, set, delete: del, cold, noticed } = during
  const waits = cold === noticed ? COST[cold] : `${COST[cold]}, then ${COST[noticed]}`
  return `| ${[id, what, get, set, del, waits, seen].map(cell).join(' | ')} |`
}

function table(letter: string): string {
  const rows = matrix.filter(({ id }) => id.startsWith(letter)).toSorted(byNumber)
  return [
    '| | what happens | `get` | `set` | `delete` | `getOrSet` waits, beside the load | what you see |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n')
}

const numberOf = ({ id }: Row): number => Number(/\d+/.exec(id)?.[0])
const byNumber = (a: Row, b: Row): number => numberOf(a) - numberOf(b)

export const page =
  (): string => `<!-- Written by scripts/faults-table.ts from test/faults/matrix.ts. Do not edit. -->

# Faults

**TL;DR** What can happen to a Redis and to the way there, and what a cache on it does meanwhile. Each row is a test: two
processes with a cache live through it, on a real server, behind a network that fails.

- \`get\`: of a key that was there before. *miss* within a deadline; *either*: as it happens.
- \`set\`, \`delete\`: what \`far\` says, within a deadline: see [outages](../outages.md#queued). The same goes for \`invalidateTags\` and
  \`clear\`.
- What a cold \`getOrSet\` waits for beside its load: at first, and when the fault has been noticed. A deadline is 100 ms.

In every row the following holds. A row that breaks one of them fails.

| | |
|---|---|
${Object.entries(INVARIANTS)
  .map(([id, text]) => `| ${id} | ${text} |`)
  .join('\n')}

## The way there

${table('C')}

## The server

${table('S')}

The rows C1, C2, C4 and C6 are also lived through over clients that were handed in: ioredis 5 and 6, iovalkey, node-redis 5 and 6.
`
