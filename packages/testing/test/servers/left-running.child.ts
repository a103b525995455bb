/*
 * Starts servers, says which, and then waits to be killed, or ends badly.
 */
import { type RedisServer, startCluster, startRedis } from '@larder/testing/servers'

const say = (servers: readonly RedisServer[]): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(
      servers.map(({ pid, port, dir }) => ({ pid, port, dir })),
      () => resolve(),
    )
  })

const what = process.argv[2]
const servers = what === 'cluster' ? (await startCluster()).nodes : [await startRedis()]
if (what === 'paused') for (const server of servers) server.pause()
if (what === 'killed') for (const server of servers) await server.kill()
await say(servers)
if (what === 'exit') process.exit(3)
if (what === 'throw') throw new Error('on purpose')
