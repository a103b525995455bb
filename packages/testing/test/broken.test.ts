/*
 * The contracts can fail: each rule catches something broken, and everything broken is caught. A check that cannot fail
 * is a defect.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { cacheRules } from '../src/cache-contract.ts'
import { channelRules } from '../src/channel-contract.ts'
import { storeRules } from '../src/store-contract.ts'
import type { Matrix } from './broken/matrix.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const matrix = fileURLToPath(new URL('broken/matrix.ts', import.meta.url))

async function judgedAll(contract: 'stores' | 'caches' | 'channels'): Promise<Matrix> {
  const args = ['--conditions=@larder/source', '--import', 'tsx', matrix, contract]
  const run = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 })
  return JSON.parse(run.stdout) as Matrix
}

const none = (found: Matrix['rules']): string[] => Object.keys(found).filter((name) => found[name] === null)
const twice = (names: readonly string[]): string[] => names.filter((name, i) => names.indexOf(name) !== i)

describe.each([
  ['stores', storeRules.map(({ name }) => name)],
  ['caches', cacheRules.map(({ name }) => name)],
  ['channels', channelRules.map(({ name }) => name)],
] as const)('the contract of %s', (contract, names) => {
  test(
    'each rule catches something broken, and everything broken is caught',
    { timeout: 60_000 },
    async () => {
      const { good, rules, broken } = await judgedAll(contract)

      expect(good).toEqual([])
      expect(none(rules)).toEqual([])
      expect(none(broken)).toEqual([])
    },
  )

  test('no two rules have one name', () => {
    expect(twice(names)).toEqual([])
  })
})
