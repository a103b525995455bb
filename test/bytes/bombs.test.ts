/*
 * A few bytes that unpack to gigabytes, from somebody who has done the sums: misses, in a process of 128 MB.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hasZstd } from '@larder/codecs'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'

interface Report {
  readonly ends: readonly { readonly name: string; readonly rawSize: number; readonly end: string }[]
  readonly most: number
}

/** As JavaScript, since a loader of TypeScript takes as much memory as Node. Beside the packages that it imports. */
const program = fileURLToPath(new URL('../../packages/codecs/node_modules/.cache/bombs.mjs', import.meta.url))

beforeAll(async () => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('./bombs.child.ts', import.meta.url)),
    platform: 'node',
    external: /^(node:|lz4-napi$|msgpackr$)/,
    resolve: { conditionNames: ['@larder/source', 'import', 'node'] },
  })
  await bundle.write({ file: program, format: 'esm' })
})
afterAll(() => rmSync(program, { force: true }))

test('bombs of every compressor are misses, and take no memory', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=64', program], {
    encoding: 'utf8',
  })

  expect(stderr).toBe('')
  expect(status).toBe(0)
  const { ends, most } = JSON.parse(stdout) as Report
  expect(ends.length).toBe(hasZstd ? 24 : 16)
  for (const { name, rawSize, end } of ends) {
    expect(`${name}, head of ${rawSize}: ${end}`).toBe(
      `${name}, head of ${rawSize}: ${rawSize > 8 * 1_048_576 ? 'too-large' : 'undecodable'}`,
    )
  }
  // Node alone takes half of it.
  expect(most).toBeLessThan(128)
})
