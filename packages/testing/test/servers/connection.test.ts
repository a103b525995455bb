/*
 * The fixture's own connection: what it says about a server is what the server said.
 */
import {
  connect,
  type Connection,
  type ConnectOptions,
  type RedisServer,
  startRedis,
} from '@larder/testing/servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let redis: RedisServer
const opened: Connection[] = []
const open = async (options: ConnectOptions = {}): Promise<Connection> => {
  const connection = await connect(redis.port, options)
  opened.push(connection)
  return connection
}
beforeAll(async () => {
  redis = await startRedis()
}, 120_000)
afterAll(async () => {
  for (const connection of opened) connection.close()
  await redis.stop()
})

describe('replies', () => {
  test('RESP2: texts, numbers, lists, nothing', async () => {
    const connection = await open()

    expect(await connection.command('SET', 'k', 'Zürich')).toBe('OK')
    expect(await connection.command('GET', 'k')).toBe('Zürich')
    expect(await connection.command('GET', 'none')).toBe(null)
    expect(await connection.command('EVAL', "return {1, 'a', {2, false}}", 0)).toEqual([1, 'a', [2, null]])
    expect(await connection.command('EVAL', 'return {}', 0)).toEqual([])
  })

  test('RESP3: maps, doubles, booleans, sets, big numbers', async () => {
    const connection = await open({ protocol: 3 })
    const inThree = (script: string): Promise<unknown> =>
      connection.command('EVAL', `redis.setresp(3); ${script}`, 0)

    expect(await connection.command('HELLO')).toBeInstanceOf(Map)
    expect(await inThree('return { double = 1.5 }')).toBe(1.5)
    expect(await inThree('return true')).toBe(true)
    expect(await inThree("return { map = { a = 'b' } }")).toEqual(new Map([['a', 'b']]))
    expect(await inThree("return { big_number = '12345678901234567890' }")).toBe(12345678901234567890n)
    expect(await inThree("return { verbatim_string = { format = 'txt', string = 'x' } }")).toBe('x')
  })

  test('as Buffers, byte for byte', async () => {
    const connection = await open({ buffers: true })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    await connection.command('SET', 'bytes', bytes)

    expect(await connection.command('GET', 'bytes')).toEqual(bytes)
  })

  test('of a megabyte, in many chunks', async () => {
    const connection = await open()
    const text = 'x\r\n'.repeat(400_000)
    await connection.command('SET', 'long', text)

    expect(await connection.command('GET', 'long')).toBe(text)
  })

  test('a pipeline answers in order, errors included', async () => {
    const connection = await open()
    const answers = await connection.pipeline([['SET', 'p', 1], ['NO SUCH'], ['INCR', 'p']])

    expect(answers).toMatchObject(['OK', { code: 'ERR' }, 2])
  })
})

describe('pushes', () => {
  test.each([2, 3] as const)(
    'messages of a channel come, and commands go on, in RESP%i',
    async (protocol) => {
      const listening = await open({ protocol })
      const confirmed = await listening.command('SUBSCRIBE', `a${protocol}`, `b${protocol}`)
      await redis.command('PUBLISH', `a${protocol}`, 'first')
      await redis.command('PUBLISH', `b${protocol}`, 'second')

      expect(confirmed).toEqual([
        ['subscribe', `a${protocol}`, 1],
        ['subscribe', `b${protocol}`, 2],
      ])
      expect(await listening.push(2)).toEqual(['message', `b${protocol}`, 'second'])
      expect(listening.pushes[0]).toEqual(['message', `a${protocol}`, 'first'])
      expect(await listening.command('UNSUBSCRIBE', `a${protocol}`)).toEqual([
        'unsubscribe',
        `a${protocol}`,
        1,
      ])
    },
  )

  test('invalidations of a tracked key come', async () => {
    const tracking = await open({ protocol: 3 })
    await tracking.command('CLIENT', 'TRACKING', 'ON')
    await tracking.command('GET', 'tracked')
    await redis.command('SET', 'tracked', 'x')

    expect(await tracking.push(1)).toEqual(['invalidate', ['tracked']])
  })
})

describe('the end', () => {
  test('who waits is told when the server goes', async () => {
    const short = await startRedis()
    const connection = await short.connect()
    const waiting = Promise.allSettled([connection.push(1), connection.command('BLPOP', 'nothing', 0)])
    await short.stop()

    const told = { status: 'rejected', reason: new Error('the connection is closed') }
    expect(await waiting).toMatchObject([told, told])
    expect(connection.isOpen).toBe(false)
    await expect(connection.command('PING')).rejects.toThrow('the connection is closed')
  })

  test('nobody there is an error', async () => {
    const short = await startRedis()
    await short.stop()

    await expect(connect(short.port)).rejects.toThrow('ECONNREFUSED')
  })

  test('an address is the one the server knows', async () => {
    const connection = await open()

    expect(await connection.command('CLIENT', 'INFO')).toContain(`addr=${connection.address} `)
  })
})
