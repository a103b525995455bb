/*
 * docs/api: what every package exports, from the doc comments of the sources. Written by `pnpm api:update`, which knows the
 * models; `pnpm api` compares.
 */

const HEAD = '<!-- Written by scripts/api-pages.mjs from the doc comments of the sources. Do not edit. -->'

const GROUPS = [
  { title: 'Functions', kind: 'Function' },
  { title: 'Classes', kind: 'Class' },
  { title: 'Interfaces', kind: 'Interface' },
  { title: 'Types', kind: 'TypeAlias' },
  { title: 'Constants', kind: 'Variable' },
]

/** What a comment says, and the examples in it. */
const read = (comment) => {
  const lines = (comment ?? '')
    .split('\n')
    .map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)\s?|\s*\*\/$/g, ''))
  const [said = '', ...examples] = lines.join('\n').split(/^@example\s*$/m)
  const links = said.replace(/\{@link ([^}|]+)(\|[^}]*)?\}/g, '`$1`').trim()
  return { said: escaped(links), examples: examples.map(indented).filter((each) => each !== '') }
}

/** The model has lost how far each line was indented: one level for each line that opens more than it closes. */
const indented = (code) => {
  let level = 0
  return code
    .trim()
    .split('\n')
    .map((line) => {
      const text = line.trim()
      const opened = (text.match(/[([{]/g) ?? []).length - (text.match(/[)\]}]/g) ?? []).length
      const here = /^[)\]}]/.test(text) ? level - 1 : level
      level += Math.sign(opened)
      return text === '' ? '' : '  '.repeat(Math.max(here, 0)) + text
    })
    .join('\n')
}

/** `Store<Entry>` in a sentence is no tag of HTML. */
const escaped = (text) =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;{')))
    .join('')

const fence = (code) => ['```ts', code, '```', '']
const textOf = ({ excerptTokens }) =>
  excerptTokens
    .map(({ text }) => text)
    .join('')
    .replace(/^export declare /, '')
    .trim()

const memberName = ({ kind, name }) => (kind.startsWith('Construct') ? 'new' : name)

const list = (members) =>
  members.flatMap((member) => {
    const { said } = read(member.docComment)
    return said === '' ? [] : [`- \`${memberName(member)}\`: ${said.replaceAll(/\s*\n\s*/g, ' ')}`]
  })

const declaration = (item) => {
  const members = item.members ?? []
  if (members.length === 0) return textOf(item)
  const body = members.map((member) => `  ${textOf(member).replaceAll('\n', '\n  ')}`)
  return [`${textOf(item)} {`, ...body, '}'].join('\n')
}

const itemOf = (same) => {
  const [first] = same
  const { said, examples } = read(first.docComment)
  const members = list(first.members ?? [])
  return [
    `### ${first.name}`,
    '',
    ...(said === '' ? [] : [said, '']),
    ...fence(same.map(declaration).join('\n')),
    ...(members.length === 0 ? [] : [...members, '']),
    ...examples.flatMap((example) => ['For example:', '', ...fence(example)]),
  ].join('\n')
}

const byName = (items) => {
  const names = [...new Set(items.map(({ name }) => name))].toSorted((a, b) => a.localeCompare(b, 'en'))
  return names.map((name) => items.filter((item) => item.name === name))
}

/** The page of one entry: `@larder/codecs/lz4`. */
export const apiPage = (specifier, description, model) => {
  const [{ members }] = model.members
  const groups = GROUPS.flatMap(({ title, kind }) => {
    const items = members.filter((member) => member.kind === kind)
    return items.length === 0 ? [] : [`## ${title}\n\n${byName(items).map(itemOf).join('\n')}`]
  })
  return `${HEAD}\n\n# ${specifier}\n\n**TL;DR** ${description}\n\n${groups.join('\n')}`
}

/** The index: every entry, with the names of its functions. */
export const apiIndex = (entries) => {
  const rows = entries.map(({ specifier, file, model }) => {
    const functions = model.members[0].members.filter(({ kind }) => kind === 'Function' || kind === 'Class')
    const names = byName(functions).map(([{ name }]) => `[\`${name}\`](${file}#${name.toLowerCase()})`)
    return `| [\`${specifier}\`](${file}) | ${names.join(' ')} |`
  })
  return `${HEAD}

# API

**TL;DR** Every name that a package exports, with its types, from the comments of the sources. To learn what to do with them, begin with
[start](../start.md); all options with their defaults are in [one table](../options.md).

| import from | functions |
|---|---|
${rows.join('\n')}
`
}

/** The names of which no form says what it is, and shows it. What is shown is compiled by test/api-examples.test.ts. */
export const undocumented = (specifier, model) =>
  byName(model.members[0].members)
    .filter((same) => {
      const comments = same.map(({ docComment }) => read(docComment))
      return (
        !comments.some(({ said }) => said !== '') || !comments.some(({ examples }) => examples.length > 0)
      )
    })
    .map(([{ name }]) => `${specifier} ${name}`)
