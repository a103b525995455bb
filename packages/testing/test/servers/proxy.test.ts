/*
 * Each switch of the proxy does what it says: seen in the bytes that arrive, and in what the sockets are told.
 */
import { connect, faultProxy, type FaultProxy, type RedisServer, startRedis } from '@larder/testing/servers'
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { unlessKeptWaiting } from '../../../../test/second-look.ts'

/** A server that keeps what it hears, and says what it is told to. */
interface Peer {
  readonly socket: Socket
  /** Each chunk, with the time it came. */
  readonly chunks: { readonly text: string; readonly at: number }[]
  readonly text: () => string
  /** 'end' for FIN, 'ECONNRESET' for RST. */
  readonly fate: () => string | undefined
}

const peerOf = (socket: Socket): Peer => {
  const chunks: { text: string; at: number }[] = []
  let fate: string | undefined
  socket.setNoDelay(true)
  socket.on('data', (data) => chunks.push({ text: data.toString('latin1'), at: performance.now() }))
  socket.on('end', () => (fate ??= 'end'))
  socket.on('error', (error: NodeJS.ErrnoException) => (fate ??= error.code))
  return { socket, chunks, text: () => chunks.map(({ text }) => text).join(''), fate: () => fate }
}

const server = net.createServer({ allowHalfOpen: true })
const open: Peer[] = []
let proxy: FaultProxy

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())
beforeEach(async () => {
  proxy = await faultProxy({ target: (server.address() as net.AddressInfo).port, seed: 7 })
})
afterEach(async () => {
  for (const { socket } of open.splice(0)) socket.destroy()
  await proxy.close()
})

/** Both ends of a connection through the proxy. */
const pair = async (): Promise<{ readonly client: Peer; readonly far: Peer }> => {
  const accepted = once(server, 'connection')
  const client = peerOf(net.connect(proxy.port, '127.0.0.1'))
  const [socket] = (await accepted) as [Socket]
  const far = peerOf(socket)
  open.push(client, far)
  await vi.waitFor(() => expect(proxy.connections.length).toBeGreaterThan(0), {
    interval: 2,
    timeout: 10_000,
  })
  return { client, far }
}

const lonely = async (): Promise<Peer> => {
  const client = peerOf(net.connect(proxy.port, '127.0.0.1'))
  open.push(client)
  await once(client.socket, 'connect')
  return client
}

const arrives = (peer: Peer, text: string): Promise<void> =>
  vi.waitFor(() => expect(peer.text()).toBe(text), { interval: 2, timeout: 10_000 })
const ends = (peer: Peer, fate: string): Promise<void> =>
  vi.waitFor(() => expect(peer.fate()).toBe(fate), { interval: 2, timeout: 10_000 })

/** A round trip on a connection of its own, after which something that was going to arrive has arrived. */
const aRoundTrip = async (): Promise<void> => {
  const short = await faultProxy({ target: server.address() as net.AddressInfo })
  const accepted = once(server, 'connection')
  const client = peerOf(net.connect(short.port, '127.0.0.1'))
  const [socket] = (await accepted) as [Socket]
  client.socket.write('there')
  socket.once('data', () => socket.write('back'))
  await arrives(client, 'back')
  client.socket.destroy()
  socket.destroy()
  await short.close()
}

const nothingArrives = async (peer: Peer): Promise<void> => {
  const before = peer.text()
  for (let i = 0; i < 3; i++) await aRoundTrip()
  expect(peer.text()).toBe(before)
  expect(peer.fate()).toBe(undefined)
}

describe('without faults', () => {
  test('bytes arrive as they are, both ways, and so do ends', async () => {
    const { client, far } = await pair()
    client.socket.write('to the server')
    far.socket.write('to the client')
    await arrives(far, 'to the server')
    await arrives(client, 'to the client')
    client.socket.end()
    await ends(far, 'end')
    far.socket.write(', and more')
    await arrives(client, 'to the client, and more')
    far.socket.end()

    await ends(client, 'end')
    await vi.waitFor(() => expect(proxy.connections).toEqual([]), 10_000)
    expect(proxy.up.bytes).toBe('to the server'.length)
  })

  test('a reset arrives as a reset, either way', async () => {
    const [one, two] = [await pair(), await pair()]
    one.client.socket.resetAndDestroy()
    two.far.socket.resetAndDestroy()

    await ends(one.far, 'ECONNRESET')
    await ends(two.client, 'ECONNRESET')
  })

  test('ten megabytes arrive whole, though nobody reads at first', async () => {
    const { client, far } = await pair()
    const bytes = Buffer.alloc(10_000_000, 'larder')
    client.socket.pause()
    far.socket.end(bytes)
    await aRoundTrip()
    client.socket.resume()

    await vi.waitFor(() => expect(client.fate()).toBe('end'), 10_000)
    expect(client.text() === bytes.toString('latin1')).toBe(true)
  })

  test('where nobody is, the client is reset', async () => {
    const nobody = net.createServer().listen(0, '127.0.0.1')
    await once(nobody, 'listening')
    const { port } = nobody.address() as net.AddressInfo
    nobody.close()
    await once(nobody, 'close')
    const other = await faultProxy({ target: port })
    const client = peerOf(net.connect(other.port, '127.0.0.1'))

    await ends(client, 'ECONNRESET')
    await other.close()
  })
})

describe('late', () => {
  test('delay: that much later, in one direction', async () => {
    const { client, far } = await pair()
    proxy.down.delay(400)
    const start = performance.now()
    client.socket.write('up')
    far.socket.write('down')
    await arrives(client, 'down')

    expect(client.chunks[0]?.at).toBeGreaterThan(start + 399)
    expect(far.chunks[0]?.at).toBeLessThan(client.chunks[0]?.at ?? 0)
  })

  test('jitter: each at its own time, and never one before the other', async () => {
    await unlessKeptWaiting(async () => {
      const { client, far } = await pair()
      proxy.down.delay(0, 40)
      const texts = Array.from({ length: 20 }, (_, i) => `(${i})`)
      for (const text of texts) {
        far.socket.write(text)
        await new Promise((resolve) => setImmediate(resolve))
      }

      await arrives(client, texts.join(''))
      expect(client.chunks.length).toBeGreaterThan(1)
    })
  })

  test('throttle: so many bytes in a second', async () => {
    const { client, far } = await pair()
    proxy.down.throttle(50_000)
    const start = performance.now()
    far.socket.write('x'.repeat(10_000))
    await vi.waitFor(() => expect(client.text()).toHaveLength(10_000), { interval: 2, timeout: 10_000 })

    expect(performance.now() - start).toBeGreaterThan(180)
  })

  test('dribble: one byte at a time', async () => {
    await unlessKeptWaiting(async () => {
      const { client, far } = await pair()
      proxy.down.dribble()
      far.socket.write('$5\r\nhello\r\n')

      await arrives(client, '$5\r\nhello\r\n')
      expect(client.chunks.every(({ text }) => text.length <= 2)).toBe(true)
      expect(client.chunks.length).toBeGreaterThan(6)
    })
  })

  test('stall: who sends is stopped in time, and nothing is lost', async () => {
    const { client, far } = await pair()
    proxy.down.stall()
    const bytes = 'x'.repeat(20_000_000)
    far.socket.write(bytes)
    await nothingArrives(client)
    expect(far.socket.writableLength).toBeGreaterThan(0)
    await proxy.heal()

    await vi.waitFor(() => expect(client.text() === bytes).toBe(true), 10_000)
  })
})

describe('lost', () => {
  test('black hole for existing connections: new ones are well', async () => {
    const { client, far } = await pair()
    proxy.blackHole({ existing: true })
    client.socket.write('lost')
    far.socket.end('lost')
    await nothingArrives(client)
    await nothingArrives(far)
    const later = await pair()
    later.client.socket.write('well')

    await arrives(later.far, 'well')
  })

  test('black hole for new connections: they are accepted, and that is all; existing ones are well', async () => {
    const { client, far } = await pair()
    proxy.blackHole({ new: true })
    const later = await lonely()
    later.socket.write('lost')
    await nothingArrives(later)
    client.socket.write('well')

    await arrives(far, 'well')
    expect(proxy.accepted).toBe(2)
  })

  test('black hole: nobody is told when the other leaves', async () => {
    const { client, far } = await pair()
    proxy.blackHole()
    client.socket.resetAndDestroy()

    await nothingArrives(far)
  })

  test('what was under way when the hole opened is lost too', async () => {
    const { client, far } = await pair()
    proxy.down.delay(30)
    far.socket.write('late')
    await vi.waitFor(() => expect(far.socket.bytesWritten).toBe(4), 10_000)
    proxy.blackHole()
    proxy.down.heal()

    await nothingArrives(client)
  })

  test('one way: commands arrive, replies do not', async () => {
    const { client, far } = await pair()
    proxy.down.lose()
    client.socket.write('command')
    await arrives(far, 'command')
    far.socket.write('reply')

    await nothingArrives(client)
  })

  test('what has lost something is reset when all is well again; what has not goes on', async () => {
    const hole = await pair()
    proxy.blackHole({ existing: true })
    const well = await pair()
    await proxy.heal()

    await ends(hole.client, 'ECONNRESET')
    await ends(hole.far, 'ECONNRESET')
    well.client.socket.write('on')
    await arrives(well.far, 'on')
  })
})

describe('cut', () => {
  test.each([
    ['reset', 'ECONNRESET'],
    ['fin', 'end'],
  ] as const)('cutAll: %s, for both sides', async (how, fate) => {
    const { client, far } = await pair()
    proxy.cutAll(how)

    await ends(client, fate)
    await ends(far, fate)
  })

  test.each([
    ['reset', 'ECONNRESET'],
    ['fin', 'end'],
  ] as const)('cutAfter: so many bytes arrive, then %s', async (how, fate) => {
    const { client, far } = await pair()
    far.socket.write('before')
    await arrives(client, 'before')
    proxy.down.cutAfter(7, how)
    far.socket.write('+one')
    far.socket.write('+two+three')

    await ends(client, fate)
    expect(client.text()).toBe('before+one+tw')
  })

  test('refuse: nobody listens, existing connections go on; accept: the same port again', async () => {
    const { client, far } = await pair()
    proxy.refuse()
    const refused = peerOf(net.connect(proxy.port, '127.0.0.1'))
    await ends(refused, 'ECONNREFUSED')
    client.socket.write('on')
    await arrives(far, 'on')
    await proxy.accept()

    const later = await pair()
    later.client.socket.write('again')
    await arrives(later.far, 'again')
  })

  test('idleCut: who says nothing is cut, who talks is not', async () => {
    await unlessKeptWaiting(async () => {
      await proxy.heal()
      const [idle, busy] = [await pair(), await pair()]
      const talk = setInterval(() => busy.client.socket.write('.'), 20)
      proxy.idleCut(300, 'fin')

      await ends(idle.client, 'end').finally(() => clearInterval(talk))
      expect(busy.client.fate()).toBe(undefined)
      await ends(busy.client, 'end')
    })
  })
})

describe('messages', () => {
  test('swap: the next two replies, however they are cut', async () => {
    const { client, far } = await pair()
    far.socket.write('*2\r\n$1\r\na\r\n:')
    await arrives(client, '*2\r\n$1\r\na\r\n:')
    proxy.down.swap()
    far.socket.write('5\r\n$3\r\non')
    await aRoundTrip()
    far.socket.write('e\r\n%1\r\n+k\r\n_\r\n+three\r\n')

    await arrives(client, '*2\r\n$1\r\na\r\n:5\r\n%1\r\n+k\r\n_\r\n$3\r\none\r\n+three\r\n')
  })

  test('drop: the next reply does not come, the one after it does', async () => {
    const { client, far } = await pair()
    proxy.down.drop()
    far.socket.write('$3\r\none\r\n$3\r\ntwo\r\n')

    await arrives(client, '$3\r\ntwo\r\n')
  })

  test('corrupt: one byte of the next reply is another, and only one', async () => {
    const { client, far } = await pair()
    proxy.down.corrupt()
    far.socket.write('$9\r\nunspoiled\r\n+two\r\n')
    await vi.waitFor(() => expect(client.text()).toHaveLength(21), 10_000)

    const differing = Array.from('$9\r\nunspoiled\r\n').filter((byte, i) => client.text()[i] !== byte)
    expect(differing).toHaveLength(1)
    expect(client.text().endsWith('+two\r\n')).toBe(true)
  })

  test('corrupt: where it says', async () => {
    const { client, far } = await pair()
    proxy.down.corrupt(-3)
    far.socket.write('$3\r\none\r\n')
    await vi.waitFor(() => expect(client.text()).toHaveLength(9), 10_000)

    expect(client.text()).toMatch(/^\$3\r\non[^e]\r\n$/s)
  })

  test('the same seed spoils the same byte', async () => {
    const texts: string[] = []
    for (const seed of [1, 1, 2]) {
      const again = await faultProxy({ target: server.address() as net.AddressInfo, seed })
      const accepted = once(server, 'connection')
      const client = peerOf(net.connect(again.port, '127.0.0.1'))
      const [socket] = (await accepted) as [Socket]
      again.down.corrupt()
      socket.write('$9\r\nunspoiled\r\n')
      await vi.waitFor(() => expect(client.text()).toHaveLength(15), 10_000)
      texts.push(client.text())
      client.socket.destroy()
      await again.close()
    }

    expect(texts[1]).toBe(texts[0])
    expect(texts[2]).not.toBe(texts[0])
  })

  test('commands are messages too', async () => {
    const { client, far } = await pair()
    proxy.up.drop()
    client.socket.write('*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n')

    await arrives(far, '*1\r\n$4\r\nQUIT\r\n')
  })

  test('what waits for a second reply is let go when all is well', async () => {
    const { client, far } = await pair()
    proxy.down.swap()
    far.socket.write('+one\r\n')
    await nothingArrives(client)
    await proxy.heal()

    await arrives(client, '+one\r\n')
  })
})

describe('one connection of several', () => {
  test('has switches of its own, which win', async () => {
    const [one, two] = [await pair(), await pair()]
    const [first] = proxy.connections
    proxy.down.delay(10_000)
    first?.down.delay(0)
    one.far.socket.write('now')
    two.far.socket.write('later')
    await arrives(one.client, 'now')
    first?.blackHole()
    two.client.socket.write('well')

    await arrives(two.far, 'well')
    expect(two.client.text()).toBe('')
    one.client.socket.write('lost')
    await nothingArrives(one.far)
  })

  test('can be cut alone, and is no longer listed', async () => {
    const [one, two] = [await pair(), await pair()]
    proxy.connections[0]?.cut()
    await ends(one.client, 'ECONNRESET')
    await vi.waitFor(() => expect(proxy.connections.map(({ id }) => id)).toEqual([2]), 10_000)

    expect(two.client.fate()).toBe(undefined)
  })
})

describe('the log', () => {
  test('has every switch, in order, with a time that never runs backwards', async () => {
    proxy.down.delay(5, 2)
    proxy.up.stall()
    proxy.refuse()
    proxy.cutAll()
    await proxy.heal()
    const { log } = proxy

    expect(log.map(({ what }) => what)).toEqual([
      'accept',
      'down: delay 5 ms, jitter 2 ms',
      'up: stall',
      'refuse',
      'cut all, reset',
      'up: heal',
      'down: heal',
      'accept',
    ])
    expect(log.map(({ at }) => at)).toEqual(log.map(({ at }) => at).toSorted((a, b) => a - b))
    expect(log.at(-1)?.at).toBeLessThanOrEqual(performance.now())
  })
})

describe('in front of a Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis({ password: 'secret', tls: true })
  }, 120_000)
  afterAll(() => redis.stop())

  test('the URL is that of the server, with another port, and TLS goes through untouched', async () => {
    const before = await faultProxy({ target: redis })
    const { port, password, protocol } = new URL(before.url)
    const connection = await connect(Number(port), { password, ca: redis.ca })
    before.down.swap() // nobody can, there

    expect(protocol).toBe('rediss:')
    expect(
      await connection.pipeline([
        ['ECHO', 'one'],
        ['ECHO', 'two'],
      ]),
    ).toEqual(['one', 'two'])
    connection.close()
    await before.close()
  })

  test('a connection is found by the address that the server knows', async () => {
    const before = await faultProxy({ target: redis })
    const options = { password: 'secret', ca: redis.ca }
    const [plain, listening] = [await connect(before.port, options), await connect(before.port, options)]
    await listening.command('SUBSCRIBE', 'news')
    const listed = String(await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub'))
    const found = before.connections.find(({ address }) => listed.includes(`addr=${address} `))
    found?.cut()
    await listening.closed

    expect(await plain.command('PING')).toBe('PONG')
    plain.close()
    await before.close()
  })
})
