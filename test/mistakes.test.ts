/*
 * Mistakes, and what somebody sees who makes them: every message says what happened, which key or setting it was, and
 * what to do; none gives away a secret. All of them are made in one process of their own (test/mistakes/live.ts).
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { secrets } from './mistakes/given.ts'
import type { Lived } from './mistakes/live.ts'
import { page } from './mistakes/page.ts'
import { mistakes } from './mistakes/table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

function made(): Promise<readonly Lived[]> {
  const child = spawn(
    process.execPath,
    ['--conditions=@larder/source', '--import', 'tsx', 'test/mistakes/live.ts'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let printed = ''
  child.stdout.on('data', (data: Buffer) => (printed += data.toString()))
  return new Promise((resolve) => {
    child.on('close', () => resolve(JSON.parse(printed) as readonly Lived[]))
  })
}

let lived: readonly Lived[]
beforeAll(async () => {
  lived = await made()
}, 120_000)

describe('a person who makes a mistake', () => {
  test.each(mistakes.map((each, i) => ({ ...each, i })))('$title', ({ i, compiler, sees }) => {
    const { compiler: complaints = [], seen = [] } = lived[i] ?? {}

    if (compiler === undefined) expect(complaints).toEqual([])
    else expect(complaints.join('\n')).toContain(compiler)
    for (const each of sees === 'not run' ? [] : sees) expect(seen.join('\n')).toContain(each)
  })

  test('reads no secret', () => {
    const everything = JSON.stringify(lived)

    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([])
  })

  test('finds them all in the docs, as they are', () => {
    const written = readFileSync(`${root}/docs/mistakes.md`, 'utf8')

    expect(written, 'node --conditions=@larder/source --import tsx scripts/mistakes-table.ts').toBe(
      page(lived),
    )
  })
})
