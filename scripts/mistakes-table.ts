/*
 * docs/mistakes.md, from mistakes that are made: compiled, and run against real servers.
 * test/mistakes.test.ts sees to it that the page is what comes of them.
 *
 *   node --conditions=@larder/source --import tsx scripts/mistakes-table.ts
 */
import { writeFileSync } from 'node:fs'
import { live } from '../test/mistakes/live.ts'
import { page } from '../test/mistakes/page.ts'

writeFileSync(new URL('../docs/mistakes.md', import.meta.url), page(await live()))
