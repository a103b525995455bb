/*
 * Opening a link: from what was given, a URL, options or a client, to the topology that leads there.
 */

import { systemClock } from '@larder/core'
import type { Server } from './client.ts'
import { dialIoredis } from './ioredis.ts'
import type { Link } from './link.ts'
import { OpenedLink } from './opened-link.ts'
import { Single } from './single.ts'

export function openLink(where: string): Link {
  const url = new URL(where)
  const host = url.hostname
  const port = Number(url.port || 6379)
  const id = `${host}:${port}`
  const server: Server = {
    id,
    credentials: async () => ({
      username: url.username === '' ? undefined : decodeURIComponent(url.username),
      password: url.password === '' ? undefined : decodeURIComponent(url.password),
      db: Number(url.pathname.slice(1) || 0),
    }),
    dial: (_use, events) => dialIoredis({ host, port }, 1_000, events),
  }
  return new OpenedLink(
    {
      name: `redis ${id}`,
      clock: systemClock,
      deadline: 100,
      connectTimeout: 1_000,
      connectDeadline: undefined,
      heartbeat: 250,
    },
    (around, events) => new Single(id, around, () => server, events),
  )
}
