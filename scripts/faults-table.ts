/*
 * docs/operations/faults.md, from the matrix that is tested. The test beside the matrix sees to it that it is the same.
 *
 *   node --conditions=@larder/source --import tsx scripts/faults-table.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { page } from '../test/faults/table.ts'

const folder = new URL('../docs/operations/', import.meta.url)
mkdirSync(fileURLToPath(folder), { recursive: true })
writeFileSync(new URL('faults.md', folder), page())
