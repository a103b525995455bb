/* The published table of faults is the one that is tested. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { matrix } from './matrix.ts'
import { page } from './table.ts'

test('docs/operations/faults.md is what the matrix says', () => {
  const written = readFileSync(new URL('../../docs/operations/faults.md', import.meta.url), 'utf8')

  expect(written, 'node --conditions=@larder/source --import tsx scripts/faults-table.ts').toBe(page())
})

test('every fault of the connection and of the server has a row', () => {
  const numbers = new Set(matrix.map(({ id }) => id.split(' ')[0]))
  const wanted = [
    ...Array.from({ length: 13 }, (_, n) => `C${n + 1}`),
    ...Array.from({ length: 20 }, (_, n) => `S${n + 1}`),
  ]

  expect(wanted.filter((id) => !numbers.has(id))).toEqual([])
  expect(new Set(matrix.map(({ id }) => id)).size).toBe(matrix.length)
})
