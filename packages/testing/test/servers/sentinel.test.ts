/*
 * A primary with replicas under Sentinels: up, and over to another one.
 */
import { connect, findServer, type SentinelServers, startSentinel } from '@larder/testing/servers'
import { afterAll, beforeAll, expect, test } from 'vitest'

let servers: SentinelServers
beforeAll(async () => {
  await findServer()
  servers = await startSentinel({ replicas: 2, password: 'secret' })
}, 120_000)
afterAll(() => servers.stop())

test('the Sentinels name the primary, and what it is told its replicas know', async () => {
  const [first = { host: '', port: 0 }] = servers.sentinelAddresses
  const sentinel = await connect(first.port)
  const named = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', servers.name)
  sentinel.close()
  await servers.primary.command('SET', 'k', 'v')

  expect(named).toEqual([servers.primary.host, String(servers.primary.port)])
  expect(servers.sentinels).toHaveLength(3)
  expect(await servers.primary.command('WAIT', 2, 5_000)).toBe(2)
  expect(await Promise.all(servers.replicas.map((replica) => replica.command('GET', 'k')))).toEqual([
    'v',
    'v',
  ])
})

test('when the primary is killed another takes over, and when it comes back it is a replica', async () => {
  const before = servers.primary
  await before.kill()
  const after = await servers.waitForFailover()

  expect(after).not.toBe(before)
  expect(servers.primary).toBe(after)
  expect(servers.replicas).toContain(before)
  expect(await after.command('SET', 'k', 'after')).toBe('OK')
  await before.restart()
  await expect
    .poll(() => before.command('ROLE'), { timeout: 15_000 })
    .toEqual(['slave', '127.0.0.1', after.port, 'connected', expect.any(Number)])
}, 30_000)

test('a Sentinel that was restarted still knows everybody', async () => {
  const [sentinel] = servers.sentinels
  await sentinel?.restart()

  expect(await sentinel?.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', servers.name)).toEqual([
    servers.primary.host,
    String(servers.primary.port),
  ])
})
