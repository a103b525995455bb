/* The published page of the soak is made of the results that lie beside it, and they are what was promised. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { page } from './page.ts'
import { type Published, published } from './results.ts'
import { isBroken } from './soak.ts'

function results(): Published {
  const found = published()
  if (found === undefined) throw new Error('there are no results')
  return found
}

test('docs/soak.md is what the results say', () => {
  const written = readFileSync(new URL('../../docs/soak.md', import.meta.url), 'utf8')

  expect(written, 'node --conditions=@larder/source --import tsx scripts/soak.ts --run page').toBe(
    page(results()),
  )
})

test('every promise was kept, for long enough; and none without what protects', () => {
  const { alone, sentinel, ablations } = results()
  const faults = Object.values(alone.faults).reduce((sum, { count }) => sum + count, 0)
  const [whole, ...without] = ablations

  expect([alone, sentinel].map(isBroken)).toEqual([false, false])
  expect(alone.counted.reads).toBeGreaterThan(3_000_000)
  expect(faults).toBeGreaterThan(1_000)
  expect(whole?.counted).toMatchObject({ beyond: 0, own: 0 })
  for (const { what, counted } of without) expect(counted.beyond + counted.own, what).toBeGreaterThan(0)
})
