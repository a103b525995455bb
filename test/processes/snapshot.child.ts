/*
 * A service with a cache in memory: `leave` fills it and takes a snapshot, takes another one and is killed in the middle of it;
 * `come` starts with what it finds.
 */

import { kill } from 'node:process'
import { codec, createCache, json, type Serializer } from '@larder/core'
import { memory } from '@larder/memory'
import { restore, snapshot } from '@larder/memory/snapshot'

const [, , what, file = ''] = process.argv
const KEYS = 1_000
const TEXT = 'x'.repeat(1_000)
const cache = createCache({ store: memory(), ttl: '10m' })

/** Ends this process, in the way that nothing can be done about, when so many values have been written. */
function deadlyAfter(values: number): Serializer {
  let left = values
  const plain = json()
  return {
    ...plain,
    serializeBehind(room, value) {
      if (left-- === 0) kill(process.pid, 'SIGKILL')
      return plain.serializeBehind?.(room, value) ?? new Uint8Array(0)
    },
  }
}

const fill = async (with_: string): Promise<void> => {
  for (let i = 0; i < KEYS; i++) await cache.set(`key ${i}`, `${with_} ${i} ${TEXT}`)
}

if (what === 'leave') {
  await fill('first')
  console.log(JSON.stringify(await snapshot(cache, file)))
  await fill('second')
  await snapshot(cache, file, { codec: codec({ serializer: deadlyAfter(KEYS / 2) }) })
  console.log('not killed')
}

if (what === 'come') {
  const restored = await restore(cache, file)
  let loads = 0
  let wrong = 0
  for (let i = 0; i < KEYS; i++) {
    const value = await cache.getOrSet(`key ${i}`, () => {
      loads++
      return 'loaded'
    })
    if (value !== `first ${i} ${TEXT}`) wrong++
  }
  console.log(JSON.stringify({ ...restored, loads, wrong }))
}
