/*
 * Snippets of docs that are copies of an example: they are taken from it, so that they cannot drift. A comment before a block
 * says from where, and how what is wanted begins:
 *
 *   <!-- from examples/file-adapter/files.ts: async function write -->
 *
 *   node scripts/snippets.mjs            writes them into the pages
 *   node scripts/snippets.mjs --check    ends with 1 if a page shows something else
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './packages.mjs'

const PLACE = /(^<!-- from (\S+): (.+) -->\n\n```ts\n)([\s\S]*?)(\n```$)/gm

/** From the line that begins so to the end of what begins there: the next line that is no deeper. */
const taken = (file, beginning) => {
  const lines = readFileSync(path.join(root, file), 'utf8').split('\n')
  const first = lines.findIndex((line) => line.trimStart().startsWith(beginning))
  if (first === -1) throw new Error(`${file} has no line that begins with: ${beginning}`)
  const depth = lines[first].search(/\S/)
  const opens = /[{([]$/.test(lines[first])
  const more = lines.slice(first + 1).findIndex((line) => line !== '' && line.search(/\S/) <= depth)
  const all = lines.slice(first, opens ? first + more + 2 : first + 1)
  return all.map((line) => line.slice(depth)).join('\n')
}

const docs = path.join(root, 'docs')
for (const name of readdirSync(docs).filter((file) => file.endsWith('.md'))) {
  const before = readFileSync(path.join(docs, name), 'utf8')
  const after = before.replaceAll(
    PLACE,
    (_, head, file, beginning, _old, tail) => head + taken(file, beginning) + tail,
  )
  if (after === before) continue
  if (process.argv.includes('--check')) {
    console.error(`docs/${name} shows something else than its example: node scripts/snippets.mjs`)
    process.exitCode = 1
  } else writeFileSync(path.join(docs, name), after)
}
