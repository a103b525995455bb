/*
 * A cluster: all slots served, slots that move, primaries that die.
 */
import {
  type ClusterServers,
  findServer,
  type RedisServer,
  slotOf,
  startCluster,
} from '@larder/testing/servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let cluster: ClusterServers
beforeAll(async () => {
  await findServer()
  cluster = await startCluster({ password: 'a secret' })
}, 120_000)
afterAll(() => cluster.stop())

/** Any primary but this one. */
const otherThan = async (node: RedisServer): Promise<RedisServer> => {
  const primaries = await Promise.all([0, 6_000, 12_000].map((slot) => cluster.nodeOf(slot)))
  const other = primaries.find((each) => each !== node)
  if (other === undefined) throw new Error('there is only one')
  return other
}

describe('slots', () => {
  test('a key is in the slot that the servers say', async () => {
    const keys = ['', 'a', 'user:1000', '{user:1000}.following', 'x{y}z{a}', 'x{}y', 'Zürich', '{', '}{a}']
    const said = await Promise.all(keys.map((key) => cluster.nodes[0]?.command('CLUSTER', 'KEYSLOT', key)))

    expect(keys.map(slotOf)).toEqual(said)
  })

  test('each is served by one of three primaries, and each of those has a replica', async () => {
    const key = 'k'
    const node = await cluster.nodeOf(key)
    const [replica, ...more] = await cluster.replicasOf(key)
    await node.command('SET', key, 'v')

    expect(await node.command('WAIT', 1, 5_000)).toBe(1)
    expect(more).toEqual([])
    expect(await replica?.command('ROLE')).toEqual([
      'slave',
      '127.0.0.1',
      node.port,
      'connected',
      expect.any(Number),
    ])
    expect(cluster.nodes).toHaveLength(6)
    const other = await otherThan(node)
    await expect(other.command('GET', key)).rejects.toThrow(`MOVED ${slotOf(key)} 127.0.0.1:${node.port}`)
  })
})

describe('a slot that moves', () => {
  test('takes its keys along, and its old node answers MOVED', async () => {
    const key = 'moved'
    const from = await cluster.nodeOf(key)
    const to = await otherThan(from)
    await from.command('SET', key, 'v')
    await cluster.moveSlot(key, to)

    expect(await to.command('GET', key)).toBe('v')
    expect(await cluster.nodeOf(key)).toBe(to)
    await expect(from.command('GET', key)).rejects.toThrow(`MOVED ${slotOf(key)} 127.0.0.1:${to.port}`)
  })

  test('is half here and half there until it has moved: ASK and TRYAGAIN', async () => {
    const [here, gone] = ['{half}:here', '{half}:gone']
    const from = await cluster.nodeOf(here)
    const to = await otherThan(from)
    for (const key of [here, gone]) await from.command('SET', key, key)
    const move = await cluster.beginMove(here, to)
    await move.keys(gone)

    expect(await from.command('GET', here)).toBe(here)
    await expect(from.command('GET', gone)).rejects.toThrow(`ASK ${move.slot} 127.0.0.1:${to.port}`)
    await expect(from.command('MGET', here, gone)).rejects.toMatchObject({ code: 'TRYAGAIN' })
    await move.finish()
    expect(await to.command('MGET', here, gone)).toEqual([here, gone])
  })
})

test('when a primary is killed its replica takes over', async () => {
  const before = await cluster.nodeOf('k')
  await before.kill()
  await cluster.waitUntilServed()
  const after = await cluster.nodeOf('k')

  expect(after).not.toBe(before)
  expect(await after.command('SET', 'k', 'after')).toBe('OK')
}, 30_000)
