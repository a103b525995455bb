/*
 * A few bytes that unpack to gigabytes, from somebody who has done the sums: misses, in a process of 128 MB.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { hasZstd } from '@larder/codecs'
import { expect, test } from 'vitest'

interface Report {
  readonly ends: readonly { readonly name: string; readonly rawSize: number; readonly end: string }[]
  readonly most: number
}

test('bombs of every compressor are misses, and take no memory', { timeout: 60_000 }, () => {
  const child = fileURLToPath(new URL('bombs.child.ts', import.meta.url))

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=64', '--conditions=@larder/source', '--import', 'tsx', child],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  )

  expect(stderr).toBe('')
  expect(status).toBe(0)
  const { ends, most } = JSON.parse(stdout) as Report
  expect(ends.length).toBe(hasZstd ? 24 : 16)
  for (const { name, rawSize, end } of ends) {
    expect(`${name}, head of ${rawSize}: ${end}`).toBe(
      `${name}, head of ${rawSize}: ${rawSize > 8 * 1_048_576 ? 'too-large' : 'undecodable'}`,
    )
  }
  // Node and the loader of TypeScript take most of it.
  expect(most).toBeLessThan(128)
})
