/*
 * docs/mistakes.md, from the mistakes and from what came of them. Nothing of what a message says is written by hand.
 */
import type { Lived } from './live.ts'
import { type Group, groups, type Mistake } from './table.ts'

const HEAD = `<!-- Written by scripts/mistakes-table.ts from test/mistakes/table.ts. Do not edit. -->

# Mistakes

**TL;DR** What you see when you do it wrong: most of it while you type, the rest in the first call, in words that say what to do.
Every mistake on this page is made by a test, with the compiler and against real servers; the messages are what came of it.
In each block, the first lines are the mistake, then what the compiler says, then what happens at run time. What the codes
mean: [errors](errors.md).
`

const comment = (lead: string, text: string): string =>
  text
    .split('\n')
    .map((line, i) => `// ${i === 0 ? lead : ' '.repeat(lead.length)} ${line}`.trimEnd())
    .join('\n')

function section(mistake: Mistake, lived: Lived): string {
  const { title, code, note } = mistake
  const said = [
    ...(lived.compiler.length === 0
      ? ['// compiler: accepts it']
      : lived.compiler.map((text) => comment('compiler:', text))),
    ...lived.seen.map((text) => comment('run time:', text)),
  ]
  return [
    `### ${title}`,
    '',
    '```js',
    code,
    '',
    ...said,
    '```',
    '',
    ...(note === undefined ? [] : [note, '']),
  ].join('\n')
}

/** The page. */
export function page(lived: readonly Lived[]): string {
  const of = (mistake: Mistake): Lived =>
    lived.find(({ title }) => title === mistake.title) ?? { title: mistake.title, compiler: [], seen: [] }
  const group = ({ title, mistakes }: Group): string =>
    [`## ${title}`, '', ...mistakes.map((each) => section(each, of(each)))].join('\n')
  return `${HEAD}\n${groups.map(group).join('\n')}`
}
