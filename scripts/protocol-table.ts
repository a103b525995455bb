/*
 * docs/protocol.md, from what is explored. The test beside the explorer sees to it that it is the same.
 *
 *   node --conditions=@larder/source --import tsx scripts/protocol-table.ts
 *
 * With LARDER_DEPTH=large it explores the larger worlds anew, which takes minutes; otherwise their figures stay.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { largeOf, largeTables, page } from '../test/protocol/page.ts'
import { isLarge } from '../test/protocol/parts.ts'

const file = new URL('../docs/protocol.md', import.meta.url)
const written = existsSync(file) ? readFileSync(file, 'utf8') : ''
writeFileSync(file, page(isLarge ? largeTables() : largeOf(written)))
