/*
 * A network that holds what a client has sent, and delivers it after the client has lost its connection, as a proxy may.
 */

import { once } from 'node:events'
import net, { type Socket } from 'node:net'

export interface HoldingRelay {
  readonly port: number
  /** From now on what clients send waits here. Resolves when `text` does. */
  hold(text: string): Promise<void>
  /** Ends the connections of clients; those to the server stay. New ones are as good as any. */
  leave(): void
  /** Delivers what waits. Resolves when the server has answered. */
  release(): Promise<void>
  close(): void
}

export async function holdingRelay(target: number): Promise<HoldingRelay> {
  const clients = new Set<Socket>()
  const servers = new Set<Socket>()
  const waiting: { readonly to: Socket; readonly bytes: Buffer }[] = []
  let holding: { readonly text: string; readonly arrived: () => void } | undefined
  const relay = net.createServer((client) => {
    const server = net.connect(target, '127.0.0.1')
    clients.add(client)
    servers.add(server)
    for (const socket of [client, server]) socket.on('error', () => {})
    server.on('data', (bytes: Buffer) => client.destroyed || client.write(bytes))
    client.on('data', (bytes: Buffer) => {
      if (holding === undefined) {
        server.write(bytes)
        return
      }
      waiting.push({ to: server, bytes })
      if (bytes.includes(holding.text)) holding.arrived()
    })
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const address = relay.address()
  if (typeof address !== 'object' || address === null) throw new Error('the relay has no port')
  return {
    port: address.port,
    hold(text) {
      return new Promise((arrived) => {
        holding = { text, arrived }
      })
    },
    leave() {
      holding = undefined
      for (const client of clients) client.destroy()
      clients.clear()
    },
    async release() {
      const answers = waiting.map(({ to }) => once(to, 'data'))
      for (const { to, bytes } of waiting.splice(0)) to.write(bytes)
      await Promise.all(answers)
    },
    close() {
      relay.close()
      for (const socket of [...clients, ...servers]) socket.destroy()
    },
  }
}
