/*
 * What docs/redis.md says in figures and names is what the sources say; and the runbook knows every answer of a server
 * that the link knows.
 */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')
const page = read('docs/redis.md')

/** The part of the page under a heading, up to the next one of its rank. */
function under(heading: string): string {
  const rank = heading.split(' ', 1)[0] ?? ''
  const [, rest = ''] = page.split(`\n${heading}\n`)
  return rest.split(new RegExp(`\\n${rank} `))[0] ?? ''
}

describe('a figure of docs/redis.md is that of the sources', () => {
  const link = 'packages/redis/src/link'
  /** The row of the page, and what the sources say. */
  const figures: readonly (readonly [row: string, file: string, ...texts: string[]])[] = [
    ['deadline of a call | 100 ms', `${link}/options.ts`, 'options.deadline ?? 100,'],
    ['deadline of a call | 100 ms', 'packages/core/src/engine/houses.ts', 'const STORE_TIMEOUT = 100\n'],
    ['an attempt to connect | 1 s', `${link}/options.ts`, 'options.connectTimeout ?? 1_000,'],
    ['waits | 5 s', `${link}/options.ts`, 'options.connectDeadline ?? 5_000,'],
    [
      'silence that ends a connection | 3 deadlines, 300 ms at least',
      `${link}/peer.ts`,
      'const SILENT_DEADLINES = 3\n',
      'const SHORTEST_SILENCE = 300\n',
    ],
    ['failures that open the breaker | 3 ', `${link}/breaker.ts`, 'const FAILURES = 3\n'],
    [
      'its pauses | 50 ms to 1,000 ms',
      `${link}/breaker.ts`,
      'const SHORTEST_PAUSE = 50\n',
      'const LONGEST_PAUSE = 1_000\n',
    ],
    [
      'pauses between attempts to connect | up to 50 ms, doubling to 800 ms',
      `${link}/kept.ts`,
      'const SHORTEST_PAUSE = 50\n',
      'const LONGEST_PAUSE = 800\n',
    ],
    ['after a denial | 5,000 ms', `${link}/kept.ts`, 'const DENIED_PAUSE = 5_000\n'],
    ['heartbeat of the channel | 250 ms', `${link}/options.ts`, 'options.heartbeat ?? 250,'],
    [
      'heartbeats without an answer that end it | 2 ',
      `${link}/subscriber.ts`,
      'const UNANSWERED_BEATS = 2\n',
    ],
    ['what is remembered is believed | 1 s', 'packages/redis/src/redis.ts', "maxStaleness = '1s'"],
    ['a lease that is not renewed | 3,000 ms', 'packages/core/src/engine/rounds.ts', 'const LEASE = 3_000\n'],
    ['kept in mind | 10,000 for', 'packages/core/src/engine/writes.ts', 'const LIMIT = 10_000\n'],
    [
      'tried again | after 50 ms, growing to 1,000 ms',
      'packages/core/src/engine/writes.ts',
      'const FIRST_PAUSE = 50\n',
      'const LONGEST_PAUSE = 1_000\n',
    ],
    [
      'took the place of another | of the last 60 to 90 s',
      'packages/core/src/engine/recent.ts',
      'const SPAN = 30_000\n',
      'const SPANS = 3\n',
    ],
  ]

  test.each(figures)('%s (%s)', (row, file, ...texts) => {
    expect(page).toContain(row)
    for (const text of texts) expect(read(file)).toContain(text)
  })

  test('and the table has no other', () => {
    const [, table = ''] = page.split('The figures, as they are in the sources:')
    const rows = (table.split('\n## ')[0] ?? '').split('\n').filter((line) => /^\| .* \|.*\d/.test(line))
    expect(rows.filter((line) => !figures.some(([row]) => line.includes(row)))).toEqual([])
  })
})

test('the rights on the page are those of the file, which are tried', () => {
  const [line = ''] = /^user larder .*$/m.exec(read('docs/operations/users.acl')) ?? []
  expect(page).toContain(`\n${line}\n`)
})

test('the runbook knows every answer of a server that the link knows', () => {
  const [, table = ''] =
    /const MEANINGS[^{]*\{\n([\s\S]*?)\n\}/.exec(read('packages/redis/src/link/errors.ts')) ?? []
  const words = [...table.matchAll(/^ {2}([A-Z]+): \{/gm)].map(([, word = '']) => word)
  expect(words.length).toBeGreaterThan(15)
  const runbook = under('## Runbook')
  expect(words.filter((word) => !runbook.includes(`\`${word}\``))).toEqual([])
})

test('the runbook has an entry for every code of a link, and each says what it means and what to do', () => {
  const codes = read('packages/core/src/errors.ts').match(/'LINK_\w+'/g) ?? []
  const entries = under('## Runbook').split('\n### ').slice(1)
  expect(new Set(codes).size).toBe(5)
  for (const code of new Set(codes)) {
    const name = code.replaceAll("'", '')
    expect(entries.filter((entry) => entry.split('\n\n')[1]?.includes(`\`${name}\``)).length, name).toBe(1)
  }
  for (const entry of entries)
    expect(entry).toMatch(/\*\*Means\*\*[\s\S]*\*\*Do\*\*|\| it says \| means \| do \|/)
})

test('the page of operations names every file that is there', () => {
  const files = readdirSync(path.join(ROOT, 'docs/operations'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(path.join(ROOT, 'docs/operations'), path.join(entry.parentPath, entry.name)),
    )
    .filter((file) => !file.startsWith('.') && !file.endsWith('secret.acl') && file !== 'README.md')
  const text = read('docs/operations/README.md')

  expect(files.length).toBeGreaterThan(8)
  // A kustomization is what `kubectl apply -k` of its folder reads.
  const unnamed = files.filter((file) => !text.includes(`(${file})`) && !file.endsWith('kustomization.yaml'))
  expect(unnamed).toEqual([])
})
