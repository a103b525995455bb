/*
 * Where replies end, and what they say: however the bytes are cut.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encodeCommand, type Reply, Scanner } from '../../src/servers/resp.ts'

/** A reply as the server writes it, and what it means. */
interface Sample {
  readonly bytes: Buffer
  readonly value: unknown
}

const text = (bytes: string, value: unknown): Sample => ({ bytes: Buffer.from(bytes), value })
const bulk = fc.string({ unit: 'binary' }).map((value) => {
  return text(`$${Buffer.byteLength(value)}\r\n${value}\r\n`, value)
})
const plain = fc.oneof(
  bulk,
  fc.integer().map((value) => text(`:${value}\r\n`, value)),
  fc.boolean().map((value) => text(`#${value ? 't' : 'f'}\r\n`, value)),
  fc.stringMatching(/^[a-z ]*$/).map((value) => text(`+${value}\r\n`, value)),
  fc.constantFrom(text('$-1\r\n', null), text('*-1\r\n', null), text('_\r\n', null), text('*0\r\n', [])),
)
const { reply } = fc.letrec<{ reply: Sample }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    plain,
    fc
      .tuple(fc.constantFrom('*', '~', '>'), fc.array(tie('reply'), { minLength: 1, maxLength: 4 }))
      .map(([kind, all]) => ({
        bytes: Buffer.concat([Buffer.from(`${kind}${all.length}\r\n`), ...all.map(({ bytes }) => bytes)]),
        value: all.map(({ value }) => value),
      })),
    fc.tuple(fc.integer(), tie('reply')).map(([key, { bytes, value }]) => ({
      bytes: Buffer.concat([Buffer.from(`%1\r\n:${key}\r\n`), bytes]),
      value: new Map([[key, value]]),
    })),
  ),
}))

describe('replies', () => {
  test('end where they end, and mean what they mean, however they are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 5 }), sizes, (replies, cuts) => {
        const all = Buffer.concat(replies.map(({ bytes }) => bytes))
        const scanner = new Scanner()
        const ends: number[] = []
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = cuts[i % cuts.length] ?? 1
          ends.push(...scanner.feed(all.subarray(at, at + size)).map((end) => at + end))
          at += size
        }
        const starts = [0, ...ends]
        const decoded: Reply[] = ends.map((end, i) => decode(all.subarray(starts[i], end), false))

        expect(decoded).toEqual(replies.map(({ value }) => value))
      }),
    )
  })

  test('numbers that are too big for a number keep their digits', () => {
    expect(decode(Buffer.from(':9007199254740993\r\n'), false)).toBe(9007199254740993n)
    expect(decode(Buffer.from(',-inf\r\n'), false)).toBe(-Infinity)
  })

  test('attributes belong to the reply that follows', () => {
    const bytes = Buffer.from('|1\r\n+ttl\r\n:5\r\n*1\r\n:1\r\n')

    expect(new Scanner().feed(bytes)).toEqual([bytes.length])
    expect(decode(bytes, false)).toEqual([1])
  })

  test('what is no reply is refused', () => {
    expect(() => decode(Buffer.from('HTTP/1.1 400 Bad Request\r\n'), false)).toThrow(
      'no reply of Redis begins with',
    )
  })
})

test('a command is what the server reads: as many bytes as it says', () => {
  expect(encodeCommand(['SET', 'ü', 1, new Uint8Array([255])]).toString('latin1')).toBe(
    '*4\r\n$3\r\nSET\r\n$2\r\n\u00c3\u00bc\r\n$1\r\n1\r\n$1\r\n\u00ff\r\n',
  )
})
