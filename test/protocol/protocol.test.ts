/*
 * The protocol, explored: every order of everything that can happen in small worlds. As it is, no promise is broken;
 * without any one of its mechanisms, one is.
 *
 * `LARDER_DEPTH=large` explores larger worlds as well.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { largeOf, page } from './page.ts'
import { isLarge, parts } from './parts.ts'
import { explored, story } from './run.ts'

const PATIENCE = 120_000
const LONG = 1_800_000

describe.each(parts)('$title', ({ whole, large, lacking }) => {
  test.each(whole)('nothing is broken: $what', { timeout: PATIENCE }, (run) => {
    const { trouble } = explored(run)

    expect(trouble && `\n${story(trouble)}\n`).toBe(undefined)
  })

  test.runIf(isLarge).each(large)('nothing is broken: $what, $world', { timeout: LONG }, (run) => {
    const { trouble } = explored(run, true)

    expect(trouble && `\n${story(trouble)}\n`).toBe(undefined)
  })

  test.each(lacking)('needed: $what', { timeout: PATIENCE }, (run) => {
    expect(explored(run).trouble, 'nothing is broken without it').not.toBe(undefined)
  })
})

test('docs/protocol.md is what was explored', { timeout: PATIENCE }, () => {
  const written = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

  expect(written, 'node --conditions=@larder/source --import tsx scripts/protocol-table.ts').toBe(
    page(largeOf(written)),
  )
})
