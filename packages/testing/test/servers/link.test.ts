/* One connection through the proxy, at moments that cannot be met from outside. */
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { reset } from '../../src/servers/proxy/link.ts'

async function pair(): Promise<readonly [Socket, Socket, net.Server]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const came = once(server, 'connection')
  const client = net.connect({ port: (server.address() as net.AddressInfo).port, allowHalfOpen: true })
  await once(client, 'connect')
  const [other] = (await came) as [Socket]
  return [client, other.on('error', () => {}), server]
}

test('who is reset while he hangs up is closed all the same', async () => {
  const [client, other, server] = await pair()
  const failures: string[] = []
  client.on('error', ({ message }) => failures.push(message))
  const closed = once(client, 'close')

  client.end()
  reset(client)

  await closed
  expect(failures).toEqual([])
  other.destroy()
  server.close()
})
