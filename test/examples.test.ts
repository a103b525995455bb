/*
 * Every example runs, from the command that it names; the recipes judge themselves by how they end. The demo has a test of its own.
 */

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const programsIn = (folder: string): string[] =>
  readdirSync(path.join(root, 'examples', folder))
    .filter((file) => file.endsWith('.ts') && file !== 'demo.ts')
    .map((file) => path.posix.join(folder, file))
const frameworks = programsIn('frameworks')
const recipes = programsIn('recipes')
const examples = [...programsIn(''), ...frameworks, ...recipes]
const readme = readFileSync(path.join(root, 'examples/README.md'), 'utf8')

describe.for(examples)('examples/%s', (file) => {
  const command = `node --conditions=@larder/source --import tsx examples/${file}`

  test('names its command, as the list of examples does', () => {
    expect(readFileSync(path.join(root, 'examples', file), 'utf8')).toContain(command)
    expect(readme).toContain(`\`${command}\``)
  })

  test('runs to its end and says something', async () => {
    const [, ...args] = command.split(' ')
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    expect(stdout).not.toBe('')
    expect(stdout).not.toContain('false')
  }, 60_000)
})

test.for([...frameworks, ...recipes])('examples/%s is short', (file) => {
  const lines = readFileSync(path.join(root, 'examples', file), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThan(60)
})

test.for(recipes)('examples/%s is on the page of recipes', (file) => {
  const page = readFileSync(path.join(root, 'docs/recipes.md'), 'utf8')
  expect(page).toContain(`(../examples/${file})`)
})
