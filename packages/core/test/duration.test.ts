import { type Duration, durationOf } from '@larder/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kindOf, readDuration } from '../src/duration.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

test('a number is so many milliseconds', () => {
  fc.assert(
    fc.property(fc.double({ min: Number.MIN_VALUE, noNaN: true }), (ms) => {
      expect(durationOf(ms, 'ttl')).toBe(ms)
    }),
  )
})

test('a text is its number times its unit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom<keyof typeof UNITS>('ms', 's', 'm', 'h', 'd'),
      (whole, part, unit) => {
        const text = `${whole}.${part}`
        expect(durationOf(`${Number(text)}${unit}`, 'ttl')).toBeCloseTo(Number(text) * UNITS[unit], 3)
      },
    ),
  )
})

test('for ever is Infinity', () => {
  expect(durationOf(Infinity, 'ttl')).toBe(Infinity)
})

test('what is not more than nothing is refused', () => {
  for (const given of [0, -1, -Infinity, Number.NaN, '0s', '0.0d'] as Duration[]) {
    expect(() => durationOf(given, 'ttl')).toThrow(/^ttl must be more than 0/)
  }
})

test('a text without a unit, with another one or with anything besides is refused', () => {
  for (const given of ['30', '5x', ' 5s', '5s ', '-5s', '1e3ms', '5S', '', 's', '.5s', '5 s', 'Infinitys']) {
    expect(() => durationOf(given as Duration, 'ttl')).toThrow(
      /^ttl must be a number of ms or a text like .*5m/,
    )
  }
})

test('any other text than a number with a unit is refused, never misread', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text))
      expect(typeof readDuration(text)).toBe('string')
    }),
  )
})

test('a message says in a word what was given instead', () => {
  const words = [null, [], {}, undefined, true, 1n, () => 1, Symbol('s'), 'x', 1].map(kindOf)
  expect(words).toEqual([
    'null',
    'an array',
    'an object',
    'undefined',
    'a boolean',
    'a bigint',
    'a function',
    'a symbol',
    'a string',
    'a number',
  ])
  expect(() => durationOf(true as never, 'ttl')).toThrow('not a boolean')
})
