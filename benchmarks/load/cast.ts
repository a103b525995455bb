/*
 * Who is put under load: everybody who can load what is missing, and those by hand. First of all the one who answers at once: what
 * he shows is the load itself, how late this machine and this event loop let people in.
 */
import { clients, inMemory, inTiers, onRedis } from '../rivals/all.ts'
import { ableTo } from '../rivals/candidate.ts'
import { inTiers as larderInTiers, larderOnNodeRedis, larderOnRedis } from '../rivals/larder.ts'
import type { Contender } from '../rivals/rival.ts'
import type { Where } from './words.ts'

export const AT_ONCE = 'answers at once'

const atOnce: Contender = {
  name: AT_ONCE,
  packages: [],
  how: 'no cache: the value is in the hand of whoever asks',
  waits: true,
  open: () => ({ getOrSet: async (key) => ({ of: key }), set: async () => {} }),
}

export const cast: Readonly<Record<Where, readonly Contender[]>> = {
  memory: [atOnce, ...ableTo('getOrSet', inMemory)],
  redis: [atOnce, larderOnRedis, larderOnNodeRedis, ...clients.slice(0, 3), ...onRedis(true)],
  tiered: [atOnce, larderInTiers, ...ableTo('getOrSet', inTiers)],
}

export const contenderOf = (where: Where, name: string): Contender => {
  const found = cast[where].find((each) => each.name === name)
  if (found === undefined) throw new Error(`nobody in ${where} is called ${name}`)
  return found
}
