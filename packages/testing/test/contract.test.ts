/*
 * Skipping is in the open: by the name of a rule that exists, with a reason.
 */

import { createCache } from '@larder/core'
import { memory } from '@larder/memory'
import { cacheContract, storeContract } from '@larder/testing'
import { describe, expect, test } from 'vitest'
import { judge, rule } from '../src/contract.ts'

const open = (): ReturnType<typeof memory> => memory()

test('a skip that names no rule is refused', () => {
  const skip = { 'keeps binray': 'this place stores text only' }

  expect(() => storeContract('x', { open, keeps: 'entries', skip })).toThrow(
    /'keeps binray', which does not exist/u,
  )
  expect(() => cacheContract('x', { open: () => createCache({ store: memory() }), skip })).toThrow(TypeError)
})

test('a skip without a reason is refused', () => {
  const skip = { 'a store has a name': '' }

  expect(() => storeContract('x', { open, keeps: 'entries', skip })).toThrow(/must say why/u)
})

describe('rules that are judged', () => {
  const judged: string[] = []
  const disposed: number[] = []
  let opened = 0
  judge(
    'three rules',
    [
      rule('the first', async () => {
        judged.push('first')
      }),
      rule('the second', async () => {
        judged.push('second')
      }),
      rule(
        'the third',
        async () => {
          judged.push('third')
        },
        () => 'the third has an excuse',
      ),
    ],
    { 'the second': 'it is skipped here on purpose' },
    async () => {
      const n = opened++
      return {
        async dispose() {
          disposed.push(n)
        },
      }
    },
  )

  test('only those that are neither skipped nor excused have run, each with a bench of its own that is let go', () => {
    expect(judged).toEqual(['first'])
    expect([opened, disposed]).toEqual([2, [0, 1]])
  })
})
