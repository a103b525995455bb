import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matcher } from '../src/engine/glob.ts'

/** The same in another language; it may take for ever, so only for small patterns. */
function regexpOf(pattern: string): RegExp {
  const source = Array.from(pattern, (sign) => {
    if (sign === '*') return '[^]*'
    return sign === '?' ? '[^]' : sign.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`)
}

const signs = (...letters: string[]): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 })

describe('a pattern', () => {
  test('matches what the same regular expression matches', () => {
    fc.assert(
      fc.property(signs('a', 'b', '*', '?', '.'), signs('a', 'b', '.', '*'), (pattern, text) => {
        expect(matcher(pattern)(text)).toBe(regexpOf(pattern).test(text))
      }),
      { numRuns: 10_000 },
    )
  })

  test('without * and ? matches itself and nothing else, whatever it contains', () => {
    const plain = fc.string().filter((text) => !/[*?]/.test(text))
    fc.assert(
      fc.property(plain, plain, (pattern, text) => {
        expect(matcher(pattern)(pattern)).toBe(true)
        expect(matcher(pattern)(text)).toBe(pattern === text)
      }),
    )
  })

  test('of many stars is answered in a time that grows with the text, not with the number of ways', () => {
    const pattern = `${'a*'.repeat(50)}b`
    const text = 'a'.repeat(5_000)
    let looks = 0
    const watched = new Proxy(
      { length: text.length },
      {
        get(target, name) {
          if (name === 'length') return target.length
          looks++
          return text[Number(name)]
        },
      },
    )

    expect(matcher(pattern)(watched as unknown as string)).toBe(false)

    // Each star is passed once and the last one walks to the end; every step looks at most twice.
    expect(looks).toBeLessThan(text.length * 4)
  })
})
