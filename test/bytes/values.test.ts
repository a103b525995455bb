/*
 * One table of values for all: each cell is a test.
 */
import { readFileSync } from 'node:fs'
import { isCacheError, json } from '@larder/core'
import { describe, expect, test } from 'vitest'
import { codecs, place } from './bench.ts'
import { isSame, shown } from './same.ts'
import { type Row, table } from './values.ts'

describe.each(codecs)('$name', ({ codec }) => {
  test.each(table)('$title: $verdict', async ({ verdict, values }: Row) => {
    const { write, read } = place(codec)

    for (const value of values) {
      if (verdict === 'refused') {
        const refusal: unknown = await write(value).catch((error: unknown) => error)
        expect(isCacheError(refusal, 'VALUE_REFUSED')).toBe(true)
        continue
      }
      const found = await read(await write(value))
      if (typeof found === 'string') expect.fail(`${shown(value).slice(0, 200)} was refused: ${found}`)
      if (!isSame(found.value, value))
        expect(shown(found.value).slice(0, 500)).toBe(shown(value).slice(0, 500))
    }
  })
})

test('the documentation shows this table, row by row', () => {
  const page = readFileSync(new URL('../../docs/codecs.md', import.meta.url), 'utf8')
  const section = page.split(/^## /m).find((each) => each.startsWith('Which values'))
  const shownRows = (section ?? '').split('\n').flatMap((line) => {
    const [, title, verdict] = /^\| (.+?) \| (kept|refused) \|/.exec(line) ?? []
    return title === undefined ? [] : [{ title, verdict }]
  })

  expect(shownRows).toEqual(table.map(({ title, verdict }) => ({ title, verdict })))
})

test('a refusal says what is in the way, and where', () => {
  const serialize = (value: unknown): unknown => json().serialize(value)

  expect(() => serialize({ users: [{ name: 'a' }, { greet() {} }] })).toThrow(
    'a function, which would not come back as it was; keep plain data (at .users[1].greet)',
  )
  expect(() => serialize(new Map([['k', { at: [/x/] }]]))).toThrow(
    'an instance of RegExp, which would not come back as it was; keep plain data (at .values()[0].at[0])',
  )
  expect(() => serialize([[1, , 3]])).toThrow('an array with holes (at [0])') // oxlint-disable-line no-sparse-arrays -- the point
})

test('a value that throws when it is read is refused, with what it threw', () => {
  const cause = new Error('lazy')
  const lazy = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw cause
    },
  })

  const refusal: unknown = (() => {
    try {
      return json().serialize(lazy)
    } catch (error) {
      return error
    }
  })()

  expect(isCacheError(refusal, 'VALUE_REFUSED')).toBe(true)
  expect((refusal as Error).cause).toBe(cause)
})

test('plain objects of another realm are plain objects', async () => {
  const { runInNewContext } = await import('node:vm')
  const foreign: unknown = runInNewContext('({ a: { b: 1 } })')

  for (const { codec } of codecs) {
    const { write, read } = place(codec)
    expect(await read(await write(foreign))).toMatchObject({ value: { a: { b: 1 } } })
  }
})
