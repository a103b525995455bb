/*
 * A switchboard: a port that leads to one server now, and to another when it is told to. As a name does that is moved, an
 * address behind which a replica takes over, a machine that is replaced.
 */

import net, { type Socket } from 'node:net'

export interface Switchboard {
  readonly host: string
  readonly port: number
  readonly url: string
  /** New connections lead there; those that are open end. Undefined: they are refused. */
  to(target: { readonly host: string; readonly port: number } | undefined): Promise<void>
  close(): Promise<void>
}

export async function switchboard(
  target: { readonly host: string; readonly port: number } | undefined,
  host: string = '127.0.0.1',
  wanted: number = 0,
): Promise<Switchboard> {
  const open = new Set<Socket>()
  let current = target
  let server: net.Server | undefined
  let port = wanted

  const connected = (client: Socket): void => {
    if (current === undefined) return void client.destroy()
    const there = net.connect({ ...current })
    for (const [from, to] of [
      [client, there],
      [there, client],
    ] as const) {
      open.add(from)
      from.setNoDelay(true)
      from.on('error', () => to.destroy())
      from.once('close', () => {
        open.delete(from)
        to.destroy()
      })
    }
    client.pipe(there)
    there.pipe(client)
  }
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const listening = net.createServer(connected)
      server = listening
      listening.once('error', reject)
      listening.listen(port, host, () => {
        const address = listening.address()
        port = typeof address === 'object' && address !== null ? address.port : port
        resolve()
      })
    })
  const hush = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of open) socket.destroy()
      if (server === undefined) return resolve()
      server.close(() => resolve())
      server = undefined
    })

  await listen()
  if (target === undefined) await hush()
  return {
    host,
    get port() {
      return port
    },
    get url() {
      return `redis://${host}:${port}`
    },
    async to(next) {
      current = next
      await hush()
      if (next !== undefined) await listen()
    },
    close: hush,
  }
}
