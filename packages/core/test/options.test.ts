import {
  checkOptions,
  isBytes,
  isCount,
  isDuration,
  isFunction,
  isOneOf,
  isText,
  readBytes,
} from '@larder/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { optionProblems } from '../src/options.ts'

const table = { ttl: isDuration, name: isText, maxEntries: isCount, share: isOneOf('freeze', 'clone') }

describe('options are checked in one pass', () => {
  test('every problem is said, in one TypeError', () => {
    const check = (): void =>
      checkOptions('createCache', { ttl: 0, name: '', maxEntries: 1.5, share: 'x', nam: 1 }, table)
    expect(check).toThrow(TypeError)
    expect(check).toThrow(/^createCache: 5 problems\n {2}- ttl must be more than 0/)
    expect(check).toThrow("name must be a non-empty text, not ''")
    expect(check).toThrow('maxEntries must be a whole number of at least 1, not 1.5')
    expect(check).toThrow("share must be 'freeze' or 'clone', not 'x'")
    expect(check).toThrow("unknown option 'nam': did you mean 'name'?")
  })

  test('a single problem stands on one line', () => {
    expect(() => checkOptions('memory', { ttl: -1 }, table)).toThrow(/^memory: ttl must be .*$/)
  })

  test('what is right passes, and so does what is not given', () => {
    expect(optionProblems({ ttl: '5m', name: 'n', maxEntries: Infinity, share: 'clone' }, table)).toEqual([])
    expect(optionProblems({ ttl: undefined }, table)).toEqual([])
  })

  test('what is no object is refused in a word', () => {
    for (const [given, word] of [
      [null, 'null'],
      [[], 'an array'],
      ['5m', 'a string'],
      [undefined, 'undefined'],
    ] as const) {
      expect(optionProblems(given, table)).toEqual([
        expect.stringMatching(`must be an object.* not ${word}$`),
      ])
    }
  })

  test('names of every object are no options', () => {
    for (const name of ['toString', 'constructor', 'hasOwnProperty']) {
      expect(optionProblems({ [name]: 1 }, table)).toEqual([
        expect.stringContaining(`unknown option '${name}'`),
      ])
    }
  })
})

describe('an unknown option', () => {
  test('is named with the nearest right one, if one is near', () => {
    const near = { tll: 'ttl', TTL: 'ttl', nmae: 'name', maxentries: 'maxEntries', maxEntrie: 'maxEntries' }
    for (const [name, right] of Object.entries(near)) {
      expect(optionProblems({ [name]: 1 }, table)).toEqual([
        `unknown option '${name}': did you mean '${right}'?`,
      ])
    }
  })

  test('of another library is translated', () => {
    expect(optionProblems({ max: 1 }, table)).toEqual(["unknown option 'max': it is 'maxEntries' here"])
  })

  test('of the store is sent there', () => {
    expect(optionProblems({ maxBytes: 1 }, { ttl: isDuration })).toEqual([
      "unknown option 'maxBytes': it belongs to the store, as in memory({ maxBytes })",
    ])
  })

  test('that is like none is answered with all there are', () => {
    expect(optionProblems({ quux: 1 }, table)).toEqual([
      "unknown option 'quux': there is ttl, name, maxEntries, share",
    ])
    expect(optionProblems({ quux: 1 }, {})).toHaveLength(1)
  })

  test('with one letter more, less, other or swapped is always recognised', () => {
    const mistakes = fc.tuple(
      fc.constantFrom('staleIfError', 'maxEntries', 'storeTimeout'),
      fc.nat(11),
      fc.constantFrom('more', 'less', 'other', 'swapped'),
    )
    fc.assert(
      fc.property(mistakes, ([name, at, how]) => {
        const i = at % (name.length - 1)
        const wrong = {
          more: `${name.slice(0, i)}x${name.slice(i)}`,
          less: name.slice(0, i) + name.slice(i + 1),
          other: `${name.slice(0, i)}x${name.slice(i + 1)}`,
          swapped: name.slice(0, i) + (name[i + 1] ?? '') + (name[i] ?? '') + name.slice(i + 2),
        }[how]
        fc.pre(wrong !== name)
        const known = { staleIfError: isText, maxEntries: isText, storeTimeout: isText }
        expect(optionProblems({ [wrong]: 1 }, known)).toEqual([
          `unknown option '${wrong}': did you mean '${name}'?`,
        ])
      }),
    )
  })
})

describe('sizes', () => {
  test('are numbers of bytes, or texts with a unit of 1,024', () => {
    expect([1, 1.5, '1b', '2kb', '1.5KB', '64mb', '1GB'].map(readBytes)).toEqual([
      1, 1.5, 1, 2_048, 1_536, 67_108_864, 1_073_741_824,
    ])
  })

  test('that are none are refused, with what was given', () => {
    for (const given of [0, -1, Number.NaN, '', '64', '64 mb', 'mb', '0b', '0.5b', '1tb', null, {}, []]) {
      expect(readBytes(given)).toMatch(/^must be a number of bytes or a text like '64mb', not /)
      expect(isBytes(given)).toBe(readBytes(given))
    }
    expect(isBytes('1mb')).toBe(undefined)
  })
})

describe('a check says what must be', () => {
  test.for([
    [isText, 1, 'must be a non-empty text, not a number'],
    [isCount, 0, 'must be a whole number of at least 1, not 0'],
    [isCount, '1', 'must be a whole number of at least 1, not a string'],
    [isFunction, {}, 'must be a function, not an object'],
    [isOneOf('a', 'b', 'c'), 7, "must be 'a' or 'b' or 'c', not a number"],
    [isDuration, '5', "must be a number of ms or a text like '250ms', '10s', '5m', '2h', '7d', not '5'"],
  ] as const)('%o', ([check, given, said]) => {
    expect(check(given)).toBe(said)
  })

  test('and nothing of what is right', () => {
    expect([isText('x'), isCount(1), isFunction(() => 1), isOneOf('a')('a'), isDuration(1)]).toEqual(
      Array.from({ length: 5 }, () => undefined),
    )
  })
})
