/*
 * Answers that reach the wrong caller: the network swaps two of them, again and again. What is found then is of another
 * key, and says so in its frame; so it is a miss.
 */

import { faultProxy, startRedis } from '@larder/testing/servers'
import { expect, test } from 'vitest'
import { type Lack, program, startAgent } from './agents.ts'

const OPERATIONS = 12_000
const PATIENCE = 120_000

interface Seen {
  readonly foreign: readonly string[]
  readonly swapped: number
  readonly found: number
}

/** Reads and writes of few keys, while answers are swapped. */
async function among(lacks: readonly Lack[]): Promise<Seen> {
  const server = await startRedis()
  const proxy = await faultProxy({ target: server })
  const bundle = await program(lacks)
  const agent = await startAgent(bundle)
  let swapped = 0
  const swap = (): void => {
    proxy.down.swap()
    swapped++
  }
  try {
    await agent.open({ url: proxy.url, deadline: 300 })
    await agent.serve('t1', 5_000)
    await agent.traffic(1_000, 20, 16)
    const timer = setInterval(swap, 4)
    let found = 0
    // In portions, since each is to be answered before an agent counts as hanging.
    for (let done = 0; done < OPERATIONS; done += 1_000) found += await agent.traffic(1_000, 20, 16)
    clearInterval(timer)
    const { foreign } = await agent.books()
    return { foreign, swapped, found }
  } finally {
    agent.kill()
    await agent.ended
    bundle.remove()
    await proxy.close()
    await server.stop()
  }
}

test(
  'are misses: of more than 10,000 operations none is answered with the value of another key',
  { timeout: PATIENCE },
  async () => {
    const { foreign, swapped, found } = await among([])

    expect(foreign).toEqual([])
    expect(swapped).toBeGreaterThan(50)
    // On a busy machine most give up before they are answered.
    expect(found).toBeGreaterThan(OPERATIONS / 100)
  },
)

test('would be believed, if records did not say whose they are', { timeout: PATIENCE }, async () => {
  const { foreign } = await among([
    {
      find: `if (!isKeyHash(frame, KEY_HASH_AT, key)) return 'another-key'`,
      replace: ``,
    },
  ])

  expect(foreign.length).toBeGreaterThan(0)
})
